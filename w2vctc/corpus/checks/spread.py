"""Many numbers told in few: percentiles and a histogram."""

import bisect
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_PERCENTILES = (0, 5, 25, 50, 75, 95, 100)
_MAX_BINS = 30
_ALIKE = 1e-6  # numbers that differ by no more than this part of themselves
_NICE_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Histogram:
    """`counts[i]` values lie in edges[i] <= value < edges[i + 1]; the last bin has its end too."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class Spread:
    """How numbers are spread; all in the unit of the numbers themselves."""

    n: int
    total: float
    minimum: float
    p5: float
    p25: float
    median: float
    p75: float
    p95: float
    maximum: float
    histogram: Histogram


def measure_spread(values: Sequence[float]) -> Spread | None:
    """The spread of finite values, whatever their order; None without any."""
    if not values:
        return None
    ordered = sorted(values)
    low, p5, p25, median, p75, p95, high = map(float, np.percentile(ordered, _PERCENTILES))
    return Spread(
        n=len(ordered),
        total=math.fsum(ordered),
        minimum=low,
        p5=p5,
        p25=p25,
        median=median,
        p75=p75,
        p95=p95,
        maximum=high,
        histogram=make_histogram(ordered),
    )


def make_histogram(ordered: Sequence[float]) -> Histogram:
    """Sorted values counted in bins of a round width (1, 2, 2.5 or 5 times a power of ten)."""
    step = _choose_step(ordered[-1] - ordered[0], max(abs(ordered[0]), abs(ordered[-1])))
    first = math.floor(ordered[0] / step)
    n_bins = max(math.floor(ordered[-1] / step) - first + 1, 1)
    edges = tuple(float(f"{(first + i) * step:.10g}") for i in range(n_bins + 1))
    places = [bisect.bisect_left(ordered, edge) for edge in edges[:-1]]
    places[0] = 0
    ends = [*places[1:], len(ordered)]
    return Histogram(edges, tuple(end - start for start, end in zip(places, ends, strict=True)))


def _choose_step(width: float, largest: float) -> float:
    if width <= max(_ALIKE * largest, 1e-9):  # all alike: one bin, as wide as their leading digit
        return 10.0 ** math.floor(math.log10(largest)) if largest > 1e-9 else 1.0
    rough = width / (_MAX_BINS - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice * power for nice in _NICE_STEPS if nice * power >= rough * (1 - 1e-9))
