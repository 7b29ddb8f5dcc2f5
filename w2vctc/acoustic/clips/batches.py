"""Which clips are trained on together, planned for the whole run before it starts.

A plan is a list of batches of row numbers. It depends on durations, seed and the shares of several
datasets alone, so a run that is resumed at update n sees exactly the batches that an uninterrupted
one would have seen.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Sampler

from w2vctc.acoustic.clips.sampling import ClipSampler

_LENGTH_NOISE = 0.1  # clips within about 10 % of each other's length meet in ever new batches


class PlannedBatches(Sampler[list[int]]):
    """A plan as torch's DataLoader wants it."""

    def __init__(self, plan: Sequence[list[int]]) -> None:
        self.plan = plan

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.plan)

    def __len__(self) -> int:
        return len(self.plan)


def plan_epochs(
    durations_s: Sequence[float],
    *,
    epochs: float,
    batch_s: float,
    seed: int,
    short_first: bool,
    sampler: ClipSampler | None = None,
) -> list[list[int]]:
    """The batches of `epochs` passes over the data; a part of a pass is its first part.

    sampler: which rows a pass hears, where it is not every row once.
    """
    plan: list[list[int]] = []
    whole = int(epochs)
    for epoch in range(whole + (epochs > whole)):
        batches = _plan_epoch(
            durations_s, batch_s, seed, epoch, short_first=short_first, sampler=sampler
        )
        share = 1.0 if epoch < whole else epochs - whole
        plan += batches[: round(len(batches) * share)]
    return plan


def plan_updates(
    durations_s: Sequence[float],
    *,
    n_batches: int,
    batch_s: float,
    seed: int,
    short_first: bool,
    sampler: ClipSampler | None = None,
) -> list[list[int]]:
    """Exactly `n_batches` batches, over as many passes as that takes; there must be a clip."""
    assert durations_s
    plan: list[list[int]] = []
    epoch = 0
    while len(plan) < n_batches:
        plan += _plan_epoch(
            durations_s, batch_s, seed, epoch, short_first=short_first, sampler=sampler
        )
        epoch += 1
    return plan[:n_batches]


def plan_in_order(durations_s: Sequence[float], *, batch_s: float) -> list[list[int]]:
    """Every row once, in the order given; each batch padded to at most `batch_s` seconds."""
    return _cut(range(len(durations_s)), durations_s, batch_s)


def _plan_epoch(
    durations_s: Sequence[float],
    batch_s: float,
    seed: int,
    epoch: int,
    *,
    short_first: bool,
    sampler: ClipSampler | None,
) -> list[list[int]]:
    random = np.random.default_rng([seed, epoch])
    lengths_s = np.asarray(durations_s)
    drawn = [np.arange(len(lengths_s))] if sampler is None else sampler.draw(epoch)
    rounds = [_batch_rows(rows, lengths_s, durations_s, batch_s, random) for rows in drawn]
    if short_first and epoch == 0:
        return _merge(rounds)
    for batches in rounds:
        random.shuffle(batches)
    return [batch for batches in rounds for batch in batches]


def _batch_rows(
    rows: NDArray[np.int64],
    lengths_s: NDArray[np.float64],
    durations_s: Sequence[float],
    batch_s: float,
    random: np.random.Generator,
) -> list[list[int]]:
    """The rows in batches from short clips to long ones."""
    noise = random.uniform(1 - _LENGTH_NOISE, 1 + _LENGTH_NOISE, len(rows))
    order = rows[np.argsort(lengths_s[rows] * noise, kind="stable")].tolist()
    return _cut(order, durations_s, batch_s)


def _merge(rounds: Sequence[list[list[int]]]) -> list[list[int]]:
    """The batches of rounds that each go from short clips to long ones as one that does."""
    placed = [
        (number / len(batches), batch) for batches in rounds for number, batch in enumerate(batches)
    ]
    return [batch for _, batch in sorted(placed, key=lambda one: one[0])]


def _cut(order: Sequence[int], durations_s: Sequence[float], batch_s: float) -> list[list[int]]:
    """Neighbours in `order` together while the longest times their number stays in `batch_s`."""
    batches: list[list[int]] = []
    longest_s = 0.0
    for row in order:
        longest_s = max(longest_s, durations_s[row])
        if batches and longest_s * (len(batches[-1]) + 1) <= batch_s:
            batches[-1].append(row)
        else:
            batches.append([row])
            longest_s = durations_s[row]
    return batches
