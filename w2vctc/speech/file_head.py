"""The first bytes of a file, and what they already rule out."""

import errno
import shlex
import stat
from pathlib import Path

from w2vctc.errors import DataError

_HEAD_BYTES = 512


def read_head(path: Path) -> tuple[bytes, int]:
    """The first bytes and the size of a regular file (a FIFO would hang every decoder).

    Raises DataError: E_MISSING, E_LOOP, E_NOT_FILE, E_PERM, E_EMPTY.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path}: not a file", hint="give a sound file here", code="E_NOT_FILE")
        if status.st_size == 0:
            raise DataError(
                f"{path}: the file is empty (0 bytes)", hint="copy it again", code="E_EMPTY"
            )
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES), status.st_size
    except PermissionError as error:
        raise DataError(
            f"{path}: no permission to read",
            hint=f"chmod +r {shlex.quote(str(path))}",
            code="E_PERM",
        ) from error
    except OSError as error:
        raise DataError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}",
            hint="check the path; is the disk mounted?",
            code="E_LOOP" if error.errno == errno.ELOOP else "E_MISSING",
        ) from error


def refuse_foreign(path: Path, head: bytes) -> None:
    """Raises DataError (E_NOT_AUDIO) for what people have in place of a sound most often."""
    text = head.lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        raise DataError(
            f"{path}: a git-lfs pointer, not the sound itself",
            hint="run `git lfs pull` in that repository",
            code="E_NOT_AUDIO",
        )
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError(
            f"{path}: a web page, not a sound file",
            hint="download it again; the server sent a page instead",
            code="E_NOT_AUDIO",
        )
