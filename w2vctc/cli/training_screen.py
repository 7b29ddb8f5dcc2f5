"""A training run as a person watches it: live lines on a terminal, plain ones in a pipe."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import format_share, format_time, say, talk

if TYPE_CHECKING:
    from w2vctc.acoustic.monitoring.progress import TrainingEvent

_PLAIN_EVERY_S = 15.0
_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_BLOCKS = 20  # looks at dev in the small picture; a run has no more


class TrainingScreen:
    """Shows TrainingEvents; a context manager, because the live lines must be put away."""

    def __init__(self) -> None:
        self._live: Any = None
        self._progress: Any = None
        self._task: Any = None
        self._loss = "-"
        self._wers: list[float] = []
        self._last_plain = 0.0

    def __enter__(self) -> "TrainingScreen":
        if talk().is_terminal:
            from rich.live import Live
            from rich.progress import BarColumn, Progress, TextColumn

            self._progress = Progress(
                TextColumn("update {task.completed:,.0f}/{task.total:,.0f}"),
                BarColumn(bar_width=None),
                TextColumn("{task.percentage:.0f} %  {task.fields[left]}"),
                console=talk(),
                expand=True,
            )
            self._live = Live(console=talk(), refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, event: "TrainingEvent") -> None:
        if event.loss is not None:
            self._loss = f"{event.loss:.3f}"
        if event.dev_wer is not None:
            self._wers.append(event.dev_wer)
            best = ", the best so far" if event.best else ""
            searched = event.dev_lm_wer
            with_lm = "" if searched is None else f", with the LM {format_share(searched)}"
            self._print(
                f"update {event.step:,}: dev WER {format_share(event.dev_wer)}{with_lm},"
                f" CER {format_share(event.dev_cer)}{best}"
            )
        if self._live:
            self._update_lines(event)
        elif time.monotonic() - self._last_plain > _PLAIN_EVERY_S:
            self._last_plain = time.monotonic()
            wer = format_share(self._wers[-1]) if self._wers else "-"
            say(
                f"update {event.step:,}/{event.n_steps:,}  epoch {event.epoch:.1f}"
                f"  loss {self._loss}  dev WER {wer}  {_speed(event)}  {_left(event)}"
            )

    def _update_lines(self, event: "TrainingEvent") -> None:
        """The bar, and below it how the run is doing, what matters most first."""
        from rich.console import Group
        from rich.text import Text

        left = "listening to dev" if event.listening else _left(event)
        if self._task is None:
            self._task = self._progress.add_task("", total=event.n_steps, left=left)
        self._progress.update(self._task, completed=event.step, left=left)
        status = f"epoch {event.epoch:.1f}  loss {self._loss}  {self._describe_dev()}"
        line = Text(f"{status}  {_speed(event)}", no_wrap=True, overflow="ellipsis")
        self._live.update(Group(self._progress, line))

    def _describe_dev(self) -> str:
        if not self._wers:
            return "dev WER -"
        now, best = format_share(self._wers[-1]), format_share(min(self._wers))
        return f"dev WER {now} {draw_rates(self._wers)} best {best}"

    def _print(self, text: str) -> None:
        if self._live:
            self._live.console.print(text, markup=False)
        else:
            say(text)


def draw_rates(rates: Sequence[float]) -> str:
    """The last rates as a row of blocks, the highest of them as the full one."""
    shown = rates[-_MOST_BLOCKS:]
    most = max(shown) or 1.0
    return "".join(_BLOCKS[round(rate / most * (len(_BLOCKS) - 1))] for rate in shown)


def _speed(event: "TrainingEvent") -> str:
    return f"{event.audio_s_per_s or 0:.0f}x real time"


def _left(event: "TrainingEvent") -> str:
    return "-" if event.seconds_left is None else f"{format_time(event.seconds_left)} left"
