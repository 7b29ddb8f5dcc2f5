"""The chunks of a WAV file, held against its size: libsndfile reads what is left and is silent."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_CHUNKS = 1_000  # a file of zeros reads as chunks without end
_UNKNOWN_LENGTHS = (0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF)  # written to a pipe: nobody knew
_IN_DS64 = 0xFFFFFFFF
_FORMS = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<", b"BW64": "<"}


@dataclass(frozen=True)
class WavHeader:
    """What the header declares; None where the chunk is missing."""

    sample_rate: int | None  # Hz
    declared_bytes: int | None  # of sound; None also where the writer did not know it
    there_bytes: int  # from the start of the sound to the end of the file
    has_sound: bool = True  # whether there is a data chunk at all
    block_bytes: int = 0  # of one sample in all channels; 0 where the header does not say
    stray_bytes: int = 0  # behind the sound, that are no chunk
    is_unfinished: bool = False  # the recorder wrote sound, but never its length

    @property
    def missing_bytes(self) -> int:
        """How much of the declared sound is not there."""
        return max((self.declared_bytes or 0) - self.there_bytes, 0)


def read_wav_header(path: Path, n_bytes: int) -> WavHeader | None:
    """The header of a RIFF/WAVE or RF64 file of `n_bytes`, or None when it is another format.

    The layout is Microsoft's "Multimedia Programming Interface and Data Specifications 1.0":
    chunks of a four-letter name, a length in 32 bits and the content, padded to an even length.
    RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) keep the length of the sound in a chunk ds64.
    """
    sample_rate, long_length, block_bytes = None, None, 0
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] not in _FORMS or head[8:] != b"WAVE":
            return None
        order = _FORMS[head[:4]]
        for name, length in _walk(stream, order):
            if name == b"ds64":
                content = stream.read(min(length, 16))
                long_length = struct.unpack("<Q", content[8:])[0] if len(content) == 16 else None
            if name == b"fmt ":
                sample_rate, block_bytes = _read_layout(stream.read(min(length, 14)), order)
            if name == b"data":
                told = long_length if length == _IN_DS64 and long_length else length
                return _measure_sound(stream, told, n_bytes, sample_rate, block_bytes)
    return WavHeader(sample_rate, None, 0, has_sound=False, block_bytes=block_bytes)


def _measure_sound(
    stream: BinaryIO, length: int, n_bytes: int, sample_rate: int | None, block_bytes: int
) -> WavHeader:
    """The header, with the stream at the start of the sound, which is to be `length` bytes."""
    start = stream.tell()
    stray = 0 if length in _UNKNOWN_LENGTHS else _count_stray(stream, start + length, n_bytes)
    is_unfinished = length == 0 and stray > 0
    return WavHeader(
        sample_rate,
        None if length in _UNKNOWN_LENGTHS or is_unfinished else length,
        max(n_bytes - start, 0),
        block_bytes=block_bytes,
        stray_bytes=0 if is_unfinished else stray,
        is_unfinished=is_unfinished,
    )


def _read_layout(content: bytes, order: str) -> tuple[int | None, int]:
    """(sample rate, bytes of one sample in all channels) from the start of the chunk fmt."""
    if len(content) < 14:
        return None, 0
    rate, _, block = struct.unpack_from(order + "IIH", content, 4)
    return rate, block


def _count_stray(stream: BinaryIO, sound_end: int, n_bytes: int) -> int:
    """How many bytes behind the sound are neither padding nor chunks that fit into the file."""
    at = sound_end + sound_end % 2
    for _ in range(_MAX_CHUNKS):
        if n_bytes - at <= 0:
            return 0
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8 or not head[:4].isascii() or not head[:4].decode().isprintable():
            return n_bytes - at
        length = struct.unpack("<I", head[4:])[0]
        if at + 8 + length > n_bytes:
            return n_bytes - at
        at += 8 + length + length % 2
    return n_bytes - at


def _walk(stream: BinaryIO, order: str) -> Iterator[tuple[bytes, int]]:
    """(name, length) of each chunk, with the stream at its content."""
    for _ in range(_MAX_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack(order + "4sI", head)
        content_at = stream.tell()
        yield name, length
        stream.seek(content_at + length + length % 2)
