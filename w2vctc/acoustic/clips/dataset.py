"""Rows in, padded tensors out: audio is decoded when a batch asks for it and never stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from w2vctc.acoustic.clips.feature_cache import ClipFeatures, load_features
from w2vctc.acoustic.clips.sound_memory import SoundMemory
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

IGNORED_LABEL = -100  # what transformers leaves out of the loss


@dataclass(frozen=True)
class Example:
    """One clip: waveform of shape (n_samples,), label ids, its row in the dataset.

    Where the feature encoder's output is kept, `features` is that and the waveform is empty.
    """

    waveform: NDArray[np.float32]
    labels: Sequence[int]
    row: int
    features: ClipFeatures | None = None

    @property
    def n_samples(self) -> int:
        return len(self.waveform) if self.features is None else self.features.n_samples


class SpeechDataset(Dataset[Example]):
    """Utterances with their label ids; `dataset[row]` reads the sound from disk.

    With `memory`, sound that was read stays there; with `feature_files`, one for each row, the
    features are read and no sound is.
    """

    def __init__(
        self,
        utterances: Sequence[Utterance],
        labels: Sequence[Sequence[int]],
        *,
        memory: SoundMemory | None = None,
        feature_files: Sequence[Path] | None = None,
    ) -> None:
        self.utterances = utterances
        self.labels = labels
        self.memory = memory
        self.feature_files = feature_files

    def __len__(self) -> int:
        return len(self.utterances)

    def __getitem__(self, row: int) -> Example:
        return self.read(row)

    def index_plan(self, plan: Sequence[list[int]]) -> Sequence[list[int]]:
        """What to ask the dataset for, in place of each row of a plan: here the row itself."""
        return plan

    def read(self, row: int) -> Example:
        """The clip of a row. Raises DataError E_CHANGED where it cannot be read any more."""
        if self.feature_files is not None:
            features = load_features(self.feature_files[row])
            return Example(np.zeros(0, np.float32), self.labels[row], row, features)
        return Example(self._read_sound(row), self.labels[row], row)

    def _read_sound(self, row: int) -> NDArray[np.float32]:
        found = self.memory.find(row) if self.memory is not None else None
        if found is not None:
            return found
        try:
            waveform = self.utterances[row].load()
        except DataError as error:
            raise changed_error(error.message) from error
        if self.memory is not None:
            self.memory.keep(row, waveform)
        return waveform


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
    labels (B, L) int64, rows (B,) int64; n_samples and n_labels, B numbers that stay on the host.
    Where features were kept, those too: features (B, T, C)
    float16, and input_values are zeros that nobody hears.
    """

    def __init__(self, extractor: Any) -> None:
        self.extractor = extractor

    def __call__(self, examples: Sequence[Example]) -> dict[str, Any]:
        return self.pad(examples)

    def pad(self, examples: Sequence[Example]) -> dict[str, Any]:
        """The examples as one batch."""
        n_samples = [example.n_samples for example in examples]
        labels = [torch.tensor(example.labels, dtype=torch.long) for example in examples]
        longest = max(n_samples)
        batch: dict[str, Any] = {
            "attention_mask": (
                torch.arange(longest)[None, :] < torch.tensor(n_samples)[:, None]
            ).long(),
            "labels": torch.nn.utils.rnn.pad_sequence(
                labels, batch_first=True, padding_value=IGNORED_LABEL
            ),
            "rows": torch.tensor([example.row for example in examples]),
            "n_samples": n_samples,
            "n_labels": [len(example.labels) for example in examples],
        }
        kept = [example.features.values for example in examples if example.features is not None]
        if kept:
            batch["features"] = _pad(kept)
            batch["input_values"] = torch.zeros(()).expand(len(examples), longest)
        else:
            batch["input_values"] = _pad([self.normalize(one.waveform) for one in examples])
        return batch

    def normalize(self, waveform: NDArray[np.float32]) -> NDArray[np.float32]:
        """The waveform as the network hears it: what the extractor makes of it alone, bit for bit.

        The extractor itself takes twice as long for a batch.
        """
        if not self.extractor.do_normalize:
            return waveform
        scaled = (waveform - waveform.mean()) / np.sqrt(waveform.var() + 1e-7)
        return np.asarray(scaled, dtype=np.float32)


def _pad(arrays: Sequence[NDArray[Any]]) -> torch.Tensor:
    """One array of all, zeros behind the shorter ones along their first dimension."""
    shape = (len(arrays), max(map(len, arrays)), *arrays[0].shape[1:])
    padded = np.zeros(shape, arrays[0].dtype)
    for place, values in zip(padded, arrays, strict=True):
        place[: len(values)] = values
    return torch.from_numpy(padded)
