"""How sure a hypothesis is of each of its words: the probability that the word was said.

Three things are known of a word without knowing what was said: how likely its frames spell it,
whether the other readings of the same sound have it too, and whether the language model knows it.
A logistic function of them, fitted on dev, makes a probability of that (Platt 1999, "Probabilistic
outputs for support vector machines"). Without one there is the first alone, which is too sure of
what the best path says and not sure enough of what a language model has found.
"""

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.decode.emissions_check import check_emissions
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.word_posteriors import measure_posteriors
from w2vctc.vocab import Vocabulary

# Kichwa dev, AUC of right against wrong words: .73 without other readings, .76 with 1 of them, .80
# with 4, .81 with 19.
N_READINGS = 20
"""The readings that are compared, the best one among them."""

# In 30 s of speech 20 readings differ at a few words, and all others look sure: the calibration
# error of ten minutes was .12 in segments of 16 to 29 s and .05 in ones of 1 to 16 s.
LONGEST_COMPARED_S = 15.0
"""Of longer segments the readings are not compared."""

_LEAST_LOGP = -30.0
_LEAST_SHARE = 1e-3


class Weights(NamedTuple):
    """A logistic function: of the logit, what each thing known of a word adds.

    clear: times -sqrt(-log p), p what the emissions say of the word where it is. known: for a word
    of the language model. agreed: times the logit of the readings' share that has the word.
    """

    bias: float
    clear: float
    known: float = 0.0
    agreed: float = 0.0

    def judge(self, evidence: NDArray[np.float64]) -> NDArray[np.float64]:
        """The probability of each word to be right; evidence as `gather_evidence` gives it."""
        logits = self.bias + evidence @ np.array([self.clear, self.known, self.agreed])
        probabilities: NDArray[np.float64] = 1 / (1 + np.exp(-logits))
        return probabilities


@dataclass(frozen=True)
class Calibration:
    """What turns evidence into a probability; `compared` where other readings are at hand."""

    alone: Weights
    compared: Weights | None = None


def add_confidence(
    hypothesis: Hypothesis,
    emissions: NDArray[Any],
    vocabulary: Vocabulary,
    calibration: Calibration | None = None,
    *,
    alternatives: Sequence[Hypothesis] | None = None,
    known_words: AbstractSet[str] = frozenset(),
) -> Hypothesis:
    """The hypothesis with a confidence from 0 to 1 for each word.

    emissions: those that it was found in, its words in seconds from their start. alternatives: the
    other readings of them, best first, `N_READINGS` with the best one; None where nobody looked.
    known_words: those of the language model, as when the calibration was made. Without a
    calibration it is the probability that the word's own frames spell it and no more. A word with
    a letter that no label has is nothing that was said: 0. Raises ModelError (`check_emissions`).
    """
    if not hypothesis.words:
        return hypothesis
    checked = check_emissions(emissions, n_labels=len(vocabulary.labels))
    logps = measure_posteriors(hypothesis.words, checked, vocabulary)
    if calibration is None:
        return _with_confidence(hypothesis, np.exp(np.minimum(logps, 0.0)))
    readings = (hypothesis, *(alternatives or ())[: N_READINGS - 1])
    evidence = gather_evidence(readings, logps, known_words=known_words)
    compared = alternatives is not None and can_compare(checked)
    weights = calibration.compared if compared and calibration.compared else calibration.alone
    found = np.where(np.isneginf(logps), 0.0, weights.judge(evidence))
    return _with_confidence(hypothesis, found)


def can_compare(emissions: NDArray[Any]) -> bool:
    """Whether the readings of so many frames tell something of each word."""
    return len(emissions) * FRAME_SHIFT_S <= LONGEST_COMPARED_S


def gather_evidence(
    readings: Sequence[Hypothesis], logps: NDArray[np.float64], *, known_words: AbstractSet[str]
) -> NDArray[np.float64]:
    """What is known of each word of the first reading, (n_words, 3): clear, known, agreed.

    logps: of `measure_posteriors`. See `Weights` for the columns.
    """
    # The square root: from the first doubt on each further one counts less. It was the best of log
    # p, its bounds, per letter, and its logarithm.
    clear = -np.sqrt(-np.clip(logps, _LEAST_LOGP, 0.0))
    known = [float(word.text in known_words) for word in readings[0].words]
    share = np.clip(share_readings(readings), _LEAST_SHARE, 1 - _LEAST_SHARE)
    return np.column_stack([clear, known, np.log(share / (1 - share))])


def share_readings(readings: Sequence[Hypothesis]) -> NDArray[np.float64]:
    """For each word of the first reading the share of all that have it at that time, 0 to 1.

    Each reading counts as much as its score says that it is likelier than the others.
    """
    best = readings[0]
    scores = np.array([reading.score for reading in readings])
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    found = np.full(len(best.words), shares[0])
    for share, other in zip(shares[1:], readings[1:], strict=True):
        places: dict[str, list[tuple[float, float]]] = {}
        for word in other.words:
            places.setdefault(word.text, []).append((word.start_s, word.end_s))
        for index, word in enumerate(best.words):
            spans = places.get(word.text, ())
            if any(start < word.end_s and word.start_s < end for start, end in spans):
                found[index] += share
    return found


def confident_search(
    decode_nbest: Callable[..., Sequence[Hypothesis]],
    vocabulary: Vocabulary,
    calibration: Calibration | None,
    *,
    n: int = 1,
    known_words: AbstractSet[str] = frozenset(),
) -> Callable[..., tuple[Hypothesis, ...]]:
    """A function of emissions and `start_state`: the best `n` readings, the first with confidence.

    decode_nbest: an engine's. What comes out is for `decode_segments_nbest`.
    """
    compares = calibration is not None and calibration.compared is not None

    def find(emissions: NDArray[Any], *, start_state: Any = None) -> tuple[Hypothesis, ...]:
        n_wanted = max(n, N_READINGS) if compares else n
        best, *others = decode_nbest(emissions, n_wanted, start_state=start_state)
        sure = add_confidence(
            best,
            emissions,
            vocabulary,
            calibration,
            alternatives=others if compares else None,
            known_words=known_words,
        )
        return sure, *others[: n - 1]

    return find


def _with_confidence(hypothesis: Hypothesis, confidence: NDArray[np.float64]) -> Hypothesis:
    words = zip(hypothesis.words, confidence.tolist(), strict=True)
    return replace(hypothesis, words=tuple(replace(word, confidence=sure) for word, sure in words))
