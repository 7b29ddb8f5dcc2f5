"""When a run ends before its last update: no more progress, or a person who wants it to."""

import fcntl
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from transformers import TrainerCallback

from w2vctc.errors import INTERRUPTED, UsageError
from w2vctc.files import machine_errors


class EarlyStopping(TrainerCallback):  # type: ignore[misc]
    """Stops after `patience` evaluations without a better one, counted from `first_step` on.

    Keeps no state of its own: everything is in the Trainer's log, so a resumed run agrees.
    """

    def __init__(self, *, patience: int, first_step: int) -> None:
        self.patience = patience
        self.first_step = first_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if self.is_over(state):
            # Resumed from the last checkpoint of a run that had stopped here: nothing is added.
            control.should_evaluate = False
            control.should_save = False
            control.should_training_stop = True

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if self.is_over(state):
            control.should_training_stop = True

    def is_over(self, state: Any) -> bool:
        """Whether the last `patience` evaluations that count were no better than an earlier one.

        The Trainer notes its best step only after its callbacks have run: the log is read instead.
        """
        looks: dict[int, float] = {
            entry["step"]: entry["eval_score"]
            for entry in state.log_history
            if "eval_score" in entry
        }
        if not looks:
            return False
        best_step = min(looks, key=lambda step: (looks[step], step))
        since = max(best_step, self.first_step)
        return sum(step > since for step in looks) >= self.patience


class StopOnSignal(TrainerCallback):  # type: ignore[misc]
    """Saves one checkpoint and stops after Ctrl-C or SIGTERM; a second signal ends at once.

    `stopped` tells whether that left something to do: a signal during the last update does not.
    """

    def __init__(self, on_note: Callable[[str], None]) -> None:
        self.on_note = on_note
        self.signal = 0
        self.stopped = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        old = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        for number in old:
            signal.signal(number, self._receive)
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        # An evaluation that is due stays due: a resumed run would never make up for it.
        if self.signal and not control.should_training_stop:
            self.stopped = True
            control.should_save = True
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if self.signal and not control.should_training_stop:  # it came during the evaluation
            self.stopped = True
            control.should_training_stop = True

    def _receive(self, number: int, _frame: Any) -> None:
        if self.signal:
            os._exit(INTERRUPTED)
        self.signal = number
        self.on_note("stopping after this update with a checkpoint; once more ends at once")


@contextmanager
def locked(folder: Path, *, needed: bool = True) -> Iterator[None]:
    """Keeps a second run out of the folder; the kernel drops the lock when a run dies.

    `needed`: not for a process whose leader holds the lock for it.
    """
    if not needed:
        yield
        return
    with machine_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / "lock").open("w")
    with stream:
        _take(stream, folder)
        yield


def refuse_locked(folder: Path) -> None:
    """Raises UsageError (E_LOCKED) before any work where another run has the folder now."""
    path = folder / "lock"
    if path.is_file() and os.access(path, os.W_OK):
        with path.open("a") as stream:
            _take(stream, folder)


def _take(stream: TextIO, folder: Path) -> None:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"{folder}: another run is training here",
            hint="wait for it, or give this one another folder with --out",
            code="E_LOCKED",
        ) from error
