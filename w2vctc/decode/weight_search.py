"""The search for the two weights with the fewest errors, whatever it is that counts them."""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass

from w2vctc.decode.options import DecodingOptions

# The first step crosses the whole range in which weights are usually looked for, the last one is
# finer than a dev set of some hundred sentences can tell apart.
_ALPHA_STEP = 0.5
_BETA_STEP = 2.0
_N_HALVINGS = 2


@dataclass(frozen=True)
class Trial:
    """One pair of weights and what decoding all of dev with it gave."""

    alpha: float
    beta: float
    word_errors: int
    n_words: int

    @property
    def wer(self) -> float:
        """Word errors per reference word; per one word where the references are empty."""
        return self.word_errors / (self.n_words or 1)


class _OutOfBudgetError(Exception):
    """No decode is left."""


class WeightSearch:
    """A pattern search over alpha and beta (Hooke and Jeeves 1961, "Direct search solution of
    numerical and statistical problems").

    From the start it takes one step along each axis, then repeats the move for as long as that
    helps; where no step helps it halves the steps, twice. No range bounds it except alpha >= 0.
    Among equal error counts the weights nearest to the start win. Each pair is measured once.
    """

    def __init__(
        self, measure: Callable[[float, float], Trial], start: DecodingOptions, budget: int
    ) -> None:
        self.trials: list[Trial] = []
        self._measure = measure
        self._start = (float(start.alpha), float(start.beta))
        self._budget = budget
        self._known: dict[tuple[float, float], Trial] = {}

    def run(self) -> Trial:
        """The best of all trials."""
        with contextlib.suppress(_OutOfBudgetError):
            self._search()
        return min(self.trials, key=self._cost)

    def _search(self) -> None:
        base = self._try(*self._start)
        scale = 1.0
        for _ in range(_N_HALVINGS + 1):
            while True:
                better = self._explore(base, scale)
                if better is base:
                    break
                base = self._follow(base, better)
            scale /= 2

    def _follow(self, old: Trial, new: Trial) -> Trial:
        """The end of a run of equal moves, old to new and on, as long as each one is better."""
        # Hooke and Jeeves look round the end of each such move too; on made-up error surfaces
        # that took a fifth more decodes and found no better weights.
        while True:
            ahead = self._try(2 * new.alpha - old.alpha, 2 * new.beta - old.beta)
            if self._cost(ahead) >= self._cost(new):
                return new
            old, new = new, ahead

    def _explore(self, centre: Trial, scale: float) -> Trial:
        """The centre, or the trial one step from it along either axis or both that is better."""
        for step_alpha, step_beta in ((0.0, _BETA_STEP), (_ALPHA_STEP, 0.0)):
            for sign in (1, -1):
                near = self._try(
                    centre.alpha + sign * scale * step_alpha,
                    centre.beta + sign * scale * step_beta,
                )
                if self._cost(near) < self._cost(centre):
                    centre = near
                    break
        return centre

    def _try(self, alpha: float, beta: float) -> Trial:
        """The trial of these weights, decoded once only. Raises _OutOfBudgetError."""
        key = (round(max(alpha, 0.0), 9), round(beta, 9))  # 0.4 + 0.5 - 0.5 is again 0.4
        if key not in self._known:
            if len(self.trials) >= self._budget:
                raise _OutOfBudgetError
            self._known[key] = self._measure(*key)
            self.trials.append(self._known[key])
        return self._known[key]

    def _cost(self, trial: Trial) -> tuple[int, float, float, float]:
        """Fewest errors first, then the smallest change from the start, then smaller weights."""
        change = math.hypot(
            (trial.alpha - self._start[0]) / _ALPHA_STEP,
            (trial.beta - self._start[1]) / _BETA_STEP,
        )
        return trial.word_errors, change, trial.alpha, trial.beta
