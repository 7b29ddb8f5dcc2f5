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
    plain = os.fspath(path)
    if len(plain) > _LONGEST_PATH:
        return None
    missing: list[str] = []
    while not _is_folder(plain or os.curdir):
        plain, name = os.path.split(plain)
        if not name:  # a link that leads nowhere at the root, or an odd mount
            return None
        missing.append(name)
    for name in reversed(missing):
        found = _find_name(plain or os.curdir, name)
        if found is None:
            return None
        plain = os.path.join(plain, found)  # noqa: PTH118  (there may be a hundred thousand)
    return Path(plain)


def is_folder(path: Path) -> bool:
    """Whether a folder is there; False where `Path.is_dir` raises: names that are too long."""
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether a file is there; False where `Path.is_file` raises."""
    return os.path.isfile(path)  # noqa: PTH113


def forget_folders() -> None:
    """Folders are listed anew from here on."""
    _index_names.cache_clear()
    _is_folder.cache_clear()


@lru_cache(maxsize=4096)
def _is_folder(plain: str) -> bool:
    return os.path.isdir(plain)  # noqa: PTH112


def _find_name(folder: str, name: str) -> str | None:
    for fold, index in zip(_FOLDS, _index_names(folder), strict=True):
        found = index.get(fold(name), [])
        if len(found) == 1:
            return found[0]
    return None


@lru_cache(maxsize=256)
def _index_names(folder: str) -> tuple[dict[str, list[str]], ...]:
    """The folder's names by each way to fold them."""
    try:
        names = os.listdir(folder)  # noqa: PTH208
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
