"""Intervals of error rates."""

import numpy as np
import pytest

from w2vctc.acoustic.monitoring.bounds import bound_rate
from w2vctc.decode.plateau import Bootstrap


def test_utterances_that_are_all_alike_leave_no_doubt() -> None:
    assert bound_rate([1] * 50, [4] * 50) == (0.25, 0.25)


def test_the_interval_is_that_of_the_normal_approximation_for_many_utterances() -> None:
    """Half of 400 utterances of one word are wrong: 50 % plus and minus 1.96 * 2.5 points."""
    low, high = bound_rate([0, 1] * 200, [1] * 400)
    assert low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.005)
    assert high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.005)


def test_it_agrees_with_the_one_that_tune_shows() -> None:
    random = np.random.default_rng(3)
    lengths = random.integers(1, 12, 300)
    errors = random.binomial(lengths, 0.2)
    shown = Bootstrap(lengths).rate(errors)
    found = bound_rate(errors.tolist(), lengths.tolist())
    assert found == pytest.approx((shown.low, shown.high), abs=0.004)


def test_references_without_a_word_divide_by_nothing() -> None:
    assert bound_rate([2, 0], [0, 0])[0] == 0.0
