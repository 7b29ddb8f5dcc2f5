"""Which weights dev can tell apart: bootstrap intervals and the plateau round the best ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2vctc.decode.weight_search import LAST_STEPS, Trial, Weights, shift, within_bounds

Counts = npt.NDArray[np.int64]

_N_DRAWS = 1000
_BLOCK = 50  # drawings that are worked on at once; divides the former
_SEED = 0
_N_DOUBLINGS = 6


class Interval(NamedTuple):
    """Bounds of a rate, as a fraction."""

    low: float
    high: float


class Bootstrap:
    """A thousand drawings of utterances with replacement, the same ones for all that is compared.

    Percentile intervals of 95 % (Bisani and Ney 2004, "Bootstrap estimates for confidence
    intervals in ASR performance evaluation"). Utterances count as independent: where a few
    speakers say them all, the truth is wider.
    """

    def __init__(self, n_words: Counts) -> None:
        n = len(n_words)
        draw = np.random.default_rng(_SEED)
        # How often each utterance is drawn fits a byte: 100,000 of them take 100 MB, not 800.
        self._times = np.empty((_N_DRAWS, n), dtype=np.uint8)
        for first in range(0, _N_DRAWS, _BLOCK):
            block = draw.multinomial(n, np.full(n, 1 / n), _BLOCK)
            self._times[first : first + _BLOCK] = np.minimum(block, 255)
        self._words = np.maximum(self._sum(n_words), 1)

    def rate(self, errors: Counts) -> Interval:
        """The interval of errors per word; of a difference of errors as well."""
        low, high = np.percentile(self.draw_rates(errors), (2.5, 97.5))
        return Interval(float(low), float(high))

    def draw_rates(self, errors: Counts) -> npt.NDArray[np.float32]:
        """The rate of each drawing, shape (1000,)."""
        rates: npt.NDArray[np.float32] = self._sum(errors) / self._words
        return rates

    def _sum(self, values: Counts) -> npt.NDArray[np.float32]:
        added = values.astype(np.float32)
        blocks = range(0, _N_DRAWS, _BLOCK)
        return np.concatenate(
            [self._times[first : first + _BLOCK].astype(np.float32) @ added for first in blocks]
        )


@dataclass(frozen=True)
class Range:
    """The values of one weight that make no difference, the others being the best ones.

    low_open, high_open: nothing was tried beyond, so that the range may go on there.
    """

    name: str
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False


def find_plateau(
    best: Trial,
    *,
    probe: Callable[[Weights], Trial | None],
    is_same: Callable[[Trial], bool],
    tune_unk: bool = False,
) -> tuple[Range, ...]:
    """One range per weight, walked out from the best weights until dev tells a difference.

    `probe` is asked at 1, 2, 4, ... of the last steps of the search to either side, in turns, and
    answers None when there is no decode left.
    """
    sides = {(axis, sign): _Side() for axis in range(3 if tune_unk else 2) for sign in (-1, 1)}
    for doubling in range(_N_DOUBLINGS):
        for (axis, sign), side in sides.items():
            if side.ended:
                continue
            by = sign * 2**doubling * LAST_STEPS[axis]
            weights = within_bounds(shift(best.weights, axis, by))
            reached = best.weights.numbers[axis] if side.bound is None else side.bound
            if weights.numbers[axis] == reached:
                side.ended, side.is_open = True, False  # at the bound of what may be tried
                continue
            trial = probe(weights)
            side.is_open = trial is None
            side.ended = trial is None or not is_same(trial)
            if not side.ended:
                side.bound, side.is_open = weights.numbers[axis], True
    return tuple(
        _range(best, axis, sides[axis, -1], sides[axis, 1]) for axis in range(3 if tune_unk else 2)
    )


@dataclass
class _Side:
    bound: float | None = None
    ended: bool = False
    is_open: bool = True


def _range(best: Trial, axis: int, low: _Side, high: _Side) -> Range:
    here = best.weights.numbers[axis]
    return Range(
        name=Weights._fields[axis],
        low=here if low.bound is None else low.bound,
        high=here if high.bound is None else high.bound,
        low_open=low.is_open,
        high_open=high.is_open,
    )
