"""Upper and lower case by language, and the way back."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.text.casing import Casing, CasingLocale, change_case

LOCALES: list[CasingLocale] = ["default", "turkish", "lithuanian", "greek", "german"]


@pytest.mark.parametrize(
    ("locale", "upper", "lower"),
    [
        ("default", "ÇA VA", "ça va"),
        ("turkish", "IĞDIR İZMİR", "ığdır izmir"),
        ("german", "GROẞE STRASSE", "große strasse"),
        ("lithuanian", "ŽĄSIS Į JŪRĄ", "žąsis į jūrą"),
        ("lithuanian", "ÌÍĨ Į́J̃", "i̇̀i̇́i̇̃ į̇́j̇̃"),
    ],
)
def test_there_and_back(locale: CasingLocale, upper: str, lower: str) -> None:
    lower = unicodedata.normalize("NFC", lower)
    upper = unicodedata.normalize("NFC", upper)
    assert change_case(upper, "lower", locale) == lower
    assert change_case(lower, "upper", locale) == upper


def test_turkish_from_a_program_without_the_rule() -> None:
    assert change_case("i\u0307stanbul", "lower", "turkish") == "istanbul"


def test_lithuanian_dot_is_added_where_the_text_left_it_out() -> None:
    assert change_case("\u00ec", "lower", "lithuanian") == "i\u0307\u0300"
    assert change_case("i\u0307", "lower", "lithuanian") == "i"


def test_greek_sigma_by_its_place_in_the_word() -> None:
    assert change_case("ΟΔΟΣ ΣΟΦΟΣ", "lower", "greek") == "οδος σοφος"
    assert change_case("οδοσ μεςα", "lower", "greek") == "οδος μεσα"
    assert change_case("Σ", "lower", "greek") == "σ"
    assert change_case("ΣΑΣ.Σ ς", "lower", "greek") == "σας.σ σ"


def test_sigma_goes_by_its_place_without_a_greek_profile_too() -> None:
    assert change_case("ΣΑΣ.Σ οδοσ", "lower") == "σας.σ οδος"
    assert change_case("ΣΑΣ.Σ ΌΣΣ", "lower", "turkish") == "σας.σ όσς"
    assert change_case("xσ", "lower") == "xσ"  # an orthography of its own


def test_greek_capitals_drop_the_accent_and_keep_the_hiatus() -> None:
    assert change_case("μαϊμού", "upper", "greek") == "ΜΑΪΜΟΥ"
    assert change_case("γάιδαρος", "upper", "greek") == "ΓΑΪΔΑΡΟΣ"
    assert change_case("café", "upper", "greek") == "CAFÉ"


def test_keep_changes_no_case() -> None:
    assert change_case("IĞDIR e\u0301", "keep", "turkish") == "IĞDIR é"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("casing", ["lower", "upper", "keep"])
@given(text=st.text(max_size=30))
@settings(max_examples=40, deadline=None)
def test_twice_is_once_and_nfc(casing: Casing, locale: CasingLocale, text: str) -> None:
    once = change_case(unicodedata.normalize("NFC", text), casing, locale)
    assert change_case(once, casing, locale) == once
    assert unicodedata.is_normalized("NFC", once)
