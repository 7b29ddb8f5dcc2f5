"""What is wrong or noteworthy in raw transcripts, with reason codes; and many of them at once."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from w2vctc.text.characters import (
    CharacterCount,
    count_word_characters,
    describe_character,
    mark_characters,
)
from w2vctc.text.normalize import count_dropped, normalize_text
from w2vctc.text.plain_words import is_plain, plain_letters
from w2vctc.text.profile import LanguageProfile
from w2vctc.text.word_findings import (
    JudgedWord,
    Severity,
    TextFinding,
    error,
    judge_word,
    shorten,
    warn,
)

__all__ = [
    "MAX_TEXT_LENGTH",
    "CodeCount",
    "Severity",
    "TextFinding",
    "TextSummary",
    "find_text_faults",
    "summarize_text",
]

MAX_TEXT_LENGTH = 10_000  # characters; more than any clip that can be trained on holds
# Below this raw length no text grows beyond the limit, however its numbers are spelled out.
_SURELY_SHORT = 200
_CACHED_WORDS = 1 << 17
_LONGEST_CACHED = 100
_EXAMPLES = 3
_ODD_SPACE = re.compile(r"[^\S ]")


@dataclass(frozen=True)
class CodeCount:
    """One reason code: how many texts it was found in, and messages about different things."""

    code: str
    severity: Severity
    n_texts: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class TextSummary:
    """What `summarize_text` saw; `characters` are those of normalized text, marked.

    `dropped` are the characters that normalization throws away, most frequent first, each with
    the most frequent raw word that has it.
    """

    n_texts: int
    codes: tuple[CodeCount, ...]
    characters: tuple[CharacterCount, ...]
    dropped: tuple[CharacterCount, ...]


def find_text_faults(text: str, profile: LanguageProfile) -> list[TextFinding]:
    """All that is noteworthy in one raw transcript: errors first, each thing once.

    Errors: E_EMPTY_TEXT, E_TOO_LONG_TEXT, E_RESERVED, E_CHAR (no character that anybody spoke:
    a stray combining mark, U+FFFD, a lone surrogate, private use, unassigned).
    Warnings: W_CHAR (emoji, symbols, control, invisible and direction marks, unusual spaces),
    W_MIXED_SCRIPT, W_UNEXPECTED (not among the profile's letters), W_DIGITS (numbers that are not
    spelled out), W_NFD (decomposed text). What the profile declares is no finding.
    """
    if not text.strip():
        return [error("E_EMPTY_TEXT", f"the transcript is {'blank' if text else 'empty'}")]
    plain, judge = plain_letters(profile), _judge_of(profile)
    found = [*_find_lengths(text, profile), *_find_spaces(text)]
    anything_left = False
    for word in text.split():
        if is_plain(word, plain):
            anything_left = True
            continue
        judged = judge(word) if len(word) <= _LONGEST_CACHED else judge_word(word, profile)
        anything_left |= judged.kept
        found += judged.findings
    if not anything_left:
        message = f"nothing is left of the transcript {shorten(text)!r} once it is normalized"
        found.append(error("E_EMPTY_TEXT", message))
    return _order(found)


def _order(findings: list[TextFinding]) -> list[TextFinding]:
    """Errors first; of several about one thing the first."""
    if not findings:
        return findings
    first: dict[tuple[str, str], TextFinding] = {}
    for finding in findings:
        first.setdefault((finding.code, finding.subject), finding)
    return sorted(first.values(), key=lambda finding: finding.severity)


def summarize_text(texts: Iterable[str], profile: LanguageProfile) -> TextSummary:
    """Findings by code (errors first, then by count), the table of characters, what is dropped."""
    words: Counter[str] = Counter()
    n_texts = 0
    n_found: Counter[tuple[Severity, str]] = Counter()
    examples: dict[tuple[Severity, str], dict[str, str]] = {}
    for text in texts:
        n_texts += 1
        words.update(text.split())
        findings = find_text_faults(text, profile)
        n_found.update({(finding.severity, finding.code) for finding in findings})
        for finding in findings:
            shown = examples.setdefault((finding.severity, finding.code), {})
            if len(shown) < _EXAMPLES:
                shown.setdefault(finding.subject, finding.message)
    ordered = sorted(n_found, key=lambda key: (key[0], -n_found[key], key[1]))
    return TextSummary(
        n_texts=n_texts,
        codes=tuple(
            CodeCount(
                code, severity, n_found[severity, code], tuple(examples[severity, code].values())
            )
            for severity, code in ordered
        ),
        characters=tuple(_count_kept(words, profile)),
        dropped=tuple(_count_dropped(words, profile)),
    )


@lru_cache(maxsize=8)
def _judge_of(profile: LanguageProfile) -> Callable[[str], JudgedWord]:
    """The judge of single words, with a memory: the same words come again and again."""
    return lru_cache(maxsize=_CACHED_WORDS)(partial(judge_word, profile=profile))


def _find_lengths(text: str, profile: LanguageProfile) -> Iterator[TextFinding]:
    if len(text) > _SURELY_SHORT:
        n_characters = len(normalize_text(text, profile))
        if n_characters > MAX_TEXT_LENGTH:
            yield error(
                "E_TOO_LONG_TEXT",
                f"a transcript of {n_characters:,} characters; the limit is {MAX_TEXT_LENGTH:,}",
            )


def _find_spaces(text: str) -> Iterator[TextFinding]:
    """Spaces that are not U+0020, and line breaks within the transcript."""
    for character in dict.fromkeys(_ODD_SPACE.findall(text.strip(" \t\r\n"))):
        yield warn("W_CHAR", f"{describe_character(character)} is taken as a space", character)


def _count_kept(words: Counter[str], profile: LanguageProfile) -> list[CharacterCount]:
    kept: Counter[str] = Counter()
    for word, n_times in words.items():
        for part in normalize_text(word, profile).split():
            kept[part] += n_times
    return mark_characters(count_word_characters(kept), profile)


def _count_dropped(words: Counter[str], profile: LanguageProfile) -> list[CharacterCount]:
    return count_word_characters(
        words, list_characters=lambda word: count_dropped(word, profile).elements()
    )
