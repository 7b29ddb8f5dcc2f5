"""The quiet before, behind and between clips: how long, how loud, and that the speech stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from speech_material import SAMPLE_RATE_HZ, make_babble

from w2vctc.acoustic.clips.pauses import LONGEST_S, add_margins, join_clips, make_hiss

LONGEST = round(LONGEST_S * SAMPLE_RATE_HZ)


def power_db(waveform: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.square(waveform.astype(np.float64)).mean() + 1e-20))


def find_voice(heard: NDArray[np.float32], voice: NDArray[np.float32]) -> int:
    """Where in what is heard the voice begins, by the height of their correlation."""
    n_fft = 1 << (len(heard) + len(voice)).bit_length()
    spectrum = np.fft.rfft(heard, n_fft) * np.fft.rfft(voice, n_fft).conj()
    return int(np.fft.irfft(spectrum, n_fft)[: len(heard) - len(voice) + 1].argmax())


def draw(voice: NDArray[np.float32], n_times: int) -> list[NDArray[np.float32]]:
    return [add_margins(voice, np.random.default_rng(seed)) for seed in range(n_times)]


@given(n_samples=st.integers(1, 9_000), seed=st.integers(0, 1_000), silent=st.booleans())
def test_a_clip_of_any_length_grows_by_a_second_at_most_and_stays_finite(
    n_samples: int, seed: int, silent: bool
) -> None:
    clip = make_babble(duration_s=0.6)[:n_samples] * np.float32(not silent)
    heard = add_margins(clip, np.random.default_rng(seed))
    assert 0 <= len(heard) - len(clip) <= 2 * LONGEST
    assert heard.dtype == np.float32
    assert np.isfinite(heard).all()
    assert heard.any() != silent


def test_the_generator_alone_decides_and_the_input_stays_as_it_was() -> None:
    clip = make_babble(duration_s=1.0)
    before = clip.copy()
    first, same, other = (add_margins(clip, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert len(other) != len(first)
    np.testing.assert_array_equal(clip, before)


def test_some_ends_stay_tight_and_others_get_up_to_half_a_second() -> None:
    voice = make_babble(duration_s=0.3)
    lengths = []
    for heard in draw(voice, 300):
        before = find_voice(heard, voice)
        lengths.append([before, len(heard) - len(voice) - before])
    margins = np.array(lengths)
    assert (margins == 0).mean(axis=0) == pytest.approx([1 / 3, 1 / 3], abs=0.1)
    assert 0.9 * LONGEST < margins.max() <= LONGEST
    assert margins[margins > 0].mean() == pytest.approx(LONGEST / 2, rel=0.1)


def test_hiss_lies_20_to_80_db_below_the_voice_and_goes_on_under_it() -> None:
    """A pause that is quieter than the speech beside it is no pause of that recording."""
    voice = make_babble(duration_s=0.5)
    below_db, n_silent, n_drawn = [], 0, 0
    for heard in draw(voice, 200):
        before = find_voice(heard, voice)
        under = heard[before : before + len(voice)] - voice
        margins = np.concatenate([heard[:before], heard[before + len(voice) :]])
        n_drawn += 1
        if not under.any():
            n_silent += 1
            assert not margins.any()
            continue
        below_db.append(
            power_db(voice)
            - power_db(heard - np.pad(voice, (before, len(heard) - before - len(voice))))
        )
        if len(margins) > LONGEST // 2 and below_db[-1] < 60:
            assert power_db(margins) == pytest.approx(power_db(under), abs=10)
    assert n_silent / n_drawn == pytest.approx(0.25, abs=0.1)
    assert 15 < min(below_db) < 25
    assert 75 < max(below_db) < 90


@pytest.mark.parametrize(("tilt", "fall_db"), [(0.0, 0.0), (1.0, 3.0), (2.0, 6.0)])
def test_hiss_falls_by_so_many_db_an_octave(tilt: float, fall_db: float) -> None:
    hiss = make_hiss(1 << 17, tilt=tilt, random=np.random.default_rng(1))
    assert power_db(hiss) == pytest.approx(0.0, abs=0.1)
    power = np.square(np.abs(np.fft.rfft(hiss)))
    hz = np.fft.rfftfreq(len(hiss), 1 / SAMPLE_RATE_HZ)
    low, high = (power[(hz > f) & (hz < 1.2 * f)].mean() for f in (500.0, 4_000.0))
    assert 10 * np.log10(low / high) == pytest.approx(3 * fall_db, abs=1.0)


def test_two_clips_are_joined_by_a_tenth_of_a_second_to_one_of_silence() -> None:
    first, second = make_babble(duration_s=0.4), make_babble(duration_s=0.3, seed=1)
    pauses_s = []
    for seed in range(60):
        joined = join_clips(first, second, np.random.default_rng(seed))
        np.testing.assert_array_equal(joined[: len(first)], first)
        np.testing.assert_array_equal(joined[-len(second) :], second)
        pause = joined[len(first) : -len(second)]
        assert not pause.any()
        pauses_s.append(len(pause) / SAMPLE_RATE_HZ)
    assert 0.1 <= min(pauses_s) < 0.2
    assert 0.9 < max(pauses_s) <= 1.0
