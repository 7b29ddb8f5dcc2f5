"""Dev error rates during training, from the most probable label of each frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from w2vctc.acoustic.dataset import IGNORED_LABEL
from w2vctc.vocab import Vocabulary

_CER_TIE_WEIGHT = 1e-3  # while WER stands at 100 %, CER tells which checkpoint is better

CountErrors = Callable[[str, str], tuple[int, int]]


@dataclass(frozen=True)
class Scoring:
    """How hypotheses are counted against references: (errors, reference length) per utterance."""

    words: CountErrors
    characters: CountErrors


def make_metrics(
    references: Sequence[str], vocabulary: Vocabulary, scoring: Scoring
) -> Callable[[Any], dict[str, float]]:
    def compute(prediction: Any) -> dict[str, float]:
        ids = np.asarray(prediction.predictions)
        hypotheses = [spell_frames(row, vocabulary) for row in ids]
        wer = _pool(scoring.words, references, hypotheses)
        cer = _pool(scoring.characters, references, hypotheses)
        spoken = ids[ids != IGNORED_LABEL]
        blanks = float((spoken == vocabulary.blank_id).mean()) if spoken.size else 1.0
        return {
            "wer": wer,
            "cer": cer,
            "blank_share": blanks,
            "score": wer + _CER_TIE_WEIGHT * cer,
        }

    return compute


def spell_frames(ids: Any, vocabulary: Vocabulary) -> str:
    """The text of one clip's label per frame: -100 cut off, repeats joined, blanks out."""
    frames = [int(i) for i in ids if i != IGNORED_LABEL]
    labels = [label for label, _ in groupby(frames) if label != vocabulary.blank_id]
    return " ".join(vocabulary.spell(labels).split())


def _pool(count: CountErrors, references: Sequence[str], hypotheses: Sequence[str]) -> float:
    counts = [count(*pair) for pair in zip(references, hypotheses, strict=True)]
    return sum(errors for errors, _ in counts) / max(sum(length for _, length in counts), 1)
