"""A TSV or CSV file, or a folder with one for each split: train.tsv, dev.tsv, test.tsv."""

import os
from collections.abc import Iterator
from pathlib import Path

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import is_file, is_folder
from w2vctc.corpus.splits import SPLIT_NAMES
from w2vctc.corpus.tables import TABLE_SUFFIXES, is_table, read_table
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError


def recognise_table(place: Path) -> bool:
    """A table, also one with a fault; in a folder the split tables, or the only table."""
    if is_file(place):
        return place.suffix.lower() in TABLE_SUFFIXES
    return bool(_find_split_tables(place) or _find_only_table(place))


def read_tables(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The rows of a table, or of all split tables of a folder, train first."""
    del options
    if is_file(place):
        yield from read_table(place)
        return
    tables = _find_split_tables(place)
    only = _find_only_table(place)
    if not tables and only is None:
        raise DataError(
            f"{place}: no train.tsv or train.csv in this folder",
            hint="put a table with the columns path and text there as train.tsv",
            code="E_MISSING",
        )
    if only is not None and not tables:
        yield from read_table(only)
    for split, path in tables:
        try:
            yield from read_table(path, split=split)
        except (DataError, MachineError) as error:
            yield Fault.of_file(error, path.name)


def _find_split_tables(folder: Path) -> list[tuple[str, Path]]:
    """(split, path) of each table that is named after a split; .tsv wins over .csv."""
    found = []
    for split, names in SPLIT_NAMES.items():
        paths = (folder / f"{name}{suffix}" for name in names for suffix in TABLE_SUFFIXES)
        path = next(filter(os.path.exists, paths), None)
        if path is not None:
            found.append((split, path))
    return found


def _find_only_table(folder: Path) -> Path | None:
    if not is_folder(folder):
        return None
    found = sorted(path for path in folder.iterdir() if is_table(path))
    return found[0] if len(found) == 1 else None


FORMAT = Format("table", "TSV or CSV table", recognise_table, read_tables, rank=60)
