"""The one symbolic link through which a folder of manifests reaches recordings elsewhere."""

import errno
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from w2vctc.errors import UsageError

LINK_NAME = "source"
HINT_CONVERT = "w2vctc prepare with --audio flac writes recordings of its own"


@dataclass(frozen=True)
class SourceLink:
    """How the recordings are named below a folder; `root` is what the link leads to, if any."""

    folder: Path
    root: Path | None
    names: Mapping[Path, str]  # of each recording, as a table has it

    @classmethod
    def plan(cls, folder: Path, recordings: Iterable[Path], place: Path) -> "SourceLink":
        """The names of the recordings, and the link that they need. Raises UsageError."""
        # Links inside of the data were put there by its owner, and are not followed here.
        plain = {path: os.path.abspath(path) for path in dict.fromkeys(recordings)}  # noqa: PTH100
        own = os.path.abspath(folder)  # noqa: PTH100
        names = {path: name for path, text in plain.items() if (name := _below(text, own))}
        outside = {path: text for path, text in plain.items() if path not in names}
        if not outside:
            return cls(folder, None, names)
        root = str(place if place.is_dir() else place.parent)
        root = os.path.abspath(root)  # noqa: PTH100
        # The input's root, unless that holds the folder itself: such a link would lead in circles.
        if _below(own, root) or not all(_below(text, root) for text in outside.values()):
            root = _find_common(folder, sorted(set(map(os.path.dirname, outside.values()))))
        for path, text in outside.items():
            names[path] = f"{LINK_NAME}/{_below(text, root)}"
        return cls(folder, Path(root), names)

    def make(self, *, overwrite: bool) -> None:
        """Puts the link into the folder, where one is needed. Raises UsageError."""
        if self.root is None:
            return
        link = self.folder / LINK_NAME
        target = os.path.relpath(self.root.resolve(), self.folder.resolve())
        if link.is_symlink():
            if link.resolve() == self.root.resolve():
                return
            if overwrite:
                link.unlink()
        if os.path.lexists(link):
            raise UsageError(
                f"{link}: is there already, where the link to the recordings should stand",
                hint=f"move it away, or give --out another folder; {HINT_CONVERT}",
            )
        try:
            link.symlink_to(target, target_is_directory=True)
        except (NotImplementedError, OSError) as error:
            if getattr(error, "errno", None) in (errno.EACCES, errno.EROFS, errno.ENOSPC):
                raise
            raise UsageError(
                f"{link}: no symbolic link can be made here: {error}", hint=HINT_CONVERT
            ) from error


def _below(path: str, folder: str) -> str:
    """The path from `folder` on, with slashes; empty where it lies elsewhere."""
    top = folder.rstrip(os.sep) + os.sep
    return path[len(top) :].replace(os.sep, "/") if path.startswith(top) else ""


def _find_common(folder: Path, parents: Sequence[str]) -> str:
    """The deepest folder that holds all recordings; raises UsageError where that is the disk."""
    try:
        common = os.path.commonpath(parents)
    except ValueError:  # two disks of Windows
        common = Path(parents[0]).anchor
    if common == Path(common).anchor:
        raise UsageError(
            f"{folder}: the recordings lie in places that have only {common} in common",
            hint=HINT_CONVERT,
        )
    return common
