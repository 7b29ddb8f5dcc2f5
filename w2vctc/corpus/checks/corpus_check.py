"""Everything that can be known of somebody's data before training: faults first, then figures."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from w2vctc.corpus.checks.duplicates import find_same_sound, tell_same_sound
from w2vctc.corpus.checks.durations import measure_rows
from w2vctc.corpus.checks.overlaps import count_shared_sound, find_overlaps
from w2vctc.corpus.checks.rates import judge_rates, measure_rate, tell_rate
from w2vctc.corpus.checks.result import CheckedRow, CheckResult, count_reasons
from w2vctc.corpus.checks.rows import TrainingRules, find_row_faults
from w2vctc.corpus.checks.statistics import (
    describe_sound,
    describe_speakers,
    describe_splits,
    measure_lengths,
)
from w2vctc.corpus.corpus import Corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.speech.container import EXTENSIONS
from w2vctc.speech.inspection import AudioFindings, inspect_many
from w2vctc.speech.remark import Remark
from w2vctc.text.findings import summarize_text
from w2vctc.text.profile import LanguageProfile

Report = Callable[[str, int, int], None]  # what is being done, how many are done, of how many
_SOUND_NAMES = {extension for extensions in EXTENSIONS.values() for extension in extensions}


def check_corpus(
    corpus: Corpus,
    profile: LanguageProfile,
    rules: TrainingRules,
    *,
    deep_jobs: int = 0,
    report: Report | None = None,
) -> CheckResult:
    """All faults and figures of the data, in one pass over headers.

    With `deep_jobs` all sound is decoded too, in so many processes; that finds what `inspect_audio`
    finds. Besides the codes of the readers and of `find_row_faults`: E_LEAK, W_DUP_AUDIO, W_RATE,
    W_SPLIT_ID, W_SPLIT_SENTENCE, W_SPLIT_SPEAKER, W_NO_TEXT. Figures are those of usable rows.
    """
    report = report or (lambda _what, _n_done, _n_all: None)
    rows = _check_rows(corpus, rules, report)
    if deep_jobs:
        rows = _hear_rows(rows, deep_jobs, report)
    groups = _find_groups(rows)
    same = [[rows[index].utterance for index in group] for group in groups]
    rows = _add_faults(rows, [fault for group in same for fault in tell_same_sound(group)])
    usable = [row for row in rows if row.is_usable]
    rates = judge_rates(usable)
    shared = find_overlaps(usable)
    between = [fault for _, faults in shared for fault in faults]
    odd = [tell_rate(row, rates) for row in rates.outliers] if rates else []
    rows = _add_faults(rows, [*between, *odd])
    usable = [row for row in rows if row.is_usable]
    faults = _gather_faults(corpus, rows, between)
    text = summarize_text((row.utterance.text for row in usable), profile)
    same_sound = [[rows[index] for index in group] for group in groups]
    return CheckResult(
        place=corpus.place,
        format=corpus.format.title,
        language=profile.name or profile.language,
        note=corpus.note,
        n_rows=len(rows) + sum(not fault.is_fatal for fault in corpus.errors),
        rows=tuple(rows),
        faults=faults,
        reasons=count_reasons(faults),
        splits=describe_splits(rows),
        speakers=describe_speakers(rows),
        lengths=measure_lengths(usable),
        rates=rates,
        characters=text.characters,
        dropped=text.dropped,
        overlaps=(
            *(overlap for overlap, _ in shared),
            *count_shared_sound(same_sound, rows),
        ),
        sound=describe_sound(rows),
    )


def _gather_faults(
    corpus: Corpus, rows: Sequence[CheckedRow], between: Sequence[Fault]
) -> tuple[Fault, ...]:
    """The faults of rows that could not be made, of rows, and of what is no row, in this order."""
    noted = [fault for fault in corpus.faults if fault.utterance is None and not fault.is_error]
    return (
        *corpus.errors,
        *noted,
        *(fault for row in rows for fault in row.faults),
        *(fault for fault in between if fault.utterance is None),
        *find_unnamed(corpus),
    )


def find_unnamed(corpus: Corpus) -> list[Fault]:
    """W_NO_TEXT for each recording in the data's folder that no row names, in order of names.

    Where a reader looks for transcripts by recording, it has told so itself. A file beside a named
    one that differs from it in the extension alone is the same recording.
    """
    told = any(fault.code == "E_NO_TEXT" for fault in corpus.faults)
    if told or not corpus.place.is_dir():
        return []
    named = {_plain_stem(row.audio) for row in _all_utterances(corpus)}
    return [
        Fault("W_NO_TEXT", f"{path}: no row names this recording", source=str(path))
        for path in _list_sounds(corpus.place)
        if _plain_stem(path) not in named
    ]


def _plain_stem(path: Path) -> str:
    """The whole path but its extension; resolve would follow links, which were put on purpose."""
    return os.path.splitext(os.path.abspath(path))[0]  # noqa: PTH100, PTH122


def _all_utterances(corpus: Corpus) -> Iterable[Utterance]:
    yield from corpus.utterances
    yield from (fault.utterance for fault in corpus.faults if fault.utterance is not None)


def _list_sounds(folder: Path) -> list[Path]:
    return sorted(
        Path(top) / name
        for top, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in _SOUND_NAMES and not name.startswith(".")
    )


def _check_rows(corpus: Corpus, rules: TrainingRules, report: Report) -> list[CheckedRow]:
    """The rows with the faults of headers and transcripts, and what their reader noted."""
    n_files = len({row.audio for row in corpus.utterances})
    measured = measure_rows(
        corpus.utterances, on_done=lambda n_done: report("headers", n_done, n_files)
    )
    rows = []
    for row in measured:
        text = rules.normalize(row.utterance.text)
        faults = find_row_faults(row, text, rules)
        rows.append(measure_rate(CheckedRow(row.utterance, text, tuple(faults))))
    noted = [fault for fault in corpus.faults if not fault.is_error and fault.utterance]
    return _add_faults(rows, noted)


def _hear_rows(rows: list[CheckedRow], n_jobs: int, report: Report) -> list[CheckedRow]:
    """The rows with what decoding their sound told; those without a length cannot be decoded."""
    audible = [index for index, row in enumerate(rows) if row.utterance.duration_s is not None]
    pieces = [
        (rows[index].utterance.audio, rows[index].utterance.start_s, rows[index].utterance.end_s)
        for index in audible
    ]
    found = inspect_many(
        pieces,
        n_jobs=n_jobs,
        on_done=lambda n_done: report("sound", n_done, len(pieces)),
    )
    heard = list(rows)
    for index, findings in zip(audible, found, strict=True):
        heard[index] = _hear(rows[index], findings)
    return heard


def _hear(row: CheckedRow, findings: AudioFindings | Remark) -> CheckedRow:
    if isinstance(findings, Remark):
        return _with_faults(row, [_tell(row, findings)])
    told = {fault.code for fault in row.faults}
    remarks = [one for one in (*findings.faults, *findings.remarks) if one.code not in told]
    return _with_faults(replace(row, sound=findings), [_tell(row, one) for one in remarks])


def _tell(row: CheckedRow, remark: Remark) -> Fault:
    source = row.utterance.source
    return Fault(remark.code, f"{source}: {remark.message}", row.utterance, hint=remark.hint)


def _find_groups(rows: Sequence[CheckedRow]) -> list[list[int]]:
    """Indices of rows with the same sound; silence is like silence and says nothing."""
    sounds = {
        index: row.sound.content_hash
        for index, row in enumerate(rows)
        if row.sound is not None and not row.sound.faults
    }
    return find_same_sound([row.utterance for row in rows], sounds)


def _add_faults(rows: Sequence[CheckedRow], faults: Sequence[Fault]) -> list[CheckedRow]:
    """The rows with the faults that are about them."""
    by_row: dict[tuple[str, str], list[Fault]] = defaultdict(list)
    for fault in faults:
        if fault.utterance is not None:
            by_row[fault.utterance.split, fault.utterance.id].append(fault)
    return [
        _with_faults(row, by_row[row.utterance.split, row.utterance.id])
        if (row.utterance.split, row.utterance.id) in by_row
        else row
        for row in rows
    ]


def _with_faults(row: CheckedRow, faults: Iterable[Fault]) -> CheckedRow:
    ordered = sorted((*row.faults, *faults), key=lambda fault: not fault.is_error)
    return replace(row, faults=tuple(ordered))
