"""Error rates of parts of a set: by speaker, chapter, length of the clip, or known words."""

import math
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from w2vctc.corpus.utterance import Utterance
from w2vctc.evaluate.alignment import align_words
from w2vctc.evaluate.counts import ErrorCounts, pool_counts
from w2vctc.evaluate.intervals import Interval, bound_rate
from w2vctc.evaluate.scored import ScoredText

LENGTHS_S = (0.0, 2.0, 5.0, 10.0, 20.0, math.inf)
"""Where clips are divided by length, in seconds."""

UNNAMED = "(none)"


@dataclass(frozen=True)
class Group:
    """The utterances with one value; duration_s adds up what is known of their lengths."""

    name: str
    n_utterances: int
    duration_s: float
    words: ErrorCounts
    characters: ErrorCounts
    interval: Interval | None


@dataclass(frozen=True)
class Breakdown:
    """A set divided by one property; groups by name, those of numbers by size."""

    by: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class KnownWords:
    """Words of the references that a language model knows, and how they were heard.

    missed: substituted or deleted. Insertions belong to no word of the reference and count nowhere.
    """

    n_known: int
    n_known_missed: int
    n_unknown: int
    n_unknown_missed: int

    @property
    def known_rate(self) -> float:
        """The share of known words that were missed."""
        return self.n_known_missed / (self.n_known or 1)

    @property
    def unknown_rate(self) -> float:
        """The share of unknown words that were missed."""
        return self.n_unknown_missed / (self.n_unknown or 1)


def list_columns(rows: Sequence[Utterance]) -> list[str]:
    """What `break_down` can divide these rows by: columns that at least one row fills."""
    own = ["speaker"] if any(row.speaker for row in rows) else []
    return [
        *own,
        *dict.fromkeys(name for row in rows for name, value in row.extra.items() if value),
    ]


def break_down(rows: Sequence[Utterance], texts: Sequence[ScoredText], by: str) -> Breakdown:
    """The set by the values of a column of its table; rows without a value are one group."""
    return _divide(by, rows, texts, lambda row: _value(row, by) or UNNAMED)


def break_down_by_length(rows: Sequence[Utterance], texts: Sequence[ScoredText]) -> Breakdown:
    """The set by the length of the clips, shortest first."""
    spans = list(pairwise(LENGTHS_S))
    names = {span: _name_span(*span) for span in spans}

    def place(row: Utterance) -> str:
        length = row.duration_s
        if length is None:
            return "unknown"
        return next(names[low, high] for low, high in spans if length < high)

    order = [*names.values(), "unknown"]
    return _divide("length", rows, texts, place, order=order)


def break_down_by_unknown(
    rows: Sequence[Utterance], texts: Sequence[ScoredText], known: Collection[str]
) -> Breakdown:
    """The set by how many words of a reference the language model does not know."""

    def place(row: Utterance) -> str:
        n_unknown = sum(word not in known for word in row.text.split())
        return ("none", "1", "2")[n_unknown] if n_unknown < 3 else "3 and more"

    order = ["none", "1", "2", "3 and more"]
    return _divide("unknown words", rows, texts, place, order=order)


def count_known_words(
    rows: Sequence[Utterance], texts: Sequence[ScoredText], known: Collection[str]
) -> KnownWords:
    """How the words of the references that a language model knows were heard, and the others."""
    counts = {(is_known, missed): 0 for is_known in (True, False) for missed in (True, False)}
    for row, text in zip(rows, texts, strict=True):
        for step in align_words(row.text, text.text):
            if step.reference:
                counts[step.reference in known, step.kind != "hit"] += 1
    return KnownWords(
        n_known=counts[True, True] + counts[True, False],
        n_known_missed=counts[True, True],
        n_unknown=counts[False, True] + counts[False, False],
        n_unknown_missed=counts[False, True],
    )


def _divide(
    by: str,
    rows: Sequence[Utterance],
    texts: Sequence[ScoredText],
    place: Callable[[Utterance], str],
    *,
    order: Sequence[str] | None = None,
) -> Breakdown:
    members: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        members.setdefault(place(row), []).append(index)
    names = sorted(members, key=_by_number) if order is None else order
    return Breakdown(
        by, tuple(_sum_up(name, rows, texts, members[name]) for name in names if name in members)
    )


def _sum_up(
    name: str, rows: Sequence[Utterance], texts: Sequence[ScoredText], members: Sequence[int]
) -> Group:
    words = [texts[index].words for index in members]
    return Group(
        name=name,
        n_utterances=len(members),
        duration_s=sum(rows[index].duration_s or 0.0 for index in members),
        words=pool_counts(words),
        characters=pool_counts(texts[index].characters for index in members),
        interval=bound_rate(words),
    )


def _value(row: Utterance, by: str) -> str:
    return row.speaker if by == "speaker" else row.extra.get(by, "")


def _by_number(name: str) -> list[str]:
    """`chapter2` before `chapter10`: figures count as numbers."""
    parts = re.split("([0-9]+)", name)
    return [part.zfill(20) if index % 2 else part for index, part in enumerate(parts)]


def _name_span(low: float, high: float) -> str:
    return f"{low:g} to {high:g} s" if math.isfinite(high) else f"{low:g} s and more"
