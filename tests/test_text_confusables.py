"""Letters that look alike: which one was probably meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.text.confusables import find_lookalike, list_lookalikes
from w2vctc.text.scripts import script_of


@pytest.mark.parametrize(
    ("character", "script", "meant"),
    [
        ("а", "Latn", "a"),
        ("ε", "Latn", "ɛ"),
        ("ё", "Latn", "ë"),
        ("ό", "Latn", "ó"),
        ("Ѕ", "Latn", "S"),
        ("ә", "Latn", "ə"),
        ("η", "Latn", "ŋ"),
        ("հ", "Latn", "h"),
        ("p", "Cyrl", "р"),
        ("o", "Grek", "ο"),
        ("ж", "Latn", ""),
        ("日", "Latn", ""),
    ],
)
def test_the_letter_of_the_other_script(character: str, script: str, meant: str) -> None:
    assert find_lookalike(character, script) == meant


def test_of_several_the_one_in_the_profile_wins() -> None:
    assert find_lookalike("α", "Latn", preferred=("a", "b")) == "a"
    assert find_lookalike("α", "Latn", preferred=("ɑ", "b")) == "ɑ"


def test_lookalikes_of_one_script_are_listed_too() -> None:
    assert "ǝ" in list_lookalikes("ə")
    assert list_lookalikes("ж") == ()


@given(st.characters(categories=["Lu", "Ll"]))
def test_a_lookalike_is_another_letter_of_the_wanted_script_and_looks_back(letter: str) -> None:
    for other in list_lookalikes(letter):
        assert letter in list_lookalikes(other) or not letter.isascii()
        found = find_lookalike(letter, script_of(other))
        assert found != letter
        assert not found or script_of(found[0]) == script_of(other)
