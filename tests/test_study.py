"""What raw transcripts tell of a spelling: the guesses that a drafted profile starts from."""

import random

import pytest

from w2vctc.vocab.study import TextStudy, study_texts


def characters(rows: object) -> list[str]:
    """The characters of a study's rows."""
    return [row.character for row in rows]  # type: ignore[attr-defined]


def study(*texts: str) -> TextStudy:
    return study_texts(texts, "xx")


def test_letters_are_divided_into_frequent_rare_and_foreign() -> None:
    found = study(*["mana saß"] * 50, "ñu", "aб")
    assert characters(found.letters) == ["a", "m", "n", "s", "ß"]
    assert characters(found.rare) == ["u", "ñ"]
    assert characters(found.foreign) == ["б"]
    assert found.mixed == (("aб", 1),)
    assert (found.n_texts, found.scripts) == (52, ("Latn",))


def test_letters_below_the_share_are_rare_in_much_text() -> None:
    found = study(*["mana" * 10] * 20_000, *["ñ"] * 6)
    assert characters(found.rare) == ["ñ"]


def test_a_script_of_a_twentieth_of_the_letters_is_at_home() -> None:
    texts = ["aaaaaaaaaa"] * 10
    assert study(*texts, "я" * 5).scripts == ("Latn",)
    assert study(*texts, "я" * 6).scripts == ("Latn", "Cyrl")


def test_kana_and_han_are_at_home_together() -> None:
    assert characters(study("漢字" * 100, "カ").foreign) == []


def test_accents_without_a_composed_form_stay_with_their_letter_and_vowel_signs_do_not() -> None:
    found = study(*["m\u0300a\u0300 ẹ\u0301"] * 9)
    assert set(characters(found.letters)) == {"m\u0300", "à", "ẹ\u0301"}
    found = study(*["कि की"] * 9)
    assert set(characters(found.letters)) == {"क", "\u093f", "\u0940"}
    found = study(*["بِبَ"] * 9)
    assert set(characters(found.letters)) == {"ب", "\u0650", "\u064e"}


def test_an_accent_without_a_letter_is_none_of_the_alphabet_s() -> None:
    found = study(*["na \u0301na"] * 9)
    assert (characters(found.letters), characters(found.rare)) == (["a", "n"], ["\u0301"])


@pytest.mark.parametrize(
    ("text", "casing", "locale"),
    [
        ("Ama ama", "lower", "default"),
        ("Işık ılık", "lower", "turkish"),
        ("Οδός", "lower", "greek"),
        ("हिन्दी 日本", "keep", "default"),
        ("ᏣᎳᎩ", "keep", "default"),
        ("123", "keep", "default"),
    ],
)
def test_the_rule_of_case_is_guessed(text: str, casing: str, locale: str) -> None:
    profile = study(*[text] * 10).profile
    assert (profile.casing, profile.casing_locale) == (casing, locale)


def test_a_dotless_i_in_a_foreign_name_makes_no_turkish() -> None:
    assert study(*["mana"] * 10, "Işık").profile.casing_locale == "default"


def test_signs_inside_words_are_word_signs_in_one_form_and_quotes_are_not() -> None:
    found = study(*["l’aigua d'or vint‐i-un col•legi 'mot' - fi."] * 5)
    assert {row.character: row.count for row in found.signs} == {"-": 10, "'": 10, "·": 5}
    assert found.profile.word_signs == ("'", "-", "·")
    assert found.punctuation == ()


def test_other_punctuation_inside_words_is_left_to_a_person() -> None:
    found = study("kaa:ka www.xx.yy a·b", *["ab\u200cba"] * 6)
    assert found.signs == ()
    assert {row.character: row.count for row in found.punctuation} == {
        "\u200c": 6,
        ".": 2,
        ":": 1,
        "·": 1,
    }


def test_the_zero_width_non_joiner_belongs_to_words_in_arabic_script() -> None:
    assert study(*["می\u200cروم"] * 6).profile.word_signs == ("\u200c",)


def test_the_commoner_apostrophe_is_a_letter_where_it_is_the_modifier_letter() -> None:
    found = study(*["ʻolelo haʻi"] * 5, "ha'i")
    assert "ʻ" in characters(found.letters)
    assert found.profile.letters == ("ʻ",)
    found = study(*["t'anta"] * 6, *["tʼika"] * 5)
    assert "ʼ" not in characters(found.letters)
    assert found.profile.word_signs == ("'",)


def test_numbers_and_signs_that_people_say_are_counted() -> None:
    found = study("21 anys, 50%", "50% (x)", "5€")
    assert (found.n_numbers, found.number_example) == (4, "50")
    assert {row.character: row.count for row in found.symbols} == {"%": 2, "€": 1}


def test_transcripts_with_reserved_tokens_are_left_out() -> None:
    found = study("mana", "[UNK] zz")
    assert found.n_texts == 1
    assert "z" not in characters(found.rare)


def test_the_order_of_the_texts_does_not_matter() -> None:
    texts = ["mа ñu", "l'a 2%", "ba: x·y", "ca a", "a\u0301b ac", "da da"] * 2 + ["ea", "fa"]
    shuffled = texts[:]
    random.Random(3).shuffle(shuffled)
    assert study_texts(shuffled, "xx") == study_texts(texts, "xx")


def test_no_text_at_all_is_an_empty_study() -> None:
    found = study()
    assert (found.n_texts, found.letters, found.scripts, found.n_numbers) == (0, (), (), 0)
