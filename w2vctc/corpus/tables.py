"""Tables with a heading: TSV and CSV, one row or fault at a time.

TSV follows Common Voice: no quoting, so that a lone `"` in a transcript stays what it is.
CSV follows RFC 4180: quotes, commas and line ends inside quotes; semicolons where the heading
has them and no commas, as spreadsheets write it in half of the world.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from w2vctc.corpus.columns import clean_name, find_columns, has_columns, make_utterance
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.paths import is_file
from w2vctc.corpus.plain_text import MAX_LINE_LENGTH, read_text
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.words import numbered

TABLE_SUFFIXES = (".tsv", ".csv")
_HEADING_BYTES = 1 << 16


def read_table(
    path: Path, *, split: str = "", folder: Path | None = None
) -> Iterator[Utterance | Fault]:
    """A row or fault per line of a TSV or CSV file; audio paths are relative to its folder.

    `folder` is another one that audio paths are relative to.

    Raises DataError: E_ENCODING, E_COLUMNS, E_EMPTY_MANIFEST.
    """
    rows = _split_rows(read_text(path), path)
    _, heading = next(rows, (0, []))
    names = [clean_name(name) for name in heading] if isinstance(heading, list) else []
    if not any(names):
        raise _empty_table(path)
    _refuse_separator(names, path)
    columns = find_columns(names, where=str(path))
    seen = False
    for line, cells in rows:
        source = f"{path.name}:{line}"
        if isinstance(cells, str):
            yield Fault("E_ROW", f"{source}: {cells}", source=source)
        elif not any(cells):
            continue
        elif why := _refuse_row(cells, names):
            yield Fault("E_ROW", f"{source}: {why}", source=source)
        else:
            row = dict(zip(names, cells, strict=True))
            yield make_utterance(
                row, columns, folder=folder or path.parent, source=source, split=split
            )
        seen = True
    if not seen:
        raise _empty_table(path)


def read_heading(path: Path) -> list[str]:
    """The column names of a table, cheaply; empty where it is no table that can be read."""
    try:
        if not is_file(path):
            return []
        with path.open("rb") as stream:
            head = stream.read(_HEADING_BYTES).decode("utf-8-sig", errors="ignore")
    except OSError:
        return []
    line = next(iter(head.splitlines()), "")
    try:
        cells = next(iter(_split_rows(line, path)), (0, []))[1]
    except csv.Error:
        return []
    return [clean_name(name) for name in cells] if isinstance(cells, list) else []


def is_table(path: Path) -> bool:
    """Whether a file is a TSV or CSV with a column for paths and one for transcripts."""
    return path.suffix.lower() in TABLE_SUFFIXES and has_columns(read_heading(path))


def write_rows(rows: Sequence[Sequence[str]]) -> str:
    """The text of a TSV file; tabs and line ends inside cells become spaces."""
    return "".join("\t".join(" ".join(cell.split()) for cell in row) + "\n" for row in rows)


def _split_rows(text: str, path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """(line number, cells, or what is wrong) of each row, the heading first."""
    if path.suffix.lower() != ".csv":
        for number, line in enumerate(text.split("\n"), start=1):
            yield number, line.split("\t") if line.strip() else []
        return
    heading = text.partition("\n")[0]
    delimiter = ";" if ";" in heading and "," not in heading else ","
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield reader.line_num, f"{error}; is a quote left open, or one not doubled?"
            continue
        yield reader.line_num, cells


def _refuse_separator(names: Sequence[str], path: Path) -> None:
    """Raises DataError E_COLUMNS for a CSV that is called .tsv, and the other way round."""
    is_csv = path.suffix.lower() == ".csv"
    odd = next((mark for mark in ("\t" if is_csv else ",;") if mark in names[0]), "")
    if odd and len(names) == 1:
        raise DataError(
            f"{path}: the heading {names[0]!r} has no {'comma' if is_csv else 'tab'}",
            hint=f"is it a {'.tsv' if is_csv else '.csv'}? rename it, or save it as its name says",
            code="E_COLUMNS",
        )


def _refuse_row(cells: Sequence[str], names: Sequence[str]) -> str:
    if len(cells) != len(names):
        return (
            f"{numbered(len(cells), 'column')} where the heading has {len(names)}"
            " (a tab or an unclosed quote inside a transcript?)"
        )
    longest = max(map(len, cells))
    return f"a cell of {longest:,} characters" if longest > MAX_LINE_LENGTH else ""


def _empty_table(path: Path) -> DataError:
    return DataError(
        f"{path}: no rows", hint="one recording per line, under a header", code="E_EMPTY_MANIFEST"
    )
