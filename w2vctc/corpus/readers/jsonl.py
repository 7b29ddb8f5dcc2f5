"""One JSON object per line, as NeMo's manifests and many data sets of Hugging Face have it.

Keys are those of tables: audio_filepath or file_name, text or sentence, offset, duration,
speaker; the sound may also be `{"path": "clip.wav"}`. Paths are relative to the file's folder.
"""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from w2vctc.corpus.columns import (
    Columns,
    clean_name,
    find_columns,
    has_columns,
    make_utterance,
)
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import is_file, is_folder
from w2vctc.corpus.plain_text import read_rows
from w2vctc.corpus.splits import SPLIT_NAMES
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

JSONL_SUFFIXES = (".jsonl", ".ndjson", ".json", ".manifest")
_HEAD_BYTES = 1 << 16
_BROKEN = re.compile("[\0\ud800-\udfff]")  # can be escaped in JSON, but not written to a file


def recognise_jsonl(place: Path) -> bool:
    """A file whose first line is an object with a sound and a text, or a folder with such."""
    if is_folder(place):
        return bool(_find_split_files(place) or _find_only_file(place))
    return place.suffix.lower() == ".jsonl" or _is_manifest(place)


def read_jsonl(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The rows of a file, or of a folder's train, dev and test files, else of its only one.

    Raises DataError (E_MISSING, E_COLUMNS) and what `read_text` raises of an only file.
    """
    del options
    files = [("", place)] if not is_folder(place) else _find_split_files(place)
    only = None if files else _find_only_file(place)
    if only is not None:
        files = [("", only)]
    if not files:
        raise DataError(
            f"{place}: no train.jsonl in this folder",
            hint="put a file there whose lines are objects with audio_filepath and text",
            code="E_MISSING",
        )
    for split, path in files:
        try:
            yield from _read_file(path, split)
        except (DataError, MachineError) as error:
            if len(files) == 1:
                raise
            yield Fault.of_file(error, path.name)


def _find_split_files(folder: Path) -> list[tuple[str, Path]]:
    """(split, path) of each file that is named after a split, train first."""
    found = []
    for split, names in SPLIT_NAMES.items():
        paths = (folder / f"{name}{suffix}" for name in names for suffix in JSONL_SUFFIXES)
        path = next(filter(_is_manifest, paths), None)
        if path is not None:
            found.append((split, path))
    return found


def _find_only_file(folder: Path) -> Path | None:
    """The one manifest of a folder, whatever its name."""
    try:
        found = sorted(path for path in folder.iterdir() if _is_manifest(path))
    except OSError:
        return None
    return found[0] if len(found) == 1 else None


def _is_manifest(path: Path) -> bool:
    """Whether the first line that is not blank is an object with a sound and a text."""
    if path.suffix.lower() not in JSONL_SUFFIXES:
        return False
    try:
        if not is_file(path):
            return False
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES).decode("utf-8-sig", errors="ignore")
        line = next((line for line in head.splitlines() if line.strip()), "")
        return has_columns(list(parse_object(line)))
    except (OSError, ValueError):
        return False


def _read_file(path: Path, split: str) -> Iterator[Utterance | Fault]:
    """A row or fault per line. Raises DataError E_COLUMNS where no line at all has the keys."""
    known: dict[tuple[str, ...], Columns] = {}
    refused: list[Fault] = []  # held back until some line shows what the file is
    first_refusal: DataError | None = None
    for row in read_rows(path, name=path.name):
        if isinstance(row, Fault):
            yield row
            continue
        source, line = row
        try:
            found = parse_object(line)
            names = tuple(found)
            columns = known.get(names) or find_columns(names, where=source)
            cells = _show_values(found, columns)
        except DataError as error:
            first_refusal = first_refusal or error
            refused.append(Fault("E_ROW", error.message, source=source, hint=error.hint))
            continue
        except ValueError as error:
            yield Fault("E_ROW", f"{source}: {error}", source=source)
            continue
        known[names] = columns
        yield make_utterance(cells, columns, folder=path.parent, source=source, split=split)
    if first_refusal is not None and not known:
        raise first_refusal
    yield from refused


def parse_object(line: str) -> dict[str, Any]:
    """The JSON object of a line (RFC 8259, no key twice). Raises ValueError in plain words."""
    try:
        found = json.loads(line, object_pairs_hook=_refuse_twins, parse_constant=_refuse_constant)
        sign = _BROKEN.search("".join(_list_texts(found))) if "\\u" in line else None
    except json.JSONDecodeError as error:
        raise ValueError(f"no JSON at character {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise ValueError("brackets within brackets without end") from error
    if not isinstance(found, dict):
        raise ValueError(f"{line[:80]!r} is no object in braces")
    if sign is not None:
        raise ValueError(f"U+{ord(sign[0]):04X} is no character of a text")
    return found


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {clean_name(key): value for key, value in pairs}
    if len(found) < len(pairs):
        keys = [clean_name(key) for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number that JSON knows")


def _list_texts(value: Any) -> Iterator[str]:
    """All strings in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _list_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _list_texts(inner)


def _show_values(found: dict[str, Any], columns: Columns) -> dict[str, str]:
    """The cells of a row; a sound's `{"path": ...}` becomes the path. Raises ValueError."""
    cells = {}
    for name, value in found.items():
        if name in (columns.path, columns.text):
            cells[name] = _require_text(name, value, is_path=name == columns.path)
        else:
            cells[name] = _show_value(name, value)
    return cells


def _require_text(name: str, value: Any, *, is_path: bool) -> str:
    if is_path and isinstance(value, dict):
        value = value.get("path")
        if not isinstance(value, str):
            raise ValueError(f"no path in {name!r}; packed sound is read from data sets alone")
    if not isinstance(value, str):
        raise ValueError(f"{name!r} is {json.dumps(value)[:80]}, where text in quotes is wanted")
    return value


def _show_value(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        raise ValueError(f"{name!r} is nested; texts and numbers are read")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name!r} is a number too large")
    return "" if value is None else json.dumps(value)


FORMAT = Format("jsonl", "JSON lines", recognise_jsonl, read_jsonl, rank=40)
