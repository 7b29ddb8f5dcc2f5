"""Data sets of Hugging Face: saved to disk, as Parquet files, as an audiofolder, or on the hub.

Sound is never decoded here. What is packed inside of tables goes into the cache, once.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from w2vctc.corpus.annotation.recordings import fold_name
from w2vctc.corpus.datasets.arrow_files import read_columns, read_records
from w2vctc.corpus.datasets.hub import HubId, iterate_stream, list_columns, open_hub, read_hub_id
from w2vctc.corpus.datasets.packed_rows import find_packed_columns, read_packed_rows
from w2vctc.corpus.datasets.parts import (
    METADATA,
    PARQUET,
    Part,
    holds_parquet,
    is_saved,
    list_parquet,
    list_saved,
    name_part,
)
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.readers.jsonl import parse_object, read_jsonl
from w2vctc.corpus.splits import name_split
from w2vctc.corpus.tables import read_heading, read_table
from w2vctc.corpus.tree import is_sound, show_path, walk_files
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

_FILE_NAME = "file_name"  # the column that makes metadata.csv one of an audiofolder
_HEAD_BYTES = 1 << 16


def recognise_dataset(place: Path) -> bool:
    """A saved data set, a folder of Parquet files, an audiofolder, or a name on the hub."""
    try:
        if place.is_file():
            return place.suffix.lower() in PARQUET or _is_metadata(place)
        if not place.is_dir():
            return read_hub_id(place) is not None
        return is_saved(place) or bool(_find_metadata(place)) or holds_parquet(place)
    except (OSError, ValueError):
        return False


def read_dataset(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The rows of a data set. Splits other than train, dev and test are left out beside those.

    Raises DataError: E_DATASET, E_COLUMNS, E_CONFIG, E_MISSING, E_HUB; MachineError E_HUB.
    """
    del options
    if not place.exists():
        found = read_hub_id(place)
        if found is None:
            raise DataError(
                f"{place}: no such file or folder, and no name of a data set on the hub",
                hint="check the path; names on the hub are written hf:owner/name",
                code="E_MISSING",
            )
        yield from _read_hub(found)
    elif is_saved(place):
        yield from _read_parts(place, list_saved(place))
    elif metadata := [place] if _is_metadata(place) else _find_metadata(place):
        yield from _read_audiofolder(place, metadata)
    else:
        yield from _read_parts(place, list_parquet(place))


def _read_hub(found: HubId) -> Iterator[Utterance | Fault]:
    splits = open_hub(found)
    yield from read_streams(found.name, splits)


def read_streams(name: str, splits: dict[str, Any]) -> Iterator[Utterance | Fault]:
    """The rows of streamed splits, as `open_hub` and `open_stream` give them."""
    known = {named: name_split(named) for named in splits}
    yield from _tell_left_out(name, known)
    for named, rows in splits.items():
        if any(known.values()) and not known[named]:
            continue
        columns = find_packed_columns(*list_columns(name, rows), where=f"{name}, split {named!r}")
        yield from read_packed_rows(
            iterate_stream(name, rows),
            columns,
            folder=Path(),
            name=f"{name}:{named}",
            split=known[named],
        )


def _read_parts(place: Path, parts: Sequence[Part]) -> Iterator[Utterance | Fault]:
    """The rows of all files; one that cannot be read leaves the others."""
    root = place if place.is_dir() else place.parent
    splits = {part.named: part.split for part in parts}
    yield from _tell_left_out(show_path(Path(place.name)), splits)
    for part in parts:
        if any(splits.values()) and not part.split:
            continue
        try:
            yield from _read_part(part, root)
        except (DataError, MachineError) as error:
            if len(parts) == 1 or error.code in ("E_DISK", "E_NOT_FOLDER"):
                raise
            yield Fault.of_file(error, show_path(part.path.relative_to(root)))


def _read_part(part: Part, root: Path) -> Iterator[Utterance | Fault]:
    suffix = part.path.suffix.lower()
    if part.path.name in METADATA:
        is_csv = suffix == ".csv"
        rows = read_table(part.path) if is_csv else read_jsonl(part.path, ReadOptions())
        yield from (_place_row(row, part, root) for row in rows)
    else:
        columns = find_packed_columns(*read_columns(part.path), where=str(part.path))
        yield from read_packed_rows(
            read_records(part.path, columns.names),
            columns,
            folder=root,
            name=show_path(part.path.relative_to(root)),
            split=part.split,
        )


def _place_row(row: Utterance | Fault, part: Part, root: Path) -> Utterance | Fault:
    """A row of metadata in its split: that of its folder, or of the folder that its path names."""
    if isinstance(row, Fault):
        return row
    folder, split = part.path.parent, part.split
    if not split and row.audio.is_relative_to(folder):
        own = row.audio.relative_to(folder).parts
        split = name_split(own[0]) if len(own) > 1 else ""
    source = f"{show_path(folder.relative_to(root))}/{row.source}".removeprefix("./")
    return replace(row, split=split, source=source)


def _tell_left_out(name: str, splits: dict[str, str]) -> Iterator[Fault]:
    """W_SPLIT for each split that is none of ours, where others are: most repeat their rows."""
    if any(splits.values()):
        for named in sorted(named for named, split in splits.items() if not split):
            source = f"{name}:{named}"
            yield Fault("W_SPLIT", f"{source}: a split of another kind, left out", source=source)


# --- audiofolder


def _find_metadata(place: Path) -> list[Path]:
    """metadata.csv or .jsonl with file_name, of the folder itself or of its splits' folders."""
    own = [place / name for name in METADATA]
    if found := next(filter(_is_metadata, own), None):
        return [found]
    try:
        folders = sorted(path for path in place.iterdir() if name_split(path.name))
    except OSError:  # a single file, or a folder that may not be listed
        return []
    found_in = (
        next(filter(_is_metadata, (folder / name for name in METADATA)), None) for folder in folders
    )
    return [path for path in found_in if path is not None]


def _read_audiofolder(place: Path, metadata: Sequence[Path]) -> Iterator[Utterance | Fault]:
    """The rows of metadata files, then E_NO_TEXT for each recording beside that none names."""
    named: set[str] = set()
    for row in _read_parts(place, [name_part(path, place) for path in metadata]):
        if isinstance(row, Utterance):
            named.add(fold_name(os.path.normpath(row.audio)))
        yield row
    for path in metadata:
        for folder, names in walk_files(path.parent):
            for sound in (folder / name for name in names if is_sound(name)):
                if fold_name(os.path.normpath(sound)) not in named:
                    source = show_path(sound.relative_to(path.parent))
                    message = f"{source}: no transcript in {path.name}"
                    yield Fault("E_NO_TEXT", message, source=source)


def _is_metadata(path: Path) -> bool:
    if path.name not in METADATA or not path.is_file():
        return False
    if path.suffix == ".csv":
        return _FILE_NAME in read_heading(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES).decode("utf-8-sig", errors="ignore")
        line = next((line for line in head.splitlines() if line.strip()), "{}")
        return _FILE_NAME in parse_object(line)
    except (OSError, ValueError):
        return False


FORMAT = Format("hf_dataset", "Hugging Face data set", recognise_dataset, read_dataset, rank=15)
