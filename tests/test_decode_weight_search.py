"""The weight search on surfaces whose best point is known."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.weight_search import Trial, WeightSearch


def bowl(best_alpha: float, best_beta: float, alpha: float, beta: float) -> Trial:
    """Errors that grow with the distance from one best point."""
    distance = math.hypot((alpha - best_alpha) / 0.5, (beta - best_beta) / 2.0)
    return Trial(alpha, beta, round(100 + 40 * distance), 1000)


@given(best_alpha=st.floats(0.0, 3.0), best_beta=st.floats(-4.0, 10.0))
def test_best_point_is_found_within_the_last_steps(best_alpha: float, best_beta: float) -> None:
    search = WeightSearch(
        lambda alpha, beta: bowl(best_alpha, best_beta, alpha, beta), DecodingOptions(), 60
    )
    best = search.run()
    assert abs(best.alpha - best_alpha) <= 0.25
    assert abs(best.beta - best_beta) <= 1.0


@given(best_beta=st.floats(5.0, 10.0))
def test_usual_budget_reaches_far_word_bonuses(best_beta: float) -> None:
    search = WeightSearch(
        lambda alpha, beta: bowl(0.9, best_beta, alpha, beta), DecodingOptions(), 24
    )
    best = search.run()
    assert abs(best.alpha - 0.9) <= 0.3
    assert abs(best.beta - best_beta) <= 1.1
    assert len(search.trials) <= 24


@given(seed=st.integers(), budget=st.integers(1, 30))
def test_any_surface_respects_budget_range_and_start(seed: int, budget: int) -> None:
    import random

    rng = random.Random(seed)
    search = WeightSearch(
        lambda alpha, beta: Trial(alpha, beta, rng.randrange(5), 10), DecodingOptions(), budget
    )
    best = search.run()
    pairs = [(trial.alpha, trial.beta) for trial in search.trials]
    assert pairs[0] == (0.5, 1.5)
    assert len(pairs) == len(set(pairs)) <= budget
    assert min(alpha for alpha, _ in pairs) >= 0
    assert best.word_errors == min(trial.word_errors for trial in search.trials)


def test_flat_surface_keeps_the_start() -> None:
    start = DecodingOptions(alpha=0.7, beta=-0.3)
    search = WeightSearch(lambda alpha, beta: Trial(alpha, beta, 3, 10), start, 24)
    best = search.run()
    assert (best.alpha, best.beta) == (0.7, -0.3)
    assert len(search.trials) == 13  # the start, and four neighbours at each of three scales


def test_equal_errors_go_to_the_smaller_change() -> None:
    def measure(alpha: float, beta: float) -> Trial:
        return Trial(alpha, beta, 5 if beta > 1.5 else 9, 10)

    best = WeightSearch(measure, DecodingOptions(), 24).run()
    assert (best.alpha, best.beta) == (0.5, 2.0)


def test_error_rate_of_empty_references_divides_by_one() -> None:
    assert Trial(0.5, 1.5, 3, 0).wer == 3.0
    assert Trial(0.5, 1.5, 3, 12).wer == pytest.approx(0.25)
