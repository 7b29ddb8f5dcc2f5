"""A training run as a person watches it: one live line on a terminal, plain lines in a pipe."""

import time
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import format_share, format_time, say, talk

if TYPE_CHECKING:
    from w2vctc.acoustic.progress import TrainingEvent

_PLAIN_EVERY_S = 15.0


class TrainingScreen:
    """Shows TrainingEvents; a context manager, because the live line must be put away."""

    def __init__(self) -> None:
        self._progress: Any = None
        self._task: Any = None
        self._loss = "-"
        self._wer = "-"
        self._last_plain = 0.0

    def __enter__(self) -> "TrainingScreen":
        if talk().is_terminal:
            from rich.progress import BarColumn, Progress, TextColumn

            self._progress = Progress(
                TextColumn("update {task.completed:,.0f}/{task.total:,.0f}"),
                BarColumn(),
                TextColumn("{task.fields[status]}"),
                console=talk(),
            )
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def show(self, event: "TrainingEvent") -> None:
        if event.loss is not None:
            self._loss = f"{event.loss:.3f}"
        if event.dev_wer is not None:
            self._wer = format_share(event.dev_wer)
            best = ", the best so far" if event.best else ""
            searched = event.dev_lm_wer
            with_lm = "" if searched is None else f", with the LM {format_share(searched)}"
            self._print(
                f"update {event.step:,}: dev WER {format_share(event.dev_wer)}{with_lm},"
                f" CER {format_share(event.dev_cer)}{best}"
            )
        status = self._describe(event)
        if self._progress:
            self._update_bar(event, status)
        elif time.monotonic() - self._last_plain > _PLAIN_EVERY_S:
            self._last_plain = time.monotonic()
            say(f"update {event.step:,}/{event.n_steps:,}  {status}")

    def _describe(self, event: "TrainingEvent") -> str:
        left = "-" if event.seconds_left is None else format_time(event.seconds_left)
        return (
            f"epoch {event.epoch:.1f}  loss {self._loss}  dev WER {self._wer}"
            f"  {event.audio_s_per_s or 0:.0f}x real time  {left} left"
        )

    def _update_bar(self, event: "TrainingEvent", status: str) -> None:
        if self._task is None:
            self._task = self._progress.add_task("", total=event.n_steps, status=status)
        self._progress.update(self._task, completed=event.step, status=status)

    def _print(self, text: str) -> None:
        if self._progress:
            self._progress.console.print(text, markup=False)
        else:
            say(text)
