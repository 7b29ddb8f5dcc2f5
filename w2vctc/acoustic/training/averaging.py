"""The mean of a run's last checkpoints, kept where dev likes it better than the best of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from w2vctc.acoustic.training.checkpoints import count_updates, find_fault, list_checkpoints

Weights = dict[str, torch.Tensor]


def find_last(run_folder: Path, n: int) -> list[Path]:
    """The last `n` whole checkpoints, or as many as there are, oldest first."""
    found: list[Path] = []
    for folder in sorted(list_checkpoints(run_folder), key=count_updates, reverse=True):
        if len(found) < n and not find_fault(folder):
            found.append(folder)
    return found[::-1]


def keep_better(
    network: Any,
    folders: Sequence[Path],
    *,
    load: Callable[[Path], None],
    evaluate: Callable[[], dict[str, float]],
    best_score: float,
) -> dict[str, float] | None:
    """The evaluation of the checkpoints' mean where its score is lower than `best_score`.

    Then the network holds that mean; else (None) the weights that it came with. `load` puts a
    checkpoint's weights into the network, `evaluate` listens to dev with what is in it.
    """
    kept = _copy_weights(network)
    network.load_state_dict(_average(network, folders, load))
    look = evaluate()
    if look["eval_score"] < best_score:
        return look
    network.load_state_dict(kept)
    return None


def _average(network: Any, folders: Sequence[Path], load: Callable[[Path], None]) -> Weights:
    """Summed in double precision, one checkpoint in memory at a time."""
    sums: Weights = {}
    for folder in folders:
        load(folder)
        for name, weight in network.state_dict().items():
            wide = weight.detach().to("cpu", torch.float64)
            sums[name] = sums[name] + wide if name in sums else wide
    return {name: (total / len(folders)).float() for name, total in sums.items()}


def _copy_weights(network: Any) -> Weights:
    return {
        name: weight.detach().to("cpu", copy=True) for name, weight in network.state_dict().items()
    }
