"""Text files as people save them, read strictly: an encoding is never guessed."""

import shlex
from collections.abc import Iterator
from pathlib import Path

from w2vctc.corpus.fault import Fault
from w2vctc.errors import DataError, MachineError

MAX_LINE_LENGTH = 131_072  # characters; the csv module's own limit for a cell


def read_rows(path: Path, *, name: str) -> Iterator[tuple[str, str] | Fault]:
    """Each line that is not blank with its source, `name:17`; E_ROW of one that is too long.

    Raises what `read_text` raises.
    """
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if len(line) > MAX_LINE_LENGTH:
            source = f"{name}:{number}"
            yield Fault("E_ROW", f"{source}: a line of {len(line):,} characters", source=source)
        elif line.strip():
            yield f"{name}:{number}", line


def read_text(path: Path) -> str:
    """The file's text without a byte order mark, line ends as `\\n`.

    Raises DataError E_ENCODING with the byte offset, E_MISSING, E_NOT_FILE, E_ROW at a NUL byte;
    MachineError E_PERM.
    """
    raw = read_bytes(path)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path}: UTF-16", hint="save the file as UTF-8", code="E_ENCODING")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + len(raw) - len(error.object)  # behind a byte order mark it counts anew
        raise DataError(
            f"{path}: byte {at} (0x{raw[at]:02x}) is not UTF-8",
            hint="save the file as UTF-8; from a spreadsheet: 'CSV UTF-8'",
            code="E_ENCODING",
        ) from error
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path}:{line}: a NUL byte", hint="save the file again", code="E_ROW")
    return text


def read_bytes(path: Path) -> bytes:
    """The file's bytes. Raises DataError E_MISSING, E_NOT_FILE; MachineError E_PERM."""
    try:
        if path.exists() and not path.is_file():  # a FIFO would wait for ever
            raise DataError(f"{path}: not a file", hint="check the path", code="E_NOT_FILE")
        return path.read_bytes()
    except PermissionError as error:
        raise MachineError(
            f"{path}: no permission to read",
            hint=f"chmod +r {shlex.quote(str(path))}",
            code="E_PERM",
        ) from error
    except OSError as error:
        raise DataError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}",
            hint="check the path",
            code="E_MISSING",
        ) from error
