"""The column names that tables of speech have, and an utterance made of a row."""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from w2vctc.config import suggest
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

PATH_COLUMNS = ("path", "file", "file_name", "audio", "wav", "audio_filepath", "filename")
TEXT_COLUMNS = ("text", "sentence", "transcript", "transcription")
SPEAKER_COLUMNS = ("speaker", "speaker_id", "client_id")
ID_COLUMNS = ("id", "utt_id", "utterance_id")
START_COLUMNS = ("start_s", "start", "offset")  # seconds
END_COLUMNS = ("end_s", "end")  # seconds
DURATION_COLUMNS = ("duration_s", "duration")  # seconds, as somebody declared them


@dataclass(frozen=True)
class Columns:
    """Which of a table's columns mean what; "" where it has none."""

    path: str
    text: str
    speaker: str = ""
    id: str = ""
    start: str = ""
    end: str = ""
    duration: str = ""


def find_columns(names: Sequence[str], *, where: str) -> Columns:
    """The meaning of the columns called `names`. Raises DataError E_COLUMNS, naming what is near.

    `where` begins the message: the table's path.
    """
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice:
        raise DataError(
            f"{where}: two columns are called {twice!r}",
            hint="rename one of them",
            code="E_COLUMNS",
        )
    return Columns(
        path=_require(names, PATH_COLUMNS, "the recording's path", where),
        text=_require(names, TEXT_COLUMNS, "the transcript", where),
        speaker=_first(names, SPEAKER_COLUMNS),
        id=_first(names, ID_COLUMNS),
        start=_first(names, START_COLUMNS),
        end=_first(names, END_COLUMNS),
        duration=_first(names, DURATION_COLUMNS),
    )


def has_columns(names: Sequence[str]) -> bool:
    """Whether a table with these columns says where the sound is and what was said."""
    return bool(_first(names, PATH_COLUMNS) and _first(names, TEXT_COLUMNS))


def clean_name(name: str) -> str:
    """A heading as it is looked up: NFC, without spaces around."""
    return unicodedata.normalize("NFC", name.strip())


def make_utterance(
    row: Mapping[str, str], columns: Columns, *, folder: Path, source: str, split: str = ""
) -> Utterance | Fault:
    """The utterance of one row, its audio path relative to `folder`; E_ROW where it cannot be.

    A start with a duration gives a piece of a longer recording; a duration without a start is
    what somebody declared of the whole file and stays among the other columns.
    """
    audio = row[columns.path]
    if not audio.strip():
        return Fault("E_ROW", f"{source}: no path in the column {columns.path!r}", source=source)
    try:
        start_s = read_seconds(row, columns.start) or 0.0
        end_s = read_seconds(row, columns.end)
        duration_s = read_seconds(row, columns.duration)
    except ValueError as error:
        return Fault("E_ROW", f"{source}: {error}", source=source)
    is_piece = columns.start and row[columns.start].strip()
    if end_s is None and is_piece and duration_s is not None:
        end_s = start_s + duration_s
    if end_s is not None and end_s <= start_s:
        message = f"{source}: ends at {end_s:g} s, before it begins at {start_s:g} s"
        return Fault("E_ROW", message, source=source)
    used = {columns.path, columns.text, columns.speaker, columns.id, columns.start, columns.end}
    own_id = row[columns.id] if columns.id else ""
    piece = f":{start_s:.3f}-{end_s:.3f}" if end_s is not None else ""
    return Utterance(
        id=own_id or audio + piece,
        audio=folder / audio,
        text=row[columns.text],
        start_s=start_s,
        end_s=end_s,
        speaker=row[columns.speaker] if columns.speaker else "",
        split=split,
        source=source,
        extra={name: value for name, value in row.items() if name not in used},
    )


def read_seconds(row: Mapping[str, str], column: str) -> float | None:
    """The seconds in a cell; None where it is empty. Raises ValueError that shows the value."""
    value = row.get(column, "").strip() if column else ""
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"{column} is {value!r}, which is no time in seconds")
    return seconds


def _require(names: Sequence[str], wanted: Sequence[str], what: str, where: str) -> str:
    found = _first(names, wanted)
    if found:
        return found
    near = next((hint for name in names if (hint := suggest(name, wanted))), "")
    raise DataError(
        f"{where}: no column for {what}; the columns are {', '.join(names)}{near}",
        hint=f"name that column one of: {', '.join(wanted)}",
        code="E_COLUMNS",
    )


def _first(names: Sequence[str], wanted: Sequence[str]) -> str:
    return next((name for name in wanted if name in names), "")
