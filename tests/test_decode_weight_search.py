"""The weight search on surfaces whose best point is known."""

import itertools
import math
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.tune import FURTHER_STARTS
from w2vctc.decode.weight_search import LAST_STEPS, Trial, Weights, WeightSearch
from w2vctc.lm.settings import Way

START = Weights(0.5, 1.5)


def bowl(best: Weights, weights: Weights) -> Trial:
    """Errors that grow with the distance from one best point."""
    alpha, beta, offset = (here - there for here, there in zip(weights[:3], best[:3], strict=True))
    distance = math.hypot(alpha / 0.5, beta / 2.0, offset / 4.0)
    return Trial(weights.alpha, weights.beta, round(100 + 40 * distance), 1000, weights[2])


def search_bowl(best: Weights, *, budget: float = 90, tune_unk: bool = False) -> WeightSearch:
    search = WeightSearch(
        lambda weights: bowl(best, weights),
        START,
        budget=budget,
        further_starts=FURTHER_STARTS,
        tune_unk=tune_unk,
    )
    search.run()
    return search


@given(best_alpha=st.floats(0.0, 3.0), best_beta=st.floats(-4.0, 10.0))
def test_best_point_is_found_within_the_last_steps(best_alpha: float, best_beta: float) -> None:
    best = search_bowl(Weights(best_alpha, best_beta)).best()
    assert abs(best.alpha - best_alpha) <= 0.25
    assert abs(best.beta - best_beta) <= 1.0
    assert best.unk_score_offset == -10.0


@given(best_beta=st.floats(-4, 6), best_offset=st.floats(-20.0, -1.0))
def test_offset_of_unknown_words_is_found_where_it_is_tuned(
    best_beta: float, best_offset: float
) -> None:
    best = search_bowl(Weights(0.7, best_beta, best_offset), tune_unk=True).best()
    assert abs(best.beta - best_beta) <= 1.0
    assert abs(best.unk_score_offset - best_offset) <= 2.0


@given(best_beta=st.floats(5.0, 10.0))
def test_usual_budget_reaches_beyond_the_usual_grid(best_beta: float) -> None:
    search = search_bowl(Weights(0.9, best_beta), budget=24)
    assert abs(search.best().alpha - 0.9) <= 0.3
    assert abs(search.best().beta - best_beta) <= 1.1
    assert search.n_decodes == len(search.trials) <= 24


@given(seed=st.integers(0, 10**6), slope=st.floats(-3, 3))
def test_tiny_surfaces_have_no_better_neighbour_than_the_result(seed: int, slope: float) -> None:
    """Brute force: no point one last step away on either axis has fewer errors."""
    draw = random.Random(seed)
    noise = {(a, b): draw.randrange(4) for a, b in itertools.product(range(40), range(-60, 60))}

    def measure(weights: Weights) -> Trial:
        a = round(weights.alpha / LAST_STEPS[0])
        b = round(weights.beta / LAST_STEPS[1])
        errors = 200 + abs(a - 4) + abs(round(b - slope * (a - 4))) + noise.get((a, b), 4)
        return Trial(weights.alpha, weights.beta, errors, 1000)

    search = WeightSearch(measure, START, budget=500)
    best = search.run()
    for by_alpha, by_beta in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        alpha = max(0.0, best.alpha + by_alpha * LAST_STEPS[0])
        near = measure(Weights(alpha, best.beta + by_beta * LAST_STEPS[1]))
        assert near.word_errors >= best.word_errors


@given(seed=st.integers(), budget=st.integers(1, 30))
def test_any_surface_respects_budget_range_and_start(seed: int, budget: int) -> None:
    draw = random.Random(seed)

    def measure(weights: Weights) -> Trial:
        return Trial(weights.alpha, weights.beta, draw.randrange(5), 10, weights[2])

    search = WeightSearch(
        measure, START, budget=budget, further_starts=FURTHER_STARTS, tune_unk=True
    )
    best = search.run()
    tried = [trial.weights for trial in search.trials]
    assert tried[0] == START
    assert len(tried) == len(set(tried)) <= budget
    assert min(weights.alpha for weights in tried) >= 0
    assert max(weights.unk_score_offset for weights in tried) <= 0
    assert best.word_errors == min(trial.word_errors for trial in search.trials)


def test_flat_surface_keeps_the_start() -> None:
    start = Weights(0.7, -0.3, -7.0)
    search = WeightSearch(lambda weights: Trial(*weights[:2], 3, 10, weights[2]), start, budget=24)
    assert search.run().weights == start
    assert len(search.trials) == 13  # the start, and four neighbours at each of three scales


def test_equal_errors_go_to_the_smaller_change() -> None:
    def measure(weights: Weights) -> Trial:
        return Trial(weights.alpha, weights.beta, 5 if weights.beta > 1.5 else 9, 10)

    best = WeightSearch(measure, START, budget=24).run()
    assert (best.alpha, best.beta) == (0.5, 2.0)


def test_trials_given_up_cost_their_share_and_never_win() -> None:
    def measure(weights: Weights) -> Trial:
        first = weights == START
        return Trial(weights.alpha, weights.beta, 9 if first else 3, 10, share=1 if first else 0.25)

    search = WeightSearch(measure, START, budget=3)
    assert search.run().weights == START
    assert len(search.trials) > 5
    assert search.n_decodes <= 3


def test_error_rate_of_empty_references_divides_by_one() -> None:
    assert Trial(0.5, 1.5, 3, 0).wer == 3.0
    assert Trial(0.5, 1.5, 3, 12).wer == pytest.approx(0.25)


def test_reward_for_spelling_is_found_where_a_flat_one_is_not_tried() -> None:
    way = Way("open", 5)
    start = Weights(0.5, 1.5, 0.0, way)

    def measure(weights: Weights) -> Trial:
        trial = bowl(Weights(0.75, 1.5, 2.5), weights)
        return replace(trial, way=weights.way)

    best = WeightSearch(measure, start, budget=60, tune_unk=True).run()
    assert best.way == way
    assert abs(best.unk_score_offset - 2.5) <= 1.0
    flat = WeightSearch(measure, START._replace(unk_score_offset=0.0), budget=60, tune_unk=True)
    assert flat.run().unk_score_offset == 0.0


def test_known_trials_cost_nothing_and_are_not_tried_again() -> None:
    tried: list[Weights] = []

    def measure(weights: Weights) -> Trial:
        tried.append(weights)
        return bowl(START, weights)

    search = WeightSearch(measure, START, budget=3, known=[bowl(START, START)])
    search.run()
    assert START not in tried
    assert search.n_decodes == len(tried) == 3
    assert search.best().weights == START
