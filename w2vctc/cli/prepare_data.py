"""What `prepare` does: read, check, divide, convert, write; each step by the room that owns it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

from w2vctc.acoustic.frames import count_standard_frames
from w2vctc.cache import cache_folder
from w2vctc.cli.check import show_progress
from w2vctc.cli.prepare_record import Prepared, PrepareOptions, save_record, summarize
from w2vctc.cli.rows import make_normalizer, open_profile, refuse_fatal
from w2vctc.cli.screen import say
from w2vctc.corpus.checks.rows import CheckedRows, check_rows, refuse_faults
from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.manifest import check_target, refuse_rows, save_manifests
from w2vctc.corpus.paths import lies_inside
from w2vctc.corpus.preparation.clip_files import AudioKind, remove_strays
from w2vctc.corpus.preparation.conversion import Converted, convert_rows
from w2vctc.corpus.preparation.division import divide_rows, settle_ids
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.files import refuse_unwritable
from w2vctc.project import Project

Report = Callable[[str, int, int], None]  # what is done, how many of how many


def prepare(project: Project, out: Path, options: PrepareOptions, *, n_jobs: int) -> Prepared:
    """Writes the usable rows of the project's data to `out`, and lists the others there.

    Raises UsageError where that would change the input or lose manifests, DataError where no row
    can be used, MachineError; what was converted until then is used by the next run.
    """
    check_target(out, place=project.data, overwrite=options.overwrite)
    refuse_unwritable(out)
    corpus = _read(project)
    with show_progress() as report:
        checked = _check(corpus, project, options, report)
        if options.audio == "keep":
            checked = _refuse_names(checked, out, project)
        divided = divide_rows(
            checked.kept,
            normalize=make_normalizer(open_profile(project)),
            keeps_own=not options.resplit,
            seed=options.seed,
            by=options.split_by,
            minutes=options.minutes,
        )
        converted = _convert(settle_ids(divided.rows), project, out, options, n_jobs, report)
    faults = [*corpus.errors, *checked.faults, *divided.left_out, *converted.faults]
    if not any(row.split == "train" for row in converted.rows):
        refuse_faults(CheckedRows((), tuple(faults)), hint="mend those rows")
        raise DataError(f"{project.data}: no row is left to train on", hint="try --resplit")
    saved = save_manifests(
        out, converted.rows, faults, place=project.data, overwrite=options.overwrite
    )
    remove_strays(out, converted.rows)
    refused = {id(fault.utterance) for fault in saved.refused}
    prepared = summarize(
        corpus,
        options,
        [row for row in converted.rows if id(row) not in refused],
        [*faults, *saved.refused],
        note=divided.note,
        n_reused=converted.n_reused,
    )
    save_record(out, prepared)
    return prepared


def _refuse_names(checked: CheckedRows, out: Path, project: Project) -> CheckedRows:
    """The same without rows that no table can name: told before they are divided."""
    rows = settle_ids(checked.kept)
    refused = refuse_rows(out, rows, place=project.data)
    gone = {id(fault.utterance) for fault in refused}
    kept = tuple(row for row in rows if id(row) not in gone)
    return CheckedRows(kept, (*checked.faults, *refused))


def _convert(
    rows: Sequence[Utterance],
    project: Project,
    out: Path,
    options: PrepareOptions,
    n_jobs: int,
    report: Report,
) -> Converted:
    """The rows with recordings of their own, where those are wanted."""
    if options.audio == "keep":
        if any(lies_inside(path, [cache_folder()]) for path in {row.audio for row in rows}):
            say(
                f"the sound was unpacked into {cache_folder()}, and the manifests lead there:"
                " --audio flac makes files that stay when the cache is emptied"
            )
        return Converted(tuple(rows), (), 0)
    return convert_rows(
        rows,
        out,
        kind=cast(AudioKind, options.audio),
        place=project.data,
        n_jobs=n_jobs,
        on_done=lambda n_done: report(f"to {options.audio}", n_done, len(rows)),
    )


def _read(project: Project) -> Corpus:
    options = ReadOptions(project.format, project.tier, project.allow_outside)
    corpus = read_corpus(project.data, options)
    refuse_fatal(corpus)
    return corpus


def _check(
    corpus: Corpus,
    project: Project,
    options: PrepareOptions,
    report: Report,
) -> CheckedRows:
    """The rows that training takes, with their texts as written; normalizing is done at use."""
    profile = open_profile(project)
    n_files = len({row.audio for row in corpus.utterances})
    checked = check_rows(
        corpus.utterances,
        normalize=make_normalizer(profile),
        encode=lambda text: [ord(character) for character in text],
        count_frames=count_standard_frames,
        max_duration_s=options.max_duration_s,
        profile=profile,
        on_done=lambda n_done: report("reading headers", n_done, n_files),
    )
    written = {(row.split, row.id): row.text for row in corpus.utterances}
    kept = (replace(row, text=written[row.split, row.id]) for row in checked.kept)
    return replace(checked, kept=tuple(kept))
