"""The files of a data set of Hugging Face on disk, each with the split that it belongs to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w2vctc.corpus.annotation.recordings import find_files, has_files
from w2vctc.corpus.datasets.arrow_files import damaged
from w2vctc.corpus.plain_text import read_text
from w2vctc.corpus.splits import name_split
from w2vctc.corpus.tree import show_path
from w2vctc.errors import DataError

PARQUET = (".parquet",)
_TABLES = (".tsv", ".csv", ".jsonl")
METADATA = ("metadata.csv", "metadata.jsonl")  # of an audiofolder


@dataclass(frozen=True)
class Part:
    """One file of a data set, in the split that its name or folder says."""

    path: Path
    split: str
    named: str  # what the split is called there


def is_saved(place: Path) -> bool:
    """Whether a folder is one of `save_to_disk`."""
    own = ("state.json", "dataset_info.json")
    return (place / "dataset_dict.json").is_file() or all((place / it).is_file() for it in own)


def list_saved(place: Path) -> list[Part]:
    """The Arrow files of a folder of `save_to_disk`. Raises DataError E_DATASET."""
    if not (place / "dataset_dict.json").is_file():
        return _list_arrow(place, str(_read_json(place / "state.json").get("_split") or ""))
    where = place / "dataset_dict.json"
    names = _read_json(where).get("splits")
    if not isinstance(names, list) or not all(map(_is_plain_name, names)):
        raise damaged(where, "it does not name the splits")
    return [part for name in names for part in _list_arrow(place / name, name)]


def _list_arrow(folder: Path, named: str) -> list[Part]:
    files = _list_data_files(folder, _read_json(folder / "state.json"))
    return [Part(path, name_split(named), named) for path in files]


def _is_plain_name(name: Any) -> bool:
    """Whether a name that somebody wrote stays in its folder."""
    return isinstance(name, str) and Path(name).name == name != ".." and "\0" not in name


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise damaged(path, "no JSON") from error
    if not isinstance(found, dict):
        raise damaged(path, "no JSON object")
    return found


def list_parquet(place: Path) -> list[Part]:
    """The Parquet files of one configuration. Raises DataError E_CONFIG, E_MISSING."""
    paths = list(find_files(place, PARQUET))
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
    return [name_part(path, place) for path in paths]


def holds_parquet(place: Path) -> bool:
    """Whether a folder has Parquet files below and no table of its own that names a split."""
    beside = {path for path in place.iterdir() if path.suffix.lower() in _TABLES}
    return not any(name_split(path.stem) for path in beside) and has_files(place, PARQUET)


def _configuration(path: Path, place: Path) -> Path:
    """The folder of a file below `place`, without the folder of its split."""
    folder = path.parent.relative_to(place) if place.is_dir() else Path()
    return folder.parent if name_split(folder.name) else folder


def name_part(path: Path, place: Path) -> Part:
    """A file with its split: by its own name (train-00000-of-00003), else by its folder's."""
    if place.is_file():
        own = path.stem.replace(".", "-")
        return Part(path, name_split(own), path.name)
    folder = path.parent.name if path.parent != place else ""
    stem = path.stem.replace(".", "-").split("-")[0]
    named = folder if name_split(folder) or path.name in METADATA or stem.isdigit() else stem
    return Part(path, name_split(named), named)


def _list_data_files(folder: Path, state: Any) -> list[Path]:
    """The Arrow files that a saved data set's state.json names. Raises DataError E_DATASET."""
    where = folder / "state.json"
    try:
        names = [entry["filename"] for entry in state["_data_files"]]
    except (LookupError, TypeError) as error:
        raise damaged(where, "it does not name the data's files") from error
    for name in names:
        if not _is_plain_name(name):
            raise damaged(where, f"{name!r} is no name of a file beside it")
    return [folder / name for name in names]
