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
    parent: Path | None = path.parent
    if parent is not None and not parent.is_dir():
        parent = find_spelling(parent) if parent != parent.parent else None
    if parent is None:
        return None
    names = _list_names(parent)
    for fold in (_compose, _fold):
        found = [name for name in names if fold(name) == fold(path.name)]
        if len(found) == 1:
            return parent / found[0]
    return None


@lru_cache(maxsize=256)
def _list_names(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(path.name for path in folder.iterdir())
    except OSError:
        return ()


def _compose(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _fold(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
