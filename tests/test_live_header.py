"""The WAV headers of streams."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live_material import arrive, make_header, split

from w2vctc.errors import DataError
from w2vctc.speech.live_header import Head, LiveFormat, check_format, is_sane, read_live_format


def parse(data: bytes, sizes: tuple[int, ...] = (7,)) -> tuple[LiveFormat, bytes]:
    """The format, and the sound that was read with the header."""
    head = Head(arrive(split(data, sizes)), name="standard input")
    return read_live_format(head), head.rest


def refuse(data: bytes) -> DataError:
    with pytest.raises(DataError) as caught:
        parse(data)
    assert "standard input" in caught.value.message and caught.value.hint
    return caught.value


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_header_tells_rate_channels_and_codec(order: str) -> None:
    form, rest = parse(make_header(rate=44_100, n_channels=2, bits=24, order=order) + b"abc")
    assert form == LiveFormat(44_100, 2, "PCM_24", 3, order == ">")
    assert form.frame_bytes == 6
    assert b"abc".startswith(rest)


@pytest.mark.parametrize(
    ("tag", "bits", "codec"),
    [
        (1, 8, "PCM_U8"),
        (1, 12, "PCM_16"),
        (1, 32, "PCM_32"),
        (3, 32, "FLOAT"),
        (3, 64, "DOUBLE"),
        (6, 8, "ALAW"),
        (7, 8, "ULAW"),
    ],
)
def test_what_recorders_write_is_known(tag: int, bits: int, codec: str) -> None:
    header = bytearray(make_header(tag=tag, bits=bits))
    if bits == 12:
        struct.pack_into("<H", header, 32, 2)
    assert parse(bytes(header))[0].codec == codec


# sox, ffmpeg, arecord, and two that write nothing or the largest number
@pytest.mark.parametrize("length", [0x7FFFF000, 0xFFFFFFFF, 0x7FFFFF00, 0x80000000, 0, 0x7FFFFFFF])
def test_a_streams_unknown_length_is_no_length(length: int) -> None:
    assert parse(make_header(n_bytes=length))[0].n_bytes is None


def test_a_known_length_is_kept() -> None:
    assert parse(make_header(n_bytes=32_000))[0].n_bytes == 32_000


def test_a_long_length_lies_in_its_own_chunk() -> None:
    ds64 = b"ds64" + struct.pack("<IQQQI", 28, 5_000_000_044, 5_000_000_000, 0, 0)
    header = make_header()
    form, _ = parse(b"RF64" + header[4:12] + ds64 + header[12:])
    assert form.n_bytes == 5_000_000_000


def test_chunks_in_front_of_the_sound_are_passed_over() -> None:
    header = make_header(rate=8_000)
    odd = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    form, rest = parse(header[:36] + odd + header[36:] + b"12")
    assert (form.sample_rate, rest) == (8_000, b"12"[: len(rest)])


def test_the_extensible_form_names_its_format_further_on() -> None:
    plain = make_header(n_channels=6, bits=32)
    tail = struct.pack("<HHI", 22, 32, 0x3F) + struct.pack("<H", 3) + bytes(14)
    layout = struct.pack("<H", 0xFFFE) + plain[22:36] + tail
    header = plain[:16] + struct.pack("<I", len(layout)) + layout + plain[36:]
    assert parse(header)[0].codec == "FLOAT"


@given(st.lists(st.integers(1, 60), min_size=1, max_size=8))
def test_how_the_bytes_come_does_not_matter(sizes: list[int]) -> None:
    data = make_header(rate=22_050, n_channels=2) + bytes(range(100))
    form, rest = parse(data, tuple(sizes))
    assert form == LiveFormat(22_050, 2)
    assert bytes(range(100)).startswith(rest)


def test_empty_standard_input_is_refused() -> None:
    error = refuse(b"")
    assert error.code == "E_EMPTY" and "nothing arrived" in error.message


@pytest.mark.parametrize("n_bytes", [1, 11, 12, 19, 30, 43])
def test_a_header_that_is_cut_is_refused(n_bytes: int) -> None:
    error = refuse(make_header()[:n_bytes])
    assert error.code == ("E_NOT_AUDIO" if n_bytes == 1 else "E_TRUNCATED")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<!doctype html><title>404</title>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "a git-lfs pointer"),
        (b"fLaC" + bytes(60), "FLAC sound"),
        (b"OggS" + bytes(60), "OGG sound"),
        (b"\x91\x02\x55" * 40, "no WAV header (it begins with b'\\x91"),
    ],
)
def test_what_is_no_wav_stream_is_named(data: bytes, words: str) -> None:
    error = refuse(data)
    assert error.code == "E_NOT_AUDIO" and words in error.message


def test_samples_without_a_header_are_told_apart_by_a_flag() -> None:
    assert "--raw-rate 16000" in refuse(b"\x91\x02\x55" * 40).hint


@pytest.mark.parametrize(("rate", "n_channels"), [(0, 1), (4_000_000_000, 1), (16_000, 0)])
def test_a_rate_or_channels_that_cannot_be_are_refused(rate: int, n_channels: int) -> None:
    header = bytearray(make_header(n_channels=1))
    struct.pack_into("<HI", header, 22, n_channels, rate)
    assert refuse(bytes(header)).code == "E_HEADER"


def test_more_than_64_channels_are_refused() -> None:
    error = refuse(make_header(n_channels=65))
    assert error.code == "E_HEADER" and "65 channels" in error.message


def test_a_codec_that_no_stream_needs_is_refused() -> None:
    error = refuse(make_header(tag=0x11, bits=4))
    assert error.code == "E_CODEC" and "pcm_s16le" in error.hint


def test_sound_without_a_description_is_refused() -> None:
    assert refuse(make_header()[:12] + b"data" + bytes(4)).code == "E_HEADER"


def test_a_chunk_without_end_is_refused() -> None:
    assert refuse(make_header()[:12] + b"JUNK\xff\xff\xff\x7f" + bytes(9)).code == "E_HEADER"


@given(st.binary(max_size=80))
def test_noise_behind_the_first_twelve_bytes_ends_in_an_error_of_ours(noise: bytes) -> None:
    try:
        form, _ = parse(make_header()[:12] + noise)
    except DataError as error:
        assert error.code in ("E_TRUNCATED", "E_HEADER", "E_CODEC")
    else:
        assert is_sane(form)


def test_a_sane_format_is_itself() -> None:
    form = LiveFormat(8_000, 2)
    assert check_format(form, name="x") is form
