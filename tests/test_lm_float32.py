import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.lm import float32
from w2vctc.lm.float32 import format_float32, log10_float32


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-1.0, "-1"),
        (-99.0, "-99"),
        (math.log10(0.5), "-0.30103"),
        (-0.1, "-0.1"),
        (-1e-5, "-0.00001"),
        (-0.00001234, "-0.00001234"),
        (-1e-6, "-0.000001"),
        (-1e-7, "-1e-7"),
        (-5.2e-8, "-5.2e-8"),
        (5.1e-8, "5.1e-8"),
        (-16777216.0, "-16777216"),
    ],
)
def test_numbers_are_written_short(value: float, text: str) -> None:
    assert format_float32(np.array([value], dtype=np.float32)).tolist() == [text]


@settings(max_examples=200, deadline=None)
@given(st.floats(-100, 1, width=32, allow_subnormal=False))
def test_written_numbers_read_back_and_no_digit_can_go(value: float) -> None:
    single = np.float32(value)
    text = format_float32(np.array([single])).tolist()[0]
    assert np.float32(text) == single
    digits = text.replace("-", "").replace(".", "").split("e")[0].strip("0")
    if len(digits) > 1:
        shorter = f"{float(single):.{len(digits) - 1}g}"
        assert np.float32(shorter) != single


def test_log10_is_exact_to_the_last_place_and_keeps_order_and_repeats() -> None:
    values = np.array([0.5, 1.0, 0.1, 0.5, 1e-30], dtype=np.float32)
    expected = [math.log10(float(value)) for value in values]
    logs = log10_float32(values)
    assert logs.dtype == np.float32
    assert logs[0] == logs[3]
    np.testing.assert_array_max_ulp(logs, np.array(expected, dtype=np.float32), maxulp=1)


def test_log10_of_zero_is_minus_infinity() -> None:
    assert log10_float32(np.zeros(1, dtype=np.float32))[0] == -np.inf


def test_many_values_have_the_logarithms_that_they_have_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draw = np.random.default_rng(0)
    values = (10.0 ** draw.uniform(-30, 0, 20_000)).astype(np.float32)
    values[:4] = [0, 1, 1e-45, 0.1]
    alone = log10_float32(values)
    monkeypatch.setattr(float32, "_WORTH_COMPILING", 1000)
    np.testing.assert_array_equal(log10_float32(values), alone)
    monkeypatch.setattr(float32, "_log10_compiled", lambda _values: None)
    np.testing.assert_array_equal(log10_float32(values), alone)
