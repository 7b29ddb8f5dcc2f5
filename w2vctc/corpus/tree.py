"""Folders of recordings: what is in them, and which of their files are sound by their names."""

import os
from collections.abc import Iterator
from pathlib import Path

from w2vctc.corpus.paths import fold_name

# The first one is taken where a recording is there in several: what was not compressed, first.
SOUND_SUFFIXES = (
    *(".wav", ".flac", ".wave", ".bwf", ".rf64", ".w64", ".aiff", ".aif", ".aifc", ".caf"),
    *(".sph", ".nist", ".au", ".snd", ".wv", ".ape", ".opus", ".ogg", ".oga", ".spx", ".mp3"),
    *(".m4a", ".m4b", ".mka", ".weba", ".aac", ".wma", ".amr", ".awb", ".3ga", ".mp2", ".mpga"),
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".ogv", ".3gp", ".avi", ".mpg", ".mpeg", ".wmv"),
)
_RANKS = {suffix: rank for rank, suffix in enumerate(SOUND_SUFFIXES)}


def is_sound(name: str) -> bool:
    """Whether a file is sound, or film with sound, by its name."""
    return split_name(name)[1].lower() in _RANKS


def split_name(name: str) -> tuple[str, str]:
    """A file's stem and suffix: `("clip.1", ".wav")`."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, dot + suffix) if stem else (name, "")


def pick_sound(names: list[str]) -> str:
    """The one to take of several sound files with the same stem."""
    return min(names, key=lambda name: (_RANKS[split_name(name)[1].lower()], name))


def list_sounds(folder: Path) -> dict[str, str]:
    """The sound files right in a folder, name by stem; empty where there is no such folder."""
    found: dict[str, list[str]] = {}
    for _, names in walk_files(folder, max_folders=1):
        for name in filter(is_sound, names):
            found.setdefault(split_name(name)[0], []).append(name)
    return {stem: pick_sound(names) for stem, names in found.items()}


class SoundFolder:
    """The sound files right in a folder, and which of them a transcript has asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._names = list_sounds(folder)
        self._folded = {fold_name(stem): stem for stem in self._names}
        self._taken: set[str] = set()

    def take(self, stem: str) -> Path | None:
        """The path of the sound called `stem`, spelled like that even if the disk has other case.

        `read_corpus` brings the spelling in order and says so.
        """
        there = stem if stem in self._names else self._folded.get(fold_name(stem))
        if there is None:
            return None
        self._taken.add(there)
        return self.folder / (stem + split_name(self._names[there])[1])

    def list_rest(self) -> list[Path]:
        """The sounds that nobody asked for."""
        return [self.folder / name for stem, name in self._names.items() if stem not in self._taken]


def walk_files(
    place: Path, *, max_folders: int | None = None, unreadable: list[Path] | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Each folder from `place` down, a parent before its children, with its files' sorted names.

    Links are followed and no folder comes twice. What begins with a dot is left out: macOS puts
    `._clip.wav` beside clip.wav. Folders that may not be read are added to `unreadable`.
    """
    waiting = [place]
    visited: set[tuple[int, int]] = set()
    while waiting and (max_folders is None or len(visited) < max_folders):
        folder = waiting.pop()
        try:
            there = folder.stat()
            if (there.st_dev, there.st_ino) in visited:
                continue
            visited.add((there.st_dev, there.st_ino))
            folders, files = _list_folder(folder)
        except (OSError, ValueError):  # ValueError: a NUL in the path
            if unreadable is not None:
                unreadable.append(folder)
            continue
        yield folder, files
        waiting.extend(folder / name for name in reversed(folders))


def show_path(path: Path) -> str:
    """A path with `/` for messages and ids; what cannot be printed is escaped, as in `\\udcff`."""
    name = path.as_posix()
    return name if name.isprintable() else repr(name)[1:-1]


def _list_folder(folder: Path) -> tuple[list[str], list[str]]:
    folders: list[str] = []
    files: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith("."):
                (folders if _is_folder(entry) else files).append(entry.name)
    return sorted(folders), sorted(files)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links that lead round in a circle
        return False
