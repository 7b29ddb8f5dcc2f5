"""Error rates with their intervals, and how far confidences are true, as inline SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from w2vctc.cli.checking.charts import list_ticks
from w2vctc.evaluate.intervals import Interval

_WIDTH = 440  # of the viewBox, as that of the histograms
_NAME, _VALUE = 132, 48  # room for names on the left and for rates on the right
_LINE = 24  # height of one rate
_HEAD, _FOOT = 10, 40
_MAX_NAME = 20  # characters


@dataclass(frozen=True)
class Rate:
    """A line of the chart: a rate as a fraction, with its 95 % interval if there is one."""

    name: str
    rate: float
    interval: Interval | None


def draw_rates(
    rates: Sequence[Rate], *, title: str, x_name: str = "word error rate in %"
) -> Markup:
    """An `<svg>` with a dot per rate and a line over its interval, all on one axis from 0.

    Colours come from the page's style sheet: `dot`, `whisker`, `grid`, `axis`, `tick`, `name`.
    """
    height = _HEAD + _LINE * len(rates) + _FOOT
    ends = [one.interval.high if one.interval else one.rate for one in rates]
    ticks = list_ticks(0, 100 * max([*ends, *(one.rate for one in rates), 0.01]))
    axis = _Axis(ticks[-1])
    floor = height - _FOOT
    parts = [_draw_tick(axis, tick, floor) for tick in ticks]
    parts += [_draw_rate(axis, one, _HEAD + _LINE * (n + 0.5)) for n, one in enumerate(rates)]
    parts.append(_text("name", (_NAME + _WIDTH - _VALUE) / 2, height - 6, x_name, anchor="middle"))
    summary = "; ".join(f"{one.name} {100 * one.rate:.1f} %" for one in rates)
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, height, f"{title}: {summary}", Markup("").join(parts))


@dataclass(frozen=True)
class Point:
    """A bin of words: what they were believed to be, what they were, and how many there are."""

    confidence: float
    right: float
    n_words: int


def draw_reliability(points: Sequence[Point], *, title: str) -> Markup:
    """An `<svg>` of the share of right words over their confidence; true ones lie on the dashes.

    Dots are larger where there are more words: by area.
    """
    size, left, top = 240, 52, 12
    most = max([point.n_words for point in points] or [1])

    def place(x: float, y: float) -> tuple[float, float]:
        return left + x * size, top + (1 - y) * size

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        (x, _), (_, y) = place(share, 0), place(0, share)
        parts.append(_line("grid", left, y, left + size, y))
        parts.append(_text("tick", left - 6, y + 4, f"{100 * share:.0f}", anchor="end"))
        parts.append(_text("tick", x, top + size + 18, f"{100 * share:.0f}", anchor="middle"))
    parts.append(_line("mark", *place(0, 0), *place(1, 1)))
    for point in points:
        x, y = place(point.confidence, point.right)
        said = (
            f"{point.n_words:,} words of {100 * point.confidence:.0f} %:"
            f" {100 * point.right:.0f} % right"
        )
        radius = max(2.0, 9 * (point.n_words / most) ** 0.5)
        parts.append(_dot(x, y, radius, said))
    middle = left + size / 2
    parts.append(_text("name", middle, top + size + 36, "confidence in %", anchor="middle"))
    parts.append(_text("name", left + 8, top + 14, "right in %", anchor="start"))
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
    ).format(_WIDTH, top + size + 42, title, Markup("").join(parts))


@dataclass(frozen=True)
class _Axis:
    top: float  # in percent

    def x(self, percent: float) -> float:
        return _NAME + percent / self.top * (_WIDTH - _NAME - _VALUE)


def _draw_tick(axis: _Axis, tick: float, floor: float) -> Markup:
    x = axis.x(tick)
    line = _line("grid" if tick else "axis", x, _HEAD, x, floor)
    return line + _text("tick", x, floor + 16, f"{tick:g}", anchor="middle")


def _draw_rate(axis: _Axis, one: Rate, y: float) -> Markup:
    name = one.name if len(one.name) <= _MAX_NAME else f"{one.name[: _MAX_NAME - 1]}…"
    parts = [_text("tick", _NAME - 8, y + 4, name, anchor="end")]
    said, right = f"{one.name}: {100 * one.rate:.1f} %", one.rate
    if one.interval:
        low, high = one.interval
        parts.append(_line("whisker", axis.x(100 * low), y, axis.x(100 * high), y))
        said += f", 95 %: {100 * low:.1f} to {100 * high:.1f}"
        right = max(right, high)
    parts.append(_dot(axis.x(100 * one.rate), y, 5, said))
    value = f"{100 * one.rate:.1f}"
    parts.append(_text("tick", axis.x(100 * right) + 8, y + 4, value, anchor="start"))
    return Markup("").join(parts)


def _dot(x: float, y: float, radius: float, said: str) -> Markup:
    return Markup(
        '<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"><title>{}</title></circle>'
    ).format(x, y, radius, said)


def _line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(
        kind, x1, y1, x2, y2
    )


def _text(kind: str, x: float, y: float, text: str, *, anchor: str) -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, escape(text)
    )
