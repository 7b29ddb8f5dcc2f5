"""The recordings that a person named: files, and what is in folders."""

from collections.abc import Sequence
from pathlib import Path

from w2vctc.errors import DataError
from w2vctc.speech.container import EXTENSIONS

_SOUND_NAMES = {extension for extensions in EXTENSIONS.values() for extension in extensions}


def find_recordings(paths: Sequence[Path]) -> list[Path]:
    """The files, and the sound files of the folders, in order; a folder's own in order of name."""
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if _is_recording(p))
        if not inside:
            raise DataError(
                f"{path}: no recordings in this folder",
                hint="looked for names such as .wav, .flac, .mp3, .opus, .m4a; or name the files",
                code="E_MISSING",
            )
        found += inside
    return found


def _is_recording(path: Path) -> bool:
    """By its name; hidden files are none (macOS leaves ._name.wav beside name.wav)."""
    return path.suffix.lower() in _SOUND_NAMES and not path.name.startswith(".")
