"""What `check --fix` writes: the usable rows, and a list of the others."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from w2vctc.errors import UsageError

if TYPE_CHECKING:
    from w2vctc.corpus.checks.result import CheckResult
    from w2vctc.corpus.corpus import Corpus
    from w2vctc.corpus.fault import Fault
    from w2vctc.corpus.manifest import SavedManifests
    from w2vctc.corpus.splits import Division
    from w2vctc.corpus.utterance import Utterance


def refuse_target(folder: Path, *, place: Path) -> None:
    """Raises UsageError where writing to `folder` would change the input or replace a file."""
    from w2vctc.corpus.manifest import REJECTED_NAME, check_target

    try:
        check_target(folder, place=place, overwrite=False)
    except UsageError as error:
        raise UsageError(error.message, hint="give --fix a new folder beside the data") from error
    if (folder / REJECTED_NAME).exists():
        raise UsageError(
            f"{folder / REJECTED_NAME}: is there already",
            hint="give --fix a new folder beside the data",
        )


def divide_usable(
    corpus: "Corpus", result: "CheckResult", normalize: Callable[[str], str]
) -> "Division":
    """The usable rows, each in the split where training would put it, and those left out for it.

    Data that names its dev rows stays as it is.
    """
    from w2vctc.cli.rows import ensure_splits
    from w2vctc.corpus.splits import Division

    divided = ensure_splits(replace(corpus, faults=()), normalize)
    places = {_key(row): row.split for row in divided.utterances}
    usable = [row.utterance for row in result.usable]
    rows = (
        replace(row, split=places[_key(row)] or "train") for row in usable if _key(row) in places
    )
    return Division(tuple(rows), divided.faults, divided.note)


def save_usable(
    folder: Path, rows: Iterable["Utterance"], faults: Iterable["Fault"], *, place: Path
) -> "SavedManifests":
    """Writes train.tsv, dev.tsv, test.tsv of the rows and rejected.tsv of the errors.

    Where the division put the same sound on two sides, one side loses it.
    """
    from w2vctc.corpus.checks.duplicates import find_same_sound, tell_same_sound
    from w2vctc.corpus.manifest import save_manifests

    rows = list(rows)
    groups = [[rows[index] for index in group] for group in find_same_sound(rows)]
    told = [fault for group in groups for fault in tell_same_sound(group)]
    leaks = {_key(one.utterance): one for one in told if one.is_error and one.utterance}
    kept = [row for row in rows if _key(row) not in leaks]
    return save_manifests(folder, kept, [*_one_each(faults), *leaks.values()], place=place)


def _one_each(faults: Iterable["Fault"]) -> list["Fault"]:
    """The first error of each row: rejected.tsv gives one reason for one row."""
    first: dict[object, Fault] = {}
    for number, fault in enumerate(faults):
        if fault.is_error:
            first.setdefault(_key(fault.utterance) if fault.utterance else number, fault)
    return list(first.values())


def _key(row: "Utterance") -> tuple[str, str]:
    """What tells rows apart however they are divided."""
    return row.id, row.source
