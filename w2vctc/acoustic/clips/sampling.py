"""How much is heard of each of several datasets, and which of their clips come when.

A dataset with n seconds of speech gets the share p ∝ n^a of an epoch, which is as long as if every
clip came once: a = 1 hears every clip as often as any other, a = 0 every dataset as much as any
other, between them small datasets are heard more often than large ones (the sampling of languages
in XLSR, arXiv:2006.13979).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# An epoch is cut into rounds in which no clip comes twice, so that its hearings lie apart. But the
# last batch of a round is seldom full: with no fewer batches than these in a round, plans of 20 to
# 200 s per batch came out at most 6 % longer than in one piece, with 8 of them 13 %.
_FEWEST_BATCHES = 16
_CLIP_ORDER = 1  # keeps the seeds of these draws apart from those of a plan's epochs


@dataclass(frozen=True)
class DatasetPart:
    """The rows of one dataset among those of train, where they lie one dataset after the other."""

    name: str
    n_clips: int


@dataclass(frozen=True)
class DatasetShare:
    """How much there is of a dataset, and its share of what is heard.

    passes: how often each of its clips comes in an epoch, on average.
    """

    name: str
    n_clips: int
    seconds: float
    share: float
    passes: float


def share_out(
    durations_s: Sequence[float], parts: Sequence[DatasetPart], exponent: float
) -> tuple[DatasetShare, ...]:
    """Each dataset with its share; durations_s are those of all rows, in the order of the parts."""
    clips = _split(durations_s, [part.n_clips for part in parts])
    seconds = [sum(part) for part in clips]
    weights = [own_s**exponent for own_s in seconds]
    return tuple(
        DatasetShare(
            part.name,
            part.n_clips,
            own_s,
            weight / sum(weights),
            # In this form it is 1.0 to the last bit where the exponent is 1.
            weight / own_s * (sum(seconds) / sum(weights)),
        )
        for part, own_s, weight in zip(parts, seconds, weights, strict=True)
    )


class ClipSampler:
    """Which rows an epoch hears; `sizes` are the numbers of rows of the datasets, in their order.

    The clips of a dataset stand in an order that the seed has drawn, and are heard in it, round
    and round, each epoch going on where the one before it has stopped: at the end of every round
    no clip of a dataset was heard more than once more than another one of it.
    """

    def __init__(
        self,
        durations_s: Sequence[float],
        *,
        sizes: Sequence[int],
        exponent: float,
        batch_s: float,
        seed: int,
    ) -> None:
        assert sum(sizes) == len(durations_s)
        parts = [DatasetPart("", size) for size in sizes]
        self.passes = [one.passes for one in share_out(durations_s, parts, exponent)]
        self._rings = [
            _Ring(first, own_s, np.random.default_rng([seed, _CLIP_ORDER, number]))
            for number, (first, own_s) in enumerate(
                zip(np.cumsum([0, *sizes[:-1]]), _split(durations_s, sizes), strict=True)
            )
        ]
        full = int(sum(durations_s) / (_FEWEST_BATCHES * batch_s))
        self.n_rounds = max(1, min(math.ceil(max(self.passes)), full))

    def draw(self, epoch: int) -> list[NDArray[np.int64]]:
        """The rows of each round of an epoch, in ascending order; a row may come several times."""
        bounds = [epoch + number / self.n_rounds for number in range(self.n_rounds + 1)]
        return [
            np.sort(
                np.concatenate(
                    [
                        ring.between(passes * start, passes * end)
                        for ring, passes in zip(self._rings, self.passes, strict=True)
                    ]
                )
            )
            for start, end in pairwise(bounds)
        ]


class _Ring:
    """The rows of one dataset in the order in which they are heard again and again."""

    def __init__(
        self, first_row: int, durations_s: Sequence[float], random: np.random.Generator
    ) -> None:
        order = random.permutation(len(durations_s))
        self._rows: NDArray[np.int64] = first_row + order
        ends_s = np.cumsum(np.asarray(durations_s)[order])
        # A clip belongs to where its middle lies: an amount of speech is met within half a clip.
        self._middles = (ends_s - np.asarray(durations_s)[order] / 2) / ends_s[-1]

    def between(self, start: float, end: float) -> NDArray[np.int64]:
        """The rows heard from one moment to another, both in passes since the run began."""
        places = np.arange(self._place(start), self._place(end))
        return np.take(self._rows, places % len(self._rows))

    def _place(self, passes: float) -> int:
        whole = math.floor(passes)
        return whole * len(self._rows) + int(np.searchsorted(self._middles, passes - whole))


def _split(durations_s: Sequence[float], sizes: Sequence[int]) -> list[Sequence[float]]:
    ends = np.cumsum(sizes).tolist()
    return [durations_s[end - size : end] for size, end in zip(sizes, ends, strict=True)]
