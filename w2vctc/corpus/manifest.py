"""Manifests: the one writer of train.tsv, dev.tsv, test.tsv and rejected.tsv.

What is written is read again by `read_corpus` as the same utterances. Paths are relative to the
folder; recordings elsewhere are reached through one symbolic link in it, so that no manifest
climbs out of its folder and nothing is copied.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from w2vctc.corpus import columns as names
from w2vctc.corpus.checks.rows import render_rejected
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.plain_text import MAX_LINE_LENGTH
from w2vctc.corpus.preparation.source_link import HINT_CONVERT, SourceLink
from w2vctc.corpus.splits import SPLIT_NAMES, SPLITS
from w2vctc.corpus.tables import TABLE_SUFFIXES
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import UsageError
from w2vctc.files import machine_errors, staged_file

REJECTED_NAME = "rejected.tsv"
OWN_COLUMNS = ("id", "path", "start_s", "end_s", "text", "speaker", "duration_s")
_ALIASES = {  # an empty column of ours must be written where another would be taken for it
    "start_s": names.START_COLUMNS,
    "end_s": names.END_COLUMNS,
    "speaker": names.SPEAKER_COLUMNS,
    "duration_s": names.DURATION_COLUMNS,
}
_BLANKS = str.maketrans(dict.fromkeys("\t\n\r\0", " "))


@dataclass(frozen=True)
class SavedManifests:
    """What was written, and the rows that no manifest can hold."""

    folder: Path
    n_rows: Mapping[str, int]  # by split
    refused: tuple[Fault, ...]


def save_manifests(
    folder: Path,
    utterances: Iterable[Utterance],
    faults: Iterable[Fault] = (),
    *,
    place: Path,
    overwrite: bool = False,
) -> SavedManifests:
    """Writes a table for each split, and the errors among `faults` as rejected.tsv.

    `place` is the input that the rows were read from; it is never changed. All tables appear only
    when all are written. Texts are kept as they are, but for tabs and line ends. Rows whose path,
    id or text cannot stand in a table of UTF-8 are refused (E_NAME, E_CHAR, E_TOO_LONG_TEXT) and
    join the rejected ones. Raises UsageError as `check_target` does, and where no link can be
    made; MachineError.
    """
    check_target(folder, place=place, overwrite=overwrite)
    rows = list(utterances)
    assert all(row.split in SPLITS for row in rows), "rows are divided before they are saved"
    link = SourceLink.plan(folder, (row.audio for row in rows), place)
    refused = _refuse_rows(rows, link)
    gone = {id(fault.utterance) for fault in refused}
    rows = [row for row in rows if id(row) not in gone]
    rejected = [fault for fault in (*faults, *refused) if fault.is_error]
    columns = _choose_columns(rows)
    texts = {
        f"{split}.tsv": _render([row for row in rows if row.split == split], columns, link.names)
        for split in SPLITS
        if any(row.split == split for row in rows)
    }
    if rejected:
        texts[REJECTED_NAME] = render_rejected(rejected)
    with machine_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        link.make(overwrite=overwrite)
        _write_all(folder, texts)
    return SavedManifests(folder, Counter(row.split for row in rows), tuple(refused))


def refuse_rows(folder: Path, rows: Sequence[Utterance], *, place: Path) -> list[Fault]:
    """What keeps rows out of the tables of `folder`, told before anything is written.

    Codes and errors are those of `save_manifests`.
    """
    return _refuse_rows(rows, SourceLink.plan(folder, (row.audio for row in rows), place))


def check_target(folder: Path, *, place: Path, overwrite: bool) -> None:
    """Raises UsageError where writing to `folder` would change the input or lose manifests."""
    out = folder.resolve()
    root = (place if place.is_dir() else place.parent).resolve()
    if place.exists() and out == root:
        raise UsageError(
            f"{folder}: that is where the input is, which stays as it is",
            hint="give --out another folder",
        )
    if place.is_dir() and root in out.parents:
        raise UsageError(
            f"{folder}: lies inside of the input {place}, which stays as it is",
            hint="give --out a folder beside it",
        )
    if place.exists() and out in root.parents:
        raise UsageError(
            f"{folder}: holds the input {place}", hint="give --out a folder of its own"
        )
    ours = {f"{split}.tsv" for split in SPLITS}
    there = [
        f"{name}{suffix}"
        for split_names in SPLIT_NAMES.values()
        for name in split_names
        for suffix in TABLE_SUFFIXES
        if (folder / f"{name}{suffix}").exists()
    ]
    foreign = [name for name in there if name not in ours]
    if foreign:
        raise UsageError(
            f"{folder / foreign[0]}: a table that was not written here stands there",
            hint="give --out a new folder: it would be read together with what is written",
        )
    if there and not overwrite:
        raise UsageError(
            f"{folder / there[0]}: is there already",
            hint="give --out a new folder, or replace the manifests there with --overwrite",
        )


def _refuse_rows(rows: Sequence[Utterance], link: SourceLink) -> list[Fault]:
    return [fault for row in rows if (fault := _refuse(row, link.names[row.audio]))]


def _refuse(row: Utterance, path: str) -> Fault | None:
    """What keeps a row out of a table."""
    odd = next((cell for cell in (path, row.id) if not _can_stand(cell)), None)
    if odd is not None:
        shown = odd.encode("utf-8", "backslashreplace").decode("utf-8")
        message = f"{row.source}: {shown!r} cannot be written into a table: a tab, a line end, or"
        return Fault("E_NAME", f"{message} bytes that are not UTF-8", row, hint=HINT_CONVERT)
    if not _is_utf8(row.text):
        return Fault("E_CHAR", f"{row.source}: half a surrogate pair in the transcript", row)
    longest = max(map(len, (path, row.id, row.text, *row.extra.values())))
    if longest > MAX_LINE_LENGTH:
        return Fault("E_TOO_LONG_TEXT", f"{row.source}: a cell of {longest:,} characters", row)
    return None


def _can_stand(cell: str) -> bool:
    return bool(cell.strip()) and cell == cell.translate(_BLANKS) and _is_utf8(cell)


def _is_utf8(cell: str) -> bool:
    try:
        cell.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _choose_columns(rows: Sequence[Utterance]) -> tuple[list[str], dict[str, str]]:
    """The headings of ours that any row has use for, and the heading of each other column."""
    others = {
        name: heading
        for row in rows
        for name, value in row.extra.items()
        if value and (heading := _clean_heading(name)) not in ("", *OWN_COLUMNS)
    }
    filled = {"id", "path", "text"}
    filled |= {name for row in rows for name, cell in _own_cells(row, "").items() if cell}
    filled |= {name for name, aliases in _ALIASES.items() if set(aliases) & set(others.values())}
    return [name for name in OWN_COLUMNS if name in filled], others


def _render(
    rows: Sequence[Utterance],
    columns: tuple[list[str], Mapping[str, str]],
    paths: Mapping[Path, str],
) -> str:
    """The table of one split."""
    own, others = columns
    headings = [*own, *dict.fromkeys(others.values())]
    lines = ["\t".join(headings)]
    for row in rows:
        cells = {others[name]: cell for name, cell in row.extra.items() if name in others and cell}
        cells.update(_own_cells(row, paths[row.audio]))
        lines.append("\t".join(_flatten(cells.get(heading, "")) for heading in headings))
    return "\n".join(lines) + "\n"


def _own_cells(row: Utterance, path: str) -> dict[str, str]:
    is_piece = row.end_s is not None or row.start_s > 0
    # A start without an end goes to the end of the file, but with a duration it would not.
    is_open = is_piece and row.end_s is None
    declared = row.extra.get("duration_s", "")
    measured = declared if row.duration_s is None else f"{row.duration_s:.3f}"
    return {
        "id": row.id,
        "path": path,
        "start_s": repr(float(row.start_s)) if is_piece else "",
        "end_s": repr(float(row.end_s)) if row.end_s is not None else "",
        "text": row.text,
        "speaker": row.speaker,
        "duration_s": "" if is_open else measured,
    }


def _clean_heading(name: str) -> str:
    return names.clean_name(_flatten(name))


def _flatten(cell: str) -> str:
    return cell.translate(_BLANKS).encode("utf-8", "backslashreplace").decode("utf-8")


def _write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes all files under other names, then renames them: train.tsv, which is looked for, last.

    Tables of an earlier run that this one does not have go at that moment too.
    """
    stale = [
        folder / name
        for name in (*(f"{split}.tsv" for split in SPLITS), REJECTED_NAME)
        if name not in texts
    ]
    with ExitStack() as stack:
        for name in sorted(texts, key=("train.tsv", "dev.tsv", "test.tsv", REJECTED_NAME).index):
            staging = stack.enter_context(staged_file(folder / name))
            staging.write_text(
                texts[name], encoding="utf-8", errors="backslashreplace", newline="\n"
            )
        for path in stale:
            path.unlink(missing_ok=True)
