"""The terminal: talk goes to stderr, data to stdout."""

import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from w2vctc.acoustic.parallel.processes import find_processes
from w2vctc.words import numbered

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")
_PIPE_WIDTH = 100  # columns, where there is no terminal to ask


@cache
def talk() -> "Console":
    """The console for people, on stderr; silent where another process speaks for this one."""
    from rich.console import Console

    return Console(
        stderr=True,
        highlight=False,
        emoji=False,
        width=_width(sys.stderr),
        quiet=not find_processes().leads,
    )


@cache
def paper() -> "Console":
    """The console for tables, on stdout."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, width=_width(sys.stdout))


def say(text: str) -> None:
    """One line to the person; `text` is taken literally, odd bytes of file names as escapes."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    talk().print(text, markup=False, soft_wrap=True)


def say_next(command: str) -> None:
    """What to type next."""
    say(f"next: {command}")


def write(text: str) -> None:
    """Data to stdout, as it is. Raises ReaderGone when nobody reads it any more."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise ReaderGone from error


def write_json(value: Any) -> None:
    """One JSON document to stdout."""
    write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def print_table(
    columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], *, title: str = ""
) -> None:
    """A table on stdout; `columns` are (heading, "left" or "right")."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for heading, side in columns:
        table.add_column(heading, justify="right" if side == "right" else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    with paper().capture() as drawn:
        paper().print(table)
    write(drawn.get())


def track(items: Sequence[Item], *, what: str) -> Iterator[Item]:
    """The items; on a terminal with a progress bar and the time left while they are worked on."""
    if not talk().is_terminal:
        yield from items
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=talk(),
        transient=True,
    ) as progress:
        yield from progress.track(items, description=what)


class SoundBar:
    """On a terminal a bar of the seconds of sound that are done, with speed and time left."""

    def __init__(self, what: str) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[amount]}"),
            TextColumn("{task.fields[speed]}"),
            TimeRemainingColumn(),
        )
        # stdout is data, wherever it goes: the bar must not catch it.
        self._bar = Progress(
            *columns, console=talk(), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._task = self._bar.add_task(what, total=None, amount="", speed="")
        self._watch = Stopwatch()
        self._shown = talk().is_terminal

    def __enter__(self) -> "SoundBar":
        if self._shown:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._bar.stop()

    def tell(self, done_s: float, expected_s: float) -> None:
        """So many seconds of sound are done, of so many that are expected."""
        speed = done_s / max(self._watch.seconds, 0.001)
        self._bar.update(
            self._task,
            completed=done_s,
            total=max(expected_s, done_s) or None,
            amount=f"{format_time(done_s)} of {format_time(max(expected_s, done_s))}",
            speed=f"{speed:.1f}x" if done_s else "",
        )

    @contextmanager
    def away(self) -> Iterator[None]:
        """Takes the bar off the screen while something else is written there."""
        if self._shown:
            self._bar.stop()
        try:
            yield
        finally:
            if self._shown:
                self._bar.start()


class ReaderGone(BaseException):
    """The program that read our stdout has ended, as `head` does: no error, but no use either.

    Not an Exception, so that it passes through to `main` wherever the data was written.
    """


class Stopwatch:
    """Seconds since it was made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._started


def format_time(seconds: float) -> str:
    """`0:07`, `12:34` or `1:02:03`."""
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    tail = f"{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
    return f"{hours}:{tail}" if hours else tail


def format_amount(seconds: float) -> str:
    """`3.14 hours`, `41 minutes` or `25 seconds`: an amount of speech."""
    if seconds >= 3600:
        return f"{seconds / 3600:.2f} hours"
    if seconds >= 59.5:
        return numbered(round(seconds / 60), "minute")
    return numbered(round(seconds), "second")


def format_share(share: float | None) -> str:
    """`12.3 %`, or `-` where there is nothing to tell."""
    return "-" if share is None else f"{100 * share:.1f} %"


def stdout_is_terminal() -> bool:
    """Whether a person reads what is written."""
    return sys.stdout.isatty()


def _width(stream: Any) -> int | None:
    """None lets rich ask the terminal."""
    return None if stream.isatty() else _PIPE_WIDTH
