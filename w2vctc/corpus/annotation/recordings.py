"""The long recording that an annotation file belongs to, found again after files were moved."""

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

from w2vctc.corpus.paths import lies_inside
from w2vctc.corpus.tree import SOUND_SUFFIXES, is_sound, split_name, walk_files
from w2vctc.errors import DataError

_RANKS = {suffix: rank for rank, suffix in enumerate(SOUND_SUFFIXES)}


@dataclass(frozen=True)
class MediaLink:
    """What an annotation file says about its recording; the path is often another machine's."""

    path: str  # a path or a file:// URL
    offset_s: float = 0.0  # where in the recording the annotation's time begins


def find_files(place: Path, suffixes: Sequence[str]) -> Iterator[Path]:
    """`place` itself or, in a folder and all below it, the files with one of these suffixes."""
    if not place.is_dir():
        if place.suffix.lower() in suffixes and place.is_file():
            yield place
        return
    for folder, names in walk_files(place):
        yield from (folder / name for name in names if split_name(name)[1].lower() in suffixes)


def has_files(place: Path, suffixes: Sequence[str]) -> bool:
    """Whether `find_files` finds any; never raises."""
    try:
        return any(True for _ in find_files(place, suffixes))
    except (OSError, ValueError):
        return False


class Recordings:
    """All sound files around annotation files: beside a single one, or everywhere in a folder."""

    def __init__(self, place: Path) -> None:
        self.root = place if place.is_dir() else place.parent
        # the folder of a single file may be somebody's whole home
        walked = walk_files(self.root, max_folders=None if place.is_dir() else 1)
        self.paths = tuple(
            folder / name for folder, names in walked for name in names if is_sound(name)
        )
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in self.paths:
            self._by_name[fold_name(path.name)].append(path)
            self._by_stem[fold_name(path.stem)].append(path)

    def find(
        self,
        annotation: Path,
        *,
        links: Sequence[MediaLink] = (),
        stems: Sequence[str] = (),
        or_only: bool = False,
    ) -> Path:
        """The recording of an annotation file; sound without picture wins over a film of it.

        Asked in turn: the links as they are, their file names beside the annotation, its stems
        (its own unless others are given) there, then both in the whole folder; with `or_only` the
        only recording beside it; last a link that leads outside. Raises DataError E_NO_AUDIO that
        names all that was tried.
        """
        stems = stems or (annotation.stem,)
        linked = [resolve_link(link, annotation.parent) for link in links]
        there = [path for path in linked if os.path.isfile(path)]  # noqa: PTH113  (never raises)
        named = [path for link in links for path in self._by_name[fold_name(link_name(link))]]
        own = [path for stem in stems for path in self._by_stem[fold_name(stem)]]
        beside = annotation.parent
        choices = [
            [path for path in there if lies_inside(path, [self.root])],
            [path for path in named if path.parent == beside],
            [path for path in own if path.parent == beside],
            named,
            own,
        ]
        if or_only:
            alone = [path for path in self.paths if path.parent == beside]
            choices.append(alone if len(alone) == 1 else [])
        for found in (*choices, there):
            if found:
                return _choose(found, annotation)
        tried = [link.path for link in links] + [f"{stem}.wav, .mp3, .mp4, ..." for stem in stems]
        raise DataError(
            f"{annotation}: its recording is not there; looked for {'; '.join(tried)}",
            hint=f"put it beside {annotation.name}, under the same name",
            code="E_NO_AUDIO",
        )


def find_offset(recording: Path, links: Sequence[MediaLink]) -> float:
    """Where in the recording the annotation's time begins, in seconds.

    A recording found under another name is taken for the link of its kind, or for the only one.
    """
    for link in links:
        if fold_name(link_name(link)) == fold_name(recording.name):
            return link.offset_s
    suffix = recording.suffix.lower()
    alike = [link for link in links if link_name(link).lower().endswith(suffix)] or list(links)
    return alike[0].offset_s if len(alike) == 1 else 0.0


def link_name(link: MediaLink) -> str:
    """The file name at the end of a link, whichever system wrote it."""
    return re.split(r"[/\\]", _strip_scheme(link.path))[-1]


def resolve_link(link: MediaLink, folder: Path) -> Path:
    """The path that a link means, seen from the annotation's folder."""
    path = folder / _strip_scheme(link.path).replace("\\", "/")
    return Path(os.path.normpath(path))  # resolve would follow links


def fold_name(name: str) -> str:
    """A file name as it is compared: disks change the case and the composition of letters."""
    return unicodedata.normalize("NFC", name).casefold()


def _strip_scheme(path: str) -> str:
    if not path.lower().startswith("file:"):
        return path
    plain = unquote(path[len("file:") :])
    return re.sub(r"^/*(?=/|[A-Za-z]:)", "", plain)


def _choose(found: Sequence[Path], annotation: Path) -> Path:
    """The nearest of the best kind; raises DataError E_NO_AUDIO where two are as near."""

    def rank(path: Path) -> tuple[int, int]:
        pairs = zip(path.parent.parts, annotation.parent.parts, strict=False)
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        return _RANKS[path.suffix.lower()], -shared

    best = sorted(set(found), key=lambda path: (rank(path), path))
    first = best[0]
    rivals = [path for path in best if rank(path) == rank(first) and path.parent != first.parent]
    if rivals:
        raise DataError(
            f"{annotation}: which recording is its own, {first} or {rivals[0]}?",
            hint=f"put the right one beside {annotation.name}",
            code="E_NO_AUDIO",
        )
    return first
