"""Data sets of Hugging Face: saved to disk, as Parquet files, as an audiofolder, or on the hub.

Sound is never decoded here. What is packed inside of tables goes into the cache, once.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from w2vctc.corpus.arrow_files import damaged, list_data_files, read_records, read_schema
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.hub import HubId, iterate_stream, list_columns, open_hub, read_hub_id
from w2vctc.corpus.packed_rows import find_packed_columns, read_packed_rows
from w2vctc.corpus.plain_text import read_text
from w2vctc.corpus.readers.jsonl import parse_object, read_jsonl
from w2vctc.corpus.recordings import find_files, has_files
from w2vctc.corpus.splits import name_split
from w2vctc.corpus.tables import read_heading, read_table
from w2vctc.corpus.tree import show_path
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

_PARQUET = (".parquet",)
_METADATA = ("metadata.csv", "metadata.jsonl")
_FILE_NAME = "file_name"  # the column that makes metadata.csv one of an audiofolder
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True)
class _Part:
    """One file of a data set, in the split that its name or folder says."""

    path: Path
    split: str
    named: str  # what the split is called there


def recognise_dataset(place: Path) -> bool:
    """A saved data set, a folder of Parquet files, an audiofolder, or a name on the hub."""
    try:
        if place.is_file():
            return place.suffix.lower() in _PARQUET or _is_metadata(place)
        if not place.is_dir():
            return read_hub_id(place) is not None
        return _is_saved(place) or bool(_find_metadata(place)) or has_files(place, _PARQUET)
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
    elif _is_saved(place):
        yield from _read_parts(place, _list_saved(place))
    elif metadata := [place] if _is_metadata(place) else _find_metadata(place):
        yield from _read_parts(place, [_name_part(path, place) for path in metadata])
    else:
        yield from _read_parts(place, _list_parquet(place))


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


def _read_parts(place: Path, parts: Sequence[_Part]) -> Iterator[Utterance | Fault]:
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


def _read_part(part: _Part, root: Path) -> Iterator[Utterance | Fault]:
    suffix = part.path.suffix.lower()
    if part.path.name in _METADATA:
        is_csv = suffix == ".csv"
        rows = read_table(part.path) if is_csv else read_jsonl(part.path, ReadOptions())
        yield from (_place_row(row, part, root) for row in rows)
    else:
        schema = read_schema(part.path)
        sounds = [field.name for field in schema if _holds_sound(field)]
        columns = find_packed_columns(schema.names, sounds, where=str(part.path))
        yield from read_packed_rows(
            read_records(part.path, columns.names),
            columns,
            folder=root,
            name=show_path(part.path.relative_to(root)),
            split=part.split,
        )


def _place_row(row: Utterance | Fault, part: _Part, root: Path) -> Utterance | Fault:
    """A row of metadata in its split: that of its folder, or of the folder that its path names."""
    if isinstance(row, Fault):
        return row
    folder, split = part.path.parent, part.split
    if not split and row.audio.is_relative_to(folder):
        own = row.audio.relative_to(folder).parts
        split = name_split(own[0]) if len(own) > 1 else ""
    source = f"{show_path(folder.relative_to(root))}/{row.source}".removeprefix("./")
    return replace(row, split=split, source=source)


def _holds_sound(field: Any) -> bool:
    """Whether an Arrow column is of the kind Audio: a struct of bytes and path."""
    from pyarrow import types

    return types.is_struct(field.type) and {"bytes", "path"} <= {part.name for part in field.type}


def _tell_left_out(name: str, splits: dict[str, str]) -> Iterator[Fault]:
    """W_SPLIT for each split that is none of ours, where others are: most repeat their rows."""
    if any(splits.values()):
        for named in sorted(named for named, split in splits.items() if not split):
            source = f"{name}:{named}"
            yield Fault("W_SPLIT", f"{source}: a split of another kind, left out", source=source)


# --- saved with save_to_disk


def _is_saved(place: Path) -> bool:
    return (place / "dataset_dict.json").is_file() or (place / "state.json").is_file()


def _list_saved(place: Path) -> list[_Part]:
    if not (place / "dataset_dict.json").is_file():
        return _list_arrow(place, str(_read_json(place / "state.json").get("_split") or ""))
    where = place / "dataset_dict.json"
    names = _read_json(where).get("splits")
    if not isinstance(names, list) or not all(
        isinstance(name, str) and Path(name).name == name for name in names
    ):
        raise damaged(where, "it does not name the splits")
    return [part for name in names for part in _list_arrow(place / name, name)]


def _list_arrow(folder: Path, named: str) -> list[_Part]:
    files = list_data_files(folder, _read_json(folder / "state.json"))
    return [_Part(path, name_split(named), named) for path in files]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise damaged(path, "no JSON") from error
    if not isinstance(found, dict):
        raise damaged(path, "no JSON object")
    return found


# --- Parquet, as the hub's repositories have it


def _list_parquet(place: Path) -> list[_Part]:
    """The Parquet files of one configuration. Raises DataError E_CONFIG, E_MISSING."""
    paths = list(find_files(place, _PARQUET))
    if not paths:
        raise DataError(
            f"{place}: no data set of Hugging Face here",
            hint="give a folder of save_to_disk, of Parquet files, or with a metadata.csv",
            code="E_MISSING",
        )
    folders = {_configuration(path, place) for path in paths}
    if len(folders) > 1:
        shown = ", ".join(sorted(show_path(folder) for folder in folders))
        raise DataError(
            f"{place}: several data sets: {shown}",
            hint=f"name one of them: --data {place / min(folders)}",
            code="E_CONFIG",
        )
    return [_name_part(path, place) for path in paths]


def _configuration(path: Path, place: Path) -> Path:
    """The folder of a file below `place`, without the folder of its split."""
    folder = path.parent.relative_to(place) if place.is_dir() else Path()
    return folder.parent if name_split(folder.name) else folder


def _name_part(path: Path, place: Path) -> _Part:
    """A file with its split: by its own name (train-00000-of-00003), else by its folder's."""
    if place.is_file():
        own = path.stem.replace(".", "-")
        return _Part(path, name_split(own), path.name)
    folder = path.parent.name if path.parent != place else ""
    stem = path.stem.replace(".", "-").split("-")[0]
    named = folder if name_split(folder) or path.name in _METADATA or stem.isdigit() else stem
    return _Part(path, name_split(named), named)


# --- audiofolder


def _find_metadata(place: Path) -> list[Path]:
    """metadata.csv or .jsonl with file_name, of the folder itself or of its splits' folders."""
    own = [place / name for name in _METADATA]
    if found := next(filter(_is_metadata, own), None):
        return [found]
    try:
        folders = [path for path in sorted(place.iterdir()) if name_split(path.name)]
    except OSError:  # a single file, or a folder that may not be listed
        return []
    found_in = (
        next(filter(_is_metadata, (folder / name for name in _METADATA)), None)
        for folder in folders
    )
    return [path for path in found_in if path is not None]


def _is_metadata(path: Path) -> bool:
    if path.name not in _METADATA or not path.is_file():
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
