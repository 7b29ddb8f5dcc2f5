"""Whether confidences hold: known values by hand, and what a table may not depend on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.hypothesis import Word
from w2vctc.evaluate.alignment import align_words, list_right_words
from w2vctc.evaluate.calibration import (
    CalibrationBin,
    measure_calibration,
    tabulate_confidences,
)


def test_the_error_is_the_mean_difference_of_the_bins() -> None:
    table = tabulate_confidences([0.1, 0.3, 0.8, 1.0], [False, True, True, True], n_bins=2)
    assert table.bins == (CalibrationBin(2, 0.2, 0.5), CalibrationBin(2, 0.9, 1.0))
    assert table.error == pytest.approx((0.3 + 0.1) / 2)
    assert (table.n_words, table.right) == (4, 0.75)


def test_sorting_and_gain_by_hand() -> None:
    table = tabulate_confidences([0.2, 0.6, 0.6, 0.9], [False, False, True, True])
    assert table.auc == pytest.approx((0.5 + 1 + 1 + 1) / 4)
    doubt = -(np.log(0.8) + np.log(0.4) + np.log(0.6) + np.log(0.9)) / 4
    assert table.gain == pytest.approx(1 - doubt / np.log(2))


def test_the_same_confidence_for_all_tells_nothing() -> None:
    table = tabulate_confidences([0.5] * 6, [True, False] * 3)
    assert (table.error, table.auc) == (0.0, 0.5)
    assert table.gain == pytest.approx(0.0)


@pytest.mark.parametrize("right", [True, False])
def test_of_one_kind_of_words_nothing_can_be_sorted(right: bool) -> None:
    table = tabulate_confidences([1.0, 0.0], [right, right])
    assert table.auc is None
    assert table.gain is None
    assert table.error == 0.5


def test_without_words_there_is_no_error() -> None:
    table = tabulate_confidences([], [])
    assert (table.error, table.n_words, table.bins) == (0.0, 0, ())


def test_faultless_confidences_err_as_much_as_chance_says() -> None:
    draw = np.random.default_rng(0)
    errors, chances = [], []
    for _ in range(40):
        sure = draw.beta(2, 1, 500)
        table = tabulate_confidences(sure, draw.random(500) < sure)
        errors.append(table.error)
        chances.append(table.chance)
    assert np.mean(errors) == pytest.approx(np.mean(chances), rel=0.1)


tenths = st.integers(0, 10).map(lambda tenth: tenth / 10)


@given(st.lists(st.tuples(tenths, st.booleans()), min_size=1, max_size=60), st.randoms())
def test_neither_the_order_of_the_words_nor_their_number_in_a_bin_matters(
    pairs: list[tuple[float, bool]], shuffler: object
) -> None:
    table = tabulate_confidences(*zip(*pairs, strict=True))
    shuffler.shuffle(pairs)  # type: ignore[attr-defined]
    assert tabulate_confidences(*zip(*pairs, strict=True)) == table
    assert 0 <= table.error <= 1
    assert sum(one.n_words for one in table.bins) == len(pairs)
    assert max(one.n_words for one in table.bins) - min(one.n_words for one in table.bins) <= 1
    right = sum(one.n_words * one.right for one in table.bins)
    assert right == pytest.approx(sum(flag for _, flag in pairs))


def test_words_that_nobody_judged_are_left_out() -> None:
    words = [Word("a", 0, 1, 0.9), Word("b", 1, 2), Word("c", 2, 3, 0.2)]
    table = measure_calibration(words, [True, True, False])
    assert (table.n_words, table.right) == (2, 0.5)
    with pytest.raises(ValueError, match="shorter"):
        measure_calibration(words, [True])


@pytest.mark.parametrize(
    ("reference", "words", "right"),
    [
        ("a b c", ["a", "b", "c"], [True, True, True]),
        ("a b c", ["a", "x", "b", "c"], [True, False, True, True]),
        ("a b c", ["b", "c", "y"], [True, True, False]),
        ("a b", [], []),
        ("", ["a"], [False]),
        ("caf\u00e9", ["cafe\u0301"], [True]),
    ],
)
def test_words_are_right_along_the_alignment(
    reference: str, words: list[str], right: list[bool]
) -> None:
    assert list_right_words(align_words(reference, " ".join(words))) == right


@given(st.text("ab ", max_size=12), st.text("ab ", max_size=12))
def test_as_many_words_are_right_as_the_error_rate_counts_hits(said: str, heard: str) -> None:
    from w2vctc.evaluate.counts import count_word_errors

    counts = count_word_errors(said, heard)
    assert sum(list_right_words(align_words(said, heard))) == counts.hits
