"""What dev can tell apart: intervals against known ones, plateaus against brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.plateau import Bootstrap, Range, find_plateau
from w2vctc.decode.weight_search import LAST_STEPS, Trial, Weights


def test_interval_is_that_of_the_binomial() -> None:
    errors = np.array([1] * 200 + [0] * 800)
    low, high = Bootstrap(np.ones(1000, np.int64)).rate(errors)
    half = 1.96 * math.sqrt(0.2 * 0.8 / 1000)
    assert low == pytest.approx(0.2 - half, abs=0.003)
    assert high == pytest.approx(0.2 + half, abs=0.003)


def test_the_same_errors_everywhere_leave_nothing_open() -> None:
    assert Bootstrap(np.full(50, 4)).rate(np.full(50, 1)) == pytest.approx((0.25, 0.25))


def test_pairs_tell_what_two_intervals_do_not() -> None:
    draw = np.random.default_rng(5)
    one = draw.integers(0, 4, 300)
    other = one + (draw.random(300) < 0.05)
    bootstrap = Bootstrap(np.full(300, 6))
    assert bootstrap.rate(one).high > bootstrap.rate(other).low
    assert bootstrap.rate(other - one).low > 0


def test_no_words_at_all_divide_by_one() -> None:
    assert Bootstrap(np.zeros(3, np.int64)).rate(np.ones(3, np.int64)) == (3.0, 3.0)


@given(
    alphas=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    betas=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_plateau_is_the_largest_tried_span_of_a_box(
    alphas: tuple[int, int], betas: tuple[int, int]
) -> None:
    """Brute force over the points that may be asked for: 1, 2, 4, ... last steps away."""
    best = Trial(9.0, 1.0, 10, 100)

    def is_same(trial: Trial) -> bool:
        by_alpha = round((trial.alpha - 9.0) / LAST_STEPS[0])
        by_beta = round((trial.beta - 1.0) / LAST_STEPS[1])
        return -alphas[0] <= by_alpha <= alphas[1] and -betas[0] <= by_beta <= betas[1]

    def reach(steps: int) -> int:
        return max(n for n in (0, 1, 2, 4, 8, 16) if n <= steps)

    plateau = find_plateau(
        best, probe=lambda weights: Trial(weights.alpha, weights.beta, 11, 100), is_same=is_same
    )
    for found, centre, step, sides in zip(
        plateau, (9.0, 1.0), LAST_STEPS[:2], (alphas, betas), strict=True
    ):
        assert found.low == pytest.approx(centre - reach(sides[0]) * step)
        assert found.high == pytest.approx(centre + reach(sides[1]) * step)
        assert not found.low_open and not found.high_open


def test_alpha_ends_at_nothing_and_offsets_too() -> None:
    plateau = find_plateau(
        Trial(0.25, 1.0, 10, 100, unk_score_offset=-1.0),
        probe=lambda weights: Trial(weights.alpha, weights.beta, 10, 100, weights[2]),
        is_same=lambda trial: abs(trial.alpha) < 1 and abs(trial.beta) < 3,
        tune_unk=True,
    )
    alpha, beta, offset = plateau
    assert alpha == Range("alpha", 0.0, 0.75)
    assert beta == Range("beta", -1.0, 2.0)
    assert (offset.name, offset.high, offset.high_open) == ("unk_score_offset", 0.0, False)
    assert offset.low_open  # it never ended


def test_without_a_decode_left_the_ends_are_open() -> None:
    asked: list[Weights] = []

    def probe(weights: Weights) -> Trial | None:
        asked.append(weights)
        return Trial(weights.alpha, weights.beta, 10, 100) if len(asked) <= 3 else None

    alpha, beta = find_plateau(Trial(0.5, 1.5, 10, 100), probe=probe, is_same=lambda _: True)
    assert alpha == Range("alpha", 0.375, 0.625, low_open=True, high_open=True)
    assert beta == Range("beta", 1.0, 1.5, low_open=True, high_open=True)
