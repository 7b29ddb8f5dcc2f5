import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.lm.weights import tune_weights


def test_two_models_that_each_know_half_of_the_text_share_it() -> None:
    # Tokens that one model gives 0.4 and the other 0.1, half of them the other way round.
    log10_probs = np.log10([[0.4, 0.1], [0.1, 0.4]])
    tuned = tune_weights(log10_probs)
    assert tuned.weights == pytest.approx((0.5, 0.5), abs=1e-4)
    assert tuned.perplexity == pytest.approx(4)


def test_the_summit_of_three_to_one_is_where_calculus_puts_it() -> None:
    # d/dw of 3 log(.1 + .3 w) + log(.4 - .3 w) is 0 where .9 (.4 - .3 w) = .3 (.1 + .3 w): 11/12.
    log10_probs = np.log10([[0.4, 0.4, 0.4, 0.1], [0.1, 0.1, 0.1, 0.4]])
    assert tune_weights(log10_probs).weights == pytest.approx((11 / 12, 1 / 12), abs=1e-3)


def test_a_model_that_is_worse_everywhere_gets_nothing() -> None:
    weights = tune_weights(np.log10([[0.5, 0.25], [0.1, 0.05]])).weights
    assert weights == pytest.approx((1, 0), abs=1e-4)


def test_one_model_has_all_the_weight_and_its_own_perplexity() -> None:
    tuned = tune_weights(np.log10([[0.5, 0.125]]))
    assert tuned.weights == (1,)
    assert tuned.perplexity == pytest.approx(4)


def test_probabilities_too_small_for_doubles_are_fine() -> None:
    tuned = tune_weights(np.array([[-400.0, -10.0], [-390.0, -400.0]]))
    assert tuned.weights == pytest.approx((0.5, 0.5), abs=1e-6)
    assert sum(tuned.weights) == pytest.approx(1)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-6, -0.01), st.floats(-6, -0.01)), min_size=1, max_size=20),
    st.floats(0, 1),
)
def test_no_other_weights_predict_better(pairs: list[tuple[float, float]], other: float) -> None:
    log10_probs = np.array(pairs).T
    tuned = tune_weights(log10_probs)
    mixed = other * 10 ** log10_probs[0] + (1 - other) * 10 ** log10_probs[1]
    assert tuned.perplexity <= 10 ** -np.log10(mixed).mean() * (1 + 1e-3)
