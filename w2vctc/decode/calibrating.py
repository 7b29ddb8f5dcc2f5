"""The calibration of confidences, fitted on dev and tried on words that it has not seen."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2vctc.decode.confidence import Calibration, Weights, can_compare, gather_evidence
from w2vctc.decode.emissions_check import check_emissions
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.word_posteriors import measure_posteriors
from w2vctc.vocab import Vocabulary

FEWEST_WORDS = 20
"""Of the right words and of the wrong ones; below that nothing is fitted."""

_N_FOLDS = 5
_N_STEPS = 50  # of Newton's method, which needs fewer than ten
# What it costs to believe in evidence, per squared standard deviation: as much as one word.
_DOUBT = 1.0

Evidence = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Calibrated:
    """A calibration, and for each word of dev what it was fitted on and gives.

    raw: without a calibration. held_out: by a calibration that was fitted on the other clips
    alone, five times a fifth of them. All of shape (n_words,), in order of clips.
    """

    calibration: Calibration
    is_right: Flags
    raw: NDArray[np.float64]
    held_out: NDArray[np.float64]


@dataclass(frozen=True)
class ClipEvidence:
    """What is known of the words of a clip, and which of them are right.

    evidence: (n_words, 3), see `Weights`. logps: (n_words,), see `measure_posteriors`. compared:
    whether other readings were looked at.
    """

    evidence: Evidence
    logps: NDArray[np.float64]
    is_right: Flags
    compared: bool


@dataclass(frozen=True)
class _Words:
    """The words of all clips; `clip` is the number of each one's, `compared` as there."""

    evidence: Evidence
    is_right: Flags
    clip: NDArray[np.int64]
    compared: Flags


def examine_clip(
    readings: Sequence[Hypothesis],
    emissions: NDArray[np.float32],
    is_right: Sequence[bool],
    vocabulary: Vocabulary,
    *,
    known_words: AbstractSet[str] = frozenset(),
    searched: bool = True,
) -> ClipEvidence:
    """The evidence of a clip, for `calibrate`; what was decoded is not needed any more.

    readings: best first, `N_READINGS` where the clip was `searched`, else one. is_right: of each
    word of the best one.
    """
    checked = check_emissions(emissions, n_labels=len(vocabulary.labels))
    logps = measure_posteriors(readings[0].words, checked, vocabulary)
    return ClipEvidence(
        evidence=gather_evidence(readings, logps, known_words=known_words),
        logps=logps,
        is_right=np.array(is_right, dtype=bool),
        compared=searched and can_compare(checked),
    )


def calibrate(clips: Sequence[ClipEvidence]) -> Calibrated | None:
    """The calibration of one way to decode; None for too few words, see FEWEST_WORDS."""
    words = _collect(clips)
    n_right = int(words.is_right.sum())
    if min(n_right, len(words.is_right) - n_right) < FEWEST_WORDS:
        return None
    logps = np.concatenate([clip.logps for clip in clips])
    return Calibrated(
        calibration=_fit(words),
        is_right=words.is_right,
        raw=np.exp(np.minimum(logps, 0.0)),
        held_out=np.where(np.isneginf(logps), 0.0, _hold_out(words)),
    )


def fit_weights(evidence: Evidence, is_right: Flags) -> Weights:
    """The logistic function under which what was right and wrong is likeliest.

    evidence: (n_words, 3), see `Weights`; what does not vary in it counts for nothing, nor does
    what speaks for a word when it should speak against it.
    """
    used = np.flatnonzero(evidence.std(axis=0) > 0)
    while True:
        slopes, bias = _fit_logistic(evidence[:, used], is_right)
        if (slopes >= 0).all():
            break
        used = used[slopes >= 0]
    weights = np.zeros(evidence.shape[1])
    weights[used] = slopes
    return Weights(bias, *weights.tolist())


def _collect(clips: Sequence[ClipEvidence]) -> _Words:
    n_words = [len(clip.is_right) for clip in clips]
    return _Words(
        evidence=np.concatenate([np.empty((0, 3)), *(clip.evidence for clip in clips)]),
        is_right=np.concatenate([np.empty(0, dtype=bool), *(clip.is_right for clip in clips)]),
        clip=np.repeat(np.arange(len(clips)), n_words),
        compared=np.repeat(np.array([clip.compared for clip in clips], dtype=bool), n_words),
    )


def _fit(words: _Words) -> Calibration:
    alone = fit_weights(_without_readings(words.evidence), words.is_right)
    kept = words.compared
    if not kept.any():
        return Calibration(alone)
    return Calibration(alone, fit_weights(words.evidence[kept], words.is_right[kept]))


def _hold_out(words: _Words) -> NDArray[np.float64]:
    """Each word's confidence by the calibration of the clips of the other folds."""
    found = np.zeros(len(words.is_right))
    n_clips = int(words.clip.max()) + 1
    fold = np.random.default_rng(0).permutation(np.arange(n_clips) % _N_FOLDS)[words.clip]
    for number in range(_N_FOLDS):
        inside = fold == number
        rest = ~inside
        fitted = _fit(
            _Words(
                words.evidence[rest],
                words.is_right[rest],
                words.clip[rest],
                words.compared[rest],
            )
        )
        compared = fitted.compared or fitted.alone
        found[inside] = np.where(
            words.compared[inside],
            compared.judge(words.evidence[inside]),
            fitted.alone.judge(_without_readings(words.evidence[inside])),
        )
    return found


def _without_readings(evidence: Evidence) -> Evidence:
    blind = evidence.copy()
    blind[:, 2] = 0.0
    return blind


def _fit_logistic(evidence: Evidence, is_right: Flags) -> tuple[Evidence, float]:
    """Slopes and bias by Newton's method, on evidence of mean 0 and deviation 1."""
    mean, spread = evidence.mean(axis=0), evidence.std(axis=0)
    rows = np.column_stack([np.ones(len(evidence)), (evidence - mean) / spread])
    # The bias is not doubted: the mean of all confidences is the share of the right words.
    doubt = np.diag([0.0] + [_DOUBT] * evidence.shape[1])
    found = np.zeros(rows.shape[1])
    found[0] = np.log(is_right.mean() / (1 - is_right.mean()))
    for _ in range(_N_STEPS):
        likely = 1 / (1 + np.exp(-rows @ found))
        slope = rows.T @ (likely - is_right) + doubt @ found
        step = np.linalg.solve((rows * (likely * (1 - likely))[:, None]).T @ rows + doubt, slope)
        found -= step
        if np.abs(step).max() < 1e-9:
            break
    slopes = found[1:] / spread
    return slopes, float(found[0] - slopes @ mean)
