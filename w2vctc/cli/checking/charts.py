"""Histograms as inline SVG: axes with units, readable in light, in dark and on paper."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

_WIDTH, _HEIGHT = 440, 240  # of the viewBox; the page shows it at about this size, in pixels
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 26, 44  # room for ticks, and for the axes' names
_MOST_TICKS = 6
_GAP = 1.0  # between neighbouring bars
_MIN_BAR = 1.5  # a single clip among thousands can still be seen


@dataclass(frozen=True)
class Mark:
    """A vertical line at a value that means something, with its name."""

    at: float
    name: str


def draw_histogram(
    edges: Sequence[float],
    counts: Sequence[int],
    *,
    title: str,
    x_name: str,
    y_name: str = "clips",
    marks: Sequence[Mark] = (),
) -> Markup:
    """An `<svg>` with a bar from `edges[i]` to `edges[i + 1]` of height `counts[i]`.

    Colours come from the page's style sheet through classes: `bar`, `grid`, `axis`, `mark`.
    Marks beyond the edges are left out.
    """
    if len(edges) != len(counts) + 1:
        raise ValueError(f"{len(edges)} edges for {len(counts)} bars")
    y_ticks = list_ticks(0, max(*counts, 1), whole=True)
    frame = _Frame(edges[0], edges[-1], y_ticks[-1])
    parts = [
        *_draw_grid(frame, y_ticks),
        *_draw_bars(frame, edges, counts, x_name, y_name),
        *_draw_x_axis(frame, x_name),
        *_draw_marks(frame, marks),
    ]
    summary = f"{title}: {_summarize(edges, counts, x_name, y_name)}"
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}'
        '<text class="name" x="{}" y="12">{}</text></svg>'
    ).format(_WIDTH, _HEIGHT, summary, Markup("").join(parts), 2, y_name)


def list_ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten) from about `low` until `high` is covered.

    Between 2 and `_MOST_TICKS` + 1 of them; with `whole`, no fractions.
    """
    span = max(high - low, 1e-9)
    power = 10.0 ** math.floor(math.log10(span / _MOST_TICKS))
    step = next(size * power for size in (1, 2, 5, 10) if span / (size * power) <= _MOST_TICKS)
    if whole:
        step = max(round(step), 1)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, max(last, first + 1) + 1)]


@dataclass(frozen=True)
class _Frame:
    """Where values lie in the drawing."""

    low: float
    high: float
    top: float  # the highest tick of the vertical axis

    def x(self, value: float) -> float:
        span = (self.high - self.low) or 1.0
        return _LEFT + (value - self.low) / span * (_WIDTH - _LEFT - _RIGHT)

    def y(self, count: float) -> float:
        return self.floor - count / self.top * (self.floor - _TOP)

    @property
    def floor(self) -> float:
        return _HEIGHT - _BOTTOM


def _draw_grid(frame: _Frame, ticks: Sequence[float]) -> list[Markup]:
    parts = []
    for tick in ticks:
        y = frame.y(tick)
        if tick:
            parts.append(_line("grid", _LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(_text("tick", _LEFT - 6, y + 4, f"{tick:,.0f}", anchor="end"))
    return parts


def _draw_bars(
    frame: _Frame, edges: Sequence[float], counts: Sequence[int], x_name: str, y_name: str
) -> list[Markup]:
    parts = []
    for low, high, count in zip(edges, edges[1:], counts, strict=False):
        if not count:
            continue
        left, right = frame.x(low), frame.x(high)
        height = max(frame.floor - frame.y(count), _MIN_BAR)
        parts.append(
            Markup(
                '<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">'
                "<title>{}</title></rect>"
            ).format(
                left,
                frame.floor - height,
                max(right - left - _GAP, 1.0),
                height,
                f"{low:g} to {high:g} {_unit(x_name)}: {count:,} {y_name}",
            )
        )
    return parts


def _draw_x_axis(frame: _Frame, name: str) -> list[Markup]:
    parts = [_line("axis", _LEFT, frame.floor, _WIDTH - _RIGHT, frame.floor)]
    for tick in list_ticks(frame.low, frame.high):
        if frame.low <= tick <= frame.high:
            x = frame.x(tick)
            parts.append(_line("axis", x, frame.floor, x, frame.floor + 4))
            parts.append(_text("tick", x, frame.floor + 18, f"{tick:g}", anchor="middle"))
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(_text("name", middle, _HEIGHT - 6, name, anchor="middle"))
    return parts


def _draw_marks(frame: _Frame, marks: Sequence[Mark]) -> list[Markup]:
    parts = []
    for mark in marks:
        if not frame.low <= mark.at <= frame.high:
            continue
        x = frame.x(mark.at)
        in_left_half = x < (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(_line("mark", x, _TOP, x, frame.floor))
        anchor = "start" if in_left_half else "end"
        parts.append(
            _text("note", x + (4 if in_left_half else -4), _TOP + 10, mark.name, anchor=anchor)
        )
    return parts


def _summarize(edges: Sequence[float], counts: Sequence[int], x_name: str, y_name: str) -> str:
    """The chart in words, for whoever cannot see it."""
    highest = max(range(len(counts)), key=lambda index: counts[index])
    return (
        f"{sum(counts):,} {y_name} from {edges[0]:g} to {edges[-1]:g} {_unit(x_name)};"
        f" most, {counts[highest]:,}, from {edges[highest]:g} to {edges[highest + 1]:g}"
    )


def _unit(axis_name: str) -> str:
    """`seconds` of `length in seconds`."""
    return axis_name.rsplit(" in ", 1)[-1]


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, y1, x2, y2
    )


def _text(kind: str, x: float, y: float, text: str, *, anchor: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, escape(text)
    )
