"""Rows in, padded tensors out: audio is decoded when a batch asks for it and never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE

IGNORED_LABEL = -100  # what transformers leaves out of the loss


@dataclass(frozen=True)
class Example:
    """One clip: waveform of shape (n_samples,), label ids, its row in the dataset."""

    waveform: NDArray[np.float32]
    labels: Sequence[int]
    row: int


class SpeechDataset(Dataset[Example]):
    """Utterances with their label ids; `dataset[row]` reads the sound from disk."""

    def __init__(self, utterances: Sequence[Utterance], labels: Sequence[Sequence[int]]) -> None:
        self.utterances = utterances
        self.labels = labels

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, row: int) -> Example:
        try:
            return Example(self.utterances[row].load(), self.labels[row], row)
        except DataError as error:
            raise changed_error(error.message) from error


def changed_error(message: str) -> DataError:
    """What to tell of a recording that passed the checks when the run began.

    torch hands the error of a reading process on as text, the traceback before it.
    """
    *_, last = message.strip().splitlines()
    told = last.removeprefix(f"{DataError.__module__}.{DataError.__qualname__}: ")
    return DataError(
        told,
        hint="its header was fine when the run began: put the whole recording back, then go on"
        " with --resume; w2vctc check --deep finds all that cannot be decoded",
        code="E_CHANGED",
    )


class CtcCollator:
    """Pads a batch: waveforms with zeros after normalization, labels with -100.

    B batch, N samples, L labels: input_values (B, N) float32, attention_mask (B, N) int64,
    labels (B, L) int64, rows (B,) int64.
    """

    def __init__(self, extractor: Any) -> None:
        self.extractor = extractor

    def __call__(self, examples: Sequence[Example]) -> dict[str, torch.Tensor]:
        batch = self.extractor(
            [example.waveform for example in examples],
            sampling_rate=SAMPLE_RATE,
            padding=True,
            return_attention_mask=True,
            return_tensors="pt",
        )
        labels = [torch.tensor(example.labels, dtype=torch.long) for example in examples]
        return {
            "input_values": batch["input_values"],
            "attention_mask": batch["attention_mask"].long(),
            "labels": torch.nn.utils.rnn.pad_sequence(
                labels, batch_first=True, padding_value=IGNORED_LABEL
            ),
            "rows": torch.tensor([example.row for example in examples]),
        }
