"""How much sound the headers of other formats promise, held against the size of the file."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MAX_CHUNKS = 10_000
_W64_DATA = b"data\xf3\xac\xd3\x11\x8c\xd1\x00\xc0\x4f\x8e\xdb\x8a"


@dataclass(frozen=True)
class DeclaredSize:
    """Bytes of sound (for MP4: of the whole file) that are declared and that are there."""

    declared_bytes: int | None  # None where the writer did not know
    there_bytes: int


def read_declared_size(path: Path, container: str, n_bytes: int) -> DeclaredSize | None:
    """The sizes by the headers of an AIFF, AU, W64, CAF or MP4 file; None where they do not say."""
    reader = _READERS.get(container)
    if reader is None:
        return None
    with path.open("rb") as stream:
        return reader(stream, n_bytes)


def _read_aiff(stream: BinaryIO, n_bytes: int) -> DeclaredSize | None:
    """Apple's "Audio Interchange File Format" 1.3: big-endian chunks, the sound in SSND."""
    at = 12
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            return None
        name, length = struct.unpack(">4sI", head)
        if name == b"SSND":
            return DeclaredSize(length, n_bytes - at - 8)
        at += 8 + length + length % 2
    return None


def _read_au(stream: BinaryIO, n_bytes: int) -> DeclaredSize | None:
    """The AU header: magic, offset of the sound, its size, encoding, rate, channels."""
    head = stream.read(12)
    if len(head) < 12:
        return None
    offset, length = struct.unpack(">II", head[4:])
    there = max(n_bytes - offset, 0)
    return DeclaredSize(None if length == 0xFFFFFFFF else length, there)


def _read_w64(stream: BinaryIO, n_bytes: int) -> DeclaredSize | None:
    """Sonic Foundry's Wave64: chunks of a GUID and a 64-bit size that counts itself."""
    at = 40
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(24)
        if len(head) < 24:
            return None
        length = struct.unpack("<Q", head[16:])[0]
        if head[:16] == _W64_DATA:
            return DeclaredSize(max(length - 24, 0), n_bytes - at - 24)
        at += max((length + 7) // 8 * 8, 24)
        if at > n_bytes:
            return None
    return None


def _read_caf(stream: BinaryIO, n_bytes: int) -> DeclaredSize | None:
    """Apple's Core Audio Format: chunks with a signed 64-bit size, −1 for an unknown one."""
    at = 8
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(12)
        if len(head) < 12:
            return None
        name, length = struct.unpack(">4sq", head)
        if name == b"data":
            return DeclaredSize(None if length < 0 else length, n_bytes - at - 12)
        if length < 0 or at + 12 + length > n_bytes:
            return None
        at += 12 + length
    return None


def _read_mp4(stream: BinaryIO, n_bytes: int) -> DeclaredSize | None:
    """ISO/IEC 14496-12: boxes of a 32-bit size and a name; size 1 means 64 bits follow, 0 the rest.

    Only the outermost boxes are read: in a cut file one of them reaches beyond the end.
    """
    at = 0
    for _ in range(_MAX_CHUNKS):
        stream.seek(at)
        head = stream.read(16)
        if len(head) < 8:
            break
        length, name = struct.unpack(">I4s", head[:8])
        if not name.isalnum() or length == 0:
            break
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if length < 8:
            return None
        at += length
    return DeclaredSize(at, n_bytes) if at else None


_READERS: dict[str, Callable[[BinaryIO, int], DeclaredSize | None]] = {
    "AIFF": _read_aiff,
    "AU": _read_au,
    "W64": _read_w64,
    "CAF": _read_caf,
    "MP4": _read_mp4,
}
