"""Audio paths as a manifest has them, brought to files that are there and may be read."""

import os
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path


def lies_inside(path: Path, roots: Sequence[Path]) -> bool:
    """Whether `path`, taken literally, stays below one of `roots`; links are not followed.

    A link inside of the data's folder was put there by its owner, `../` was written by anybody.
    """
    plain = os.path.abspath(path)  # noqa: PTH100  (resolve would follow links)
    return any(
        plain == top or plain.startswith(top.rstrip(os.sep) + os.sep)
        for top in (os.path.abspath(root) for root in roots)  # noqa: PTH100
    )


def find_spelling(path: Path) -> Path | None:
    """The only file whose path differs from `path` in NFC/NFD or in case alone; None if none is.

    Disks of macOS store NFD names, those of Windows do not tell case apart. Names that differ in
    composition only win over names that differ in case.
    """
    if len(os.fspath(path)) > _LONGEST_PATH:
        return None
    there, missing = path, []
    while not os.path.isdir(there):  # noqa: PTH112  (Path.is_dir raises for names that are too long)
        if there == there.parent:
            return None
        missing.append(there.name)
        there = there.parent
    for name in reversed(missing):
        found = _find_name(there, name)
        if found is None:
            return None
        there = there / found
    return there


def forget_folders() -> None:
    """Folders are listed anew from here on."""
    _index_names.cache_clear()


def _find_name(folder: Path, name: str) -> str | None:
    for fold, index in zip(_FOLDS, _index_names(folder), strict=True):
        found = index.get(fold(name), [])
        if len(found) == 1:
            return found[0]
    return None


@lru_cache(maxsize=256)
def _index_names(folder: Path) -> tuple[dict[str, list[str]], ...]:
    """The folder's names by each way to fold them."""
    try:
        names = [path.name for path in folder.iterdir()]
    except OSError:
        names = []
    indexes: tuple[dict[str, list[str]], ...] = tuple({} for _ in _FOLDS)
    for name in names:
        for fold, index in zip(_FOLDS, indexes, strict=True):
            index.setdefault(fold(name), []).append(name)
    return indexes


def compose(name: str) -> str:
    """A name in NFC."""
    return unicodedata.normalize("NFC", name)


def fold_name(name: str) -> str:
    """A name in NFC without its case."""
    return compose(compose(name).casefold())


_FOLDS = (compose, fold_name)
_LONGEST_PATH = 4096  # characters; no system opens a longer one, and nobody meant it
