"""Recordings of any length as one channel at 16 kHz."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from speech_material import make_babble

from w2vctc.errors import DataError
from w2vctc.speech import soundfile_stream
from w2vctc.speech.audio import load_audio
from w2vctc.speech.mono import MonoSound, choose_channel_of
from w2vctc.speech.recording import open_recording


def open_mono(path: Path) -> MonoSound:
    recording = open_recording(path)
    return MonoSound(recording, channel=choose_channel_of(recording))


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soundfile_stream, "BLOCK_SAMPLES", 1_000)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_blocks_are_the_whole_recording(tmp_path: Path, rate: int, n_channels: int) -> None:
    voice = make_babble(duration_s=1.3, seed=rate)
    samples = np.stack([voice, 0.5 * voice[::-1]], axis=1)[:, :n_channels]
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    with open_mono(tmp_path / "a.wav") as sound:
        blocks = list(sound.read_blocks())
        again = list(sound.read_blocks())
    assert len(blocks) > 5
    whole = load_audio(tmp_path / "a.wav")
    np.testing.assert_allclose(np.concatenate(blocks), whole, atol=1e-6)
    np.testing.assert_array_equal(np.concatenate(again), np.concatenate(blocks))


def test_channels_of_opposite_phase_do_not_cancel(tmp_path: Path) -> None:
    voice = make_babble(duration_s=0.5)
    soundfile.write(tmp_path / "a.wav", np.stack([voice, -voice], axis=1), 16_000, subtype="FLOAT")
    with open_mono(tmp_path / "a.wav") as sound:
        heard = np.concatenate(list(sound.read_blocks()))
    np.testing.assert_array_equal(heard, load_audio(tmp_path / "a.wav"))
    assert np.abs(heard).max() > 0.01


def test_a_sample_that_is_no_number_is_named_by_its_place_in_the_file(tmp_path: Path) -> None:
    voice = make_babble(duration_s=0.5)
    voice[4_321] = np.nan
    soundfile.write(tmp_path / "a.wav", voice, 16_000, subtype="FLOAT")
    with (
        open_mono(tmp_path / "a.wav") as sound,
        pytest.raises(DataError, match="sample 4321 ") as e,
    ):
        list(sound.read_blocks())
    assert e.value.code == "E_NONFINITE"
