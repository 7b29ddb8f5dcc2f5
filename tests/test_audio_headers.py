"""The first bytes, the names and the declared sizes of files, read without any decoder."""

import struct
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2vctc.speech.container import EXTENSIONS, find_wrong_extension, sniff_container
from w2vctc.speech.declared_size import DeclaredSize, read_declared_size
from w2vctc.speech.ogg_end import lacks_last_page
from w2vctc.speech.wav_header import read_wav_header


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "WAV"),
        (b"RIFX\x00\x00\x00\x24WAVEfmt ", "WAV"),
        (b"RIFF\x24\x00\x00\x00AVI LIST", "AVI"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", ""),
        (b"RF64\xff\xff\xff\xffWAVEds64", "RF64"),
        (b"FORM\x00\x00\x10\x00AIFCFVER", "AIFF"),
        (b"\x00\x00\x00\x1cftypM4A ", "MP4"),
        (b"\x00\x00\x00\x08widemdat", "MP4"),
        (b"ID3\x04\x00", "MP3"),
        (b"\xff\xfb\x90\x64", "MP3"),
        (b"\xff\xf1\x50\x80", "AAC"),
        (b"\xff\xfe\x41\x00", "MP3"),  # also UTF-16 text: the decoder will say no
        (b"#!AMR-WB\n", "AMR"),
        (b"\x1a\x45\xdf\xa3\x9f", "MATROSKA"),
        (b"\x47" + bytes(187) + b"\x47", "MPEG-TS"),
        (b"plain text", ""),
        (b"", ""),
    ],
)
def test_the_first_bytes_tell_the_kind_of_file(head: bytes, container: str) -> None:
    assert sniff_container(head) == container


@pytest.mark.parametrize("container", sorted(EXTENSIONS))
def test_own_names_are_fitting_and_others_are_not(container: str) -> None:
    for extension in EXTENSIONS[container]:
        assert find_wrong_extension(Path(f"a{extension.upper()}"), container) is None
    remark = find_wrong_extension(Path("a.pcm"), container)
    assert remark is not None
    assert remark.code == "W_EXTENSION"


def write(path: Path, content: bytes) -> int:
    path.write_bytes(content)
    return len(content)


def test_declared_sizes_are_those_of_the_headers(tmp_path: Path) -> None:
    path = tmp_path / "a"
    au = b".snd" + struct.pack(">5I", 24, 100, 3, 16_000, 1) + bytes(60)
    assert read_declared_size(path, "AU", write(path, au)) == DeclaredSize(100, 60)
    unknown = b".snd" + struct.pack(">5I", 24, 0xFFFFFFFF, 3, 16_000, 1) + bytes(60)
    assert read_declared_size(path, "AU", write(path, unknown)) == DeclaredSize(None, 60)
    chunks = b"FORM" + struct.pack(">I", 0) + b"AIFF" + b"NAME" + struct.pack(">I", 3) + b"abc\0"
    aiff = chunks + b"SSND" + struct.pack(">I", 50) + bytes(40)
    assert read_declared_size(path, "AIFF", write(path, aiff)) == DeclaredSize(50, 40)
    caf = b"caff" + bytes(4) + b"desc" + struct.pack(">q", 32) + bytes(32)
    endless = caf + b"data" + struct.pack(">q", -1) + bytes(10)
    assert read_declared_size(path, "CAF", write(path, endless)) == DeclaredSize(None, 10)


def test_outer_boxes_of_an_mp4_add_up(tmp_path: Path) -> None:
    path = tmp_path / "a"
    kind = struct.pack(">I4s", 16, b"ftyp") + b"M4A isom"
    long_box = struct.pack(">I4sQ", 1, b"mdat", 100) + bytes(84)
    assert read_declared_size(path, "MP4", write(path, kind + long_box)) == DeclaredSize(116, 116)
    cut = (kind + long_box)[:-50]
    assert read_declared_size(path, "MP4", write(path, cut)) == DeclaredSize(116, 66)
    to_the_end = kind + struct.pack(">I4s", 0, b"mdat") + bytes(30)
    assert read_declared_size(path, "MP4", write(path, to_the_end)) == DeclaredSize(16, 54)


@pytest.mark.parametrize(("flags", "cut", "lacks"), [(4, 0, False), (0, 0, True), (4, 1, True)])
def test_the_last_page_of_an_ogg_is_marked_and_whole(
    tmp_path: Path, flags: int, cut: int, *, lacks: bool
) -> None:
    page = b"OggS\0" + bytes([flags]) + bytes(20) + bytes([2, 200, 50]) + bytes(250)
    size = write(tmp_path / "a", bytes(1_000) + page[: len(page) - cut])
    assert lacks_last_page(tmp_path / "a", size) == lacks


HEADS = [
    b"RIFF\0\0\0\0WAVE",
    b"RF64\0\0\0\0WAVE",
    b"FORM",
    b".snd",
    b"caff",
    b"riff",
    b"\0\0\0\x10ftyp",
]


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=200))
def test_no_header_makes_the_readers_fail(tmp_path: Path, head: bytes, body: bytes) -> None:
    path = tmp_path / "a"
    size = write(path, head + body)
    header = read_wav_header(path, size)
    assert header is None or 0 <= header.stray_bytes <= size
    for container in EXTENSIONS:
        declared = read_declared_size(path, container, size)
        assert declared is None or declared.there_bytes <= size
    lacks_last_page(path, size)
