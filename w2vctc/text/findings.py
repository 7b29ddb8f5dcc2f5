"""What is wrong or noteworthy in raw transcripts, character by character, with reason codes."""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

from w2vctc.text.characters import describe_character
from w2vctc.text.confusables import find_lookalike, list_lookalikes
from w2vctc.text.normalize import find_reserved, is_unseen, normalize_text, remove_reserved
from w2vctc.text.numbers import MAX_DIGITS
from w2vctc.text.profile import LanguageProfile
from w2vctc.text.scripts import MixedWord, find_mixed_words, name_script, script_of

MAX_TEXT_LENGTH = 10_000  # characters; more than any clip that can be trained on holds
# Below this raw length no text grows beyond the limit, however its numbers are spelled out.
_SURELY_SHORT = 200
_CACHED_WORDS = 1 << 17
_LONGEST_CACHED = 100
_SHOWN_LENGTH = 40
# Signs that people read aloud, and that the normalizer drops unless the profile spells them out.
_SPOKEN = "%‰&@§+=<>×÷°"
_REPLACEMENT_CHARACTER = "\ufffd"
_NO_CHARACTER = {
    "So": "stands where a letter was lost in a conversion",  # U+FFFD
    "Cn": "is no character of Unicode",
    "Cs": "is half of a character",
    "Co": "means something in its own font only",
}

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class TextFinding:
    """One thing about one transcript; an error keeps it out of training, a warning does not.

    `subject` is the character, word or token that it is about, empty where it is the whole text.
    """

    code: str
    message: str
    severity: Severity
    subject: str = ""


def find_text_faults(text: str, profile: LanguageProfile) -> list[TextFinding]:
    """All that is noteworthy in one raw transcript: errors first, each thing once.

    Errors: E_EMPTY_TEXT, E_TOO_LONG_TEXT, E_RESERVED, E_CHAR (no character that anybody spoke:
    a stray combining mark, U+FFFD, a lone surrogate, private use, unassigned).
    Warnings: W_CHAR (emoji, symbols, control, invisible and direction marks, unusual spaces),
    W_MIXED_SCRIPT, W_UNEXPECTED (not among the profile's letters), W_DIGITS (numbers that are not
    spelled out), W_NFD (decomposed text). What the profile declares is no finding.
    """
    if not text.strip():
        return [_error("E_EMPTY_TEXT", f"the transcript is {'blank' if text else 'empty'}")]
    judge = _judge_of(profile)
    found = [*_find_lengths(text, profile), *_find_spaces(text)]
    anything_left = False
    for word in text.split():
        judged = judge(word) if len(word) <= _LONGEST_CACHED else _judge_word(word, profile)
        anything_left |= judged.kept
        found += judged.findings
    if not anything_left:
        message = f"nothing is left of the transcript {_shorten(text)!r} once it is normalized"
        found.append(_error("E_EMPTY_TEXT", message))
    return _order(found)


def _order(findings: list[TextFinding]) -> list[TextFinding]:
    """Errors first; of several about one thing the first."""
    if not findings:
        return findings
    first: dict[tuple[str, str], TextFinding] = {}
    for finding in findings:
        first.setdefault((finding.code, finding.subject), finding)
    return sorted(first.values(), key=lambda finding: finding.severity)


@dataclass(frozen=True)
class _JudgedWord:
    kept: bool  # whether normalization leaves anything of it
    findings: tuple[TextFinding, ...]


@lru_cache(maxsize=8)
def _judge_of(profile: LanguageProfile) -> Callable[[str], _JudgedWord]:
    """The judge of single words, with a memory: the same words come again and again."""
    return lru_cache(maxsize=_CACHED_WORDS)(partial(_judge_word, profile=profile))


def _judge_word(word: str, profile: LanguageProfile) -> _JudgedWord:
    normalized = normalize_text(word, profile)
    return _JudgedWord(
        kept=normalized != "",
        findings=(
            *_find_reserved(word),
            *_find_stray_marks(word, profile),
            *_find_characters(remove_reserved(word), profile),
            *_find_mixed(word, profile),
            *_find_unexpected(word, normalized, profile),
            *_find_digits(word, normalized, profile),
            *_find_decomposed(word),
        ),
    )


def _find_lengths(text: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    if len(text) > _SURELY_SHORT:
        n_characters = len(normalize_text(text, profile))
        if n_characters > MAX_TEXT_LENGTH:
            yield _error(
                "E_TOO_LONG_TEXT",
                f"a transcript of {n_characters:,} characters; the limit is {MAX_TEXT_LENGTH:,}",
            )


def _find_spaces(text: str) -> Iterator[TextFinding]:
    """Spaces that are not U+0020, and line breaks within the transcript."""
    for character in dict.fromkeys(text.strip()):
        if character.isspace() and character != " ":
            yield _warn("W_CHAR", f"{describe_character(character)} is taken as a space", character)


def _find_reserved(word: str) -> Iterator[TextFinding]:
    for token in find_reserved(word):
        yield _error("E_RESERVED", f"the transcript holds the literal {token!r}", token)


def _find_stray_marks(word: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    """Combining marks without a letter in front, which no keyboard makes on purpose."""
    before = ""
    for character in word:
        if is_unseen(character):
            continue
        mark = unicodedata.category(character)[0] == "M"
        if mark and not _bears_marks(before) and before not in profile.letters:
            place = f"after {before!r} in" if before else "at the start of"
            yield _error(
                "E_CHAR",
                f"{describe_character(character)} has no letter to stand on"
                f" ({place} {_shorten(word)!r})",
                character,
            )
        before = character


def _bears_marks(character: str) -> bool:
    return character != "" and unicodedata.category(character)[0] in "LM"


def _find_characters(word: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    for character in dict.fromkeys(word):
        if remark := _judge_character(character, profile):
            code, why = remark
            message = f"{describe_character(character)} in {_shorten(word)!r} {why}"
            say = _error if code == "E_CHAR" else _warn
            yield say(code, message, character)


def _judge_character(character: str, profile: LanguageProfile) -> tuple[str, str] | None:
    """The code of a character that needs a remark, and the end of the message."""
    category = unicodedata.category(character)
    if character.isalnum() or _is_declared(character, profile):
        return None
    if character == _REPLACEMENT_CHARACTER or (category == "Cn" and not _is_new(character)):
        return "E_CHAR", _NO_CHARACTER[category]
    if category in ("Cs", "Co"):
        return "E_CHAR", _NO_CHARACTER[category]
    if category[0] in "CS" or character in _SPOKEN or is_unseen(character):
        return _tell_fate(character, profile)
    return None


def _is_declared(character: str, profile: LanguageProfile) -> bool:
    return character in _expected(profile) or any(
        character in seen for seen in profile.replacements
    )


def _is_new(character: str) -> bool:
    """Whether Unicode has assigned it since this Python was made, or keeps it for emoji."""
    return script_of(character) != "Zzzz" or 0x1F000 <= ord(character) <= 0x1FAFF


def _tell_fate(character: str, profile: LanguageProfile) -> tuple[str, str] | None:
    """What the normalizer makes of a character between two letters."""
    left = normalize_text(f"n{character}n", profile)[1:-1]
    if left == "":
        return "W_CHAR", "is removed"
    if left == " ":
        return "W_CHAR", "becomes a space" + (
            ", though people may say it" if _is_spoken(character) else ""
        )
    return None if left == character else ("W_CHAR", f"is taken as {left.strip()!r}")


def _is_spoken(character: str) -> bool:
    return character in _SPOKEN or unicodedata.category(character) == "Sc"


def _find_mixed(word: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    if word.isascii():
        return
    for mixed in find_mixed_words(word, declared=frozenset("".join(profile.letters))):
        names = " and ".join(name_script(code) for code in mixed.scripts)
        named = "; ".join(_name_stranger(letter, mixed, profile) for letter in mixed.strangers)
        yield _warn(
            "W_MIXED_SCRIPT", f"{_shorten(mixed.word)!r} mixes {names}: {named}", mixed.word
        )


def _name_stranger(letter: str, mixed: MixedWord, profile: LanguageProfile) -> str:
    alike = find_lookalike(letter, mixed.script, preferred=profile.letters)
    looks = f" looks like {alike} ({describe_character(alike)})" if alike else ""
    return f"{describe_character(letter)}{looks}"


def _find_unexpected(word: str, normalized: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    if not profile.letters:
        return
    for character in dict.fromkeys(normalized):
        if unicodedata.category(character)[0] in "LM" and character not in _expected(profile):
            alike = [a for a in list_lookalikes(character) if a in profile.letters]
            looks = f"; it looks like {alike[0]} ({describe_character(alike[0])})" if alike else ""
            yield _warn(
                "W_UNEXPECTED",
                f"{describe_character(character)} in {_shorten(word)!r} is not among the letters"
                f" of {profile.name or profile.language}{looks}",
                character,
            )


@lru_cache(maxsize=8)
def _expected(profile: LanguageProfile) -> frozenset[str]:
    return frozenset("".join((*profile.letters, *profile.word_signs)))


def _find_digits(word: str, normalized: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    left = [c for c in normalized if unicodedata.category(c)[0] == "N"]
    if all(character in _expected(profile) for character in left):
        return
    if not profile.numbers:
        why = "the profile does not say how numbers are spoken"
    elif any(not c.isdecimal() for c in left) or len(left) <= MAX_DIGITS:
        why = "only plain numbers that stand by themselves are spelled out"
    else:
        why = f"more than {MAX_DIGITS} digits are not spelled out"
    yield _warn("W_DIGITS", f"the digits of {_shorten(word)!r} stay digits: {why}", word)


def _find_decomposed(word: str) -> Iterator[TextFinding]:
    if unicodedata.is_normalized("NFC", word):
        return
    composed = unicodedata.normalize("NFC", word)
    yield _warn(
        "W_NFD", f"{_shorten(word)!a} is not composed (NFC); it is taken as {composed!r}", word
    )


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def _error(code: str, message: str, subject: str = "") -> TextFinding:
    return TextFinding(code, message, "error", subject)


def _warn(code: str, message: str, subject: str = "") -> TextFinding:
    return TextFinding(code, message, "warning", subject)
