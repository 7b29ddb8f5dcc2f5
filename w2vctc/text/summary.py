"""Many transcripts at once: findings counted by code, characters, and what is thrown away."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from w2vctc.text.characters import CharacterCount, count_word_characters, mark_characters
from w2vctc.text.findings import Severity, find_text_faults
from w2vctc.text.normalize import count_dropped, normalize_text
from w2vctc.text.profile import LanguageProfile

_EXAMPLES = 3


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


def _count_kept(words: Counter[str], profile: LanguageProfile) -> list[CharacterCount]:
    kept: Counter[str] = Counter()
    for word, n_times in words.items():
        for part in normalize_text(word, profile).split():
            kept[part] += n_times
    return mark_characters(count_word_characters(kept), profile)


def _count_dropped(words: Counter[str], profile: LanguageProfile) -> list[CharacterCount]:
    return count_word_characters(words, count=lambda word: count_dropped(word, profile))
