"""Manifests: a table with a path and a transcript per row, in TSV or CSV.

TSV follows Common Voice: no quoting, so that a lone `"` in a transcript stays what it is.
CSV follows RFC 4180: quotes, commas and line ends inside quotes.
"""

import csv
import io
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path

from w2vctc.config import suggest
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

PATH_COLUMNS = ("path", "file", "file_name", "audio", "wav", "audio_filepath", "filename")
TEXT_COLUMNS = ("text", "sentence", "transcript", "transcription")
SPEAKER_COLUMNS = ("speaker", "speaker_id", "client_id")
SPLITS = ("train", "dev", "test")
_SPLIT_NAMES = {"train": ("train",), "dev": ("dev", "validation", "valid"), "test": ("test",)}
_SUFFIXES = (".tsv", ".csv")


def find_manifest(data: Path, split: str) -> Path | None:
    """The manifest of a split in a data folder (`train.tsv`, `validation.csv`, ...), or None."""
    names = (data / f"{name}{suffix}" for name in _SPLIT_NAMES[split] for suffix in _SUFFIXES)
    return next((path for path in names if path.exists()), None)


def read_split(data: Path, split: str) -> list[Utterance]:
    """The utterances of one split. Raises DataError E_MISSING when the split is not there."""
    path = find_manifest(data, split)
    if path is None and not data.is_dir():
        raise DataError(f"{data}: no such folder", hint="check --lang and --data", code="E_MISSING")
    if path is None:
        raise DataError(
            f"{data}: no {split}.tsv or {split}.csv in this folder",
            hint=f"put a table with the columns path and text there as {split}.tsv",
            code="E_MISSING",
        )
    return read_manifest(path)


def read_manifest(path: Path) -> list[Utterance]:
    """The utterances of a TSV or CSV file, in its order; audio paths are relative to its folder.

    Raises DataError: E_ENCODING, E_COLUMNS, E_ROW, E_DUP_ID, E_EMPTY_MANIFEST.
    """
    rows = _read_rows(path)
    header = next(rows, (0, []))[1]
    columns = [unicodedata.normalize("NFC", name.strip()) for name in header]
    if not any(columns):
        raise _empty_manifest(path)
    twice = next((name for name in columns if name and columns.count(name) > 1), None)
    if twice:
        raise DataError(
            f"{path}: two columns are called {twice!r}",
            hint="rename one of them",
            code="E_COLUMNS",
        )
    path_column = _find_column(path, columns, PATH_COLUMNS, "the recording's path")
    text_column = _find_column(path, columns, TEXT_COLUMNS, "the transcript")
    utterances = []
    for line, cells in rows:
        if not any(cells):
            continue
        if len(cells) != len(columns):
            raise DataError(
                f"{path}:{line}: {len(cells)} columns where the header has {len(columns)}",
                hint="is there a tab or an unclosed quote inside a transcript?",
                code="E_ROW",
            )
        row = dict(zip(columns, cells, strict=True))
        utterances.append(_utterance(path, line, row, path_column, text_column))
    if not utterances:
        raise _empty_manifest(path)
    _refuse_duplicates(path, utterances)
    return utterances


def write_rows(rows: Sequence[Sequence[str]]) -> str:
    """The text of a TSV file; tabs and line ends inside cells become spaces."""
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows)


def _utterance(
    path: Path, line: int, row: dict[str, str], path_column: str, text_column: str
) -> Utterance:
    audio = row.pop(path_column)
    if not audio.strip():
        raise DataError(
            f"{path}:{line}: no path in the column {path_column!r}",
            hint="write the recording's file name there, or take the line out",
            code="E_ROW",
        )
    text = row.pop(text_column)
    speaker = next((row.pop(name) for name in SPEAKER_COLUMNS if name in row), "")
    return Utterance(
        id=row.pop("id", "") or audio,
        audio=path.parent / audio,
        text=text,
        speaker=speaker,
        source=f"{path.name}:{line}",
        extra=row,
    )


def _read_rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of each row, the header first."""
    text = _read_text(path)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"{path}:{line}: a NUL byte", hint="save the table again", code="E_ROW")
    if path.suffix.lower() != ".csv":
        for number, line_text in enumerate(text.split("\n"), start=1):
            yield number, line_text.split("\t") if line_text.strip() else []
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise DataError(
            f"{path}:{reader.line_num}: {error}",
            hint="close the quote on that line, or save the table as TSV",
            code="E_ROW",
        ) from error


def _read_text(path: Path) -> str:
    """The file's text with `\\n` line ends. UTF-8 only: an encoding is never guessed."""
    try:
        raw = path.read_bytes()
    except PermissionError as error:
        raise MachineError(
            f"{path}: no permission to read", hint=f"chmod +r {path}", code="E_PERM"
        ) from error
    except OSError as error:
        raise DataError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}",
            hint="check the path",
            code="E_MISSING",
        ) from error
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path}: UTF-16", hint="save the table as UTF-8", code="E_ENCODING")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = error.start + len(raw) - len(error.object)  # behind a byte order mark it counts anew
        raise DataError(
            f"{path}: byte {at} (0x{raw[at]:02x}) is not UTF-8",
            hint="save the table as UTF-8; from a spreadsheet: 'CSV UTF-8'",
            code="E_ENCODING",
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _find_column(path: Path, columns: list[str], wanted: Sequence[str], what: str) -> str:
    for name in wanted:
        if name in columns:
            return name
    near = next((suggest(column, wanted) for column in columns if suggest(column, wanted)), "")
    raise DataError(
        f"{path}: no column for {what}; the columns are {', '.join(columns)}{near}",
        hint=f"name that column one of: {', '.join(wanted)}",
        code="E_COLUMNS",
    )


def _empty_manifest(path: Path) -> DataError:
    return DataError(
        f"{path}: no rows", hint="one recording per line, under a header", code="E_EMPTY_MANIFEST"
    )


def _refuse_duplicates(path: Path, utterances: list[Utterance]) -> None:
    seen: dict[str, str] = {}
    for utterance in utterances:
        if utterance.id in seen:
            raise DataError(
                f"{path}: {utterance.id!r} stands in {seen[utterance.id]} and {utterance.source}",
                hint="take one of the two lines out",
                code="E_DUP_ID",
            )
        seen[utterance.id] = utterance.source
