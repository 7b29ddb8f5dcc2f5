"""A transcript as layers of intervals: passages, their words, and the words' letters.

Praat and ELAN take no intervals that overlap on a tier, that last no time, or that stick out of
the interval that they belong to. Real decodings have none; what has is moved as little as will do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from w2vctc.decode.hypothesis import Word
from w2vctc.decode.one_line import clean_text
from w2vctc.decode.transcript import Passage, Transcript
from w2vctc.decode.writers.clock import to_ms, word_ms


@dataclass(frozen=True)
class Span:
    """A stretch of time in whole milliseconds, its text, and what lies within it."""

    start_ms: int
    end_ms: int
    text: str
    parts: tuple["Span", ...] = ()
    confidence: float | None = None

    @property
    def shortest_ms(self) -> int:
        """The least time that holds it: a millisecond for each of its smallest parts."""
        return max(1, sum(part.shortest_ms for part in self.parts))


def lay_out(passages: Sequence[Passage]) -> tuple[Span, ...]:
    """The passages of one speaker that have text, with words and letters, none overlapping.

    Each lasts a millisecond at least and lies within the one above it.
    """
    spans = [_from_passage(passage) for passage in passages]
    spans = sorted((span for span in spans if span.text or span.parts), key=_start)
    return _place(_part_ways(spans), 0, None)


def words_of(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The layer below: of passages their words, of words their letters."""
    return tuple(part for span in spans for part in span.parts)


def end_of(transcript: Transcript, spans: Sequence[Span]) -> int:
    """Where the recording ends, or the last span where that is later; never 0."""
    return max(to_ms(transcript.duration_s), 1, *(span.end_ms for span in spans))


def name_speakers(speakers: Sequence[str]) -> dict[str, str]:
    """A name of its own for each speaker that formats can hold; "" stays so where it can."""
    names: dict[str, str] = {}
    for speaker in speakers:
        name = plain = clean_text(speaker)
        number = 2
        while name in names.values():
            name, number = f"{plain} ({number})".strip(), number + 1
        names[speaker] = name
    return names


def name_tier(layer: str, speaker: str) -> str:
    """`words`, or `words@name`, as is usual in ELAN."""
    return f"{layer}@{speaker}" if speaker else layer


def _start(span: Span) -> int:
    return span.start_ms


def _from_passage(passage: Passage) -> Span:
    words = tuple(_from_words(passage.hypothesis.words))
    return Span(
        min([to_ms(passage.start_s), *(word.start_ms for word in words)]),
        max([to_ms(passage.end_s), *(word.end_ms for word in words)]),
        clean_text(passage.hypothesis.text) or " ".join(word.text for word in words),
        words,
    )


def _from_words(words: Sequence[Word]) -> Iterator[Span]:
    for word in words:
        if text := clean_text(word.text):
            letters = tuple(_from_words(word.characters))
            yield Span(*word_ms(word), text, letters, word.confidence)


def _part_ways(passages: Sequence[Span]) -> list[Span]:
    """Passages begin behind the words of the one before, if their own words allow it."""
    parted: list[Span] = []
    said_until = 0
    for span in passages:
        first_word = min((word.start_ms for word in span.parts), default=span.start_ms)
        start_ms = max(span.start_ms, min(said_until, first_word))
        parted.append(replace(span, start_ms=start_ms, end_ms=max(span.end_ms, start_ms)))
        said_until = max([said_until, *(word.end_ms for word in span.parts)])
    return parted


def _place(spans: Sequence[Span], first_ms: int, last_ms: int | None) -> tuple[Span, ...]:
    """The spans one behind the other between two times, with their parts within them.

    Starts are kept where they can be, ends are cut. Forwards each gets its shortest time; then,
    backwards, what sticks out at the end is pushed in.
    """
    ordered = sorted(spans, key=_start)
    edges: list[tuple[int, int]] = []
    earliest = first_ms
    for number, span in enumerate(ordered):
        start = max(span.start_ms, earliest)
        end = max(span.end_ms, start)
        if number + 1 < len(ordered):
            end = min(end, ordered[number + 1].start_ms)
        earliest = max(end, start + span.shortest_ms)
        edges.append((start, earliest))
    placed: list[Span] = []
    for span, (start, end) in zip(reversed(ordered), reversed(edges), strict=True):
        latest = end if last_ms is None else min(end, last_ms)
        begin = start if last_ms is None else min(start, latest - span.shortest_ms)
        parts = _place(span.parts, begin, latest)
        placed.append(replace(span, start_ms=begin, end_ms=latest, parts=parts))
        last_ms = begin
    return tuple(reversed(placed))
