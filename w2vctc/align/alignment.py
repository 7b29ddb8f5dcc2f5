"""A text laid along a recording's emissions: which frames each of its words and letters has."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from w2vctc.align.anchors import find_anchors
from w2vctc.align.chain import Chain, Tolerance, build_chain, score_columns
from w2vctc.align.lattice import MAX_CELLS, find_path, score_path
from w2vctc.align.script import Letter, ScriptWord
from w2vctc.vocab import Vocabulary

_LEAST = 1e-9  # a probability of zero has no logarithm
# A letter or two fit in anywhere at less than it costs to leave them out. Kichwa dev, before every
# fourth word one that nobody says: of 314 such words of one or two letters 20 were placed without
# this bound and 10 with it, of 30 true ones 25 and 24. Of 208 longer ones none was.
SHORT_LETTERS = 2
LEAST_CONFIDENCE = 0.05
_WORTH_ANCHORS = 1 << 22  # cells; fewer are searched sooner than anchors are found


@dataclass(frozen=True)
class PlacedLetter:
    """A letter and its frames `[start, end)`; its highest `probability` there."""

    text: str
    start: int
    end: int
    probability: float | None


@dataclass(frozen=True)
class PlacedWord:
    """A word of the text that was found, with its frames `[start, end)`, all its letters' own.

    confidence: 0 to 1, the geometric mean of the letters' probabilities; 0 where no letter has a
    label. number: the word's place in the text.
    """

    number: int
    start: int
    end: int
    confidence: float
    letters: tuple[PlacedLetter, ...]


@dataclass(frozen=True)
class Stray:
    """Frames `[start, end)` between the words in which something else is said."""

    start: int
    end: int


@dataclass(frozen=True)
class Alignment:
    """Where the words are, the numbers of those that were not found, and what else is said."""

    words: tuple[PlacedWord, ...]
    missing: tuple[int, ...]
    strays: tuple[Stray, ...]


def align_words(
    emissions: NDArray[np.float32],
    words: Sequence[ScriptWord],
    vocabulary: Vocabulary,
    *,
    tolerance: Tolerance | None = None,
    max_cells: int = MAX_CELLS,
) -> Alignment:
    """The words' places on the best path; emissions (n_frames, n_labels) of the whole recording.

    A word of one or two letters that is hardly heard where the path has it is not found.
    Raises ModelError (see `check_emissions`).
    """
    tolerance = tolerance or Tolerance()
    if not len(emissions) or not words:
        return Alignment((), tuple(range(len(words))), ())
    chain = build_chain(words, tolerance)
    scores = score_columns(emissions, chain, vocabulary, tolerance)
    n_cells = len(scores) * len(chain.lattice)
    anchors = find_anchors(emissions, words, chain, vocabulary) if n_cells > _WORTH_ANCHORS else []
    path = find_path(scores, chain.lattice, anchors=anchors, max_cells=max_cells)
    placed = _place_words(path[1:-1], emissions, words, chain)
    found = {word.number for word in placed}
    missing = tuple(number for number in range(len(words)) if number not in found)
    heard = score_path(scores, chain.lattice, path)[1:-1]
    return Alignment(placed, missing, _find_strays(path[1:-1], heard, chain, tolerance))


def _place_words(
    path: NDArray[np.int64],
    emissions: NDArray[np.float32],
    words: Sequence[ScriptWord],
    chain: Chain,
) -> tuple[PlacedWord, ...]:
    edges = np.flatnonzero(np.diff(path, prepend=-1, append=-1))
    runs = [
        (int(path[start]), int(start), int(end))
        for start, end in pairwise(edges.tolist())
        if chain.letters[path[start]] >= 0
    ]
    placed = []
    for number, letters in groupby(runs, key=lambda run: int(chain.words[run[0]])):
        spelled = words[number].letters
        at = [
            _place_letter(emissions, spelled[int(chain.letters[state])], start, end)
            for state, start, end in letters
        ]
        placed.append(PlacedWord(number, at[0].start, at[-1].end, _mean(at), tuple(at)))
    return tuple(word for word in placed if not _is_chance(word))


def _is_chance(word: PlacedWord) -> bool:
    """Whether so few letters were placed so badly; letters without a label prove nothing."""
    is_known = any(letter.probability is not None for letter in word.letters)
    return is_known and len(word.letters) <= SHORT_LETTERS and word.confidence < LEAST_CONFIDENCE


def _place_letter(
    emissions: NDArray[np.float32], letter: Letter, start: int, end: int
) -> PlacedLetter:
    if letter.label_id is None:
        return PlacedLetter(letter.text, start, end, None)
    best = float(emissions[start:end, letter.label_id].max())
    return PlacedLetter(letter.text, start, end, min(float(np.exp(best)), 1.0))


def _mean(letters: Sequence[PlacedLetter]) -> float:
    known = [one.probability for one in letters if one.probability is not None]
    if not known:
        return 0.0
    return float(np.exp(np.mean(np.log(np.maximum(known, _LEAST)))))


def _find_strays(
    path: NDArray[np.int64], heard: NDArray[np.float64], chain: Chain, tolerance: Tolerance
) -> tuple[Stray, ...]:
    """Stretches of one gap, from its first frame with another label to its last one."""
    strays = []
    foreign = (chain.letters[path] == -2) & (heard <= -tolerance.stray)
    places = np.flatnonzero(foreign)
    for _, frames in groupby(places.tolist(), key=lambda frame: int(path[frame])):
        inside = list(frames)
        strays.append(Stray(inside[0], inside[-1] + 1))
    return tuple(strays)
