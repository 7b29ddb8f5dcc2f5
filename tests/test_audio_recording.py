"""What the header of a recording gives away: remarks on what can be read, refusals of the rest."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from speech_material import encode_av, make_babble, write_wav

from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE, AudioInfo, load_audio, probe_audio
from w2vctc.words import numbered

ONE_SECOND = make_babble(duration_s=1.0)


def save(path: Path, *, container: str, codec: str = "PCM_16", rate: int = SAMPLE_RATE) -> Path:
    soundfile.write(path, ONE_SECOND, rate, format=container, subtype=codec)
    return path


def codes(info: AudioInfo) -> list[str]:
    return [remark.code for remark in info.remarks]


def refuse(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        probe_audio(path)
    assert str(path) in caught.value.message
    assert caught.value.hint
    return caught.value


def set_length(content: bytes, length: int) -> bytes:
    """A WAV's bytes with another length of its sound in the header."""
    at = content.index(b"data") + 4
    return content[:at] + struct.pack("<I", length) + content[at + 4 :]


# --- what it is


@pytest.mark.parametrize(
    ("container", "codec", "extension"),
    [
        ("WAV", "PCM_16", ".wav"),
        ("WAVEX", "PCM_24", ".WAV"),
        ("RF64", "PCM_16", ".wav"),
        ("W64", "PCM_16", ".w64"),
        ("AIFF", "PCM_16", ".aif"),
        ("AU", "PCM_16", ".au"),
        ("CAF", "ALAC_16", ".caf"),
        ("FLAC", "PCM_16", ".flac"),
        ("OGG", "VORBIS", ".ogg"),
        ("OGG", "OPUS", ".opus"),
        ("MP3", "MPEG_LAYER_III", ".mp3"),
        ("NIST", "PCM_16", ".sph"),
        ("VOC", "PCM_16", ".voc"),
    ],
)
def test_container_and_codec_are_told_by_content(
    tmp_path: Path, container: str, codec: str, extension: str
) -> None:
    info = probe_audio(save(tmp_path / f"a{extension}", container=container, codec=codec))
    assert (info.container, info.codec) == (container.removesuffix("EX"), codec)
    assert info.n_samples == SAMPLE_RATE
    assert info.remarks == ()


def test_an_mp3_named_wav_is_read_with_a_warning(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", container="MP3", codec="MPEG_LAYER_III")
    (remark,) = probe_audio(path).remarks
    assert remark.code == "W_EXTENSION"
    assert remark.message == f"{path}: MP3 sound under the name .wav"
    assert "rename it to a.mp3" in remark.hint
    assert len(load_audio(path)) == SAMPLE_RATE


def test_aac_of_a_recorder_named_mp3_is_read_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    encode_av(path, ONE_SECOND, sample_rate=SAMPLE_RATE, container="mp4", codec="aac")
    assert codes(probe_audio(path)) == ["W_EXTENSION"]
    assert len(load_audio(path)) >= SAMPLE_RATE


@pytest.mark.parametrize("name", ["a", "a.1", "recording.sound", "a.WAV", "a.bwf"])
def test_a_name_that_promises_nothing_else_is_no_fault(tmp_path: Path, name: str) -> None:
    assert codes(probe_audio(save(tmp_path / name, container="WAV"))) == []


def test_a_wav_named_raw_is_read(tmp_path: Path) -> None:
    assert codes(probe_audio(save(tmp_path / "a.raw", container="WAV"))) == ["W_EXTENSION"]


@pytest.mark.parametrize(("rate", "expected"), [(8_000, ["W_LOW_RATE"]), (16_000, [])])
def test_a_telephone_s_rate_is_remarked(tmp_path: Path, rate: int, expected: list[str]) -> None:
    write_wav(tmp_path / "a.wav", ONE_SECOND, sample_rate=rate)
    info = probe_audio(tmp_path / "a.wav")
    assert codes(info) == expected
    if expected:
        assert "recorded at 8000 Hz: nothing above 4 kHz is in it" in info.remarks[0].message


# --- what is behind the sound


@pytest.mark.parametrize("extra", [b"\x07", b"and then some text", b"\0" * 5_000])
def test_garbage_behind_the_sound_is_remarked(tmp_path: Path, extra: bytes) -> None:
    path = save(tmp_path / "a.wav", container="WAV")
    path.write_bytes(path.read_bytes() + extra)
    (remark,) = probe_audio(path).remarks
    assert remark.code == "W_TRAILING"
    assert f"{numbered(len(extra), 'byte')} behind the sound belong" in remark.message
    assert len(load_audio(path)) == SAMPLE_RATE


def test_chunks_behind_the_sound_are_no_garbage(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", container="WAV")
    path.write_bytes(path.read_bytes() + b"LIST" + struct.pack("<I", 3) + b"abc\0")
    assert codes(probe_audio(path)) == []


def test_half_a_sample_at_the_end_is_remarked(tmp_path: Path) -> None:
    path = save(tmp_path / "a.wav", container="WAV")
    content = set_length(path.read_bytes() + b"\x07", 2 * SAMPLE_RATE + 1)
    path.write_bytes(content + b"\0")
    assert codes(probe_audio(path)) == ["W_TRAILING"]
    assert len(load_audio(path)) == SAMPLE_RATE


# --- how long it is


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000, 0])
def test_a_wav_without_a_length_is_read_to_its_end(tmp_path: Path, length: int) -> None:
    """Written to a pipe, or by a recorder that was switched off before it wrote the length."""
    path = save(tmp_path / "a.wav", container="WAV")
    expected = load_audio(path)
    path.write_bytes(set_length(path.read_bytes(), length))
    info = probe_audio(path)
    assert codes(info) == ["W_STREAMING"]
    assert info.n_samples == SAMPLE_RATE
    np.testing.assert_array_equal(load_audio(path), expected)


def test_an_empty_sound_before_other_chunks_is_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), SAMPLE_RATE)
    content = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "a.wav").write_bytes(content + b"LIST" + struct.pack("<I", 4) + b"abcd")
    assert refuse(tmp_path / "a.wav").code == "E_NO_SAMPLES"


def test_a_flac_without_a_length_is_read_to_its_end(tmp_path: Path) -> None:
    path = save(tmp_path / "a.flac", container="FLAC")
    expected = load_audio(path)
    content = bytearray(path.read_bytes())
    content[21] &= 0xF0  # the number of samples takes 36 bits of the first metadata block
    content[22:26] = bytes(4)
    path.write_bytes(bytes(content))
    info = probe_audio(path)
    assert codes(info) == ["W_STREAMING"]
    assert (info.container, info.n_samples) == ("FLAC", SAMPLE_RATE)
    np.testing.assert_array_equal(load_audio(path), expected)


@pytest.mark.parametrize("container", ["WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF"])
def test_a_cut_file_is_refused_from_its_header(tmp_path: Path, container: str) -> None:
    path = save(tmp_path / "a", container=container)
    content = path.read_bytes()
    assert probe_audio(path).n_samples == SAMPLE_RATE
    path.write_bytes(content[: len(content) // 2])
    error = refuse(path)
    assert error.code == "E_TRUNCATED"
    assert "bytes of sound are there" in error.message
    assert error.hint == "copy the file again"


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
def test_a_long_wav_keeps_its_length_in_64_bits(tmp_path: Path, magic: bytes) -> None:
    sound = np.arange(1_000, dtype="<i2").tobytes()
    layout = struct.pack("<HHIIHH", 1, 1, SAMPLE_RATE, 2 * SAMPLE_RATE, 2, 16)
    sizes = struct.pack("<QQQI", 72 + len(sound), len(sound), 1_000, 0)
    content = (
        magic
        + struct.pack("<I", 0xFFFFFFFF)
        + b"WAVEds64"
        + struct.pack("<I", len(sizes))
        + sizes
        + b"fmt "
        + struct.pack("<I", len(layout))
        + layout
        + b"data"
        + struct.pack("<I", 0xFFFFFFFF)
        + sound
    )
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    info = probe_audio(path)
    assert (info.n_samples, info.container, codes(info)) == (1_000, "RF64", [])
    path.write_bytes(content[:-600])
    assert "cut off: 1400 of 2000 bytes of sound are there" in refuse(path).message


@pytest.mark.parametrize("codec", ["VORBIS", "OPUS"])
def test_an_ogg_without_its_last_page_is_remarked(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.ogg"
    sound = make_babble(duration_s=4.0)
    soundfile.write(path, sound, SAMPLE_RATE, format="OGG", subtype=codec)
    assert codes(probe_audio(path)) == []
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    info = probe_audio(path)
    assert codes(info) == ["W_LENGTH"]
    assert "the end of the file is missing" in info.remarks[0].message
    assert 0 < len(load_audio(path)) < len(sound)


# --- what cannot be read


@pytest.mark.parametrize("name", ["a.raw", "a.pcm", "A.RAW"])
def test_samples_without_a_header_say_how_to_convert_them(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes((ONE_SECOND * 32767).astype("<i2").tobytes())
    error = refuse(tmp_path / name)
    assert error.code == "E_CODEC"
    assert error.message.endswith(
        "samples without a header: nothing says their rate, size and channels"
    )
    assert f"sox -t raw -r 16000 -e signed -b 16 -c 1 {name}" in error.hint


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(200), "a.png"),
        (b"%PDF-1.7\n" + bytes(200), "a.mp4"),
        (b"Bon dia a tots\n" * 30, "a.m4a"),
        (b"PK\x03\x04" + bytes(200), "a.wav"),
        (bytes(4_000), "a.mp4"),
        (bytes(4_000), "a.wav"),
    ],
)
def test_other_files_are_no_sound_whatever_their_name(
    tmp_path: Path, content: bytes, name: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert refuse(tmp_path / name).code == "E_NOT_AUDIO"


def test_numbers_beyond_16_are_refused_as_another_scale(tmp_path: Path) -> None:
    loud = ONE_SECOND * 20_000
    soundfile.write(tmp_path / "a.wav", loud, SAMPLE_RATE, subtype="FLOAT")
    with pytest.raises(DataError) as caught:
        load_audio(tmp_path / "a.wav")
    assert caught.value.code == "E_RANGE"
    assert "far beyond the range -1 to 1" in caught.value.message
    assert "divide by 32768" in caught.value.hint
    soundfile.write(tmp_path / "a.wav", ONE_SECOND * 15, SAMPLE_RATE, subtype="FLOAT")
    assert np.abs(load_audio(tmp_path / "a.wav")).max() > 2


def test_silence_is_loaded(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", 0 * ONE_SECOND)
    assert not load_audio(tmp_path / "a.wav").any()


@pytest.mark.parametrize("n_samples", [1, 399])
def test_a_sound_shorter_than_a_frame_is_loaded_as_it_is(tmp_path: Path, n_samples: int) -> None:
    """Whether a model can hear it is for the checks of the corpus to say."""
    write_wav(tmp_path / "a.wav", ONE_SECOND[:n_samples])
    assert len(load_audio(tmp_path / "a.wav")) == n_samples


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        *(("WAV", "PCM_16"), ("WAV", "GSM610"), ("WAV", "IMA_ADPCM"), ("FLAC", "PCM_16")),
        *(("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"), ("CAF", "ALAC_16")),
    ],
)
def test_a_piece_is_the_same_slice_of_the_whole(tmp_path: Path, container: str, codec: str) -> None:
    rate = 8_000 if codec == "GSM610" else SAMPLE_RATE
    sound = make_babble(duration_s=6.0)
    soundfile.write(tmp_path / "a", sound, rate, format=container, subtype=codec)
    from w2vctc.speech.recording import open_recording
    from w2vctc.speech.stream import read_samples

    with open_recording(tmp_path / "a") as recording:
        whole = read_samples(recording.stream, 0, len(sound) + 1_000)
        for start in (50_001, 1, 0, 20_000):
            piece = read_samples(recording.stream, start, start + 2_000)
            # Opus never quite forgets where it began
            tolerance = 0.02 if codec == "OPUS" else 1e-6
            np.testing.assert_allclose(piece, whole[start : start + 2_000], atol=tolerance)
