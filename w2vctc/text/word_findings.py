"""What is wrong or noteworthy in one raw word, character by character."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from w2vctc.text.characters import describe_character
from w2vctc.text.confusables import find_lookalike, list_lookalikes
from w2vctc.text.normalize import (
    find_reserved,
    fold_form,
    is_unseen,
    normalize_text,
    remove_reserved,
)
from w2vctc.text.numbers import MAX_DIGITS
from w2vctc.text.profile import LanguageProfile
from w2vctc.text.scripts import MixedWord, find_mixed_words, name_script, script_of

_SHOWN_LENGTH = 40
# Signs that people read aloud, and that the normalizer drops unless the profile spells them out.
_SPOKEN = "%‰&@§+=<>×÷°"
_DOTTED_CIRCLE = "◌"  # how a mark without its letter is shown
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


@dataclass(frozen=True)
class JudgedWord:
    """The findings in one word, and whether normalization leaves anything of it."""

    kept: bool
    findings: tuple[TextFinding, ...]


def judge_word(word: str, profile: LanguageProfile) -> JudgedWord:
    """All that `find_text_faults` has to say about one word of a transcript."""
    reserved = tuple(_find_reserved(word))
    kept = normalized = normalize_text(word, profile)
    if reserved:  # refused for them: what they are made of is not looked at
        word = remove_reserved(word)
        normalized = normalize_text(word, profile)
    return JudgedWord(
        kept=kept != "",
        findings=(
            *reserved,
            *_find_stray_marks(word, profile),
            *_find_characters(word, profile),
            *_find_mixed(word, profile),
            *_find_unexpected(word, normalized, profile),
            *_find_digits(word, normalized, profile),
            *_find_decomposed(word),
        ),
    )


def _find_reserved(word: str) -> Iterator[TextFinding]:
    for token in find_reserved(word):
        yield error("E_RESERVED", f"the transcript holds the literal {token!r}", token)


def _find_stray_marks(word: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    """Combining marks without a letter in front, which no keyboard makes on purpose."""
    if word.isascii():
        return
    before = ""
    for place, character in enumerate(word):
        if is_unseen(character):
            continue
        mark = unicodedata.category(character)[0] == "M"
        if mark and not _bears_marks(before) and before not in profile.letters:
            shown = shorten(f"{word[:place]}{_DOTTED_CIRCLE}{word[place:]}")
            where = f"after {before!r} in" if before else "at the start of"
            yield error(
                "E_CHAR",
                f"{describe_character(character)} has no letter to stand on ({where} {shown!r})",
                character,
            )
        before = character


def _bears_marks(character: str) -> bool:
    return character != "" and unicodedata.category(character)[0] in "LM"


def _find_characters(word: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    for character in dict.fromkeys(word):
        if remark := _judge_character(character, profile):
            code, why = remark
            message = f"{describe_character(character)} in {shorten(word)!r} {why}"
            say = error if code == "E_CHAR" else warn
            yield say(code, message, character)


def _judge_character(character: str, profile: LanguageProfile) -> tuple[str, str] | None:
    """The code of a character that needs a remark, and the end of the message."""
    category = unicodedata.category(character)
    if character in _declared(profile):
        return None
    if character.isalnum() and not is_unseen(character) and fold_form(character) == character:
        return None
    if character == _REPLACEMENT_CHARACTER or (category == "Cn" and not _is_new(character)):
        return "E_CHAR", _NO_CHARACTER[category]
    if category in ("Cs", "Co"):
        return "E_CHAR", _NO_CHARACTER[category]
    plain = category[0] in "MPZ" and character not in _SPOKEN and not is_unseen(character)
    return None if plain else _tell_fate(character, profile)


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
            ", though people may say it" if may_be_spoken(character) else ""
        )
    declared = left == character or left in profile.word_signs
    return None if declared else ("W_CHAR", f"is taken as {left.strip()!r}")


def may_be_spoken(character: str) -> bool:
    """Whether people read a sign aloud, as they do %, @ and the currencies'."""
    return character in _SPOKEN or unicodedata.category(character) == "Sc"


def _find_mixed(word: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    if word.isascii():
        return
    for mixed in find_mixed_words(word, declared=_declared(profile)):
        names = " and ".join(name_script(code) for code in mixed.scripts)
        named = "; ".join(_name_stranger(letter, mixed, profile) for letter in mixed.strangers)
        yield warn("W_MIXED_SCRIPT", f"{shorten(mixed.word)!r} mixes {names}: {named}", mixed.word)


def _name_stranger(letter: str, mixed: MixedWord, profile: LanguageProfile) -> str:
    alike = find_lookalike(letter, mixed.script, preferred=profile.letters)
    looks = f" looks like {alike} ({describe_character(alike)})" if alike else ""
    return f"{describe_character(letter)}{looks}"


def _find_unexpected(word: str, normalized: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    expected = _expected(profile)
    strange = [c for c in dict.fromkeys(normalized) if c not in expected]
    for character in strange if profile.letters else ():
        if unicodedata.category(character)[0] in "LM":
            alike = [a for a in list_lookalikes(character) if a in expected]
            looks = f"; it looks like {alike[0]} ({describe_character(alike[0])})" if alike else ""
            yield warn(
                "W_UNEXPECTED",
                f"{describe_character(character)} in {shorten(word)!r} is not among the letters"
                f" of {profile.name or profile.language}{looks}",
                character,
            )


@lru_cache(maxsize=8)
def _expected(profile: LanguageProfile) -> frozenset[str]:
    return frozenset("".join((*profile.letters, *profile.word_signs)))


@lru_cache(maxsize=8)
def _declared(profile: LanguageProfile) -> frozenset[str]:
    """The characters that the profile knows of, in both cases, replaced ones included."""
    known = "".join((*profile.letters, *profile.word_signs, *profile.replacements))
    return frozenset(known + known.upper())


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
    yield warn("W_DIGITS", f"the digits of {shorten(word)!r} stay digits: {why}", word)


def _find_decomposed(word: str) -> Iterator[TextFinding]:
    if unicodedata.is_normalized("NFC", word):
        return
    composed = unicodedata.normalize("NFC", word)
    yield warn("W_NFD", f"{shorten(word)!a} is not composed (NFC); it is taken as {composed!r}")


def shorten(text: str) -> str:
    """`text`, or its beginning where it is too long for a message."""
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"


def error(code: str, message: str, subject: str = "") -> TextFinding:
    """A finding that keeps a transcript out of training."""
    return TextFinding(code, message, "error", subject)


def warn(code: str, message: str, subject: str = "") -> TextFinding:
    """A finding to look at."""
    return TextFinding(code, message, "warning", subject)
