"""A release folder of Common Voice: train.tsv, dev.tsv, test.tsv, validated.tsv beside clips/."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import is_file
from w2vctc.corpus.plain_text import read_rows
from w2vctc.corpus.splits import SPLITS
from w2vctc.corpus.tables import read_heading, read_table
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

CLIPS = "clips"
DURATIONS = "clip_durations.tsv"  # columns: clip, duration[ms]
_HEADING = {"client_id", "path", "sentence"}
_HEAD_BYTES = 1 << 16


def recognise_release(place: Path) -> bool:
    """A release folder, one below it (cv-corpus-1/ca), or one of a release's tables."""
    return _is_release_table(place) or bool(_find_releases(place))


def read_release(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The rows of train, dev and test; of validated.tsv, without a split, where those are empty.

    Other columns are kept, with duration_s of clip_durations.tsv. Raises DataError (E_MISSING,
    E_LANGUAGE where there are several releases, and what `read_table` raises of an only table).
    """
    del options
    release = place.parent if is_file(place) else _find_release(place)
    tables = [("", place)] if is_file(place) else _list_tables(release)
    durations: dict[str, str] = {}
    yield from _read_durations(release / DURATIONS, durations)
    for split, path in tables:
        try:
            for row in read_table(path, split=split, folder=release / CLIPS):
                yield _declare_duration(row, durations)
        except (DataError, MachineError) as error:
            if len(tables) == 1:
                raise
            yield Fault.of_file(error, path.name)


def _list_tables(release: Path) -> list[tuple[str, Path]]:
    """(split, path) of the tables to read. Small languages have a dev.tsv of a heading alone."""
    tables = [(split, release / f"{split}.tsv") for split in SPLITS]
    filled = [(split, path) for split, path in tables if _has_rows(path)]
    return filled or [("", release / "validated.tsv")]


def _has_rows(path: Path) -> bool:
    try:
        if not is_file(path):
            return False
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        return sum(bool(line.strip()) for line in head.splitlines()) > 1
    except OSError:
        return True  # reading it will say what is the matter


def _read_durations(path: Path, durations: dict[str, str]) -> Iterator[Fault]:
    """Fills `durations`, seconds by clip; the faults of a table that is there."""
    if not path.exists():
        return
    try:
        for row in read_rows(path, name=path.name):
            if isinstance(row, Fault):
                yield row
                continue
            source, line = row
            clip, _, milliseconds = line.partition("\t")
            if milliseconds.isascii() and milliseconds.isdigit():
                durations[clip] = f"{int(milliseconds) / 1000:g}"
            elif not source.endswith(":1"):
                message = f"{source}: {line[:80]!r} is no clip with its milliseconds"
                yield Fault("E_ROW", message, source=source)
    except (DataError, MachineError) as error:
        yield Fault.of_file(error, path.name)


def _declare_duration(row: Utterance | Fault, durations: Mapping[str, str]) -> Utterance | Fault:
    if isinstance(row, Fault) or row.audio.name not in durations:
        return row
    return replace(row, extra={**row.extra, "duration_s": durations[row.audio.name]})


def _find_release(place: Path) -> Path:
    releases = _find_releases(place)
    if len(releases) == 1:
        return releases[0]
    if not releases:
        raise DataError(
            f"{place}: no folder with {CLIPS}/ and train.tsv or validated.tsv",
            hint="give the language's folder of a Common Voice release, such as cv-corpus-17.0/ca",
            code="E_MISSING",
        )
    names = ", ".join(release.relative_to(place).as_posix() for release in releases)
    raise DataError(
        f"{place}: several languages ({names})",
        hint=f"give the folder of one, such as --data {releases[0]}",
        code="E_LANGUAGE",
    )


def _find_releases(place: Path) -> list[Path]:
    if _is_release(place):
        return [place]
    for pattern in (f"*/{CLIPS}", f"*/*/{CLIPS}"):
        try:
            found = sorted(path.parent for path in place.glob(pattern) if _is_release(path.parent))
        except OSError:
            continue
        if found:
            return found
    return []


def _is_release(folder: Path) -> bool:
    return any(_is_release_table(folder / f"{name}.tsv") for name in ("train", "validated", "test"))


def _is_release_table(path: Path) -> bool:
    if path.suffix != ".tsv" or not os.path.isdir(path.parent / CLIPS):  # noqa: PTH112
        return False
    return set(read_heading(path)) >= _HEADING


FORMAT = Format("common_voice", "Common Voice release", recognise_release, read_release, rank=20)
