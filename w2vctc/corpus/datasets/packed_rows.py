"""Rows of a data set of Hugging Face: columns with a meaning, sound inside or beside."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from w2vctc.corpus.columns import PATH_COLUMNS, Columns, find_columns, make_utterance
from w2vctc.corpus.datasets.packed_sound import unpack_sound
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance

_PATH = "path"  # what the column of the sound is called inside of here
_SCALARS = (str, int, float, bool)


@dataclass(frozen=True)
class PackedColumns:
    """Which columns are read, and what they mean."""

    names: tuple[str, ...]  # to read from the data
    sound: str  # the column with {"bytes", "path"}; "" where paths stand in a column of text
    columns: Columns


def find_packed_columns(
    names: Sequence[str], sounds: Sequence[str], *, where: str
) -> PackedColumns:
    """The meaning of a data set's columns; `sounds` are those of the kind Audio.

    The column of the sound is the recording whatever its name; with several of them, one whose
    name says so. Ids are not taken over: they often are those of sentences. Raises DataError
    E_COLUMNS.
    """
    usual = [name for name in PATH_COLUMNS if name in sounds]
    sound = next(iter([*usual, *sounds]), "")
    plain = [name for name in names if name not in sounds]
    if sound:
        plain = [name for name in plain if name not in PATH_COLUMNS]
    columns = find_columns([_PATH, *plain] if sound else plain, where=where)
    read = (sound, *plain) if sound else tuple(plain)
    return PackedColumns(read, sound, replace(columns, id=""))


def read_packed_rows(
    records: Iterable[Mapping[str, Any]],
    packed: PackedColumns,
    *,
    folder: Path,
    name: str,
    split: str,
) -> Iterator[Utterance | Fault]:
    """A row or fault per record; `name` begins the sources, "train-00000-of-00001.parquet:17".

    Sound inside of a record goes into the cache. W_CACHE tells of a damaged file there.
    """
    for number, record in enumerate(records, start=1):
        source = f"{name}:{number}"
        sound = record.get(packed.sound) if packed.sound else None
        data, path = _open_sound(sound)
        cells = {key: _show(record.get(key)) for key in packed.names if key != packed.sound}
        if packed.sound:
            cells[_PATH] = path or (source if data is not None else "")
        if data is None:
            yield make_utterance(cells, packed.columns, folder=folder, source=source, split=split)
            continue
        row = make_utterance(cells, packed.columns, folder=folder, source=source, split=split)
        if isinstance(row, Fault):
            yield row
            continue
        audio, was_damaged = unpack_sound(data)
        extra = {**row.extra, "packed_name": path} if path else row.extra
        # names inside of a data set repeat: an id is where the row stands
        row = replace(row, id=source, audio=audio, extra=extra)
        if was_damaged:
            message = f"{source}: its file in the cache was damaged and is written anew"
            yield Fault("W_CACHE", message, row)
        yield row


def _open_sound(sound: Any) -> tuple[bytes | None, str]:
    """(bytes or None, path or "") of a value of the kind Audio."""
    if not isinstance(sound, Mapping):
        return None, ""
    data, path = sound.get("bytes"), sound.get("path")
    return data if isinstance(data, bytes) else None, path if isinstance(path, str) else ""


def _show(value: Any) -> str:
    """A cell as text; lists and the like are left empty."""
    if not isinstance(value, _SCALARS) or (isinstance(value, float) and math.isnan(value)):
        return ""
    return str(value)
