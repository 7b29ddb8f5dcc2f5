"""Everything that a folder, a file or a data set of the hub holds, whatever its format."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from w2vctc.cache import cache_folder
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions, find_format
from w2vctc.corpus.paths import find_spelling, forget_folders, is_folder, lies_inside
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError


@dataclass(frozen=True)
class Corpus:
    """The rows of one place in their order there, and what is wrong with the others."""

    place: Path
    format: Format
    utterances: tuple[Utterance, ...]
    faults: tuple[Fault, ...] = ()  # E_: not among the utterances; W_: among them
    note: str = ""  # what was decided for the person, such as how splits were made

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that the data itself names, in the order train, dev, test."""
        named = {row.split for row in self.utterances}
        return tuple(split for split in ("train", "dev", "test") if split in named)

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that kept rows out."""
        return tuple(fault for fault in self.faults if fault.is_error)

    def rows(self, split: str) -> list[Utterance]:
        """The utterances of one split."""
        return [row for row in self.utterances if row.split == split]


def read_corpus(place: Path, options: ReadOptions | None = None) -> Corpus:
    """What `place` holds, in the format that it is recognised as or that `options` names.

    No sound is opened. Rows that cannot be used for their id or path become faults: E_DUP_ID,
    E_OUTSIDE, and those of the format's reader. Raises UsageError, DataError (E_MISSING,
    E_FORMAT, E_EMPTY_MANIFEST, and the reader's own where nothing at all can be read).
    """
    options = options or ReadOptions()
    forget_folders()  # a cleaned folder may be read again in the same run
    found = find_format(place, options.format)
    utterances: list[Utterance] = []
    faults: list[Fault] = []
    for row in _refuse_twins(_settle_paths(found.read(place, options), place, options)):
        if isinstance(row, Fault):
            faults.append(row)
        else:
            utterances.append(row)
    if not utterances and not faults:
        raise DataError(
            f"{place}: no rows in what was read as: {found.title}",
            hint="one recording per row; or name another format with --format",
            code="E_EMPTY_MANIFEST",
        )
    return Corpus(place, found, tuple(utterances), tuple(faults))


def _settle_paths(
    rows: Iterable[Utterance | Fault], place: Path, options: ReadOptions
) -> Iterator[Utterance | Fault]:
    """The rows with paths of files that are there; what lies outside becomes E_OUTSIDE."""
    roots = [(place if is_folder(place) else place.parent).absolute(), cache_folder()]
    settled: dict[str, Path] = {}
    for row in rows:
        if isinstance(row, Fault):
            yield row
            continue
        if not options.allow_outside and not lies_inside(row.audio, roots):
            yield Fault(
                "E_OUTSIDE",
                f"{row.source}: {row.audio} lies outside of {roots[0]}"
                " (--allow-outside permits it)",
                row,
            )
            continue
        plain = os.fspath(row.audio)
        if plain not in settled:
            there = row.audio if os.path.lexists(plain) else find_spelling(row.audio)
            settled[plain] = there or row.audio
        audio = settled[plain]
        if audio is not row.audio and audio != row.audio:
            yield Fault(
                "W_NAME", f"{row.source}: {row.audio.name!r} is {audio.name!r} on the disk", row
            )
            row = replace(row, audio=audio)  # noqa: PLW2901
        yield row


def _refuse_twins(rows: Iterable[Utterance | Fault]) -> Iterator[Utterance | Fault]:
    """The rows; one whose id its split already has becomes E_DUP_ID, naming both places."""
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        if isinstance(row, Utterance):
            key = (row.split, row.id)
            if key in seen:
                message = f"{row.source}: the id {row.id!r} stands in {seen[key]} already"
                yield Fault("E_DUP_ID", message, row)
                continue
            seen[key] = row.source
        yield row
