"""Dev error rates during training, from the most probable label of each frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.clips.dataset import IGNORED_LABEL
from w2vctc.acoustic.monitoring.bounds import bound_rate
from w2vctc.vocab import Vocabulary

_CER_TIE_WEIGHT = 1e-3  # while WER stands at 100 %, CER tells which checkpoint is better

CountErrors = Callable[[str, str], tuple[int, int]]


@dataclass(frozen=True)
class Scoring:
    """How hypotheses are counted against references: (errors, reference length) per utterance.

    search: the text of emissions (T, V) with a language model. Where there is one, its dev WER
    says which checkpoint is best.
    """

    words: CountErrors
    characters: CountErrors
    search: Callable[[NDArray[np.float32]], str] | None = None


def make_metrics(
    references: Sequence[str], vocabulary: Vocabulary, scoring: Scoring
) -> Callable[[Any], dict[str, float]]:
    def compute(prediction: Any) -> dict[str, float]:
        ids, emissions = _split(prediction.predictions)
        hypotheses = [spell_frames(row, vocabulary) for row in ids]
        words = [scoring.words(*pair) for pair in zip(references, hypotheses, strict=True)]
        wer = _rate(words)
        low, high = bound_rate(*zip(*words, strict=True))
        cer = _pool(scoring.characters, references, hypotheses)
        spoken = ids[ids != IGNORED_LABEL]
        blanks = float((spoken == vocabulary.blank_id).mean()) if spoken.size else 1.0
        looks = {"wer": wer, "wer_low": low, "wer_high": high, "cer": cer, "blank_share": blanks}
        chosen = wer
        if scoring.search is not None and emissions is not None:
            searched = [
                scoring.search(frames[: int((row != IGNORED_LABEL).sum())].astype(np.float32))
                for frames, row in zip(emissions, ids, strict=True)
            ]
            chosen = looks["lm_wer"] = _pool(scoring.words, references, searched)
        return {**looks, "score": chosen + _CER_TIE_WEIGHT * cer}

    return compute


def _split(predictions: Any) -> tuple[Any, Any]:
    """The best labels (n, T), and the emissions (n, T, V) where evaluation has kept them."""
    if isinstance(predictions, tuple):
        return np.asarray(predictions[0]), predictions[1]
    return np.asarray(predictions), None


def spell_frames(ids: Any, vocabulary: Vocabulary) -> str:
    """The text of one clip's label per frame: -100 cut off, repeats joined, blanks out."""
    frames = [int(i) for i in ids if i != IGNORED_LABEL]
    labels = [label for label, _ in groupby(frames) if label != vocabulary.blank_id]
    return " ".join(vocabulary.spell(labels).split())


def _pool(count: CountErrors, references: Sequence[str], hypotheses: Sequence[str]) -> float:
    return _rate([count(*pair) for pair in zip(references, hypotheses, strict=True)])


def _rate(counts: Sequence[tuple[int, int]]) -> float:
    return sum(errors for errors, _ in counts) / max(sum(length for _, length in counts), 1)
