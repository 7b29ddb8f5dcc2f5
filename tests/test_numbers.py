"""Numbers spoken out: which are read as one, which by groups, which stay."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.errors import UsageError
from w2vctc.text.numbers import speak_numbers
from w2vctc.text.profile import known_languages, load_profile


def speak(text: str, language: str) -> str:
    return " ".join(speak_numbers(text, language).split())


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("ca", "tinc 21 gats", "tinc vint-i-un gats"),
        (
            "ca",
            "1.234 i 3,14 i 1.000.000,5",
            "mil dos-cents trenta-quatre i tres coma catorze i un milió coma cinc",
        ),
        ("ca", "3,05", "tres coma zero cinc"),
        ("ca", "1\u00a0200", "mil dos-cents"),
        ("en", "1,234.56", "one thousand, two hundred and thirty-four point five six"),
        ("en", "3.11", "three point one one"),
        ("de", "1.234,5", "eintausendzweihundertvierunddreißig Komma fünf"),
        ("de", "101000", "einhunderteintausend"),
        ("es", "21000 31000 21", "veintiún mil treinta y un mil veintiuno"),
        ("fr", "12\u202f000", "douze mille"),
        ("tr", "12345", "on iki bin üç yüz kırk beş"),
        ("tr", "60 altmış", "altmış altmış"),
        ("cy", "7", "saith"),
        ("lt", "31", "trisdešimt vienas"),
        ("vi", "2026", "hai nghìn không trăm hai mươi sáu"),
        ("vi", "1005", "một nghìn lẻ năm"),
        ("az", "1000 11000 1001000", "min on bir min bir milyon min"),
        ("az", "21.000,5", "iyirmi bir min vergül beş"),
        ("am", "100 1100", "መቶ አንድ ሺህ አንድ መቶ"),
        ("am", "6000001", "ስድስት ሚሊዮን አንድ"),
        ("eo", "2000003 2,5", "du milionoj tri du komo kvin"),
        ("fa", "1,999.5", "هزار و نهصد و نود و نه ممیز پنج"),
        ("be", "15", "пятнаццаць"),
        ("bn", "100000", "এক লাখ"),
        ("ce", "19 20", "ткъайесна ткъа"),
        ("is", "3,14", "þrír komma fjórtán"),
        ("kz", "21", "жиырма бір"),
        ("uk", "5", "п'ять"),
        ("lv", "1\u00a0999", "tūkstotis deviņi simti deviņdesmit deviņi"),
    ],
)
def test_cardinals_of_each_language(language: str, text: str, spoken: str) -> None:
    assert speak(text, language) == spoken


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("12/05/2020", "dotze / zero cinc / dos mil vint"),
        ("10:30", "deu : trenta"),
        ("1,2,3", "un , dos , tres"),
        ("3.14", "tres . catorze"),
        ("1.2345", "un . dos mil tres-cents quaranta-cinc"),
        ("0.123.456", "zero . cent vint-i-tres . quatre-cents cinquanta-sis"),
        ("007", "zero zero set"),
        ("covid-19", "covid- dinou"),
    ],
)
def test_groups_that_are_no_single_number_are_read_one_by_one(text: str, spoken: str) -> None:
    assert speak(text, "ca") == spoken


@pytest.mark.parametrize("text", ["mp3", "3r", "1è", "2º", "m²", "mp3.", "1234567890123", "٣"])
def test_digits_in_words_and_endless_numbers_stay(text: str) -> None:
    assert speak_numbers(text, "ca") == text


def test_only_the_group_that_touches_a_letter_stays() -> None:
    assert speak("v3.7", "ca") == "v3. set"
    assert speak("7.3r", "ca") == "set .3r"


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        ("ca", "l'11", "l'onze"),
        ("ca", "l’«11»", "l’«onze»"),
        ("tr", "1990'da", "bin dokuz yüz doksan'da"),
    ],
)
def test_an_apostrophe_keeps_its_number(language: str, text: str, spoken: str) -> None:
    assert speak_numbers(text, language) == spoken


def test_without_a_language_digits_stay() -> None:
    assert speak_numbers("21 i 3,14", "") == "21 i 3,14"


def test_a_language_that_num2words_lacks_is_named() -> None:
    with pytest.raises(UsageError, match="'sw'") as caught:
        speak_numbers("21", "sw")
    assert 'numbers = ""' in caught.value.hint


def test_a_number_too_large_for_num2words_stays() -> None:
    """It ends at ten thousand millions in Telugu, and raises."""
    first, *rest = speak("12345678901 77", "te").split()
    assert first == "12345678901"
    assert rest and not any(word.isdigit() for word in rest)


LANGUAGES = sorted({load_profile(language).numbers for language in known_languages()} - {""})


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_numbers_have_the_same_words(language: str) -> None:
    """num2words says 10 000 and 11 000 alike in Azerbaijani."""
    numbers = [*range(1200), *range(1999, 130_000, 1013), *range(11_000, 130_000, 1000)]
    spoken = {number: speak(str(number), language) for number in numbers}
    assert len(set(spoken.values())) == len(spoken)


@pytest.mark.parametrize("language", LANGUAGES)
@given(number=st.integers(min_value=0, max_value=10**12 - 1))
@settings(max_examples=25, deadline=None)
def test_every_number_up_to_the_limit_becomes_letters(language: str, number: int) -> None:
    words = speak(str(number), language)
    assert words and all(unicodedata.category(c)[0] in "LM" or c in " -,'" for c in words)


@given(text=st.text(alphabet="0123456789., '’-a«\u00a0", max_size=30))
@settings(deadline=None)
def test_a_second_pass_finds_nothing_left_to_speak(text: str) -> None:
    once = speak_numbers(text, "ca")
    assert speak_numbers(once, "ca") == once
