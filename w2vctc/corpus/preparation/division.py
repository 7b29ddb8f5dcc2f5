"""Checked rows made ready for a manifest: each with a split, an id and sound of its own."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from w2vctc.corpus.checks.duplicates import find_same_sound, tell_same_sound
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.splits import SPLITS, Division, SplitBy, split_rows
from w2vctc.corpus.utterance import Utterance

_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\0", "_"))


def divide_rows(
    rows: Sequence[Utterance],
    *,
    normalize: Callable[[str], str],
    keeps_own: bool,
    seed: int = 0,
    by: SplitBy = "auto",
    minutes: Mapping[str, float] | None = None,
) -> Division:
    """The measured rows with their splits; rows whose sound another split has are left out.

    With `keeps_own`, data that names dev keeps all its splits, and data that names test but not
    dev keeps test; rows without a split train. Else all rows are divided anew.
    """
    named = {row.split for row in rows} if keeps_own else set()
    if "dev" in named:
        divided = _keep_splits(rows, normalize)
    else:
        free = [row for row in rows if "test" not in named or row.split in ("", "train")]
        divided = split_rows(
            free,
            normalize=normalize,
            wanted=("dev",) if "test" in named else ("dev", "test"),
            seed=seed,
            by=by,
            minutes=minutes,
            weigh=lambda row: row.duration_s or 0.0,
        )
        others = [row for row in rows if "test" in named and row.split == "test"]
        divided = replace(divided, rows=(*divided.rows, *others))
    return _leave_out_leaks(divided)


def settle_ids(rows: Sequence[Utterance]) -> list[Utterance]:
    """The rows with ids that a table can hold and that differ within a split: `a`, `a-2`, ..."""
    taken: set[tuple[str, str]] = set()
    settled = []
    for row in rows:
        plain = row.id.translate(_BLANKS).encode("utf-8", "backslashreplace").decode("utf-8")
        plain = plain if plain.strip() else "row"
        name, number = plain, 1
        while (row.split, name) in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add((row.split, name))
        settled.append(row if name == row.id else replace(row, id=name))
    return settled


def _keep_splits(rows: Sequence[Utterance], normalize: Callable[[str], str]) -> Division:
    kept = tuple(row if row.split else replace(row, split="train") for row in rows)
    names = [split for split in SPLITS if any(row.split == split for row in kept)]
    note = f"kept the data's own splits {', '.join(names)}"
    shared = [
        (_count_shared(kept, [normalize(row.text) for row in kept]), "sentence"),
        (_count_shared(kept, [row.speaker for row in kept]), "speaker"),
    ]
    told = [f"{n:,} {what}{'s' if n > 1 else ''}" for n, what in shared if n]
    if told:
        note += f"; shared between them: {', '.join(told)} (--resplit divides all rows anew)"
    return Division(kept, (), note)


def _count_shared(rows: Sequence[Utterance], keys: Sequence[str]) -> int:
    sides: dict[str, set[str]] = defaultdict(set)
    for row, key in zip(rows, keys, strict=True):
        if key:
            sides[key].add(row.split)
    return sum(len(splits) > 1 for splits in sides.values())


def _leave_out_leaks(divided: Division) -> Division:
    """The same without the rows whose sound stands in another split too (E_LEAK)."""
    groups = [[divided.rows[index] for index in group] for group in find_same_sound(divided.rows)]
    told = [fault for group in groups for fault in tell_same_sound(group)]
    leaks: dict[int, Fault] = {id(fault.utterance): fault for fault in told if fault.is_error}
    return replace(
        divided,
        rows=tuple(row for row in divided.rows if id(row) not in leaks),
        left_out=(*divided.left_out, *leaks.values()),
    )
