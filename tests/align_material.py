"""Emissions that say what they are told to, for tests of alignment."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from w2vctc.align.script import ScriptWord, read_script
from w2vctc.vocab import Vocabulary

SURE = 0.9


def say_labels(labels: Sequence[int], n_labels: int, *, sure: float = SURE) -> NDArray[np.float32]:
    """One frame for each label, which has the probability `sure`; the others share the rest."""
    emissions = np.full((len(labels), n_labels), (1 - sure) / (n_labels - 1))
    emissions[np.arange(len(labels)), labels] = sure
    return np.asarray(np.log(emissions), dtype=np.float32)


def say_text(text: str, vocabulary: Vocabulary, *, sure: float = SURE) -> NDArray[np.float32]:
    """A frame for each character and a blank behind it; `_` is a blank by itself."""
    labels: list[int] = []
    for character in text:
        labels += [] if character == "_" else vocabulary.encode(character)
        labels.append(vocabulary.blank_id)
    return say_labels(labels, len(vocabulary.labels), sure=sure)


def plain_script(text: str, vocabulary: Vocabulary) -> list[ScriptWord]:
    """The words of a text that is written as it is spoken; lines are told apart."""
    return read_script(text.split("\n"), vocabulary, normalize=lambda line: line)
