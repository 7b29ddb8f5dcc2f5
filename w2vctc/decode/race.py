"""Trials on dev that end as soon as they have lost against the best one so far."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from w2vctc.decode.weight_search import Trial, Weights
from w2vctc.lm.settings import Way

CountErrors = Callable[[str, str], tuple[int, int]]
"""Reference and hypothesis in; errors and reference words out."""

Counts = npt.NDArray[np.int64]

_N_CUTS = 8
_FEWEST = 40  # utterances from which a trial may be judged
_DEVIATIONS = 2.5
"""Weights have lost when they are behind by so many standard errors of the paired difference. With
three, a search on 331 utterances decoded half as much again and ended at the same weights."""


class Race:
    """Decodes utterances with weights, one eighth of them after another.

    `decode` returns the texts of the utterances with these numbers. `trials`: all, in their order;
    `errors`: those of each utterance for all weights that were decoded to the end; n_words:
    reference words of each. The parts are drawn once, always the same, so that a part is like the
    whole. `on_trial` hears each trial.
    """

    def __init__(
        self,
        decode: Callable[[Weights, Sequence[int]], Sequence[str]],
        references: Sequence[str],
        count_errors: CountErrors,
        *,
        on_trial: Callable[[Trial], None] | None = None,
    ) -> None:
        self.trials: list[Trial] = []
        self.errors: dict[Weights, Counts] = {}
        self.n_words: Counts = np.zeros(len(references), np.int64)
        self._decode = decode
        self._references = references
        self._count_errors = count_errors
        self._on_trial = on_trial
        self._order = np.random.default_rng(0).permutation(len(references))
        self._best: dict[Way, Counts] = {}

    @property
    def n_decodes(self) -> float:
        """How often dev was decoded so far, parts of it counted as such."""
        return sum(trial.share for trial in self.trials)

    def measure(self, weights: Weights, *, rival: Counts | None = None) -> Trial:
        """The trial of these weights; its errors are an estimate where it has lost early.

        That is against `rival`, the errors of other weights, else the best of the same way.
        """
        rival = self._best.get(weights.way) if rival is None else rival
        n_all = len(self._references)
        errors = np.zeros(n_all, np.int64)
        done = 0
        for eighth in range(1, _N_CUTS + 1):
            cut = math.ceil(eighth * n_all / _N_CUTS)
            last = eighth == _N_CUTS
            if not last and (cut < _FEWEST or rival is None):
                continue
            part = self._order[done:cut].tolist()
            errors[part] = self._count(part, self._decode(weights, part))
            done = cut
            if last or rival is None:
                continue
            if _has_lost((errors - rival)[self._order[:done]]):
                return self._trial(weights, self._estimate(errors, rival, done), done / n_all)
        self.errors[weights] = errors
        best = self._best.setdefault(weights.way, errors)
        if errors.sum() < best.sum():
            self._best[weights.way] = errors
        return self._trial(weights, int(errors.sum()), 1.0)

    def _count(self, part: Sequence[int], texts: Sequence[str]) -> list[int]:
        counted = []
        for index, text in zip(part, texts, strict=True):
            errors, self.n_words[index] = self._count_errors(self._references[index], text)
            counted.append(errors)
        return counted

    def _estimate(self, errors: Counts, rival: Counts, n_done: int) -> int:
        """The errors on all of dev if the rest went as the part did, beside the rival."""
        behind = int((errors - rival)[self._order[:n_done]].sum())
        return round(int(rival.sum()) + behind * len(self._order) / n_done)

    def _trial(self, weights: Weights, errors: int, share: float) -> Trial:
        trial = Trial(
            alpha=weights.alpha,
            beta=weights.beta,
            word_errors=errors,
            n_words=int(self.n_words.sum()),
            unk_score_offset=weights.unk_score_offset,
            share=share,
            way=weights.way,
        )
        self.trials.append(trial)
        if self._on_trial:
            self._on_trial(trial)
        return trial


def _has_lost(behind: Counts) -> bool:
    return bool(behind.sum() > _DEVIATIONS * math.sqrt(len(behind) * behind.var()))
