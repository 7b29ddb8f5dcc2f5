"""A recording inspected to its last sample: faults, levels, silence, content."""

import math
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from speech_material import encode_av, make_babble, write_wav

from w2vctc.errors import DataError
from w2vctc.speech.inspection import AudioFindings, inspect_audio, inspect_pieces
from w2vctc.speech.remark import Remark
from w2vctc.speech.stream import BLOCK_SAMPLES

RATE = 16_000
BABBLE = make_babble(duration_s=1.0)


def inspect(path: Path, samples: NDArray[np.float32], *, rate: int = RATE) -> AudioFindings:
    soundfile.write(path, samples, rate, format="WAV", subtype="FLOAT")
    return inspect_audio(path)


def codes(remarks: tuple[Remark, ...]) -> list[str]:
    return [remark.code for remark in remarks]


def stereo(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.stack([left, right], axis=1)


# --- figures


def test_a_clean_recording_has_figures_and_no_remarks(tmp_path: Path) -> None:
    found = inspect(tmp_path / "a.wav", BABBLE)
    assert (found.faults, found.remarks) == ((), ())
    assert found.duration_s == 1.0
    assert found.peak == pytest.approx(np.abs(BABBLE).max())
    assert found.rms_dbfs == pytest.approx(20 * math.log10(np.sqrt(np.mean(BABBLE**2))), abs=1e-3)
    assert (found.silent_share, found.n_silent_channels, found.clipped_share) == (0, 0, 0)
    assert (found.first_sound_s, found.last_sound_s) == (0.0, 1.0)


def test_where_the_sound_lies_between_silences(tmp_path: Path) -> None:
    """Windows of 10 ms; what is quieter than −60 dBFS is silence, though it is not nothing."""
    hiss = 0.0005 * np.sign(BABBLE)
    found = inspect(tmp_path / "a.wav", np.concatenate([hiss, BABBLE, hiss, hiss]))
    assert (found.first_sound_s, found.last_sound_s) == (1.0, 2.0)
    assert found.silent_share == 0.75
    assert found.faults == ()


def test_the_figures_do_not_depend_on_how_it_is_cut_into_blocks(tmp_path: Path) -> None:
    sound = make_babble(duration_s=(2.5 * BLOCK_SAMPLES + 77) / 11_025)
    blocks: list[int] = []
    soundfile.write(tmp_path / "a.wav", sound, 11_025, subtype="FLOAT")
    found = inspect_audio(tmp_path / "a.wav", on_piece=lambda block: blocks.append(len(block)))
    assert len(blocks) > 1
    assert sum(blocks) == len(sound)
    assert max(blocks) <= BLOCK_SAMPLES
    assert found.rms_dbfs == pytest.approx(20 * math.log10(np.sqrt(np.mean(sound**2))), abs=1e-3)
    assert found.last_sound_s == len(sound) / 11_025


def test_a_piece_is_inspected_alone(tmp_path: Path) -> None:
    sound = np.concatenate([0 * BABBLE, BABBLE, 0 * BABBLE])
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    loud = inspect_audio(tmp_path / "a.wav", start_s=1.0, end_s=2.0)
    assert (loud.duration_s, loud.silent_share, loud.faults) == (1.0, 0.0, ())
    assert loud.content_hash == inspect(tmp_path / "b.wav", BABBLE).content_hash
    quiet = inspect_audio(tmp_path / "a.wav", start_s=2.0)
    assert codes(quiet.faults) == ["E_SILENT"]
    assert (quiet.rms_dbfs, quiet.first_sound_s, quiet.last_sound_s) == (-math.inf, None, None)
    behind = inspect_audio(tmp_path / "a.wav", start_s=5.0, end_s=6.0)
    assert codes(behind.faults) == ["E_NO_SAMPLES"]


# --- the hash of the sound


def test_the_same_sound_hashes_alike_in_every_lossless_file(tmp_path: Path) -> None:
    values = (BABBLE * 32767).astype(np.int16)
    kinds = [("WAV", "PCM_16"), ("WAV", "PCM_24"), ("FLAC", "PCM_16"), ("AIFF", "PCM_16")]
    hashes = set()
    for number, (container, codec) in enumerate(kinds):
        path = tmp_path / str(number)
        soundfile.write(path, values, RATE, format=container, subtype=codec)
        hashes.add(inspect_audio(path).content_hash)
    both = np.stack([values, values], axis=1)
    soundfile.write(tmp_path / "stereo.flac", both, RATE)
    hashes.add(inspect_audio(tmp_path / "stereo.flac").content_hash)
    assert len(hashes) == 1


def test_other_sounds_hash_differently(tmp_path: Path) -> None:
    changed = BABBLE.copy()
    changed[500] += 2 / 32768
    other = make_babble(duration_s=1.0, seed=5)
    sounds = [BABBLE, changed, BABBLE[:-1], other, stereo(BABBLE, -BABBLE), stereo(other, -other)]
    hashes = [inspect(tmp_path / "a.wav", sound).content_hash for sound in sounds]
    hashes.append(inspect(tmp_path / "a.wav", BABBLE, rate=8_000).content_hash)
    # the loudest of channels in opposite phase is the mono sound itself
    assert hashes[4] == hashes[0]
    assert len(set(hashes)) == len(hashes) - 1 - (hashes[5] == hashes[3])


# --- faults


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted_and_placed(tmp_path: Path, bad: float) -> None:
    sound = stereo(BABBLE.copy(), BABBLE.copy())
    sound[8_000:8_003, 1] = bad
    found = inspect(tmp_path / "a.wav", sound)
    assert codes(found.faults) == ["E_NONFINITE"]
    assert found.faults[0].message == (
        f"{tmp_path / 'a.wav'}: 3 samples are not finite numbers,"
        " the first is sample 8000 (0.500 s)"
    )
    assert math.isfinite(found.rms_dbfs)


def test_numbers_on_another_scale_are_a_fault(tmp_path: Path) -> None:
    found = inspect(tmp_path / "a.wav", BABBLE * 30_000)
    assert codes(found.faults) == ["E_RANGE"]
    assert "far beyond the range -1 to 1" in found.faults[0].message


@pytest.mark.parametrize(("value", "words"), [(0.0, "digital silence"), (0.25, "one constant")])
def test_silence_and_constant_current_are_faults(tmp_path: Path, value: float, words: str) -> None:
    found = inspect(tmp_path / "a.wav", np.full((RATE, 2), value, dtype=np.float32))
    assert codes(found.faults) == ["E_SILENT"]
    assert words in found.faults[0].message


def test_a_cut_flac_is_a_fault_at_any_place(tmp_path: Path) -> None:
    """Also where the cut falls between two frames, or where bytes look like one."""
    sound = make_babble(duration_s=3.0)
    soundfile.write(tmp_path / "a.flac", sound, RATE)
    content = (tmp_path / "a.flac").read_bytes()
    frames = [at for at in range(2_000, len(content)) if content.startswith(b"\xff\xf8", at)]
    assert frames
    for length in (len(content) // 2, len(content) // 2 + 1, len(content) - 1, 2_000, *frames):
        (tmp_path / "b.flac").write_bytes(content[:length])
        found = inspect_audio(tmp_path / "b.flac")
        assert codes(found.faults) == ["E_DECODE"]
        assert found.duration_s < 3.0


# --- warnings


def test_a_cut_mp3_is_shorter_than_it_says(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.mp3", make_babble(duration_s=6.0), RATE)
    assert codes(inspect_audio(tmp_path / "a.mp3").remarks) == []
    content = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(content[: len(content) // 2])
    found = inspect_audio(tmp_path / "a.mp3")
    assert (codes(found.faults), codes(found.remarks)) == ([], ["W_LENGTH"])
    assert "the header promises 6.00 s" in found.remarks[0].message


def test_a_cut_opus_is_remarked(tmp_path: Path) -> None:
    path = tmp_path / "a.opus"
    soundfile.write(path, make_babble(duration_s=4.0), RATE, format="OGG", subtype="OPUS")
    assert codes(inspect_audio(path).remarks) == []
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = inspect_audio(path)
    assert (codes(found.faults), codes(found.remarks)) == ([], ["W_LENGTH"])


def test_a_piece_that_ends_behind_the_recording_is_remarked(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", BABBLE)
    found = inspect_audio(tmp_path / "a.wav", start_s=0.5, end_s=3.0)
    assert codes(found.remarks) == ["W_LENGTH"]
    assert "the piece ends at 3.00 s, the recording at 1.00 s" in found.remarks[0].message
    assert codes(inspect_audio(tmp_path / "a.wav", end_s=1.05).remarks) == []


@pytest.mark.parametrize("codec", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT", "ULAW", "ALAW"])
def test_clipped_speech_is_remarked_and_loud_speech_is_not(tmp_path: Path, codec: str) -> None:
    speech = np.random.default_rng(0).standard_normal(RATE)
    loud = speech / np.abs(speech).max()
    soundfile.write(tmp_path / "a.wav", loud, RATE, subtype=codec)
    assert codes(inspect_audio(tmp_path / "a.wav").remarks) == []
    soundfile.write(tmp_path / "a.wav", np.clip(6 * loud, -1, 1), RATE, subtype=codec)
    found = inspect_audio(tmp_path / "a.wav")
    assert codes(found.remarks) == ["W_CLIPPED"]
    assert found.clipped_share == pytest.approx((np.abs(6 * loud) > 0.99).mean(), abs=0.02)
    assert "of the samples are at full scale (clipped)" in found.remarks[0].message


def test_one_silent_channel_is_remarked(tmp_path: Path) -> None:
    found = inspect(tmp_path / "a.wav", stereo(0 * BABBLE, BABBLE))
    assert (codes(found.faults), codes(found.remarks)) == ([], ["W_ONE_CHANNEL"])
    assert "1 of 2 channels are silent" in found.remarks[0].message
    assert found.n_silent_channels == 1
    mono = inspect(tmp_path / "b.wav", BABBLE)
    assert (found.content_hash, found.silent_share) == (mono.content_hash, 0)


def test_channels_in_opposite_phase_are_remarked(tmp_path: Path) -> None:
    found = inspect(tmp_path / "a.wav", stereo(BABBLE, -BABBLE))
    assert (codes(found.faults), codes(found.remarks)) == ([], ["W_ANTIPHASE"])
    assert found.silent_share == 0


def test_the_header_s_remarks_come_along(tmp_path: Path) -> None:
    path = encode_av(
        tmp_path / "a.wav", BABBLE[:8_000], sample_rate=8_000, container="mp4", codec="aac"
    )
    assert codes(inspect_audio(path).remarks) == ["W_EXTENSION", "W_LOW_RATE"]


def test_a_file_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        inspect_audio(tmp_path / "none.wav")
    assert caught.value.code == "E_MISSING"


def test_pieces_of_one_file_are_those_inspected_alone(tmp_path: Path) -> None:
    path = encode_av(
        tmp_path / "a.m4a",
        make_babble(duration_s=5.0),
        sample_rate=RATE,
        container="mp4",
        codec="aac",
    )
    spans = [(3.0, 4.0), (0.0, None), (1.0, 1.5), (1.0, 1.5), (4.5, 9.0)]
    reports: list[object] = []
    inspect_pieces(path, spans, reports.append)
    alone = [inspect_audio(path, start_s=start, end_s=end) for start, end in spans]
    assert [report for report in reports if report is not None] == alone
    assert None in reports  # the signs of life
