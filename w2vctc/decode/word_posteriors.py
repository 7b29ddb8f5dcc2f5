"""How likely the emissions make each word of a hypothesis, where it was heard."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.decode.hypothesis import Word
from w2vctc.vocab import Vocabulary

# Frames to either side of a word, at most, in which nothing else may be heard. Of the right and the
# wrong words of Kichwa dev 0 sort 84.0 %, 5 sort 85.6 %, 12 sort 86.0 %, 25 sort 86.1 %.
_MARGIN = 12
_LEAST_LOGP = np.log(1e-15)
_BLOCK = 8  # frames between two scalings: as many labels that are never heard are 1e-120
_TINIEST = 1e-300
_MOST_SPELLINGS = 16  # of one word, where labels of several letters make it ambiguous

Emissions = NDArray[np.float32]


class _Path(NamedTuple):
    """One spelling of a word, as label ids, in the frames `[start, stop)`."""

    word: int
    labels: tuple[int, ...]
    start: int
    stop: int


def measure_posteriors(
    words: Sequence[Word], emissions: Emissions, vocabulary: Vocabulary
) -> NDArray[np.float64]:
    """The log-probability of each word, shape (n_words,): that its frames spell it and no more.

    It is the sum over all paths of CTC that spell the word's letters, with blanks and spaces
    before and behind, from the middle of the gap to the word before to that of the gap behind it
    (Graves et al. 2006, section 4.1). words: in order, in seconds from the first frame. -inf for a
    word that no labels spell, or that its frames are too few for.
    """
    found = np.full(len(words), -np.inf)
    spans = _place(words, len(emissions))
    paths = [
        _Path(index, labels, *spans[index])
        for index, word in enumerate(words)
        for labels in list_spellings(word.text, vocabulary)
    ]
    if not paths:
        return found
    scores = _sum_paths(paths, _normalize(emissions), vocabulary)
    np.logaddexp.at(found, [path.word for path in paths], scores)
    return found


def list_spellings(text: str, vocabulary: Vocabulary) -> list[tuple[int, ...]]:
    """The label ids that spell the text: one way, more with digraphs, none with other letters."""
    by_label = {label: index for index, label in enumerate(vocabulary.labels)}
    letters = {letter: by_label[letter] for letter in vocabulary.letters}
    sizes = sorted({len(letter) for letter in letters}, reverse=True)
    ways: list[list[tuple[int, ...]]] = [[()]]
    for end in range(1, len(text) + 1):
        here = [
            (*way, letters[text[end - size : end]])
            for size in sizes
            if size <= end and text[end - size : end] in letters
            for way in ways[end - size]
        ]
        ways.append(here[:_MOST_SPELLINGS])
    return ways[-1] if text else []


def _place(words: Sequence[Word], n_frames: int) -> list[tuple[int, int]]:
    """The frames of each word with half the gaps around it, `_MARGIN` at most."""
    starts = [min(round(word.start_s / FRAME_SHIFT_S), n_frames) for word in words]
    ends = [min(round(word.end_s / FRAME_SHIFT_S), n_frames) for word in words]
    places = []
    for index, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if end <= start:
            places.append((start, start))
            continue
        before = start - ends[index - 1] if index else 2 * start
        behind = starts[index + 1] - end if index + 1 < len(words) else 2 * (n_frames - end)
        left = start - min(max(before // 2, 0), _MARGIN)
        right = end + min(max((behind + 1) // 2, 0), _MARGIN)
        places.append((left, right))
    return places


def _normalize(emissions: Emissions) -> NDArray[np.float64]:
    """Log-probabilities that sum to one in each frame, none of them -inf."""
    shifted = emissions - emissions.max(axis=1, keepdims=True, initial=-np.inf)
    total = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    normalized: NDArray[np.float64] = np.maximum(shifted - total, _LEAST_LOGP).astype(np.float64)
    return normalized


def _sum_paths(
    paths: Sequence[_Path], emissions: NDArray[np.float64], vocabulary: Vocabulary
) -> NDArray[np.float64]:
    """The forward score of each path's labels; all of them step through their frames together.

    The states are: nothing yet, label 1, blank, label 2, ..., label L, nothing more.
    """
    blank, space = vocabulary.blank_id, vocabulary.delimiter_id
    # Two columns more: what may be heard beside the word, and what is never heard.
    beside = np.logaddexp(emissions[:, blank], emissions[:, space])
    columns = np.column_stack([np.exp(emissions), np.exp(beside), np.zeros(len(emissions))])
    n_labels = emissions.shape[1]
    states, skips = _lay_out(paths, blank=blank, beside=n_labels, never=n_labels + 1)
    starts = np.array([path.start for path in paths])
    lengths = np.array([path.stop for path in paths]) - starts
    ends = np.array([2 * len(path.labels) for path in paths])
    done_at = {length: np.flatnonzero(lengths == length) for length in set(lengths.tolist())}
    # Two columns in front, in which nothing ever is, save looking over the edge.
    scores = np.zeros((len(paths), states.shape[1] + 2))
    scores[:, 2] = 1.0  # before the first frame
    scales = np.zeros(len(paths))  # what the scores have been multiplied with, as logarithm
    last, last_scales = np.zeros(len(paths)), np.zeros(len(paths))
    for block in range(0, int(lengths.max(initial=0)), _BLOCK):
        steps = np.arange(block, block + _BLOCK)[:, None]
        frames = np.minimum(starts + steps, len(columns) - 1)
        for step, heard in enumerate(columns[frames[:, :, None], states], start=block):
            scores[:, 2:] = (scores[:, 2:] + scores[:, 1:-1] + scores[:, :-2] * skips) * heard
            done = done_at.get(step + 1)
            if done is not None:
                last[done] = scores[done, ends[done] + 2] + scores[done, ends[done] + 1]
                last_scales[done] = scales[done]
        top = np.maximum(scores.max(axis=1), _TINIEST)
        scores /= top[:, None]
        scales -= np.log(top)
    with np.errstate(divide="ignore"):
        found: NDArray[np.float64] = np.log(last) - last_scales
    return found


def _lay_out(
    paths: Sequence[_Path], *, blank: int, beside: int, never: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The column of each state, and 1 where it may be entered from the last but one, else 0."""
    width = 2 * max(len(path.labels) for path in paths) + 1
    states = np.full((len(paths), width), never)
    skips = np.zeros((len(paths), width))
    for row, path in enumerate(paths):
        n_states = 2 * len(path.labels) + 1
        labels = np.array(path.labels)
        states[row, :n_states] = blank
        states[row, 1:n_states:2] = labels
        states[row, [0, n_states - 1]] = beside
        skips[row, 3:n_states:2] = labels[1:] != labels[:-1]
    return states, skips
