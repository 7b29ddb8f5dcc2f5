"""Which rows of a manifest can be trained on, and why the others cannot."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.tables import write_rows
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE, probe_audio
from w2vctc.text.findings import MAX_TEXT_LENGTH
from w2vctc.text.normalize import find_reserved

MAX_DURATION_S = 30.0  # longer clips cost quadratic attention memory
_PROBE_THREADS = 8
_SHOWN = 5


@dataclass(frozen=True)
class CheckedRows:
    """The rows that can be used, with normalized text and measured duration, and the faults."""

    kept: tuple[Utterance, ...]
    faults: tuple[Fault, ...]

    @property
    def kept_s(self) -> float:
        return sum(utterance.duration_s or 0.0 for utterance in self.kept)

    @property
    def rejected_s(self) -> float:
        rejected = (fault.utterance for fault in self.faults if fault.utterance is not None)
        return sum(row.duration_s or 0.0 for row in rejected)

    def with_faults(self, faults: Iterable[Fault]) -> "CheckedRows":
        """The same with what was wrong before: rows that could not even be read."""
        return replace(self, faults=(*faults, *self.faults))


def measure_durations(
    utterances: Sequence[Utterance],
) -> list[Utterance | Fault]:
    """Each utterance with `duration_s` from its file's header, or what is wrong with the file.

    Files of floating-point samples are read to the end, all others only as far as the header.
    """
    with ThreadPoolExecutor(_PROBE_THREADS) as pool:
        return list(pool.map(_measure, utterances))


def check_rows(
    utterances: Sequence[Utterance],
    *,
    normalize: Callable[[str], str],
    encode: Callable[[str], Sequence[int]],
    count_frames: Callable[[int], int],
    max_duration_s: float = MAX_DURATION_S,
) -> CheckedRows:
    """Sorts rows into those that CTC training can use and those that it cannot.

    `encode` gives a normalized text's label ids, `count_frames` the encoder frames of a number of
    16 kHz samples. Reason codes: those of `load_audio`, E_RESERVED, E_EMPTY_TEXT,
    E_TOO_LONG_TEXT, E_TOO_SHORT, E_TOO_LONG, E_INFEASIBLE.
    """

    def find_fault(row: Utterance, text: str) -> tuple[str, str] | None:
        return _find_text_fault(row, text) or _find_length_fault(
            row, encode(text), count_frames, max_duration_s
        )

    return _sort_rows(utterances, normalize, find_fault)


def check_references(
    utterances: Sequence[Utterance], *, normalize: Callable[[str], str]
) -> CheckedRows:
    """Sorts rows into those that can be scored against and those that cannot.

    An empty transcript can: whatever is heard there counts as inserted.
    """
    return _sort_rows(utterances, normalize, lambda row, _: _find_reserved_fault(row))


def _sort_rows(
    utterances: Sequence[Utterance],
    normalize: Callable[[str], str],
    find_fault: Callable[[Utterance, str], tuple[str, str] | None],
) -> CheckedRows:
    kept: list[Utterance] = []
    faults: list[Fault] = []
    for row in measure_durations(utterances):
        if isinstance(row, Fault):
            faults.append(row)
            continue
        text = normalize(row.text)
        fault = find_fault(row, text)
        if fault:
            faults.append(Fault(*fault, row))
        else:
            kept.append(replace(row, text=text))
    return CheckedRows(tuple(kept), tuple(faults))


def refuse_faults(checked: CheckedRows, *, hint: str) -> None:
    """Raises one DataError that counts the faults by reason and shows the first ones.

    Missing files are all listed: they are looked for elsewhere, with the list in hand.
    """
    if not checked.faults:
        return
    counts = Counter(fault.code for fault in checked.faults)
    summary = ", ".join(f"{code} {count}" for code, count in counts.most_common())
    listed = [
        fault
        for number, fault in enumerate(checked.faults)
        if number < _SHOWN or fault.code == "E_MISSING"
    ]
    shown = "".join(f"\n  {fault.message} [{fault.code}]" for fault in listed)
    more = len(checked.faults) - len(listed)
    tail = f"\n  and {more} more" if more else ""
    total = len(checked.kept) + len(checked.faults)
    raise DataError(
        f"{len(checked.faults)} of {total} rows cannot be used ({summary}):{shown}{tail}",
        hint=hint,
        code=counts.most_common(1)[0][0],
    )


def render_rejected(faults: Iterable[Fault]) -> str:
    """The text of rejected.tsv: one row and one reason code per fault."""
    rows = [("source", "id", "code", "message", "text")]
    for fault in faults:
        row = fault.utterance
        own = (row.id, row.text) if row is not None else ("", "")
        rows.append((fault.source, own[0], fault.code, fault.message, own[1]))
    return write_rows(rows)


def count_needed_frames(labels: Sequence[int]) -> int:
    """The frames that CTC needs: one per label, and a blank between two equal neighbours."""
    return len(labels) + sum(left == right for left, right in pairwise(labels))


def _measure(utterance: Utterance) -> Utterance | Fault:
    try:
        info = probe_audio(utterance.audio)
        if info.is_float:
            utterance.load()  # only these can hold what is no number, and no header tells
    except DataError as error:
        return Fault(error.code, f"{utterance.source}: {error.message}", utterance, hint=error.hint)
    end_s = info.duration_s if utterance.end_s is None else min(utterance.end_s, info.duration_s)
    return replace(utterance, duration_s=max(end_s - utterance.start_s, 0.0))


def _find_reserved_fault(row: Utterance) -> tuple[str, str] | None:
    reserved = find_reserved(row.text)
    if reserved:
        return "E_RESERVED", f"{row.source}: the transcript holds the literal {reserved[0]!r}"
    return None


def _find_text_fault(row: Utterance, text: str) -> tuple[str, str] | None:
    if reserved := _find_reserved_fault(row):
        return reserved
    if not text:
        return "E_EMPTY_TEXT", f"{row.source}: nothing is left of the transcript {row.text!r}"
    if len(text) > MAX_TEXT_LENGTH:
        return "E_TOO_LONG_TEXT", f"{row.source}: a transcript of {len(text):,} characters"
    return None


def _find_length_fault(
    row: Utterance,
    labels: Sequence[int],
    count_frames: Callable[[int], int],
    max_duration_s: float,
) -> tuple[str, str] | None:
    duration_s = row.duration_s or 0.0
    frames = count_frames(round(duration_s * SAMPLE_RATE))
    needed = count_needed_frames(labels)
    if frames < 1:
        return "E_TOO_SHORT", f"{row.source}: {duration_s:.3f} s is shorter than one encoder frame"
    if duration_s > max_duration_s:
        return (
            "E_TOO_LONG",
            f"{row.source}: {duration_s:.2f} s is over the limit of {max_duration_s:g} s",
        )
    if frames < needed:
        return (
            "E_INFEASIBLE",
            f"{row.source}: the transcript needs {needed} frames, its {duration_s:.2f} s of sound"
            f" give {frames}",
        )
    return None
