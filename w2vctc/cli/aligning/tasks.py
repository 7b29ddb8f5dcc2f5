"""What `w2vctc align` is asked for: recordings, or pieces of them, and the lines said in each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from w2vctc.cli.rows import refuse_fatal
from w2vctc.cli.screen import say
from w2vctc.corpus.checks.rows import CheckedRows, refuse_faults
from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.plain_text import read_text
from w2vctc.corpus.readers.sidecar import TEXT_SUFFIXES
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError, UsageError


@dataclass(frozen=True)
class Task:
    """A stretch of a recording and the lines that are said in it; `text` names them in messages."""

    row: Utterance
    lines: tuple[str, ...]
    text: str


def find_tasks(places: Sequence[Path], options: ReadOptions) -> list[Task]:
    """A recording and its text, or the rows of a folder or manifest, by recording and time.

    Raises UsageError, DataError as `read_corpus` and `read_text` do, E_EMPTY_TEXT.
    """
    if len(places) == 1:
        return _read_rows(places[0], options)
    if len(places) > 2:
        raise UsageError(
            f"{len(places)} paths: one recording and its text, or one folder or manifest",
            hint="put each text beside its recording, under the same name, and name the folder",
        )
    recording, text = places
    lines = _split_lines(read_text(text))
    if not lines:
        raise DataError(f"{text}: no text", hint="name the recording's text", code="E_EMPTY_TEXT")
    row = Utterance(recording.stem, recording, "\n".join(lines), source=str(recording))
    return [Task(row, lines, str(text))]


def _read_rows(place: Path, options: ReadOptions) -> list[Task]:
    corpus = read_corpus(place, options)
    refuse_fatal(corpus)
    for fault in corpus.errors:
        say(f"left out {fault.message} [{fault.code}]")
    if not corpus.utterances:
        refuse_faults(CheckedRows((), corpus.errors), hint="mend those rows")
    rows = sorted(corpus.utterances, key=lambda row: (str(row.audio), row.start_s))
    return [Task(row, _lines_of(row, place), row.source) for row in rows]


def _lines_of(row: Utterance, place: Path) -> tuple[str, ...]:
    """The lines of a row's text; where it came from a text file those of that file.

    A corpus is read with one line for each text, but here lines become passages.
    """
    lines = _split_lines(row.text)
    if not row.source.endswith(TEXT_SUFFIXES):
        return lines
    try:
        own = _split_lines(read_text(place / row.source))
    except (DataError, MachineError):  # a name that is not shown as it is
        return lines
    return own if " ".join(own) == row.text else lines


def _split_lines(text: str) -> tuple[str, ...]:
    lines = (line.strip() for line in text.split("\n"))
    return tuple(line for line in lines if line)
