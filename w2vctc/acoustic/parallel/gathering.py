"""What processes that train together hand to each other, and put together of it."""

import random
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from accelerate.utils import gather_object
from torch.utils.data import Dataset

from w2vctc.acoustic.clips.dataset import IGNORED_LABEL, CtcCollator, Example, SpeechDataset
from w2vctc.acoustic.monitoring.suspects import LossRecord
from w2vctc.acoustic.parallel.processes import Processes
from w2vctc.acoustic.parallel.shares import Shared

WEIGHT = "weight"  # in a batch: of its loss
_BUCKET_BYTES = 25 << 20  # gradients that travel together, as many as in torch's own


class SharedDataset(Dataset[tuple[Example, float]]):
    """The examples of a SpeechDataset, each with the weight of the loss it is part of."""

    def __init__(self, dataset: SpeechDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, shared: Shared) -> tuple[Example, float]:
        row, weight = shared
        return self.dataset[row], weight


class SharedCollator(CtcCollator):
    """A CtcCollator that hands a batch's weight on, where its examples have one."""

    def __init__(self, collator: CtcCollator) -> None:
        super().__init__(collator.extractor)

    def __call__(self, examples: Sequence[Any]) -> dict[str, Any]:
        if not isinstance(examples[0], tuple):
            return super().__call__(examples)
        batch = super().__call__([example for example, _ in examples])
        return {**batch, WEIGHT: torch.tensor(examples[0][1])}


class SharedLossRecord(LossRecord):
    """What all processes have heard, known to each of them after they have met."""

    def __init__(self, n_rows: int) -> None:
        super().__init__(n_rows)
        self._starts: list[int] = []  # of the updates since they met

    def begin(self) -> None:
        self._begun = len(self._waiting)
        self._starts.append(self._begun)

    def meet(self) -> None:
        """Takes over what the others have heard since the last time; all must come.

        Update by update: a batch in parts is noted more often in one process than in another.
        """
        own = [(rows.tolist(), losses.float().tolist()) for rows, losses in self._waiting]
        bounds = [*self._starts, len(own)]
        updates = [own[start:end] for start, end in pairwise(bounds)]
        parts = gather_object([updates])
        self._waiting = [
            (torch.tensor(rows), torch.tensor(losses))
            for of_all in zip(*parts, strict=True)
            for of_one in of_all
            for rows, losses in of_one
        ]
        self._starts = []
        self.settle()


def merge_rows(parts: Sequence[tuple[Sequence[int], Any]], *, n_rows: int) -> Any:
    """One array (n_rows, T, ...) of the rows of several (n, T, ...), the frames behind a row -100.

    `parts`: which rows each array has.
    """
    n_frames = max(array.shape[1] for _, array in parts)
    first = parts[0][1]
    merged = np.full((n_rows, n_frames, *first.shape[2:]), IGNORED_LABEL, dtype=first.dtype)
    for rows, array in parts:
        merged[rows, : array.shape[1]] = array
    return merged


def random_file(folder: str, rank: int) -> Path:
    """Where the Trainer looks for the random state of a process."""
    return Path(folder) / f"rng_state_{rank}.pth"


def read_random_state() -> dict[str, Any]:
    """In the form that the Trainer reads."""
    state = {
        "python": random.getstate(),
        "numpy": np.random.get_state(),
        "cpu": torch.random.get_rng_state(),
    }
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.random.get_rng_state_all()
    return state


def seed_of(seed: int, processes: Processes, *, step: int = 0) -> int:
    """A seed of one's own for masks and dropout: two processes must not hide the same frames."""
    return (seed + 1_000_003 * processes.rank + 7919 * step) % 2**32  # what numpy takes


def average_gradients(weights: Sequence[Any], anywhere: Sequence[int]) -> None:
    """Puts the mean over all processes in place of each gradient; none counts as zero.

    anywhere: for each weight, whether any process has a gradient; the others stay without one.
    """
    gradients = []
    for weight, has in zip(weights, anywhere, strict=True):
        if has:
            if weight.grad is None:
                weight.grad = torch.zeros_like(weight)
            gradients.append(weight.grad)
    for bucket in fill_buckets(gradients, limit_bytes=_BUCKET_BYTES):
        flat = torch.cat([gradient.reshape(-1) for gradient in bucket])
        dist.all_reduce(flat)
        flat /= dist.get_world_size()
        sizes = [gradient.numel() for gradient in bucket]
        for gradient, mean in zip(bucket, torch.split(flat, sizes), strict=True):
            gradient.copy_(mean.view_as(gradient))


def fill_buckets(tensors: Sequence[Any], *, limit_bytes: int) -> list[list[Any]]:
    """The tensors in their order, in groups of one type and of `limit_bytes` or one tensor."""
    buckets: list[list[Any]] = []
    room = 0
    for tensor in tensors:
        size = tensor.numel() * tensor.element_size()
        if not buckets or size > room or tensor.dtype != buckets[-1][0].dtype:
            buckets.append([])
            room = limit_bytes
        buckets[-1].append(tensor)
        room -= size
    return buckets
