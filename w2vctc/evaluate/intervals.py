"""How sure a set of recordings is of an error rate."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from w2vctc.decode.plateau import Bootstrap, Interval
from w2vctc.evaluate.counts import ErrorCounts

__all__ = ["Interval", "bound_rate", "count_errors", "draw_utterances"]


def bound_rate(counts: Sequence[ErrorCounts]) -> Interval | None:
    """The 95 % interval of the pooled rate, from the counts of each utterance.

    None for fewer than two utterances, from which nothing can be drawn.
    """
    if len(counts) < 2:
        return None
    return draw_utterances(counts).rate(count_errors(counts))


def draw_utterances(counts: Sequence[ErrorCounts]) -> Bootstrap:
    """A thousand drawings of these utterances, the same ones for every system that heard them."""
    return Bootstrap(np.array([one.n_reference for one in counts], dtype=np.int64))


def count_errors(counts: Sequence[ErrorCounts]) -> npt.NDArray[np.int64]:
    """The errors of each utterance, shape (n_utterances,)."""
    return np.array([one.errors for one in counts], dtype=np.int64)
