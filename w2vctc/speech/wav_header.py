"""The chunks of a WAV file, held against its size: libsndfile reads what is left and is silent."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_CHUNKS = 1_000  # a file of zeros reads as chunks without end
_UNKNOWN_LENGTHS = (0, 0x7FFFFFFF, 0xFFFFFFFF)  # written to a pipe: nobody knew the length


@dataclass(frozen=True)
class WavHeader:
    """What the header declares; None where the chunk is missing."""

    sample_rate: int | None  # Hz
    declared_bytes: int | None  # of sound; None also where the writer did not know it
    there_bytes: int  # from the start of the sound to the end of the file


def read_wav_header(path: Path, n_bytes: int) -> WavHeader | None:
    """The header of a RIFF/WAVE file of `n_bytes`, or None when it is another format.

    The layout is Microsoft's "Multimedia Programming Interface and Data Specifications 1.0":
    chunks of a four-letter name, a length in 32 bits and the content, padded to an even length.
    """
    sample_rate = None
    with path.open("rb") as stream:
        head = stream.read(12)
        if head[:4] != b"RIFF" or head[8:] != b"WAVE":
            return None
        for name, length in _walk(stream):
            if name == b"fmt ":
                content = stream.read(min(length, 8))
                sample_rate = struct.unpack_from("<I", content, 4)[0] if len(content) == 8 else None
            if name == b"data":
                declared = None if length in _UNKNOWN_LENGTHS else length
                return WavHeader(sample_rate, declared, max(n_bytes - stream.tell(), 0))
    return WavHeader(sample_rate, None, 0)


def _walk(stream: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """(name, length) of each chunk, with the stream at its content."""
    for _ in range(_MAX_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            return
        name, length = struct.unpack("<4sI", head)
        content_at = stream.tell()
        yield name, length
        stream.seek(content_at + length + length % 2)
