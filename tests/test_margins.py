"""The quiet before and behind a clip: how long, how loud, and that the speech itself stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from speech_material import SAMPLE_RATE_HZ, make_babble

from w2vctc.acoustic.clips.margins import LONGEST_S, add_margins, make_hiss

LONGEST = round(LONGEST_S * SAMPLE_RATE_HZ)


def split(
    heard: NDArray[np.float32], voice: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What stands before and behind the voice, which has to be there to the last bit."""
    first = int(np.flatnonzero(heard == voice.max())[0] - voice.argmax())
    np.testing.assert_array_equal(heard[first : first + len(voice)], voice)
    return heard[:first], heard[first + len(voice) :]


def power_db(waveform: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.square(waveform.astype(np.float64)).mean() + 1e-20))


@given(n_samples=st.integers(1, 9_000), seed=st.integers(0, 1_000), silent=st.booleans())
def test_a_clip_of_any_length_grows_by_a_second_at_most_and_stays_finite(
    n_samples: int, seed: int, silent: bool
) -> None:
    clip = make_babble(duration_s=0.6)[:n_samples] * np.float32(not silent)
    heard = add_margins(clip, np.random.default_rng(seed))
    assert 0 <= len(heard) - len(clip) <= 2 * LONGEST
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()


def test_the_generator_alone_decides_and_the_input_stays_as_it_was() -> None:
    clip = make_babble(duration_s=1.0)
    before = clip.copy()
    first, same, other = (add_margins(clip, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert len(other) != len(first)
    np.testing.assert_array_equal(clip, before)


def test_some_ends_stay_tight_and_others_get_up_to_half_a_second() -> None:
    voice = make_babble(duration_s=1.0)
    lengths = np.array(
        [
            [len(part) for part in split(add_margins(voice, np.random.default_rng(seed)), voice)]
            for seed in range(300)
        ]
    )
    assert (lengths == 0).mean(axis=0) == pytest.approx([1 / 3, 1 / 3], abs=0.1)
    assert 0.9 * LONGEST < lengths.max() <= LONGEST
    drawn = lengths[lengths > 0]
    assert drawn.mean() == pytest.approx(LONGEST / 2, rel=0.1)


def test_margins_are_silent_or_hiss_30_to_80_db_below_the_voice() -> None:
    voice = make_babble(duration_s=1.0)
    below_db, n_silent, n_drawn = [], 0, 0
    for seed in range(200):
        margins = np.concatenate(split(add_margins(voice, np.random.default_rng(seed)), voice))
        if len(margins) < LONGEST // 4:
            continue
        n_drawn += 1
        if margins.any():
            below_db.append(power_db(voice) - power_db(margins))
        else:
            n_silent += 1
    assert n_silent / n_drawn == pytest.approx(0.25, abs=0.1)
    assert 25 < min(below_db) < 35
    assert 75 < max(below_db) < 95


@pytest.mark.parametrize(("tilt", "fall_db"), [(0.0, 0.0), (1.0, 3.0), (2.0, 6.0)])
def test_hiss_falls_by_so_many_db_an_octave(tilt: float, fall_db: float) -> None:
    hiss = make_hiss(1 << 17, tilt=tilt, random=np.random.default_rng(1))
    assert power_db(hiss) == pytest.approx(0.0, abs=0.1)
    power = np.square(np.abs(np.fft.rfft(hiss)))
    hz = np.fft.rfftfreq(len(hiss), 1 / SAMPLE_RATE_HZ)
    low, high = (power[(hz > f) & (hz < 1.2 * f)].mean() for f in (500.0, 4_000.0))
    assert 10 * np.log10(low / high) == pytest.approx(3 * fall_db, abs=1.0)
