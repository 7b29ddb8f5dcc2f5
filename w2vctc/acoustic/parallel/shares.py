"""Planned batches dealt out to several processes: no clip twice, none left out, each update whole.

An update of `accumulation` batches stays the same update however many processes share it. Batches
are dealt out whole as far as they go round; where there are more processes than batches, the
clips of a batch are. Losses are weighed so that the sum is that of one process alone.
"""

import math
from collections.abc import Sequence

from w2vctc.acoustic.parallel.processes import Processes

Shared = tuple[int, float]
"""A row number, and the weight of the mean loss over the clips that it is together with."""


def count_passes(accumulation: int, n_processes: int) -> int:
    """The forward passes of one process in one update."""
    return accumulation // math.gcd(accumulation, n_processes)


def share_plan(
    plan: Sequence[Sequence[int]], *, accumulation: int, processes: Processes
) -> list[list[Shared]]:
    """The batches of one process; the mean over processes and passes is the plan's own loss.

    A batch with fewer clips than there are processes for it is heard by some of them with weight
    0: all must take part in an update.
    """
    at_once = math.gcd(accumulation, processes.count)  # batches that are worked on side by side
    n_parts = processes.count // at_once
    place, part = divmod(processes.rank, n_parts)
    shares = []
    for start in range(0, len(plan) - at_once + 1, at_once):
        batch = plan[start + place]
        rows = batch[part::n_parts]
        weight = n_parts * len(rows) / len(batch)
        shares.append([(row, weight) for row in rows or batch[:1]])
    return shares


def share_dev_plan(plan: Sequence[list[int]], processes: Processes) -> tuple[list[list[int]], int]:
    """The dev batches of one process, and how many of them count.

    All processes get equally many: those without a last batch hear another one again.
    """
    own = list(plan[processes.rank :: processes.count])
    n_batches = math.ceil(len(plan) / processes.count)
    return own + [list(plan[0])] * (n_batches - len(own)), len(own)
