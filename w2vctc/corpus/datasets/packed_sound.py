"""Sound that came packed inside of a table, kept once in the cache under the hash of its bytes."""

import hashlib
from pathlib import Path

from w2vctc.cache import cache_folder
from w2vctc.files import staged_file
from w2vctc.speech.container import EXTENSIONS, sniff_container

_HEAD_BYTES = 512


def unpack_sound(data: bytes) -> tuple[Path, bool]:
    """The file in the cache that holds `data`, and whether a damaged one stood in its place.

    A file of that name is compared byte by byte: what a crash or a full disk left is written anew.
    Raises MachineError (E_DISK, E_PERM) where the cache cannot be written.
    """
    digest = hashlib.sha256(data).hexdigest()
    kind = sniff_container(data[:_HEAD_BYTES])
    suffix = EXTENSIONS[kind][0] if kind else ".bin"
    path = cache_folder() / "audio" / digest[:2] / f"{digest}{suffix}"
    there = _read(path)
    if there != data:
        with staged_file(path) as staging:
            staging.write_bytes(data)
    return path, there is not None and there != data


def _read(path: Path) -> bytes | None:
    """The bytes of a file; None where there is none that can be read."""
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None
