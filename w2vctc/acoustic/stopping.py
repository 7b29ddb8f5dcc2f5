"""When a run ends before its last update: no more progress, or a person who wants it to."""

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from w2vctc.errors import UsageError
from w2vctc.files import machine_errors


class EarlyStopping(TrainerCallback):  # type: ignore[misc]
    """Stops after `patience` evaluations without a better one, counted from `first_step` on.

    Keeps no state of its own: everything is in the Trainer's log, so a resumed run agrees.
    """

    def __init__(self, *, patience: int, first_step: int) -> None:
        self.patience = patience
        self.first_step = first_step

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        since = max(state.best_global_step or 0, self.first_step)
        tried = {
            entry["step"]
            for entry in state.log_history
            if "eval_wer" in entry and entry["step"] > since
        }
        if state.global_step > since:
            tried.add(state.global_step)
        if len(tried) >= self.patience:
            control.should_training_stop = True


class StopOnSignal(TrainerCallback):  # type: ignore[misc]
    """Saves one checkpoint and stops after Ctrl-C or SIGTERM; a second signal ends at once."""

    def __init__(self) -> None:
        self.signal = 0

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
        if self.signal:
            control.should_save = True
            control.should_evaluate = False
            control.should_training_stop = True

    def _receive(self, number: int, _frame: Any) -> None:
        if self.signal:
            os._exit(130)
        self.signal = number


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps a second run out of the folder; the kernel drops the lock when a run dies."""
    with machine_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / "lock").open("w")
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                f"{folder}: another run is training here",
                hint="wait for it, or give this one another folder with --out",
                code="E_LOCKED",
            ) from error
        yield
