"""Places that the best path is sure to go through: there the model heard what the text says."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from w2vctc.align.chain import Chain
from w2vctc.align.lattice import Place
from w2vctc.align.script import ScriptWord
from w2vctc.vocab import Vocabulary

RUN_LETTERS = 16
"""So many letters in a row, once in the text and once in what was heard, are no chance."""

_LEAST_FRAMES = 250  # between two anchors: five seconds are searched in no time


def find_anchors(
    emissions: NDArray[np.float32],
    words: Sequence[ScriptWord],
    chain: Chain,
    vocabulary: Vocabulary,
    *,
    run_letters: int = RUN_LETTERS,
) -> list[Place]:
    """Places in order; frames count from 1, as in the chain's scores.

    The letters of the best labels, without spaces, are compared with those of the text. Runs that
    occur once in both are kept where they come in the same order in both (the longest such series),
    and the letter in the middle of a run is an anchor.
    """
    heard, frames = _hear(emissions, vocabulary)
    spelled = [letter.label_id for word in words for letter in word.letters]
    there = _single_runs(heard, run_letters)
    pairs = sorted(
        (there[run], place)
        for run, place in _single_runs(spelled, run_letters).items()
        if run in there
    )
    states = np.flatnonzero(chain.letters >= 0)
    middle = run_letters // 2
    anchors: list[Place] = []
    for at_heard, at_text in _longest_rising(pairs):
        frame = frames[at_heard + middle] + 1
        if not anchors or frame - anchors[-1].frame >= _LEAST_FRAMES:
            anchors.append(Place(frame, int(states[at_text + middle])))
    return anchors


def _hear(
    emissions: NDArray[np.float32], vocabulary: Vocabulary
) -> tuple[list[int | None], list[int]]:
    """The letters of the best labels and the frame in which each begins."""
    best = emissions.argmax(axis=1)
    begins = np.flatnonzero(np.diff(best, prepend=-1))
    letters = {label: n for n, label in enumerate(vocabulary.labels) if label in vocabulary.letters}
    kept = [int(frame) for frame in begins if int(best[frame]) in letters.values()]
    return [int(best[frame]) for frame in kept], kept


def _single_runs(labels: Sequence[int | None], length: int) -> dict[tuple[int | None, ...], int]:
    """The runs of that length that occur once, with the place of their first letter."""
    places: dict[tuple[int | None, ...], int] = {}
    for place in range(len(labels) - length + 1):
        run = tuple(labels[place : place + length])
        places[run] = -1 if run in places else place
    return {run: place for run, place in places.items() if place >= 0}


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest series of pairs, sorted by the first, that rises in the second too."""
    ends: list[int] = []  # the smallest end of a series of each length
    holders: list[int] = []
    before: list[int] = []
    for number, (_, value) in enumerate(pairs):
        length = bisect_left(ends, value)
        before.append(holders[length - 1] if length else -1)
        ends[length : length + 1] = [value]
        holders[length : length + 1] = [number]
    series: list[tuple[int, int]] = []
    number = holders[-1] if holders else -1
    while number >= 0:
        series.append(pairs[number])
        number = before[number]
    return series[::-1]
