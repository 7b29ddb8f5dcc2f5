"""Live text on the screen: finals stay, the partial is rewritten below them."""

import json
import shutil
import sys
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import say, write

if TYPE_CHECKING:
    from w2vctc.decode.live import Event


class LiveScreen:
    """Finals on stdout, a line each; on a terminal the partial is the line below them."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._rewrites = sys.stdout.isatty() and not as_json
        self._width = 0  # cells of the partial that stands there

    def __enter__(self) -> "LiveScreen":
        return self

    def __exit__(self, *_: object) -> None:
        self._wipe()

    def show(self, event: "Event | str") -> None:
        """An event where it belongs; words to the person."""
        from w2vctc.decode.live import Final

        if isinstance(event, str):
            self.note(event)
        elif self._as_json:
            write(render_event(event))
        elif isinstance(event, Final):
            self._wipe()
            write(event.text + "\n")
        elif self._rewrites:
            self._draw(event.text)

    def note(self, text: str) -> None:
        """One line on stderr."""
        self._wipe()
        say(text)

    def _draw(self, text: str) -> None:
        from rich.cells import cell_len

        text = fit_tail(text, shutil.get_terminal_size().columns - 1)
        width = cell_len(text)
        write(f"\r{text}" + " " * (self._width - width) + "\b" * (self._width - width))
        self._width = width

    def _wipe(self) -> None:
        if self._width:
            write("\r" + " " * self._width + "\r")
            self._width = 0


def fit_tail(text: str, width: int) -> str:
    """The end of a text that fits into `width` cells of a terminal."""
    from rich.cells import cell_len

    if cell_len(text) <= width:
        return text
    start = len(text)
    while start and cell_len(text[start - 1 :]) < width:
        start -= 1
    return "…" + text[start:]


def render_event(event: "Event") -> str:
    """One line of JSON."""
    from w2vctc.decode.live import Final

    if not isinstance(event, Final):
        return _line(type="partial", text=event.text, start_s=event.start_s, end_s=event.end_s)
    passage = event.passage
    words = [
        {"text": word.text, "start_s": word.start_s, "end_s": word.end_s} for word in event.words
    ]
    start_s, end_s = passage.start_s, passage.end_s
    return _line(type="final", text=event.text, start_s=start_s, end_s=end_s, words=words)


def _line(**fields: Any) -> str:
    return json.dumps(fields, ensure_ascii=False) + "\n"
