"""The language profiles that ship with the program: each is sound, and spells its own words."""

import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from own_lines import OWN_LINES

from w2vctc.config import read_toml
from w2vctc.resources import find_resource
from w2vctc.text.casing import change_case
from w2vctc.text.normalize import normalize_text
from w2vctc.text.numbers import speak_numbers
from w2vctc.text.profile import LanguageProfile, known_languages, load_profile
from w2vctc.vocab import count_characters

PROMISED = (
    "ca gl eu oc cy ga gd br mt is fo lv lt et sw yo ha ig zu am rw wo so qu gn nah haw mi vi ka hy"
    " kk ky tt tr az fa ur hi ta"
)

# What edges of words lose: all that our lines have but letters, marks and signs inside words.
PUNCTUATION = ".,;:!?¿'()«»“”՝։،؛؟۔।፡፣፤።"


def find_unexpected(text: str, profile: LanguageProfile) -> list[str]:
    rows = count_characters([normalize_text(text, profile)], profile)
    return [row.character for row in rows if row.mark == "unexpected"]


def test_the_promised_languages_are_there() -> None:
    assert set(PROMISED.split()) <= set(known_languages())
    assert len(known_languages()) >= 40


@pytest.mark.parametrize("language", known_languages())
def test_a_profile_says_who_it_is_and_where_its_letters_come_from(language: str) -> None:
    profile = load_profile(language)
    assert profile.language == language
    assert profile.name != language
    # what is no fact of CLDR is owned up to
    assert profile.source.startswith("Unicode CLDR") or "not checked by a" in profile.source
    # Hawaiian has the fewest: five vowels, short and long, seven consonants and the okina
    assert len(set(profile.letters)) == len(profile.letters) >= 18


@pytest.mark.parametrize("language", known_languages())
def test_every_letter_survives_from_both_cases(language: str) -> None:
    profile = load_profile(language)
    for letter in profile.letters:
        # between two other letters, where an ejective's apostrophe belongs to the word
        inside = f"i{letter}i" if profile.casing_locale != "greek" else f"ι{letter}ι"
        expected = inside.replace("ς", "σ")
        assert normalize_text(inside, profile) == expected
        assert normalize_text(unicodedata.normalize("NFD", inside), profile) == expected
        if profile.casing_locale == "default":
            assert normalize_text(inside.upper(), profile) == expected


@pytest.mark.parametrize("language", known_languages())
def test_the_alphabet_is_left_as_it_is(language: str) -> None:
    profile = load_profile(language)
    alphabet = " ".join(profile.letters)
    # by themselves, an ejective has nothing behind its sign, and a final sigma no word before it
    kept = " ".join(letter.rstrip("'") for letter in profile.letters).replace("ς", "σ")
    assert normalize_text(alphabet, profile) == kept
    assert find_unexpected(alphabet, profile) == []


@pytest.mark.parametrize("language", known_languages())
def test_a_line_of_the_language_changes_in_case_and_punctuation_only(language: str) -> None:
    profile = load_profile(language)
    line = OWN_LINES[language]
    lower = change_case(line, "lower", profile.casing_locale)
    stripped = (word.strip(PUNCTUATION) for word in lower.split())
    expected = " ".join(word for word in stripped if word)
    assert normalize_text(line, profile) == expected
    assert normalize_text(unicodedata.normalize("NFD", line), profile) == expected
    assert normalize_text(expected, profile) == expected
    assert find_unexpected(line, profile) == []


@pytest.mark.parametrize("language", known_languages())
def test_numbers_and_replacements_are_spelled_with_the_language_s_letters(language: str) -> None:
    profile = load_profile(language)
    spoken = speak_numbers("0 1 16 21 77 100 248 1999 35000 6000000", profile.numbers)
    # digits of the script that become 0 to 9 are spoken, or stay digits, afterwards
    words = [text for text in profile.replacements.values() if not text.isdigit()]
    for text in [spoken if profile.numbers else "", *words]:
        lone_mark = text != "" and unicodedata.combining(text[0]) > 0
        assert find_unexpected(f"e{text}" if lone_mark else text, profile) == [], text


@pytest.mark.parametrize(
    ("language", "typed", "normalized"),
    [
        ("am", "ሰላም፡ዓለም።", "ሰላም ዓለም"),
        ("az", "IRAQ İRAN", "ıraq iran"),
        ("br", "C’HOAR, c‘hoar", "c'hoar c'hoar"),
        ("fa", "\u0643\u062a\u0627\u0628\u064a", "کتابی"),
        ("fa", "واقِعاً", "واقعاً"),
        ("fa", "\u06c0 ه\u0654", "ه\u0654 ه\u0654"),
        ("fa", "می\u200cنوشد\u200c.", "می\u200cنوشد"),
        ("ckb", "ما\u06b5ه\u200c \u0643\u0649 دە\u200cچم", "ماڵە کی دەچم"),
        ("cv", "s\u0115t çăk\u0103r", "sӗt ҫӑkӑr"),
        ("fa", "50٪ ۳٫۵", "پنجاه درصد سه ممیز پنج"),
        ("fa", "کتـــاب", "کتاب"),
        ("ga", "an ṫeanga ⁊ an ceol", "an theanga agus an ceol"),
        ("gn", "so’o, SOʼO, so‘o: avañe\u0303", "so'o so'o so'o avañẽ"),
        ("ha", "'yan ’YAN ʼyan sa'a", "ʼyan ʼyan ʼyan saʼa"),
        ("haw", "'Ōlelo Hawai’i, ‘IKE `ike", "ʻōlelo hawaiʻi ʻike ʻike"),
        ("hi", "\u0958\u0932\u092e", "\u0915\u093c\u0932\u092e"),
        ("hy", "Ի՞նչ, ոչի՛նչ և եւ ԵՎ", "ինչ ոչինչ և և եվ"),
        ("ig", "N’ỤLỌ", "n'ụlọ"),
        ("ka", "\u1c97\u1c91\u1c98\u1c9a\u1c98\u1ca1\u1c98", "თბილისი"),
        ("kab", "tamε\u1e6dunt aγrum", "tamɛṭunt aɣrum"),
        ("ml", "അവന\u0d4d\u200d പാല\u0d4d\u200d, തമിഴ\u0d4d\u200cനാട\u0d4d", "അവൻ പാൽ തമിഴ്നാട്"),
        ("mt", "Ta' x’inhu ma’", "taʼ x'inhu maʼ"),
        ("nah", "ye' YĒ’", "yeꞌ yēꞌ"),
        ("oc", "n•h n·h n‧h", "n·h n·h n·h"),
        ("qu", "chʼulla t’anta", "ch'ulla t'anta"),
        ("si", "ප්\u200dරශ්නය\u200d.", "ප්\u200dරශ්නය"),
        ("sm", "Fa'afetai, 'ulu", "faʻafetai ʻulu"),
        ("to", "‘Ofa, tamasi'í", "ʻofa tamasiʻí"),
        ("uk", "пʼять п’ять п'ять", "п'ять п'ять п'ять"),
        ("ur", "\u0643\u064a\u0627 \u06c1\u064e\u06d2", "کیا ہے"),
        ("ur", "گئے گی\u0654ے", "گئے گئے"),
        ("uz", "to'g‘ri O‘zbek tog’ sanʼat san'at", "toʻgʻri oʻzbek togʻ san'at san'at"),
        ("yo", "e\u0329 e\u0301\u0323 \u1eb9\u0301 e\u0301\u0329", "ẹ ẹ́ ẹ́ ẹ́"),
    ],
)
def test_what_people_type_becomes_the_language_s_own_spelling(
    language: str, typed: str, normalized: str
) -> None:
    profile = load_profile(language)
    assert normalize_text(typed, profile) == normalized
    assert normalize_text(normalized, profile) == normalized


def read_readme() -> str:
    folder = find_resource("vocab")
    assert folder is not None
    return (folder / "README.md").read_text(encoding="utf-8")


def name_script(profile: LanguageProfile) -> str:
    """The script of most of the letters: Latin, Cyrillic, ..."""
    names = Counter(unicodedata.name(letter[0]).split()[0] for letter in profile.letters)
    return names.most_common(1)[0][0].capitalize()


def name_source(profile: LanguageProfile) -> str:
    if "CLDR, main" not in profile.source:
        return "spelling norms, unchecked"
    return "CLDR and more" if ";" in profile.source else "CLDR"


def test_the_readme_lists_the_shipped_languages() -> None:
    table = read_readme().split("## The languages")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in table.splitlines() if line.startswith("| `")]
    profiles = [load_profile(language) for language in known_languages()]
    assert rows == [
        [f"`{profile.language}`", profile.name, name_script(profile), name_source(profile)]
        for profile in profiles
    ]


def test_the_readme_explains_every_key() -> None:
    folder = find_resource("vocab")
    assert folder is not None
    readme = (folder / "README.md").read_text(encoding="utf-8")
    for path in folder.glob("*.toml"):
        for key in read_toml(path):
            assert f"`{key}`" in readme, key


def test_the_readme_s_example_is_a_profile(tmp_path: Path) -> None:
    readme = read_readme()
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
    assert normalize_text("’Ōlelo HA’I, kā & ha’i!", profile) == "ʻōlelo haʻi kā a haʻi"
