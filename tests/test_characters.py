"""The table of characters, their names, and the words that hold them."""

import pytest

from w2vctc.text.characters import (
    count_characters,
    count_word_characters,
    describe_character,
    name_character,
)
from w2vctc.text.profile import LanguageProfile


def test_the_table_is_ordered_by_count_then_code_point_and_marked() -> None:
    profile = LanguageProfile("xx", letters=("a", "b"), word_signs=("'",))
    rows = count_characters(["aaaaa b'b", "ç b"], profile)
    assert [(row.character, row.count, row.mark) for row in rows] == [
        ("a", 5, ""),
        ("b", 3, "rare"),
        ("'", 1, "rare"),
        ("ç", 1, "unexpected"),
    ]


def test_the_example_is_the_commonest_word_and_ties_go_by_the_alphabet() -> None:
    rows = count_word_characters({"zab": 2, "ca": 7, "ba": 7})
    assert {row.character: row.example for row in rows}["a"] == "ba"
    assert {row.character: row.count for row in rows} == {"a": 16, "b": 9, "c": 7, "z": 2}


def test_what_is_counted_in_a_word_can_be_said() -> None:
    rows = count_word_characters({"ab": 3}, list_characters=lambda word: [word])
    assert [(row.character, row.count, row.name) for row in rows] == [
        ("ab", 3, "LATIN SMALL LETTER A + LATIN SMALL LETTER B")
    ]


@pytest.mark.parametrize(
    ("character", "name"),
    [
        ("а", "CYRILLIC SMALL LETTER A"),
        ("\x00", "NULL"),
        ("\n", "LINE FEED"),
        ("\x7f", "control character"),
        ("\ue000", "private-use character"),
        ("\ud800", "lone surrogate"),
        ("\u0378", "unassigned character"),
    ],
)
def test_every_character_has_a_name_to_show(character: str, name: str) -> None:
    assert name_character(character) == name
    assert describe_character(character) == f"U+{ord(character):04X} {name}"
