"""Files that are never half-written: a temporary name first, then a rename."""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from w2vctc.errors import MachineError

_READ_BYTES = 1 << 20
_STAGED = re.compile(
    r"\..+(\.\w+)\.[a-z0-9_]{8}\1"
)  # tempfile's eight characters, the suffix again


def hash_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def stamp_file(path: Path) -> tuple[int, int]:
    """What changes when a file does; zeros for one that is gone, which opening it will tell."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_size, status.st_mtime_ns


@contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; renamed to `path` on success, deleted on failure.

    Raises MachineError (E_PERM, E_NOT_FOLDER, E_DISK) when the folder cannot be written or made, or
    the disk is full.
    """
    with machine_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix
        )
        os.close(handle)
        staging = Path(name)
        try:
            yield staging
            staging.chmod(0o666 & ~_umask())
            sync(staging)
            staging.replace(path)
        finally:
            staging.unlink(missing_ok=True)


@contextmanager
def staged_folder(path: Path) -> Iterator[Path]:
    """A temporary folder beside `path` to fill; takes the place of `path` on success.

    The folder that stood there before goes only when the new one is complete.
    """
    with machine_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        try:
            yield staging
            staging.chmod(0o777 & ~_umask())
            old = staging.with_name(staging.name + ".old")
            if path.exists():
                path.rename(old)
            try:
                staging.rename(path)
            except OSError:
                if old.exists():
                    old.rename(path)
                raise
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def clear_staged(folder: Path) -> None:
    """Deletes the files that `staged_file` leaves in `folder` when its process is killed."""
    for path in folder.glob(".*"):
        if _STAGED.fullmatch(path.name) and path.is_file():
            path.unlink()


def save_text(path: Path, text: str) -> None:
    """Writes UTF-8 text with `\\n` line ends in one atomic step."""
    with staged_file(path) as staging:
        staging.write_text(text, encoding="utf-8", newline="\n")


def sync(path: Path) -> None:
    """Waits until a file's bytes are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def machine_errors(path: Path) -> Iterator[None]:
    """Turns the operating system's refusals about `path` into a MachineError with a hint."""
    try:
        yield
    except PermissionError as error:
        raise MachineError(
            f"{error.filename or path}: no permission to write",
            hint="choose another folder, or give yourself the right to write there",
            code="E_PERM",
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise MachineError(
                f"{path}: the disk is full",
                hint="free some space; what was there before is untouched",
                code="E_DISK",
            ) from error
        if error.errno == errno.EROFS:
            raise MachineError(
                f"{path}: the file system is read-only",
                hint="choose a folder on another disk",
                code="E_PERM",
            ) from error
        if isinstance(error, (NotADirectoryError, FileExistsError)):
            raise MachineError(
                f"{path}: a file stands where a folder of that path should be",
                hint="choose another path, or move that file away",
                code="E_NOT_FOLDER",
            ) from error
        raise


def refuse_unwritable(folder: Path) -> None:
    """Raises MachineError before any work where `folder` could not be written in the end."""
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not there.is_dir():
        raise MachineError(
            f"{there}: a file stands where a folder should be",
            hint="choose another path",
            code="E_NOT_FOLDER",
        )
    if not os.access(there, os.W_OK | os.X_OK):
        raise MachineError(
            f"{there}: no permission to write",
            hint="choose another folder, or give yourself the right to write there",
            code="E_PERM",
        )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
