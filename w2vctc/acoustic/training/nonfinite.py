"""Losses and gradients that are not finite: dropped on the device, looked at now and then.

Asking a GPU for one number makes the host wait until it has done everything before that. So
nothing here asks in an update: the losses of many batches are looked at together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

NONFINITE_LIMIT = 3  # batches in a row


@dataclass(frozen=True)
class Streak:
    """NONFINITE_LIMIT batches in a row without a finite loss: the last one's update, all rows."""

    step: int
    rows: tuple[int, ...]


class LossWatch:
    """Whether the loss of each batch was finite, unknown to the host until `find_streak`."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Any, Any]] = []
        self._streak: list[Any] = []
        self._begun = 0

    def begin(self) -> None:
        """An update begins: `take_back` goes back to here."""
        self._begun = len(self._waiting)

    def take_back(self) -> None:
        """Forgets what was noted in this update."""
        del self._waiting[self._begun :]

    def pass_over(self, loss: Any, rows: Any, *, step: int) -> Any:
        """The loss, 0 where it is not finite.

        Its gradient may still be none: `drop_update` drops the whole update then.
        """
        finite = torch.isfinite(loss.detach())
        self._waiting.append((step, rows, finite))
        return torch.where(finite, loss, torch.zeros_like(loss))

    def find_streak(self) -> Streak | None:
        """The first streak in what was noted since the last call, which may have begun before."""
        if not self._waiting:
            return None
        finite = torch.stack([flag for *_, flag in self._waiting]).tolist()
        waiting, self._waiting, self._begun = self._waiting, [], 0
        for (step, rows, _), good in zip(waiting, finite, strict=True):
            self._streak = [] if good else [*self._streak, rows]
            if len(self._streak) >= NONFINITE_LIMIT:
                return Streak(step, tuple(sorted({r for b in self._streak for r in b.tolist()})))
        return None


def drop_update(optimizer: Any, norm: Any) -> bool:
    """Makes the next step of the optimizer nothing where the norm of the gradients is not finite.

    torch's fused Adam reads that from `found_inf`, as its GradScaler sets it, on the device. False
    where this optimizer does not: the caller has to look at the norm.
    """
    inner = getattr(optimizer, "optimizer", optimizer)
    if not getattr(inner, "_step_supports_amp_scaling", False):
        return False
    inner.found_inf = (~torch.isfinite(norm)).float()
    return True


def explain_streak(streak: Streak, utterances: Sequence[Utterance]) -> DataError:
    """What ends the run, with the names of the clips."""
    names = [utterances[row].id for row in streak.rows]
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return DataError(
        f"the loss was not a number in {NONFINITE_LIMIT} batches in a row (update {streak.step}):"
        f" {shown}",
        hint="most often the learning rate is too high: begin again with half of it"
        " (--learning-rate, --overwrite); else listen to those recordings",
        code="E_NONFINITE_LOSS",
    )
