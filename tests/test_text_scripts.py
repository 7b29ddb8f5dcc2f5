"""Scripts of letters, and words that mix them."""

import pytest

from w2vctc.text.scripts import (
    count_scripts,
    find_mixed_words,
    fits_any_script,
    list_companions,
    name_script,
    script_of,
)


@pytest.mark.parametrize(
    ("character", "code"),
    [("a", "Latn"), ("ɛ", "Latn"), ("ε", "Grek"), ("а", "Cyrl"), ("ա", "Armn"), ("ක", "Sinh")],
)
def test_each_letter_has_its_script(character: str, code: str) -> None:
    assert script_of(character) == code


def test_scripts_have_names_and_unknown_codes_are_shown_as_they_are() -> None:
    assert name_script("Cyrl") == "Cyrillic"
    assert name_script("Qqqq") == "Qqqq"


def test_common_and_inherited_characters_fit_any_script() -> None:
    assert all(map(fits_any_script, "ʼ1-\u0301ー"))
    assert not any(map(fits_any_script, "aа日"))


def test_letters_are_counted_by_script_and_nothing_else_is() -> None:
    assert count_scripts("abа 1'ʼ\u0301") == {"Latn": 2, "Cyrl": 1}


def test_scripts_that_stand_together_are_companions() -> None:
    assert list_companions("Kana") == {"Hani", "Hira", "Kana"}
    assert list_companions("Latn") == {"Latn"}


@pytest.mark.parametrize(
    ("text", "script", "strangers"),
    [
        ("mаma", "Latn", ("а",)),
        ("мaма", "Cyrl", ("a",)),
        ("tεst", "Latn", ("ε",)),
        ("ёlka", "Latn", ("ё",)),
        ("Աrmen", "Latn", ("Ա",)),
        ("ΤEST", "Latn", ("Τ",)),
    ],
)
def test_the_letters_outside_of_the_word_s_script_are_named(
    text: str, script: str, strangers: tuple[str, ...]
) -> None:
    (mixed,) = find_mixed_words(text)
    assert (mixed.word, mixed.script, mixed.strangers) == (text, script, strangers)


@pytest.mark.parametrize(
    "text",
    [
        "plain ascii",
        "日本のテレビ 漢字한글 ㄅ漢",  # one language, several scripts
        "Wi-Fi-сервер Facebook’ом",  # two words with a sign between
        "мама mama",
        "k'ʼa ˈa a\u0301 a1б2",  # signs, marks and digits fit any script, or divide
        "",
    ],
)
def test_what_is_no_mix(text: str) -> None:
    assert find_mixed_words(text) == []


def test_declared_letters_fit_any_word() -> None:
    letters = frozenset("abcdeθ")
    assert find_mixed_words("aθe θθa", declared=letters) == []
    assert find_mixed_words("θβa", declared=letters)[0].strangers == ("β",)
    assert find_mixed_words("мaма", declared=letters)[0].strangers == ("a",)


def test_where_two_scripts_are_even_the_declared_letters_decide() -> None:
    assert find_mixed_words("aб", declared={"b", "c"})[0].strangers == ("б",)
    assert find_mixed_words("aб", declared={"в", "г"})[0].strangers == ("a",)
