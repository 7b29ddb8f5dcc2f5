"""Audio files as people have them: every format in, one float32 channel at 16 kHz out."""

import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from speech_material import write_wav

from w2vctc.errors import DataError
from w2vctc.speech.audio import (
    SAMPLE_RATE,
    AudioInfo,
    load_audio,
    probe_audio,
    resample,
)

Waveform = NDArray[np.float32]


def make_tone(
    frequency_hz: float = 440.0, *, duration_s: float = 0.5, rate: int = SAMPLE_RATE
) -> Waveform:
    time_s = np.arange(round(duration_s * rate)) / rate
    return np.asarray(0.5 * np.sin(2 * np.pi * frequency_hz * time_s), dtype=np.float32)


def loudest_frequency(waveform: Waveform) -> float:
    """Hz, from the spectrum's peak."""
    spectrum = np.abs(np.fft.rfft(waveform * np.hanning(len(waveform))))
    return float(spectrum.argmax() * SAMPLE_RATE / len(waveform))


def save_tone(path: Path, **options: Any) -> Path:
    soundfile.write(path, make_tone(), SAMPLE_RATE, **options)
    return path


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def make_wav(
    *before: bytes, rate: int = SAMPLE_RATE, n_channels: int = 1, n_samples: int = 1_000
) -> bytes:
    """The bytes of a 16-bit WAV with the chunks `before` in front of its sound."""
    layout = struct.pack("<HHIIHH", 1, n_channels, rate, rate * 2, 2, 16)
    sound = np.arange(n_samples, dtype="<i2").tobytes()
    body = b"WAVE" + chunk(b"fmt ", layout) + b"".join(before) + chunk(b"data", sound)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def refusal(path: Path) -> DataError:
    """How the path is refused, the same by probing and by loading."""
    with pytest.raises(DataError) as probed:
        probe_audio(path)
    with pytest.raises(DataError) as loaded:
        load_audio(path)
    assert loaded.value.message == probed.value.message
    assert loaded.value.code == probed.value.code
    assert str(path) in probed.value.message
    assert probed.value.hint
    return probed.value


# --- what is read


def test_a_wav_comes_back_as_it_was_written(tmp_path: Path) -> None:
    waveform = make_tone()
    soundfile.write(tmp_path / "a.wav", waveform, SAMPLE_RATE, subtype="FLOAT")
    assert probe_audio(tmp_path / "a.wav") == AudioInfo(
        tmp_path / "a.wav", 16_000, 1, 8_000, is_float=True, container="WAV", codec="FLOAT"
    )
    assert probe_audio(tmp_path / "a.wav").duration_s == 0.5
    loaded = load_audio(tmp_path / "a.wav")
    assert loaded.dtype == np.float32
    np.testing.assert_array_equal(loaded, waveform)


@pytest.mark.parametrize(
    ("subtype", "tolerance"),
    [
        ("PCM_U8", 8e-3),
        ("PCM_16", 4e-5),
        ("PCM_24", 2e-7),
        ("PCM_32", 1e-7),
        ("FLOAT", 0.0),
        ("DOUBLE", 0.0),
        ("ULAW", 2e-2),
        ("ALAW", 2e-2),
        ("IMA_ADPCM", 5e-2),
        ("MS_ADPCM", 5e-2),
    ],
)
def test_every_sample_format_becomes_float32(
    tmp_path: Path, subtype: str, tolerance: float
) -> None:
    loaded = load_audio(save_tone(tmp_path / "a.wav", subtype=subtype))
    assert loaded.dtype == np.float32
    # ADPCM starts from silence and needs some samples to catch up
    np.testing.assert_allclose(loaded[50:8_000], make_tone()[50:], atol=tolerance)


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("FLAC", "PCM_16"), ("AIFF", "PCM_16"), ("MP3", "MPEG_LAYER_III"), ("OGG", "OPUS")],
)
def test_content_decides_whatever_the_name_says(
    tmp_path: Path, container: str, subtype: str
) -> None:
    path = save_tone(tmp_path / "a.wav", format=container, subtype=subtype)
    assert loudest_frequency(load_audio(path)) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_resampling_keeps_pitch_loudness_and_length(tmp_path: Path, rate: int) -> None:
    write_wav(tmp_path / "a.wav", make_tone(1_000, rate=rate), sample_rate=rate)
    assert probe_audio(tmp_path / "a.wav").sample_rate == rate
    loaded = load_audio(tmp_path / "a.wav")
    assert abs(len(loaded) - 8_000) <= 1
    assert loudest_frequency(loaded) == pytest.approx(1_000, abs=2)
    middle = loaded[1_000:-1_000]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.01)


def test_resampling_removes_what_16_khz_cannot_hold() -> None:
    above = make_tone(15_000, rate=48_000)
    assert np.abs(resample(above, 48_000)[500:-500]).max() < 1e-3


def test_a_piece_of_a_recording_is_cut_by_seconds(tmp_path: Path) -> None:
    waveform = make_tone(duration_s=1.0)
    soundfile.write(tmp_path / "a.wav", waveform, SAMPLE_RATE, subtype="FLOAT")
    piece = load_audio(tmp_path / "a.wav", start_s=0.25, end_s=0.75)
    np.testing.assert_array_equal(piece, waveform[4_000:12_000])
    np.testing.assert_array_equal(load_audio(tmp_path / "a.wav", start_s=0.9), waveform[14_400:])
    np.testing.assert_array_equal(
        load_audio(tmp_path / "a.wav", start_s=0.9, end_s=7), waveform[14_400:]
    )


def test_a_piece_is_cut_in_the_file_s_own_rate(tmp_path: Path) -> None:
    two = np.concatenate([make_tone(500, rate=8_000), make_tone(1_500, rate=8_000)])
    write_wav(tmp_path / "a.wav", two, sample_rate=8_000)
    piece = load_audio(tmp_path / "a.wav", start_s=0.5)
    assert len(piece) == 8_000
    assert loudest_frequency(piece) == pytest.approx(1_500, abs=3)


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, None), (0.3, 0.3), (0.4, 0.2)])
def test_a_piece_without_sound_is_refused(
    tmp_path: Path, start_s: float, end_s: float | None
) -> None:
    path = save_tone(tmp_path / "a.wav")
    with pytest.raises(DataError) as caught:
        load_audio(path, start_s=start_s, end_s=end_s)
    assert caught.value.code == "E_NO_SAMPLES"


# --- channels


def stereo(left: Waveform, right: Waveform) -> Waveform:
    return np.stack([left, right], axis=1)


def test_channels_become_their_mean(tmp_path: Path) -> None:
    left, right = make_tone(440), make_tone(660)
    soundfile.write(tmp_path / "a.wav", stereo(left, right), SAMPLE_RATE, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(tmp_path / "a.wav"), (left + right) / 2, atol=1e-7)


def test_sixty_four_channels_are_mixed_and_more_are_refused(tmp_path: Path) -> None:
    many = np.repeat(make_tone()[:, None], 64, axis=1)
    soundfile.write(tmp_path / "a.wav", many, SAMPLE_RATE, subtype="FLOAT")
    np.testing.assert_allclose(load_audio(tmp_path / "a.wav"), make_tone(), atol=1e-6)
    (tmp_path / "b.wav").write_bytes(make_wav(n_channels=65, n_samples=650))
    error = refusal(tmp_path / "b.wav")
    assert error.code == "E_HEADER"
    assert error.message.endswith("the header says 16000 Hz and 65 channels")


# --- what is refused


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "E_EMPTY", "the file is empty (0 bytes)"),
        (make_wav(n_samples=0), "E_NO_SAMPLES", "a header, but not one sample of sound"),
        (make_wav()[:-600], "E_TRUNCATED", "cut off: 1400 of 2000 bytes of sound are there"),
        (make_wav()[:-1], "E_TRUNCATED", "cut off: 1999 of 2000 bytes of sound are there"),
        (make_wav()[:44], "E_TRUNCATED", "cut off: 0 of 2000 bytes of sound are there"),
        (make_wav(rate=0), "E_HEADER", "the header says 0 Hz"),
        (make_wav(rate=2_000_000_000), "E_HEADER", "2000000000 Hz and 1 channel"),
        (b"<!DOCTYPE html><html>Not found", "E_NOT_AUDIO", "a web page, not a sound file"),
        (b"\n <html>", "E_NOT_AUDIO", "a web page, not a sound file"),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
            "E_NOT_AUDIO",
            "a git-lfs pointer, not the sound itself",
        ),
        (b"\x01\x02\x03\x04" * 64, "E_NOT_AUDIO", "not a sound file that can be read"),
        (b"RIFF", "E_NOT_AUDIO", "its first bytes are b'RIFF'"),
    ],
)
def test_what_is_no_sound_is_refused_by_name(
    tmp_path: Path, content: bytes, code: str, words: str
) -> None:
    (tmp_path / "a.wav").write_bytes(content)
    error = refusal(tmp_path / "a.wav")
    assert error.code == code
    assert words in error.message


def test_a_git_lfs_pointer_says_what_to_type(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    assert refusal(tmp_path / "a.wav").hint == "run `git lfs pull` in that repository"


def test_samples_without_a_header_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.raw").write_bytes(make_tone().tobytes())
    error = refusal(tmp_path / "a.raw")
    assert error.code == "E_CODEC"
    assert "samples without a header" in error.message
    assert "sox -t raw -r 16000 -e signed -b 16 -c 1 a.raw a.wav" in error.hint


def test_a_comment_about_data_is_no_cut_file(tmp_path: Path) -> None:
    comment = chunk(b"LIST", b"INFO" + chunk(b"ICMT", b"field data 2019"))
    (tmp_path / "a.wav").write_bytes(make_wav(comment))
    assert len(load_audio(tmp_path / "a.wav")) == 1_000


def test_a_cut_is_seen_behind_the_long_header_of_a_field_recorder(tmp_path: Path) -> None:
    content = make_wav(chunk(b"bext", b"\0" * 603))
    (tmp_path / "a.wav").write_bytes(content)
    assert len(load_audio(tmp_path / "a.wav")) == 1_000
    (tmp_path / "b.wav").write_bytes(content[:-600])
    assert refusal(tmp_path / "b.wav").code == "E_TRUNCATED"


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF])
def test_a_wav_that_was_written_to_a_pipe_is_read(tmp_path: Path, length: int) -> None:
    content = make_wav()
    at = content.index(b"data") + 4
    (tmp_path / "a.wav").write_bytes(content[:at] + struct.pack("<I", length) + content[at + 4 :])
    assert len(load_audio(tmp_path / "a.wav")) == 1_000


def test_bytes_behind_the_sound_are_no_sound(tmp_path: Path) -> None:
    for name, extra in (("odd.wav", b"\x07"), ("more.wav", b"and then some text")):
        (tmp_path / name).write_bytes(make_wav() + extra)
        assert len(load_audio(tmp_path / name)) == 1_000


def test_a_cut_flac_cannot_be_decoded(tmp_path: Path) -> None:
    random = np.random.default_rng(0).standard_normal(32_000) / 8
    soundfile.write(tmp_path / "a.flac", random, SAMPLE_RATE)
    content = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError) as caught:
        load_audio(tmp_path / "a.flac")
    assert caught.value.code == "E_DECODE"
    assert str(tmp_path / "a.flac") in caught.value.message


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_sample_that_is_no_number_is_refused_with_its_place(
    tmp_path: Path, bad: float, rate: int
) -> None:
    waveform = make_tone(rate=rate)
    waveform[4_410] = bad
    soundfile.write(tmp_path / "a.wav", waveform, rate, subtype="FLOAT")
    with pytest.raises(DataError) as caught:
        load_audio(tmp_path / "a.wav")
    assert caught.value.code == "E_NONFINITE"
    assert f"sample 4410 ({4_410 / rate:.3f} s) is not a finite number" in caught.value.message


def test_a_bad_sample_in_one_channel_is_refused(tmp_path: Path) -> None:
    good, bad = make_tone(), make_tone()
    bad[100] = np.nan
    for channels in (stereo(good, bad), stereo(0 * good, bad)):
        soundfile.write(tmp_path / "a.wav", channels, SAMPLE_RATE, subtype="FLOAT")
        with pytest.raises(DataError, match="sample 100 "):
            load_audio(tmp_path / "a.wav")


# --- what is no file


def test_paths_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "dangling.wav").symlink_to(tmp_path / "none.wav")
    (tmp_path / "file").touch()
    for name in ("none.wav", "dangling.wav", "file/under.wav"):
        assert refusal(tmp_path / name).code == "E_MISSING"


def test_a_loop_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").symlink_to(tmp_path / "b.wav")
    (tmp_path / "b.wav").symlink_to(tmp_path / "a.wav")
    assert refusal(tmp_path / "a.wav").code == "E_LOOP"


def test_a_link_to_a_recording_is_the_recording(tmp_path: Path) -> None:
    save_tone(tmp_path / "a.wav")
    (tmp_path / "b.wav").symlink_to("a.wav")
    assert len(load_audio(tmp_path / "b.wav")) == 8_000


def test_a_folder_and_a_pipe_are_refused_without_opening_them(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.wav")  # opening it would wait for a writer for ever
    for path in (tmp_path, tmp_path / "pipe.wav", Path(os.devnull)):
        assert refusal(path).code == "E_NOT_FILE"


def test_a_file_that_may_not_be_read_says_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    path = save_tone(tmp_path / "a.wav")
    monkeypatch.setattr(Path, "open", refuse)
    error = refusal(path)
    assert (error.code, error.hint) == ("E_PERM", f"chmod +r {path}")


@pytest.mark.parametrize("name", ["-a.wav", "a b.wav", "a'\"b.wav", "~", "a\nb.wav", "ḉ.wav"])
def test_names_are_taken_literally(tmp_path: Path, name: str) -> None:
    save_tone(tmp_path / name, format="WAV")
    assert len(load_audio(tmp_path / name)) == 8_000


@pytest.mark.skipif(os.name != "posix", reason="names are bytes on POSIX only")
def test_a_name_that_is_not_utf8_is_opened(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.wav")
    path.write_bytes(make_wav())
    assert len(load_audio(path)) == 1_000


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 60), st.integers(0, 200))
@example(b"", 0, 12)
def test_damaged_files_are_read_or_refused_but_never_crash(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, cut: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    content = bytearray(make_wav(n_samples=100))
    content[at : at + len(noise)] = noise
    path.write_bytes(bytes(content[: len(content) - cut]))
    try:
        waveform = load_audio(path)
    except DataError as error:
        assert error.code
    else:
        assert np.isfinite(waveform).all()
        assert waveform.size
