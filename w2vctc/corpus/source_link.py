"""The one symbolic link through which a folder of manifests reaches recordings elsewhere."""

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from w2vctc.corpus.paths import lies_inside
from w2vctc.errors import UsageError

LINK_NAME = "source"
HINT_CONVERT = "w2vctc prepare with --audio flac writes recordings of its own"


@dataclass(frozen=True)
class SourceLink:
    """How the recordings are named below a folder; `root` is what the link leads to, if any."""

    folder: Path
    root: Path | None

    @classmethod
    def plan(cls, folder: Path, recordings: Sequence[Path], place: Path) -> "SourceLink":
        outside = {path.parent for path in recordings if not lies_inside(path, [folder])}
        if not outside:
            return cls(folder, None)
        root = place if place.is_dir() else place.parent
        # The input's root, unless that holds the folder itself: such a link would lead in circles.
        is_apart = not lies_inside(folder, [root])
        if not (is_apart and all(lies_inside(path, [root]) for path in outside)):
            root = _find_common(folder, sorted(map(os.path.abspath, outside)))
        return cls(folder, root)

    def name(self, audio: Path) -> str:
        """The recording's path as a table has it."""
        plain = os.path.abspath(audio)  # noqa: PTH100  (resolve would follow the owner's links)
        if self.root is None or lies_inside(audio, [self.folder]):
            return Path(os.path.relpath(plain, self.folder)).as_posix()
        return f"{LINK_NAME}/{Path(os.path.relpath(plain, self.root)).as_posix()}"

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


def _find_common(folder: Path, parents: Sequence[str]) -> Path:
    """The deepest folder that holds all recordings; raises UsageError where that is the disk."""
    try:
        common = Path(os.path.commonpath(parents))
    except ValueError:  # two disks of Windows
        common = Path(Path(parents[0]).anchor)
    if common == Path(common.anchor):
        raise UsageError(
            f"{folder}: the recordings lie in places that have only {common} in common",
            hint=HINT_CONVERT,
        )
    return common
