"""What rooms, levels and telephones do to a waveform, and what they leave alone."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from speech_material import SAMPLE_RATE_HZ, make_babble

from w2vctc.acoustic.clips.distortions import (
    change_gain,
    enter_room,
    limit_band,
    make_room_response,
    pass_phone,
    quantize,
)

Distortion = Callable[[NDArray[np.float32], np.random.Generator], NDArray[np.float32]]
ALL = [change_gain, enter_room, pass_phone]


def tone(frequency_hz: float, *, duration_s: float = 0.5) -> NDArray[np.float32]:
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    return np.asarray(0.5 * np.sin(2 * np.pi * frequency_hz * time_s), dtype=np.float32)


def power_db(waveform: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.square(waveform.astype(np.float64)).mean() + 1e-20))


@pytest.mark.parametrize("distort", ALL)
@given(n_samples=st.integers(1, 5_000), seed=st.integers(0, 1_000), silent=st.booleans())
def test_every_clip_comes_out_as_long_and_finite(
    distort: Distortion, n_samples: int, seed: int, silent: bool
) -> None:
    waveform = make_babble(duration_s=0.4, seed=1)[:n_samples] * np.float32(not silent)
    heard = distort(waveform, np.random.default_rng(seed))
    assert heard.shape == waveform.shape
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


@pytest.mark.parametrize("distort", ALL)
def test_the_generator_alone_decides_and_the_input_stays_as_it_was(distort: Distortion) -> None:
    waveform = make_babble(duration_s=1.0)
    before = waveform.copy()
    first, same, other = (distort(waveform, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, waveform)
    np.testing.assert_array_equal(waveform, before)


def test_gain_changes_the_level_within_a_clip_and_clips_at_full_scale() -> None:
    """A constant factor would be undone by the normalization of each clip."""
    steady = tone(440, duration_s=6)
    spreads, peaks = [], []
    for seed in range(10):
        heard = change_gain(steady, np.random.default_rng(seed))
        seconds = [power_db(piece) for piece in np.split(heard, 6)]
        spreads.append(max(seconds) - min(seconds))
        peaks.append(float(np.abs(heard).max()))
    assert np.median(spreads) > 3
    assert max(peaks) == 1.0  # the loudest of them was overdriven


def test_a_room_response_begins_with_the_voice_and_dies_away() -> None:
    for seed in range(20):
        response = make_room_response(np.random.default_rng(seed))
        assert response[0] == 1.0
        assert 0.1 <= (len(response) - 1) / SAMPLE_RATE_HZ <= 0.72
        tail = response[1 + round(0.015 * SAMPLE_RATE_HZ) :]
        assert 10 ** (-15.5 / 10) < np.square(response[1:]).sum() <= 1 + 1e-9
        third = len(tail) // 3
        first, last = (float(np.square(part).mean()) for part in (tail[:third], tail[-third:]))
        # 60 dB in all: about 40 from the first third to the last
        assert 30 < 10 * np.log10(first / last) < 55


def test_a_room_keeps_the_onset_in_place() -> None:
    waveform = np.zeros(8_000, np.float32)
    waveform[3_000:3_400] = tone(1_000)[:400]
    heard = enter_room(waveform, np.random.default_rng(3))
    np.testing.assert_allclose(heard[:3_000], 0, atol=1e-6)
    # before the first reflection (2 ms) nothing but the voice is heard
    np.testing.assert_allclose(heard[3_000:3_032], waveform[3_000:3_032], atol=1e-6)
    assert power_db(heard[3_400:5_000]) > -60


@pytest.mark.parametrize(("frequency_hz", "passes"), [(25, False), (1_000, True), (6_000, False)])
def test_a_telephone_passes_the_middle_of_the_band_only(frequency_hz: float, passes: bool) -> None:
    """Beside a tone in the band, so that the line's level is the same for all."""
    carrier = tone(700)
    random = np.random.default_rng
    alone = pass_phone(carrier, random(5))
    both = pass_phone(carrier + tone(frequency_hz), random(5))
    assert (power_db(both - alone) > -20) == passes


def test_band_limits_are_where_they_say() -> None:
    inside = limit_band(tone(1_000), low_hz=300, high_hz=3_000)
    assert power_db(inside) == pytest.approx(power_db(tone(1_000)), abs=0.2)
    for outside_hz in (200, 4_000):
        outside = limit_band(tone(outside_hz), low_hz=300, high_hz=3_000)
        assert power_db(outside) < power_db(tone(outside_hz)) - 25


def test_mu_law_is_fine_near_zero_and_coarse_at_the_top() -> None:
    """Known values of the 255-step curve: ends and symmetry, and steps that grow with the level."""
    samples = np.linspace(-1, 1, 20_001, dtype=np.float32)
    heard = quantize(samples)
    assert heard[0] == -1
    assert heard[-1] == 1
    away = np.abs(samples) > 1e-3  # zero itself lies between two steps
    np.testing.assert_allclose(heard[away], -heard[::-1][away], atol=1e-6)
    assert len(np.unique(heard)) == 256
    errors = np.abs(heard - samples)
    assert errors[np.abs(samples) < 0.01].max() < 0.0004
    assert 0.02 < errors.max() < 0.022  # half a step: ln 256 / 255
