"""The search for alpha and beta on dev: true decodes, each counted, and never worse than before."""

import contextlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.workers import decode_pool
from w2vctc.errors import UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

CountErrors = Callable[[str, str], tuple[int, int]]
"""Reference and hypothesis in; errors and reference words out."""

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


@dataclass(frozen=True)
class Tuning:
    """What the search found. `trials` come in the order in which they were decoded."""

    best: Trial
    default: Trial
    trials: tuple[Trial, ...]
    greedy_errors: int
    n_workers: int
    notes: tuple[str, ...] = ()

    @property
    def alpha(self) -> float:
        """The weight of the language model that made the fewest errors."""
        return self.best.alpha

    @property
    def beta(self) -> float:
        """The word bonus that made the fewest errors."""
        return self.best.beta

    @property
    def greedy_wer(self) -> float:
        """The word error rate of the best path without search and language model."""
        return self.greedy_errors / (self.default.n_words or 1)


def tune_weights(
    emissions: Sequence[npt.NDArray[Any]],
    references: Sequence[str],
    vocabulary: Vocabulary,
    lm: LanguageModelFiles,
    *,
    count_errors: CountErrors,
    start: DecodingOptions | None = None,
    n_workers: int = 1,
    budget: int = 24,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuning:
    """The weights with the fewest word errors among up to `budget` decodes of all emissions.

    A pattern search (Hooke and Jeeves 1961, "Direct search solution of numerical and statistical
    problems") from `start`: one step along each axis, then the same move once more and further,
    until nothing improves; then half the steps. No range bounds it except alpha >= 0. Among equal
    error counts the weights nearest to `start` win, so the result is never worse than `start` and
    stays with it unless something is gained. It does not depend on `n_workers`.

    Raises UsageError when there is nothing to tune on or `budget` < 1, and what decoding raises.
    """
    start = start or DecodingOptions()
    if len(emissions) != len(references):
        raise ValueError(f"{len(emissions)} emissions for {len(references)} references")
    if not references:
        raise UsageError("no utterances to tune on", hint="name a dev set that is not empty")
    if budget < 1:
        raise UsageError(f"budget = {budget}: nothing may be decoded", hint="use 1 or more")
    decoder = build_decoder(vocabulary, lm=lm, options=start)
    with decode_pool(decoder, emissions, n_workers=n_workers) as pool:

        def measure(alpha: float, beta: float) -> Trial:
            texts = pool.decode_all(alpha=alpha, beta=beta)
            trial = Trial(alpha, beta, *_sum_errors(references, texts, count_errors))
            if on_trial:
                on_trial(trial)
            return trial

        search = _PatternSearch(measure, start, budget)
        best = search.run()
        greedy = [greedy_text(item, vocabulary) for item in emissions]
        return Tuning(
            best=best,
            default=search.trials[0],
            trials=tuple(search.trials),
            greedy_errors=_sum_errors(references, greedy, count_errors)[0],
            n_workers=pool.n_workers,
            notes=pool.notes,
        )


def _sum_errors(
    references: Sequence[str], texts: Sequence[str], count_errors: CountErrors
) -> tuple[int, int]:
    counted = [count_errors(*pair) for pair in zip(references, texts, strict=True)]
    return sum(errors for errors, _ in counted), sum(words for _, words in counted)


class _OutOfBudgetError(Exception):
    """No decode is left."""


class _PatternSearch:
    """The state of one search: what was tried, and what it gave."""

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
                base = self._follow(base, better, scale)
            scale /= 2

    def _follow(self, old: Trial, new: Trial, scale: float) -> Trial:
        """The end of a run of equal moves: `new`, or what lies beyond it in the same direction."""
        while True:
            ahead = self._try(2 * new.alpha - old.alpha, 2 * new.beta - old.beta)
            beyond = self._explore(ahead, scale) if ahead is not new else ahead
            if self._cost(beyond) >= self._cost(new):
                return new
            old, new = new, beyond

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
        key = (max(alpha, 0.0), beta)
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
