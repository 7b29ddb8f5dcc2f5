"""Whether confidences hold what they say: of words at 0.7, seven in ten should be right."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2vctc.decode.hypothesis import Word

N_BINS = 10
_N_DRAWS = 200
_LEAST = 1e-6  # of a probability: one word that was held for impossible is not infinitely bad


@dataclass(frozen=True)
class CalibrationBin:
    """Words of like confidence: how many, the mean of it, and the share that was right."""

    n_words: int
    confidence: float
    right: float


@dataclass(frozen=True)
class CalibrationTable:
    """Confidences against what was right, in bins of equally many words, least sure ones first.

    chance: the error that a faultless calibration would show of as many words, by chance alone.
    auc: of a right word and a wrong one, how often the right one has the higher confidence; 0.5 is
    guessing. gain: the share of the doubt about each word that its confidence removes, against
    the same confidence for all of them (normalized cross entropy, NIST's of 1997); below 0 it
    misleads. auc and gain are None where all words are right, or all wrong.
    """

    bins: tuple[CalibrationBin, ...]
    n_words: int
    right: float
    chance: float
    auc: float | None
    gain: float | None

    @property
    def error(self) -> float:
        """Expected calibration error, 0 to 1: by how much confidence and share right differ.

        Mean over all words of the difference in their bin (Naeini et al. 2015, "Obtaining well
        calibrated probabilities using Bayesian binning").
        """
        return sum(one.n_words * abs(one.confidence - one.right) for one in self.bins) / (
            self.n_words or 1
        )


def measure_calibration(
    words: Sequence[Word], is_right: Sequence[bool], *, n_bins: int = N_BINS
) -> CalibrationTable:
    """The table of words with a confidence; words without one are left out."""
    pairs = [
        (word.confidence, right)
        for word, right in zip(words, is_right, strict=True)
        if word.confidence is not None
    ]
    return tabulate_confidences(
        [confidence for confidence, _ in pairs], [right for _, right in pairs], n_bins=n_bins
    )


def tabulate_confidences(
    confidences: Sequence[float] | NDArray[np.float64],
    is_right: Sequence[bool] | NDArray[np.bool_],
    *,
    n_bins: int = N_BINS,
) -> CalibrationTable:
    """The same of confidences by themselves, 0 to 1. The order of the words makes no difference."""
    sure = np.asarray(confidences, dtype=np.float64)
    right = np.asarray(is_right, dtype=np.float64)
    if not len(sure):
        return CalibrationTable((), 0, 0.0, 0.0, None, None)
    values, which, counts = np.unique(sure, return_inverse=True, return_counts=True)
    n_right = np.bincount(which, weights=right).astype(np.float64)
    # Words of one confidence may fall into two bins: each of them takes the mean with it.
    order = np.sort(which)
    parts = [part for part in np.array_split(order, n_bins) if len(part)]
    n_wrong = counts.astype(np.float64) - n_right
    share = n_right / counts
    bins = tuple(
        CalibrationBin(len(part), float(values[part].mean()), float(share[part].mean()))
        for part in parts
    )
    varied = 0 < right.sum() < len(right)
    return CalibrationTable(
        bins=bins,
        n_words=len(sure),
        right=float(right.mean()),
        chance=_draw_error(values, parts),
        auc=_sorting(n_right, n_wrong) if varied else None,
        gain=_removed_doubt(values, n_right, n_wrong) if varied else None,
    )


def _draw_error(values: NDArray[np.float64], parts: Sequence[NDArray[np.int64]]) -> float:
    """The mean error where each word is right as often as its confidence says."""
    draw = np.random.default_rng(0)
    total = 0.0
    for part in parts:
        expected = values[part]
        drawn = (draw.random((_N_DRAWS, len(part))) < expected).mean(axis=1)
        total += len(part) * float(np.abs(drawn - expected.mean()).mean())
    return total / sum(map(len, parts))


def _sorting(n_right: NDArray[np.float64], n_wrong: NDArray[np.float64]) -> float:
    """The area under the curve of right against wrong, by counts per confidence in rising order."""
    below = np.cumsum(n_wrong) - n_wrong
    return float((n_right * (below + n_wrong / 2)).sum() / (n_right.sum() * n_wrong.sum()))


def _removed_doubt(
    values: NDArray[np.float64], n_right: NDArray[np.float64], n_wrong: NDArray[np.float64]
) -> float:
    likely = np.clip(values, _LEAST, 1 - _LEAST)
    doubt = -float((n_right * np.log(likely) + n_wrong * np.log1p(-likely)).sum())
    right, wrong = float(n_right.sum()), float(n_wrong.sum())
    both = right + wrong
    return 1 + doubt / (right * math.log(right / both) + wrong * math.log(wrong / both))
