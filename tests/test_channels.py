"""Which of a recording's channels are listened to."""

import numpy as np
from speech_material import make_babble
from test_audio import make_tone, stereo

from w2vctc.speech.channels import choose_channel, mix_channels


def test_opposite_channels_do_not_cancel() -> None:
    left = make_tone()
    np.testing.assert_array_equal(mix_channels(stereo(left, -left)), left)
    np.testing.assert_array_equal(mix_channels(stereo(0.9 * left, -left)), -left)


def test_a_silent_channel_does_not_halve_the_other() -> None:
    left = make_tone()
    np.testing.assert_array_equal(mix_channels(stereo(left, 0 * left)), left)
    np.testing.assert_array_equal(mix_channels(stereo(0 * left, left)), left)


def test_silence_in_all_channels_stays_silence() -> None:
    assert not mix_channels(np.zeros((10, 2), dtype=np.float32)).any()


def test_the_choice_by_powers_is_that_of_the_samples() -> None:
    voice, other = make_babble(duration_s=1.0), make_tone(duration_s=1.0)
    for left, right in [(voice, other), (voice, -voice), (0 * voice, other), (voice, 0.99 * voice)]:
        samples = stereo(left, right)
        power = np.square(samples, dtype=np.float64).sum(axis=0)
        chosen = choose_channel(power, float(np.square(samples.mean(axis=1)).sum()))
        expected = samples.mean(axis=1) if chosen is None else samples[:, chosen]
        np.testing.assert_array_equal(mix_channels(samples), expected)
