"""The search for the weights with the fewest errors, whatever it is that counts them."""

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from w2vctc.decode.options import DecodingOptions
from w2vctc.lm.settings import PLAIN, Way

_N_HALVINGS = 2
_N_CLIMBS = 2


class Weights(NamedTuple):
    """What a trial is decoded with; the fields mean what they mean in DecodingOptions."""

    alpha: float
    beta: float
    unk_score_offset: float = DecodingOptions.unk_score_offset
    way: Way = PLAIN

    @property
    def numbers(self) -> tuple[float, float, float]:
        """What a search moves."""
        return self[:3]


# The first step crosses the whole range in which weights are usually looked for, the last one is
# finer than a dev set of some hundred sentences can tell apart.
STEPS = (0.5, 2.0, 4.0)
LAST_STEPS = tuple(step * 0.5**_N_HALVINGS for step in STEPS)


@dataclass(frozen=True)
class Trial:
    """Weights and what decoding dev with them gave.

    share: how much of dev was decoded before these weights had lost; below 1 `word_errors` is an
    estimate for all of dev.
    """

    alpha: float
    beta: float
    word_errors: int
    n_words: int
    unk_score_offset: float = DecodingOptions.unk_score_offset
    share: float = 1.0
    way: Way = PLAIN

    @property
    def wer(self) -> float:
        """Word errors per reference word; per one word where the references are empty."""
        return self.word_errors / (self.n_words or 1)

    @property
    def weights(self) -> Weights:
        """What it was decoded with."""
        return Weights(self.alpha, self.beta, self.unk_score_offset, self.way)


class _OutOfBudgetError(Exception):
    """No decode is left."""


class WeightSearch:
    """A pattern search over alpha, beta and, with `tune_unk`, the offset of unknown words (Hooke
    and Jeeves 1961, "Direct search solution of numerical and statistical problems").

    The two best of `start` and `further_starts` take one step along each axis, then repeat the
    move for as long as that helps. Where no step helps, the better end halves the steps, twice.
    No range bounds it except alpha >= 0 and, without an n-gram of letters, an offset <= 0. The way
    of the start stays. Among equal error counts the weights nearest to the start win. Each weights
    are measured once. `budget`: how often all of dev may be decoded; a trial of half of dev counts
    half, and those already `known` nothing.
    """

    def __init__(
        self,
        measure: Callable[[Weights], Trial],
        start: Weights,
        *,
        budget: float,
        further_starts: Sequence[Weights] = (),
        tune_unk: bool = False,
        known: Sequence[Trial] = (),
    ) -> None:
        self.trials: list[Trial] = list(known)
        self.budget = budget
        self._measure = measure
        self._start = within_bounds(start)
        self._further_starts = further_starts
        self._axes = (1, 0, 2) if tune_unk else (1, 0)
        self._known = {trial.weights: trial for trial in known}
        self._n_before = sum(trial.share for trial in known)

    @property
    def n_decodes(self) -> float:
        """How often the search decoded dev so far."""
        return sum(trial.share for trial in self.trials) - self._n_before

    def run(self) -> Trial:
        """The best of all trials, when nothing better is near or no decode is left."""
        with contextlib.suppress(_OutOfBudgetError):
            self._search()
        return self.best()

    def best(self) -> Trial:
        """The best of all trials so far that went to their end."""
        return min((trial for trial in self.trials if trial.share == 1), key=self._cost)

    def probe(self, weights: Weights) -> Trial | None:
        """The trial of any weights, None when no decode is left for it."""
        try:
            return self._try(weights)
        except _OutOfBudgetError:
            return None

    def _search(self) -> None:
        starts = [self._try(weights) for weights in (self._start, *self._further_starts)]
        chosen = sorted(dict.fromkeys(starts), key=self._cost)[:_N_CLIMBS]
        # One that has lost already would be climbed from for nothing.
        ends = [self._climb(trial, 1.0) for trial in chosen if trial.share == 1]
        base = min(ends, key=self._cost)
        for halving in range(1, _N_HALVINGS + 1):
            base = self._climb(base, 0.5**halving)

    def _climb(self, base: Trial, scale: float) -> Trial:
        """Where no step of this scale helps any more."""
        while True:
            better = self._explore(base, scale)
            if better is base:
                return base
            base = self._follow(base, better)

    def _follow(self, old: Trial, new: Trial) -> Trial:
        """The end of a run of equal moves, old to new and on, as long as each one is better."""
        # Hooke and Jeeves look round the end of each such move too; on made-up error surfaces
        # that took a fifth more decodes and found no better weights.
        while True:
            ahead = self._try(_beyond(old.weights, new.weights))
            if self._cost(ahead) >= self._cost(new):
                return new
            old, new = new, ahead

    def _explore(self, centre: Trial, scale: float) -> Trial:
        """The centre, or the trial one step from it along some of the axes that is better."""
        for axis in self._axes:
            for sign in (1, -1):
                near = self._try(shift(centre.weights, axis, sign * scale * STEPS[axis]))
                if self._cost(near) < self._cost(centre):
                    centre = near
                    break
        return centre

    def _try(self, weights: Weights) -> Trial:
        """The trial of these weights, decoded once only. Raises _OutOfBudgetError."""
        key = within_bounds(weights)
        if key not in self._known:
            if self.trials and self.n_decodes > self.budget - 1:
                raise _OutOfBudgetError
            self._known[key] = self._measure(key)
            self.trials.append(self._known[key])
        return self._known[key]

    def _cost(self, trial: Trial) -> tuple[float, ...]:
        """Fewest errors first, then the smallest change from the start, then smaller weights."""
        numbers = trial.weights.numbers
        moves = zip(numbers, self._start.numbers, STEPS, strict=True)
        change = math.hypot(*((here - start) / step for here, start, step in moves))
        return (trial.word_errors, change, *numbers)


def shift(weights: Weights, axis: int, by: float) -> Weights:
    """The weights with one of the numbers changed."""
    alpha, beta, offset = (
        value + by * (place == axis) for place, value in enumerate(weights.numbers)
    )
    return Weights(alpha, beta, offset, weights.way)


def _beyond(old: Weights, new: Weights) -> Weights:
    """As far behind the new weights as the old ones lie before them."""
    pairs = zip(old.numbers, new.numbers, strict=True)
    alpha, beta, offset = (2 * there - here for here, there in pairs)
    return Weights(alpha, beta, offset, new.way)


def within_bounds(weights: Weights) -> Weights:
    """The nearest weights that a search may have, rounded: 0.4 + 0.5 - 0.5 is again 0.4."""
    alpha, beta, offset, way = weights
    # A spelling costs as much as the word is long, which may be more than enough; a flat cost
    # above nothing would be a reward.
    most = math.inf if way.oov_order else 0.0
    return Weights(round(max(alpha, 0.0), 9), round(beta, 9), round(min(offset, most), 9), way)
