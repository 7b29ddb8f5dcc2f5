"""What is said about raw transcripts: each code, its message, and what is no fault."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.text.findings import (
    MAX_TEXT_LENGTH,
    CodeCount,
    TextFinding,
    find_text_faults,
    summarize_text,
)
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import LanguageProfile, generic_profile, known_languages, load_profile

GENERIC = generic_profile("xx")
LATIN = LanguageProfile(
    "xx", "Xish", letters=tuple("abcdefghilmnoprstuvwyàɛ"), word_signs=("'", "-"), numbers="en"
)
# What findings are about, far denser than in arbitrary text.
TRICKY = (
    "aAlLàɛε аоАεΑհ123٣²½.,:'’-%€@+©🙂👩🏽\u200d\ufe0f\u20e3\u0301\u0300\u0308\u00a0\u202f\u00ad"
    "\u200b\u200e\u202e\n\t\x00\x7f\ufffd\ud800\ue000\u0378\ufdd0ﻻﬁـ日カ한क\u093f\u094d|<s>[UNK]"
)


def say(text: str, profile: LanguageProfile = GENERIC) -> list[str]:
    """Code and message of each finding."""
    return [f"{finding.code} {finding.message}" for finding in find_text_faults(text, profile)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the transcript is empty"),
        (" \u00a0\n", "the transcript is blank"),
        ("…?! -", "nothing is left of the transcript '…?! -' once it is normalized"),
    ],
)
def test_empty_blank_and_only_punctuation_are_errors(text: str, message: str) -> None:
    assert find_text_faults(text, GENERIC) == [TextFinding("E_EMPTY_TEXT", message, "error")]


def test_a_transcript_of_a_hundred_thousand_characters_is_too_long() -> None:
    (finding,) = find_text_faults("paraula " * 12_500, GENERIC)
    assert (finding.code, finding.severity) == ("E_TOO_LONG_TEXT", "error")
    assert finding.message == "a transcript of 99,999 characters; the limit is 10,000"
    assert find_text_faults("a" * MAX_TEXT_LENGTH, GENERIC) == []
    assert [f.code for f in find_text_faults("a" * (MAX_TEXT_LENGTH + 1), GENERIC)] == [
        "E_TOO_LONG_TEXT"
    ]


def test_the_length_that_counts_is_that_of_the_spoken_numbers() -> None:
    assert "E_TOO_LONG_TEXT" in " ".join(say("777 " * 500, LATIN))
    assert find_text_faults("." * 200 + "a" + "." * 20_000, GENERIC) == []


def test_the_model_s_own_tokens_are_errors_and_their_signs_are_not_named_again() -> None:
    assert say("ara [UNK] i <s> i|o <pad>") == [
        "E_RESERVED the transcript holds the literal '[UNK]'",
        "E_RESERVED the transcript holds the literal '<s>'",
        "E_RESERVED the transcript holds the literal '|'",
        "E_RESERVED the transcript holds the literal '<pad>'",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "\u0301a",
            "U+0301 COMBINING ACUTE ACCENT has no letter to stand on (at the start of '◌\u0301a')",
        ),
        (
            "no 3\u0301",
            "U+0301 COMBINING ACUTE ACCENT has no letter to stand on (after '3' in '3◌\u0301')",
        ),
        (
            "a.\u093f",
            "U+093F DEVANAGARI VOWEL SIGN I has no letter to stand on (after '.' in 'a.◌\u093f')",
        ),
        (
            "ni\ufffdo",
            "U+FFFD REPLACEMENT CHARACTER in 'ni\ufffdo' stands where a letter was lost in a"
            " conversion",
        ),
        ("a\ud800", "U+D800 lone surrogate in 'a\\ud800' is half of a character"),
        (
            "a\ue000",
            "U+E000 private-use character in 'a\\ue000' means something in its own font only",
        ),
        ("a\u0378", "U+0378 unassigned character in 'a\\u0378' is no character of Unicode"),
    ],
)
def test_a_stray_mark_and_what_is_no_character_are_errors(text: str, message: str) -> None:
    (first, *rest) = find_text_faults(text, GENERIC)
    assert (first.code, first.message, first.severity) == ("E_CHAR", message, "error")
    assert {finding.code for finding in rest} <= {"W_DIGITS"}


@pytest.mark.parametrize(
    "text",
    [
        "m\u0300ma ẹ\u0300",  # a letter and its accent
        "q\u0323\u0301a",
        "क\u094d\u200dष हि\u0902दी",  # marks behind a joiner stand on the letter before it
        "שָׁלוֹם بِسْمِ",
        "\u1112\u1161\u11ab",
    ],
)
def test_marks_on_letters_are_no_stray_marks(text: str) -> None:
    assert not [f for f in find_text_faults(text, GENERIC) if f.severity == "error"]


def test_a_mark_on_a_declared_sign_is_no_stray_mark() -> None:
    assert say("!\u0301a", LanguageProfile("xx", letters=("a", "!", "\u0301"))) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("bé🙂", "U+1F642 SLIGHTLY SMILING FACE in 'bé🙂' becomes a space"),
        ("a\x00b", "U+0000 NULL in 'a\\x00b' becomes a space"),
        ("a\u200bb", "U+200B ZERO WIDTH SPACE in 'a\\u200bb' is removed"),
        ("a\u00adb", "U+00AD SOFT HYPHEN in 'a\\xadb' is removed"),
        ("a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE in 'a\\u202eb' is removed"),
        ("a\ufe0f", "U+FE0F VARIATION SELECTOR-16 in 'a\ufe0f' is removed"),
        ("a\u00a0b", "U+00A0 NO-BREAK SPACE is taken as a space"),
        ("a\nb", "U+000A LINE FEED is taken as a space"),
        ("ﻻ", "U+FEFB ARABIC LIGATURE LAM WITH ALEF ISOLATED FORM in 'ﻻ' is taken as 'لا'"),
        ("ﬁ", "U+FB01 LATIN SMALL LIGATURE FI in 'ﬁ' is taken as 'fi'"),
        ("كـل", "U+0640 ARABIC TATWEEL in 'كـل' is removed"),
        ("x5€", "U+20AC EURO SIGN in 'x5€' becomes a space, though people may say it"),
        ("a&b", "U+0026 AMPERSAND in 'a&b' becomes a space, though people may say it"),
    ],
)
def test_what_is_no_letter_is_named_with_what_happens_to_it(text: str, message: str) -> None:
    (first, *_) = find_text_faults(text, GENERIC)
    assert (first.code, first.message, first.severity) == ("W_CHAR", message, "warning")


def test_an_emoji_newer_than_python_is_an_emoji() -> None:
    assert [f.code for f in find_text_faults("a \U0001fae8", GENERIC)] == ["W_CHAR"]
    assert [f.code for f in find_text_faults("a \U0001faff", GENERIC)] == ["W_CHAR"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ca", "L’hora, «exacta»: 50% & col·legi, vint‑i‑dos… coŀlegi"),
        ("fa", "می\u200cروم"),
        ("qu", "T’anta ch´usu"),
        ("xx", "Ordinary text: «quoted», “so” - and (more)!"),
    ],
)
def test_what_the_profile_declares_and_punctuation_are_no_findings(
    language: str, text: str
) -> None:
    assert say(text, load_profile(language)) == []


def test_right_to_left_text_keeps_its_logical_order_and_loses_its_direction_marks() -> None:
    text = "\u200fسلام، דנה\u200e abc"
    assert normalize_text(text, GENERIC) == "سلام דנה abc"
    assert [finding.subject for finding in find_text_faults(text, GENERIC)] == ["\u200f", "\u200e"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "mаma",
            "'mаma' mixes Cyrillic and Latin: U+0430 CYRILLIC SMALL LETTER A looks like a"
            " (U+0061 LATIN SMALL LETTER A)",
        ),
        (
            "kεlε",
            "'kεlε' mixes Greek and Latin: U+03B5 GREEK SMALL LETTER EPSILON looks like ɛ"
            " (U+025B LATIN SMALL LETTER OPEN E)",
        ),
        ("abж", "'abж' mixes Cyrillic and Latin: U+0436 CYRILLIC SMALL LETTER ZHE"),
    ],
)
def test_a_word_in_two_scripts_is_named_and_never_merged(text: str, message: str) -> None:
    assert say(text) == [f"W_MIXED_SCRIPT {message}"]
    assert normalize_text(text, GENERIC) == text


def test_capitals_of_borrowed_letters_are_no_mix() -> None:
    assert say("Θabε", LanguageProfile("xx", letters=tuple("abcθε"))) == []


def test_letters_outside_of_the_profile_are_unexpected_and_stay() -> None:
    assert say("cañón ε", LATIN) == [
        "W_UNEXPECTED U+00F1 LATIN SMALL LETTER N WITH TILDE in 'cañón' is not among the letters"
        " of Xish",
        "W_UNEXPECTED U+00F3 LATIN SMALL LETTER O WITH ACUTE in 'cañón' is not among the letters"
        " of Xish",
        "W_UNEXPECTED U+03B5 GREEK SMALL LETTER EPSILON in 'ε' is not among the letters of Xish;"
        " it looks like ɛ (U+025B LATIN SMALL LETTER OPEN E)",
    ]
    assert normalize_text("cañón ε", LATIN) == "cañón ε"


def test_digits_that_stay_are_named_with_the_reason() -> None:
    assert say("any 21") == [
        "W_DIGITS the digits of '21' stay digits: the profile does not say how numbers are spoken"
    ]
    assert say("21 mp3 1234567890123", LATIN) == [
        "W_DIGITS the digits of 'mp3' stay digits: only plain numbers that stand by themselves are"
        " spelled out",
        "W_DIGITS the digits of '1234567890123' stay digits: more than 12 digits are not spelled"
        " out",
    ]
    assert say("21 ٢١ 1.5", LATIN) == []


def test_decomposed_text_is_a_remark_and_becomes_composed() -> None:
    text = "cafe\u0301 nin\u0303o"
    assert say(text) == ["W_NFD 'cafe\\u0301' is not composed (NFC); it is taken as 'café'"]
    assert normalize_text(text, GENERIC) == "café niño"


def test_errors_come_first_and_each_thing_once() -> None:
    text = "ñ ñu 🙂 🙂 \ufffd [UNK] \ufffd"
    assert [(f.code, f.subject) for f in find_text_faults(text, LATIN)] == [
        ("E_CHAR", "\ufffd"),
        ("E_RESERVED", "[UNK]"),
        ("W_UNEXPECTED", "ñ"),
        ("W_CHAR", "🙂"),
    ]


@pytest.mark.parametrize("profile", [GENERIC, LATIN], ids=["generic", "latin"])
@given(text=st.text(alphabet=TRICKY, max_size=30) | st.text(max_size=30))
@settings(deadline=None, max_examples=150)
def test_any_text_is_judged_and_empty_ones_are_found(text: str, profile: LanguageProfile) -> None:
    findings = find_text_faults(text, profile)
    assert [f.severity for f in findings] == sorted(f.severity for f in findings)
    assert len({(f.code, f.subject) for f in findings}) == len(findings)
    for finding in findings:
        assert finding.code.startswith("E_" if finding.severity == "error" else "W_")
        finding.message.encode("utf-8")  # no lone surrogate gets out
    empty = any(finding.code == "E_EMPTY_TEXT" for finding in findings)
    assert empty == (normalize_text(text, profile) == "")


@pytest.mark.parametrize("language", known_languages())
def test_a_language_s_own_letters_are_no_findings(language: str) -> None:
    profile = load_profile(language)
    # between two others: a vowel sign needs a letter before it, a digraph may hold a sign
    home = next(letter for letter in profile.letters if unicodedata.category(letter)[0] == "L")
    words = " ".join(f"{home}{letter}{home}" for letter in profile.letters)
    assert say(unicodedata.normalize("NFC", words), profile) == []


def test_many_texts_are_summarized_by_code_with_the_first_examples() -> None:
    texts = ["bo, ñu", "ñam ñam", "", "dé bé", "cé!", "ça", "", "bo…", "(2x)"]
    summary = summarize_text(texts, LATIN)
    assert summary.n_texts == 9
    assert summary.codes[0] == CodeCount("E_EMPTY_TEXT", "error", 2, ("the transcript is empty",))
    unexpected, digits = summary.codes[1:]
    assert (unexpected.code, unexpected.severity, unexpected.n_texts) == (
        "W_UNEXPECTED",
        "warning",
        6,
    )
    assert [example.split()[0] for example in unexpected.examples] == ["U+00F1", "U+00E9", "U+00E7"]
    assert (digits.code, digits.n_texts) == ("W_DIGITS", 1)


def test_the_summary_has_the_characters_and_what_was_dropped() -> None:
    summary = summarize_text(["Bo, bo.", "bo… (ñu) 🙂", "'bo'"], LATIN)
    assert [(c.character, c.count, c.mark) for c in summary.characters] == [
        ("b", 4, "rare"),
        ("o", 4, "rare"),
        ("u", 1, "rare"),
        ("ñ", 1, "unexpected"),
    ]
    assert [(c.code_points, c.count, c.example) for c in summary.dropped] == [
        ("U+0027", 2, "'bo'"),
        ("U+0028", 1, "(ñu)"),
        ("U+0029", 1, "(ñu)"),
        ("U+002C", 1, "Bo,"),
        ("U+002E", 1, "bo."),
        ("U+2026", 1, "bo…"),
        ("U+1F642", 1, "🙂"),
    ]


def test_nothing_to_summarize_is_an_empty_summary() -> None:
    summary = summarize_text([], GENERIC)
    assert (summary.n_texts, summary.codes, summary.characters, summary.dropped) == (0, (), (), ())
