"""A long recording's emissions in segments, which are decoded one after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.vocab import Vocabulary

Emissions = NDArray[np.float32]


@dataclass(frozen=True)
class SegmentOptions:
    """Where a recording may be cut; seconds.

    A segment ends where nobody speaks, and where it gets longer than `longest_s`: at the widest
    gap between two words in its second half, else at the next one. After `patience_s` without
    any gap it is cut between two letters. A pause of `sentence_pause_s` ends the sentence too.
    """

    longest_s: float = 30.0
    patience_s: float = 60.0
    sentence_pause_s: float = 1.0


@dataclass(frozen=True)
class Segment:
    """Frames of a recording from `first_frame` on; emissions of shape (n_frames, n_labels).

    goes_on: whether the sentence of the segment before goes on here.
    """

    first_frame: int
    emissions: Emissions
    goes_on: bool

    @property
    def last_frame(self) -> int:
        """The frame behind its last one."""
        return self.first_frame + len(self.emissions)


def cut_segments(
    pieces: Iterable[tuple[int, Emissions]],
    vocabulary: Vocabulary,
    options: SegmentOptions | None = None,
) -> Iterator[Segment]:
    """Segments of the pieces, each as soon as it is complete.

    pieces: (first frame, emissions) in order; where one does not begin at the end of the one
    before, nobody spoke in between.
    """
    options = options or SegmentOptions()
    held: list[Emissions] = []
    first = end = 0
    last_end: int | None = None  # of the segment before
    for start, emissions in pieces:
        if held and start != end:
            yield _make(first, held, last_end, options)
            last_end, held = end, []
        if not held:
            first = start
        held.append(emissions)
        end = start + len(emissions)
        while (cut := _find_cut(held, end - first, vocabulary, options)) is not None:
            whole = np.concatenate(held)
            yield _make(first, [whole[:cut]], last_end, options)
            first += cut
            last_end, held = first, [whole[cut:]] if cut < len(whole) else []
    if held:
        yield _make(first, held, last_end, options)


def decode_segments(
    segments: Iterable[Segment], decode: Callable[..., Hypothesis]
) -> Iterator[tuple[Segment, Hypothesis]]:
    """Each segment with what is said in it, its words in seconds from the recording's start.

    decode: takes emissions and `start_state`, as an engine's `decode` does. Where a sentence goes
    on, so does the language model.
    """

    def decode_one(emissions: Emissions, *, start_state: Any) -> tuple[Hypothesis, ...]:
        return (decode(emissions, start_state=start_state),)

    for segment, (best,) in decode_segments_nbest(segments, decode_one):
        yield segment, best


def decode_segments_nbest(
    segments: Iterable[Segment], decode_nbest: Callable[..., Sequence[Hypothesis]]
) -> Iterator[tuple[Segment, tuple[Hypothesis, ...]]]:
    """Each segment with its readings, best first, words in seconds from the recording's start.

    decode_nbest: takes emissions and `start_state` and returns one reading at least. The language
    model goes on from the best one.
    """
    state: Any = None
    for segment in segments:
        readings = decode_nbest(segment.emissions, start_state=state if segment.goes_on else None)
        state = readings[0].state
        offset_s = segment.first_frame * FRAME_SHIFT_S
        yield segment, tuple(_move(reading, offset_s) for reading in readings)


def join_hypotheses(found: Sequence[Hypothesis]) -> Hypothesis:
    """One hypothesis of a recording's segments; scores are summed."""
    return Hypothesis(
        text=" ".join(one.text for one in found if one.text),
        words=tuple(word for one in found for word in one.words),
        score=sum(one.score for one in found),
        acoustic_score=sum(one.acoustic_score for one in found),
        lm_score=sum(one.lm_score for one in found),
        state=found[-1].state if found else None,
    )


def _make(
    first: int, held: Sequence[Emissions], last_end: int | None, options: SegmentOptions
) -> Segment:
    goes_on = last_end is not None and (first - last_end) * FRAME_SHIFT_S < options.sentence_pause_s
    return Segment(first, np.concatenate(held), goes_on)


def _move(reading: Hypothesis, offset_s: float) -> Hypothesis:
    return replace(reading, words=tuple(_shift(word, offset_s) for word in reading.words))


def _shift(word: Word, offset_s: float) -> Word:
    return replace(
        word,
        start_s=round(word.start_s + offset_s, 3),
        end_s=round(word.end_s + offset_s, 3),
        characters=tuple(_shift(letter, offset_s) for letter in word.characters),
    )


def _find_cut(
    held: Sequence[Emissions], n_frames: int, vocabulary: Vocabulary, options: SegmentOptions
) -> int | None:
    """The frames that are to be a segment, None while it may grow on."""
    longest = round(options.longest_s / FRAME_SHIFT_S)
    if n_frames <= longest:
        return None
    best = np.concatenate([one.argmax(axis=1) for one in held])
    gap = _find_gap(best, longest // 2, longest, vocabulary) or _find_gap(
        best, 1, len(best), vocabulary
    )
    if gap is None and n_frames > round(options.patience_s / FRAME_SHIFT_S):
        gap = _find_blank(best, longest // 2, vocabulary)
    return gap


def _find_gap(best: NDArray[np.int64], start: int, stop: int, vocabulary: Vocabulary) -> int | None:
    """Behind the space of the widest gap between two words in `[start, stop)`."""
    silent = (best == vocabulary.blank_id) | (best == vocabulary.delimiter_id)
    widest, place = 0, None
    for first, last in _runs(silent):
        spaces = np.flatnonzero(best[first:last] == vocabulary.delimiter_id)
        if not len(spaces):
            continue
        behind = first + int(spaces[-1]) + 1
        if last - first > widest and start <= behind < min(stop, len(best)):
            widest, place = last - first, behind
    return place


def _find_blank(best: NDArray[np.int64], start: int, vocabulary: Vocabulary) -> int:
    """The middle of the longest stretch of blanks from `start` on, else the end."""
    runs = [run for run in _runs(best == vocabulary.blank_id) if run[0] >= start]
    if not runs:
        return len(best)
    first, last = max(runs, key=lambda run: run[1] - run[0])
    return (first + last + 1) // 2


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))
