"""Sound that arrives through a pipe."""

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from live_material import arrive, make_header, split, to_pcm16
from numpy.typing import NDArray
from speech_material import make_babble

from w2vctc.errors import DataError
from w2vctc.speech.audio import load_audio
from w2vctc.speech.live import LiveSound
from w2vctc.speech.live_header import LiveFormat

BABBLE = make_babble(duration_s=1.234)


def listen(
    data: bytes, sizes: tuple[int, ...] = (1_000,), raw: LiveFormat | None = None
) -> LiveSound:
    return LiveSound(arrive(split(data, sizes)), raw=raw)


def hear(sound: LiveSound) -> NDArray[np.float32]:
    return np.concatenate(list(sound.read_blocks()))


def refuse(data: bytes, raw: LiveFormat | None = None) -> tuple[DataError, int]:
    """The error, and how many samples came before it."""
    sound, n_samples = listen(data, raw=raw), 0
    with pytest.raises(DataError) as caught:
        for block in sound.read_blocks():
            n_samples += len(block)
    assert "standard input" in caught.value.message and caught.value.hint
    return caught.value, n_samples


@pytest.mark.parametrize("codec", ["PCM_16", "PCM_24", "PCM_U8", "FLOAT", "ULAW", "ALAW"])
def test_a_stream_is_heard_as_the_file_is(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, BABBLE, 16_000, subtype=codec, format="WAV")
    np.testing.assert_array_equal(hear(listen(path.read_bytes())), load_audio(path))


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_another_rate_is_resampled_as_the_file_is(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, BABBLE, rate, subtype="PCM_16")
    heard, whole = hear(listen(path.read_bytes())), load_audio(path)
    assert abs(len(heard) - len(whole)) <= 1
    n_samples = min(len(heard), len(whole))
    np.testing.assert_allclose(heard[:n_samples], whole[:n_samples], atol=1e-4)


STEREO = to_pcm16(np.stack([BABBLE, 0.3 * BABBLE], axis=1))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30_000), min_size=1, max_size=6), st.sampled_from([16_000, 44_100]))
def test_how_the_bytes_come_does_not_matter(sizes: list[int], rate: int) -> None:
    data = make_header(rate=rate, n_channels=2) + STEREO
    once = hear(listen(data, (len(data),)))
    np.testing.assert_array_equal(hear(listen(data, (max(sizes[0], 50), *sizes[1:]))), once)


def test_several_channels_are_mixed() -> None:
    heard = hear(listen(make_header(n_channels=2) + STEREO))
    np.testing.assert_allclose(heard, 0.65 * BABBLE, atol=1e-4)


@pytest.mark.parametrize("other", [np.zeros_like(BABBLE), -BABBLE])
def test_channels_that_are_silent_or_cancel_leave_the_louder_one(
    other: NDArray[np.float32],
) -> None:
    data = to_pcm16(np.stack([0.9 * other, BABBLE], axis=1))
    heard = hear(listen(make_header(n_channels=2) + data))
    np.testing.assert_allclose(heard, BABBLE, atol=1e-4)


def test_samples_without_a_header_are_what_they_are_said_to_be() -> None:
    np.testing.assert_allclose(
        hear(listen(to_pcm16(BABBLE), raw=LiveFormat(16_000))), BABBLE, atol=1e-4
    )


def test_a_header_where_none_was_announced_is_read() -> None:
    sound = listen(make_header(rate=16_000) + to_pcm16(BABBLE), raw=LiveFormat(8_000))
    assert len(hear(sound)) == len(BABBLE)
    assert [remark.code for remark in sound.remarks] == ["W_HEADER"]


def test_blocks_come_while_the_stream_is_open() -> None:
    data, n_reads = make_header() + to_pcm16(BABBLE), 0

    def take() -> bytes:
        nonlocal n_reads
        n_reads += 1
        return data[(n_reads - 1) * 4_000 : n_reads * 4_000]

    blocks = LiveSound(take).read_blocks()
    assert len(next(blocks)) == 1_600
    assert n_reads == 1


def test_an_odd_byte_at_the_end_is_left_out() -> None:
    assert len(hear(listen(make_header() + to_pcm16(BABBLE) + b"x"))) == len(BABBLE)


def test_what_follows_the_sound_is_not_heard() -> None:
    sound = to_pcm16(BABBLE)
    data = make_header(n_bytes=len(sound)) + sound + b"LIST\x04\0\0\0abcd"
    live = listen(data)
    assert len(hear(live)) == len(BABBLE) and not live.remarks


def test_a_second_recording_behind_the_first_is_said() -> None:
    sound = to_pcm16(BABBLE)
    one = make_header(n_bytes=len(sound)) + sound
    live = listen(one + one, (len(one),))
    assert len(hear(live)) == len(BABBLE)
    assert [remark.code for remark in live.remarks] == ["W_TRAILING"]


def test_a_telephones_rate_is_remarked_on() -> None:
    (remark,) = listen(make_header(rate=8_000)).remarks
    assert remark.code == "W_LOW_RATE" and "8000 Hz" in remark.message


def test_a_header_without_sound_is_refused() -> None:
    error, _ = refuse(make_header())
    assert error.code == "E_NO_SAMPLES"


def test_nothing_where_samples_without_a_header_were_announced_is_refused() -> None:
    error, _ = refuse(b"", raw=LiveFormat(16_000))
    assert error.code == "E_EMPTY"


def test_a_stream_that_breaks_off_is_heard_and_then_refused() -> None:
    error, n_samples = refuse(make_header(n_bytes=100_000) + to_pcm16(BABBLE))
    assert error.code == "E_TRUNCATED" and f"{2 * len(BABBLE)} of 100000 bytes" in error.message
    assert n_samples == len(BABBLE)


@pytest.mark.parametrize(("value", "code"), [(np.nan, "E_NONFINITE"), (np.inf, "E_NONFINITE")])
def test_a_sample_that_is_no_number_ends_the_sound(value: float, code: str) -> None:
    bad = BABBLE.copy()
    bad[9_000] = value
    error, n_samples = refuse(make_header(tag=3, bits=32) + bad.astype("<f4").tobytes())
    assert error.code == code and "sample 9000 (0.562 s)" in error.message
    assert n_samples == 8_000  # the tenths of a second before


def test_whole_numbers_saved_as_floats_are_refused() -> None:
    loud = (BABBLE * 32_768).astype("<f4").tobytes()
    assert refuse(make_header(tag=3, bits=32) + loud)[0].code == "E_RANGE"


def test_what_soundfile_writes_to_a_pipe_is_read() -> None:
    stream = io.BytesIO()
    soundfile.write(stream, BABBLE, 16_000, format="WAV", subtype="PCM_16")
    assert len(hear(listen(stream.getvalue()))) == len(BABBLE)
