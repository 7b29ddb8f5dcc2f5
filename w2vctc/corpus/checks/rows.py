"""Which rows can be trained on or scored, and why the others cannot: the one place that decides."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import eq

from w2vctc.corpus.checks.durations import MeasuredRow, Progress, measure_rows
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.tables import write_rows
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE
from w2vctc.text.findings import MAX_TEXT_LENGTH, TextFinding, find_text_faults
from w2vctc.text.normalize import find_reserved
from w2vctc.text.profile import LanguageProfile
from w2vctc.words import numbered

MAX_DURATION_S = 30.0  # longer clips cost quadratic attention memory
_SHOWN = 5


@dataclass(frozen=True)
class CheckedRows:
    """The rows that can be used, with normalized text and measured duration, and the faults."""

    kept: tuple[Utterance, ...]
    faults: tuple[Fault, ...]  # errors alone, one for each row that is not kept

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


@dataclass(frozen=True)
class TrainingRules:
    """What CTC training asks of a row.

    `encode` gives a normalized text's label ids, `count_frames` the encoder frames of a number of
    16 kHz samples. With a profile, the characters of the transcript are judged too.
    """

    normalize: Callable[[str], str]
    encode: Callable[[str], Sequence[int]]
    count_frames: Callable[[int], int]
    max_duration_s: float = MAX_DURATION_S
    profile: LanguageProfile | None = None


def check_rows(
    utterances: Sequence[Utterance],
    *,
    normalize: Callable[[str], str],
    encode: Callable[[str], Sequence[int]],
    count_frames: Callable[[int], int],
    max_duration_s: float = MAX_DURATION_S,
    profile: LanguageProfile | None = None,
    on_done: Progress | None = None,
) -> CheckedRows:
    """Sorts rows into those that CTC training can use and those that it cannot.

    The options are those of `TrainingRules`. Reason codes: those of `measure_rows`, E_RESERVED,
    E_EMPTY_TEXT, E_TOO_LONG_TEXT, E_TOO_SHORT, E_TOO_LONG, E_INFEASIBLE, with a profile E_CHAR.
    """
    rules = TrainingRules(normalize, encode, count_frames, max_duration_s, profile)
    measured = measure_rows(utterances, on_done=on_done)
    return _sort_rows(measured, normalize, lambda row, text: find_row_faults(row, text, rules))


def check_references(
    utterances: Sequence[Utterance], *, normalize: Callable[[str], str]
) -> CheckedRows:
    """Sorts rows into those that can be scored against and those that cannot.

    An empty transcript can: whatever is heard there counts as inserted.
    """
    measured = measure_rows(utterances)
    return _sort_rows(measured, normalize, lambda row, _: [*row.faults, *_find_reserved_fault(row)])


def _sort_rows(
    measured: Iterable[MeasuredRow],
    normalize: Callable[[str], str],
    find_faults: Callable[[MeasuredRow, str], list[Fault]],
) -> CheckedRows:
    kept: list[Utterance] = []
    faults: list[Fault] = []
    for row in measured:
        text = normalize(row.utterance.text)
        error = next((fault for fault in find_faults(row, text) if fault.is_error), None)
        if error:
            faults.append(error)
        else:
            kept.append(replace(row.utterance, text=text))
    return CheckedRows(tuple(kept), tuple(faults))


def find_row_faults(row: MeasuredRow, text: str, rules: TrainingRules) -> list[Fault]:
    """All that is wrong with a row, or noteworthy: its sound, its transcript, both together.

    `text` is the normalized transcript. Errors come before warnings.
    """
    findings = _judge_text(row.utterance.text, text, rules.profile)
    faults = [*row.faults, *(_say(row, finding.code, finding.message) for finding in findings)]
    if row.error is None:
        told_empty = any(fault.code in ("E_EMPTY_TEXT", "E_TOO_LONG_TEXT") for fault in faults)
        faults += _find_length_faults(row, [] if told_empty else rules.encode(text), rules)
    return sorted(faults, key=lambda fault: not fault.is_error)


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
    total = numbered(len(checked.kept) + len(checked.faults), "row")
    raise DataError(
        f"{len(checked.faults):,} of {total} cannot be used ({summary}):{shown}{tail}",
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
    n_equal: int = sum(map(eq, labels, islice(labels, 1, None)))
    return len(labels) + n_equal


def _judge_text(raw: str, text: str, profile: LanguageProfile | None) -> Sequence[TextFinding]:
    """The findings in a raw transcript; without a profile, what stops training in any language."""
    if profile is not None:
        return find_text_faults(raw, profile)
    if reserved := find_reserved(raw):
        message = f"the transcript holds the literal {reserved[0]!r}"
        return [TextFinding("E_RESERVED", message, "error")]
    if not text:
        message = f"nothing is left of the transcript {raw!r}"
        return [TextFinding("E_EMPTY_TEXT", message, "error")]
    if len(text) > MAX_TEXT_LENGTH:
        message = f"a transcript of {len(text):,} characters"
        return [TextFinding("E_TOO_LONG_TEXT", message, "error")]
    return []


def _find_reserved_fault(row: MeasuredRow) -> list[Fault]:
    reserved = find_reserved(row.utterance.text)
    message = f"the transcript holds the literal {reserved[0]!r}" if reserved else ""
    return [_say(row, "E_RESERVED", message)] if reserved else []


def _find_length_faults(
    row: MeasuredRow, labels: Sequence[int], rules: TrainingRules
) -> list[Fault]:
    duration_s = row.utterance.duration_s or 0.0
    frames = rules.count_frames(round(duration_s * SAMPLE_RATE))
    needed = count_needed_frames(labels)
    if frames < 1:
        message = f"{duration_s:.3f} s is shorter than one encoder frame"
        return [_say(row, "E_TOO_SHORT", message)]
    if duration_s > rules.max_duration_s:
        message = f"{duration_s:.2f} s is over the limit of {rules.max_duration_s:g} s"
        return [_say(row, "E_TOO_LONG", message)]
    if frames < needed:
        message = (
            f"the transcript needs {numbered(needed, 'frame')},"
            f" its {duration_s:.2f} s of sound give {frames}"
        )
        return [_say(row, "E_INFEASIBLE", message)]
    return []


def _say(row: MeasuredRow, code: str, message: str) -> Fault:
    return Fault(code, f"{row.utterance.source}: {message}", row.utterance)
