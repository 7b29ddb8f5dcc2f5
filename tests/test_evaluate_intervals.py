"""Intervals and paired tests: against the normal approximation, exact cases, and shuffles."""

import numpy as np
import pytest

from w2vctc.evaluate.counts import ErrorCounts
from w2vctc.evaluate.intervals import bound_rate
from w2vctc.evaluate.paired import Comparison, compare_rates


def make_counts(errors: list[int], n_words: int) -> list[ErrorCounts]:
    return [ErrorCounts(hits=n_words - n, substitutions=n) for n in errors]


def compare(one: list[int], other: list[int], n_words: int = 10) -> Comparison:
    return compare_rates(
        "new",
        make_counts(one, n_words),
        against="old",
        other_counts=make_counts(other, n_words),
    )


def test_the_interval_is_that_of_the_normal_approximation() -> None:
    """Half of 400 utterances of one word are wrong: 50 % plus and minus 1.96 * 2.5 points."""
    bounds = bound_rate(make_counts([0, 1] * 200, 1))
    assert bounds == pytest.approx((0.5 - 0.049, 0.5 + 0.049), abs=0.005)


def test_fewer_than_two_utterances_have_no_interval() -> None:
    assert bound_rate([]) is None
    assert bound_rate(make_counts([1], 4)) is None
    assert compare([1], [2]).p_value is None


def test_a_constant_gain_leaves_no_doubt() -> None:
    found = compare([1] * 50, [3] * 50)
    assert found.saved == pytest.approx(0.2)
    assert found.interval == pytest.approx((0.2, 0.2))
    assert (found.n_better, found.n_worse) == (50, 0)


def test_a_gain_that_chance_may_make_is_no_proof() -> None:
    draw = np.random.default_rng(3)
    one, other = (draw.integers(0, 5, 60).tolist() for _ in range(2))
    found = compare(one, other)
    assert found.interval is not None
    assert found.interval.low < 0 < found.interval.high
    assert found.p_value is not None
    assert found.p_value > 0.05


def test_p_agrees_with_the_normal_one_of_paired_differences() -> None:
    """Differences of mean 0.2 and deviation 1 in 100 utterances: z = 2, p = 0.0455."""
    draw = np.random.default_rng(0)
    steps = draw.standard_normal(100)
    steps = (steps - steps.mean()) / steps.std() + 0.2
    gains = np.round(steps * 20).astype(int)
    found = compare([50] * 100, (50 + gains).tolist(), n_words=200)
    assert found.p_value == pytest.approx(0.0455, abs=0.02)


def test_turned_round_it_says_the_opposite() -> None:
    draw = np.random.default_rng(5)
    one, other = (draw.integers(0, 5, 40).tolist() for _ in range(2))
    there, back = compare(one, other), compare(other, one)
    assert there.saved == -back.saved
    assert there.p_value == back.p_value
    assert (there.n_better, there.n_worse) == (back.n_worse, back.n_better)


def test_the_same_system_twice_is_never_better() -> None:
    found = compare([1, 0, 2, 5], [1, 0, 2, 5])
    assert (found.saved, found.p_value) == (0.0, 1.0)


def test_other_references_are_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="different references"):
        compare_rates("a", make_counts([0], 3), against="b", other_counts=make_counts([0], 4))
