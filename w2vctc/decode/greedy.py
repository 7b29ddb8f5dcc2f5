"""Decoding without a search: the best label of each frame, collapsed as CTC has it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from w2vctc.decode.emissions_check import Emissions, check_emissions
from w2vctc.decode.hypothesis import Hypothesis, Word, place_word
from w2vctc.vocab import Vocabulary

# Frames, 0.4 s. Models trained with pauses spread the delimiter's probability over all of a pause,
# so that no frame of it may have it on top: 58 % of the words of such a recording were wrong, 8 %
# with this. Two models of clips without pauses lost nothing by it.
_PAUSE_FRAMES = 20


class _Spike(NamedTuple):
    """A label that is not blank and its frames `[start, end)`; the delimiter is a space."""

    character: str
    start: int
    end: int


def greedy_text(emissions: npt.NDArray[Any], vocabulary: Vocabulary) -> str:
    """The text of the best path, the same as the transformers pipeline gives without a decoder.

    Runs of a label are one label, blanks go, delimiters become spaces, and the ends are stripped
    (Graves et al. 2006, "Connectionist temporal classification", section 3.2). As there, two
    delimiters with a blank between them stay two spaces, and an unknown label is spelled out.

    Raises ModelError (see `check_emissions`).
    """
    checked = check_emissions(emissions, n_labels=len(vocabulary.labels))
    return _join(_spikes(checked, vocabulary))


def greedy_words(emissions: npt.NDArray[Any], vocabulary: Vocabulary) -> tuple[Word, ...]:
    """The words of the best path, each from its first label's first frame to its last one's end.

    A word ends at a delimiter, and at a pause of 0.4 s without one.
    """
    checked = check_emissions(emissions, n_labels=len(vocabulary.labels))
    return _words(_spikes(checked, vocabulary))


def decode_greedy(emissions: npt.NDArray[Any], vocabulary: Vocabulary) -> Hypothesis:
    """Text, words and score of the best path; the score is that one path's log-probability.

    The words are those of `greedy_words`, one space between them.
    """
    checked = check_emissions(emissions, n_labels=len(vocabulary.labels))
    spikes = list(_spikes(checked, vocabulary))
    score = float(checked.max(axis=1).sum(dtype=np.float64)) if len(checked) else 0.0
    words = _words(spikes)
    text = " ".join(word.text for word in words)
    return Hypothesis(text, words, score=score, acoustic_score=score)


def _spikes(emissions: Emissions, vocabulary: Vocabulary) -> "list[_Spike]":
    spikes, start = [], 0
    for label_id, run in groupby(emissions.argmax(axis=1).tolist()):
        end = start + len(list(run))
        if label_id != vocabulary.blank_id:
            label = vocabulary.labels[label_id]
            character = " " if label_id == vocabulary.delimiter_id else label
            spikes.append(_Spike(character, start, end))
        start = end
    return spikes


def _join(spikes: "list[_Spike]") -> str:
    return "".join(spike.character for spike in spikes).strip()


def _words(spikes: "list[_Spike]") -> tuple[Word, ...]:
    def runs() -> Iterator[Word]:
        for is_space, letters in groupby(spikes, key=lambda spike: spike.character == " "):
            for word in [] if is_space else _split_at_pauses(letters):
                text = "".join(spike.character for spike in word)
                yield place_word(text, word[0].start, word[-1].end)

    return tuple(runs())


def _split_at_pauses(letters: Iterable[_Spike]) -> list[list[_Spike]]:
    words: list[list[_Spike]] = []
    for letter in letters:
        if not words or letter.start - words[-1][-1].end >= _PAUSE_FRAMES:
            words.append([])
        words[-1].append(letter)
    return words
