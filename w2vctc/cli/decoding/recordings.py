"""The recordings that a person named: files, and what is in folders."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from w2vctc.errors import DataError
from w2vctc.speech.container import EXTENSIONS

_SOUND_NAMES = {extension for extensions in EXTENSIONS.values() for extension in extensions}


def find_recordings(paths: Sequence[Path]) -> list[Path]:
    """The files, and the sound files of the folders, in order; a folder's own in order of name.

    Raises DataError: E_MISSING for a folder without any, E_PERM for one that cannot be read.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in _list_files(path) if _is_recording(p))
        if not inside:
            raise DataError(
                f"{path}: no recordings in this folder",
                hint="looked for names such as .wav, .flac, .mp3, .opus, .m4a; or name the files",
                code="E_MISSING",
            )
        found += inside
    return found


def _list_files(folder: Path) -> Iterator[Path]:
    """All files below the folder. Path.rglob would pass over what it may not read, silently."""
    for place, _, names in os.walk(folder, onerror=_refuse):
        yield from (Path(place, name) for name in names)


def _refuse(error: OSError) -> None:
    raise DataError(
        f"{error.filename}: the folder cannot be read: {error.strerror}",
        hint="give yourself the right to read it, or name what can be read",
        code="E_PERM",
    ) from error


def _is_recording(path: Path) -> bool:
    """By its name; hidden files are none (macOS leaves ._name.wav beside name.wav)."""
    return path.suffix.lower() in _SOUND_NAMES and not path.name.startswith(".")
