"""Which weights dev can tell apart: bootstrap intervals and the plateau round the best ones."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from w2vctc.decode.weight_search import LAST_STEPS, Trial, Weights, shift, within_bounds

Counts = npt.NDArray[np.int64]

_N_DRAWS = 1000
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
        self._times = draw.multinomial(n, np.full(n, 1 / n), _N_DRAWS).astype(np.float32)
        self._words = np.maximum(self._times @ n_words.astype(np.float32), 1)

    def rate(self, errors: Counts) -> Interval:
        """The interval of errors per word; of a difference of errors as well."""
        rates = (self._times @ errors.astype(np.float32)) / self._words
        low, high = np.percentile(rates, (2.5, 97.5))
        return Interval(float(low), float(high))


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
