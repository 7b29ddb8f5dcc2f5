"""Percentiles and histograms of numbers."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.corpus.checks.spread import measure_spread

Numbers = st.lists(st.floats(-1e6, 1e6), min_size=1)


def test_nothing_has_no_spread() -> None:
    assert measure_spread([]) is None


def test_the_percentiles_of_one_to_a_hundred_and_one() -> None:
    spread = measure_spread([float(number) for number in range(1, 102)])
    assert spread is not None
    assert (spread.n, spread.total) == (101, 5151.0)
    assert (spread.minimum, spread.p5, spread.p25, spread.median) == (1.0, 6.0, 26.0, 51.0)
    assert (spread.p75, spread.p95, spread.maximum) == (76.0, 96.0, 101.0)


def test_bins_are_of_a_round_width_and_begin_at_a_multiple_of_it() -> None:
    spread = measure_spread([0.4, 1.0, 1.9, 2.0, 23.1])
    assert spread is not None
    assert spread.histogram.edges == tuple(float(edge) for edge in range(25))
    assert spread.histogram.counts == (1, 2, 1, *[0] * 20, 1)


def test_equal_numbers_fill_one_bin() -> None:
    spread = measure_spread([2.5] * 4)
    assert spread is not None
    assert (spread.histogram.edges, spread.histogram.counts) == ((2.0, 3.0), (4,))


@given(Numbers)
def test_every_number_is_in_the_bin_that_holds_it(numbers: list[float]) -> None:
    spread = measure_spread(numbers)
    assert spread is not None
    edges, counts = spread.histogram.edges, spread.histogram.counts
    assert sum(counts) == len(numbers)
    assert len(edges) == len(counts) + 1 <= 40
    width = edges[1] - edges[0]
    assert edges[0] - 1e-6 * width <= spread.minimum
    assert spread.maximum <= edges[-1] + 1e-6 * width


@given(Numbers)
def test_the_order_does_not_matter(numbers: list[float]) -> None:
    shuffled = list(numbers)
    random.Random(1).shuffle(shuffled)
    assert measure_spread(shuffled) == measure_spread(numbers)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_no_histogram_has_more_than_some_thirty_bins(scale: float) -> None:
    for largest in range(1, 200):
        spread = measure_spread([0.0, largest * scale])
        assert spread is not None
        assert len(spread.histogram.counts) <= 31
