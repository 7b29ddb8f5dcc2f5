"""Where text and sound part: words that nobody says, and sound that the text does not have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.align.alignment import Alignment
from w2vctc.align.script import ScriptWord

_HEADINGS = ("what", "start_s", "end_s", "text")
_LEAST_STRAY_S = 0.5


@dataclass(frozen=True)
class Unmatched:
    """`missing`: text that is not heard between two seconds; `extra`: sound without text."""

    what: str
    start_s: float
    end_s: float
    text: str = ""


def list_unmatched(
    script: Sequence[ScriptWord],
    alignment: Alignment,
    *,
    duration_s: float,
    offset_s: float = 0.0,
    least_s: float = _LEAST_STRAY_S,
) -> list[Unmatched]:
    """All of it in order of time; missing words that follow one another are one.

    Their seconds are the end of the word before them and the start of the one behind: where they
    would have been. Extra sound shorter than `least_s` is left out.
    """
    extra = [
        Unmatched("extra", *_place(stray.start, stray.end, offset_s))
        for stray in alignment.strays
        if (stray.end - stray.start) * FRAME_SHIFT_S >= least_s
    ]
    starts = {word.number: word.start for word in alignment.words}
    ends = {word.number: word.end for word in alignment.words}
    last_frame = round(duration_s / FRAME_SHIFT_S)
    missing = []
    for numbers in _follow(alignment.missing):
        first, last = ends.get(numbers[0] - 1, 0), starts.get(numbers[-1] + 1, last_frame)
        text = " ".join(script[number].written for number in numbers)
        missing.append(Unmatched("missing", *_place(first, last, offset_s), text))
    return sorted([*missing, *extra], key=lambda one: (one.start_s, one.end_s))


def render_unmatched(unmatched: Iterable[Unmatched]) -> str:
    """A table with headings: what, start_s, end_s, text; tabs between the cells."""
    rows = [
        (one.what, f"{one.start_s:.3f}", f"{one.end_s:.3f}", " ".join(one.text.split()))
        for one in unmatched
    ]
    return "".join("\t".join(row) + "\n" for row in (_HEADINGS, *rows))


def _follow(numbers: Sequence[int]) -> list[list[int]]:
    """The numbers in runs without a gap."""
    runs = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    return [[number for _, number in run] for _, run in runs]


def _place(first: int, last: int, offset_s: float) -> tuple[float, float]:
    return round(first * FRAME_SHIFT_S + offset_s, 3), round(last * FRAME_SHIFT_S + offset_s, 3)
