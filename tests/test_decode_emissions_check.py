"""Only log-probabilities of the right width reach a decoder."""

from typing import Any

import numpy as np
import pytest
from decode_material import random_emissions, spell_frames

from w2vctc.decode.emissions_check import check_emissions
from w2vctc.errors import ModelError


def test_good_emissions_pass_unchanged() -> None:
    emissions = random_emissions(1, n_frames=20)
    assert np.array_equal(check_emissions(emissions, n_labels=5), emissions)


def test_other_float_types_become_float32() -> None:
    checked = check_emissions(random_emissions(1, n_frames=3).astype(np.float64), n_labels=5)
    assert checked.dtype == np.float32


def test_zero_frames_pass() -> None:
    assert check_emissions(np.zeros((0, 5), dtype=np.float32), n_labels=5).shape == (0, 5)


def test_impossible_labels_pass() -> None:
    emissions = np.full((2, 5), -np.inf)
    emissions[:, 0] = 0.0
    assert check_emissions(emissions, n_labels=5).shape == (2, 5)


@pytest.mark.parametrize("shape", [(4, 6), (4, 4), (4,), (1, 4, 5), (0, 6)])
def test_other_width_is_the_vocabularys_fault(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError) as caught:
        check_emissions(np.full(shape, -1.0), n_labels=5)
    assert caught.value.code == "E_VOCAB"
    assert "5 labels" in caught.value.message
    assert str(shape) in caught.value.message


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nonfinite_value_is_named_with_its_place(value: float) -> None:
    emissions = random_emissions(1, n_frames=7)
    emissions[4, 2] = value
    with pytest.raises(ModelError, match=f"{value} at frame 4, label 2") as caught:
        check_emissions(emissions, n_labels=5)
    assert caught.value.code == "E_EMISSIONS"


def test_frame_without_any_possible_label_is_refused() -> None:
    emissions = random_emissions(1, n_frames=7)
    emissions[3] = -np.inf
    with pytest.raises(ModelError, match="frame 3"):
        check_emissions(emissions, n_labels=5)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_probabilities_are_refused(dtype: type[np.floating[Any]]) -> None:
    probabilities = np.exp(spell_frames("ab|ba", peak=0.7)).astype(dtype)
    with pytest.raises(ModelError, match="probabilities") as caught:
        check_emissions(probabilities, n_labels=5)
    assert "logarithm" in caught.value.hint
    assert caught.value.exit_code == 4
