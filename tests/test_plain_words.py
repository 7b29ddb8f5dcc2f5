"""Words that are taken as faultless without a look at each character."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.text.findings import find_text_faults
from w2vctc.text.plain_words import is_plain, plain_letters
from w2vctc.text.profile import LanguageProfile, generic_profile, known_languages, load_profile
from w2vctc.text.word_findings import judge_word

PROFILES = [
    *map(load_profile, known_languages()),
    generic_profile("zxx"),
    replace(generic_profile("zxx"), casing="upper"),
    replace(load_profile("ca"), replacements={"ch": "x", "a\u200db": "c", "à": "a"}),
    replace(load_profile("el"), casing="keep"),
]


@given(st.sampled_from(PROFILES), st.data())
def test_nothing_is_to_be_found_in_a_plain_word(
    profile: LanguageProfile, data: st.DataObject
) -> None:
    letters = "".join(sorted(plain_letters(profile)))
    word = data.draw(st.text(letters or "a", min_size=1, max_size=12))
    if is_plain(word, plain_letters(profile)):
        judged = judge_word(word, profile)
        assert judged.kept and judged.findings == ()
        assert find_text_faults(word, profile) == []


@pytest.mark.parametrize("word", ["aigua", "Núria", "cel·la", "ab", "ba", "cha", "sàl", "Kilo"])
def test_words_are_plain_in_catalan_where_no_rule_touches_them(word: str) -> None:
    bare, ruled = load_profile("ca"), PROFILES[-2]
    assert is_plain(word, plain_letters(bare)) == (word not in ("cel·la",))
    assert not is_plain(word, plain_letters(ruled)) or word in ("ba", "Kilo", "Núria")


def test_most_words_of_most_languages_are_plain() -> None:
    without = [profile.language for profile in PROFILES if not plain_letters(profile)]
    assert len(without) < 5, without


def test_a_greek_sigma_is_looked_at() -> None:
    letters = plain_letters(load_profile("el"))
    assert is_plain("άλφα", letters)
    assert not is_plain("ας", letters) and not is_plain("σα", letters)


def test_letters_that_combine_are_not_plain_together() -> None:
    jamo = replace(generic_profile("ko"), letters=("\u1100", "\u1161"))
    assert not is_plain("\u1100\u1161", plain_letters(jamo))
