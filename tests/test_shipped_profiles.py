"""The language profiles that ship with the program: each is sound, and spells its own words."""

import unicodedata
from pathlib import Path

import pytest

from w2vctc.config import read_toml
from w2vctc.resources import find_resource
from w2vctc.text.normalize import normalize_text
from w2vctc.text.numbers import speak_numbers
from w2vctc.text.profile import known_languages, load_profile
from w2vctc.vocab import count_characters

PROMISED = ["az", "ca", "cy", "de", "el", "en", "es", "fr", "lt", "qu", "sw", "tr", "vi"]

# A line of our own in each language that holds no letter from outside its alphabet.
OWN_LINES = {
    "az": "Ağ göyərçin İsmayılın əlindən uçdu.",
    "ca": "L'àvia col·lecciona pedres; n'hi ha vint-i-cinc, i això és tot.",
    "cy": "Mae'r ci mawr yn cysgu o dan y bwrdd ger y tŷ.",
    "de": "Über den Fluß führt eine schöne, große Brücke.",
    "el": "Η γάτα κοιμάται πάνω στους ζεστούς λίθους της αυλής.",
    "en": "Don't leave the old boat's oars by the quay, Jo; fix them with vigour.",
    "es": "¿Cuándo volverá el pingüino al jardín de la señora López?",
    "fr": "Où êtes-vous ? L'œuf à la coque, ça n'était guère mûr.",
    "lt": "Žąsys ėjo šalia upės, o kiškis jų laukė už ąžuolo.",
    "qu": "Ñuqaqa t'antata mikhuni; llaqtapi ch'isiyan. Shuk wawa tsalalla kan.",
    "sw": "Ng'ombe wangu wawili walikunywa maji ya mto jana.",
    "tr": "Çığlık atan küçük İlker, Iğdır'da kâğıttan gemi yaptı.",
    "vi": "Bà tôi trồng mười luống rau ở vườn nhỏ phía sau nhà.",
}


def test_the_promised_languages_are_there() -> None:
    assert set(PROMISED) <= set(known_languages())


@pytest.mark.parametrize("language", known_languages())
def test_a_profile_says_who_it_is_and_where_its_letters_come_from(language: str) -> None:
    profile = load_profile(language)
    assert profile.language == language
    assert profile.name != language
    assert "CLDR" in profile.source
    assert len(set(profile.letters)) == len(profile.letters) >= 20


@pytest.mark.parametrize("language", known_languages())
def test_every_letter_survives_from_both_cases(language: str) -> None:
    profile = load_profile(language)
    for letter in profile.letters:
        # between two other letters, where an ejective's apostrophe belongs to the word
        inside = f"i{letter}i" if profile.casing_locale != "greek" else f"ι{letter}ι"
        expected = inside.replace("ς", "σ")
        assert normalize_text(inside, profile) == expected
        assert normalize_text(unicodedata.normalize("NFD", inside), profile) == expected


@pytest.mark.parametrize("language", PROMISED)
def test_a_line_of_the_language_holds_nothing_unexpected(language: str) -> None:
    profile = load_profile(language)
    rows = count_characters([normalize_text(OWN_LINES[language], profile)], profile)
    assert [row.character for row in rows if row.mark == "unexpected"] == []


@pytest.mark.parametrize("language", known_languages())
def test_numbers_and_replacements_are_spelled_with_the_language_s_letters(language: str) -> None:
    profile = load_profile(language)
    spoken = speak_numbers("0 1 16 21 77 100 248 1999 35000 6000000", profile.numbers)
    texts = [spoken if profile.numbers else "", *profile.replacements.values()]
    rows = count_characters([normalize_text(text, profile) for text in texts], profile)
    assert [row.character for row in rows if row.mark == "unexpected"] == []


def test_the_readme_explains_every_key() -> None:
    folder = find_resource("vocab")
    assert folder is not None
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("*.toml"):
        for key in read_toml(path):
            assert f"`{key}`" in readme, key


def test_the_readme_s_example_is_a_profile(tmp_path: Path) -> None:
    folder = find_resource("vocab")
    assert folder is not None
    readme = (folder / "README.md").read_text(encoding="utf-8")
    example = readme.split("```toml\n")[1].split("```")[0]
    path = tmp_path / "xx.toml"
    path.write_text(example, encoding="utf-8")
    profile = load_profile("xx", path=path)
    assert set(read_toml(path)) == {
        "name",
        "letters",
        "word_signs",
        "casing",
        "casing_locale",
        "numbers",
        "source",
        "replacements",
    }
    assert normalize_text("’Olelo HA’I, kā & ha’i!", profile) == "olelo ha'i kā a ha'i"
