"""`w2vctc check`: every fault of the data, and what the data amounts to, before any training."""

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2vctc.cli import flags
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.corpus.checks.result import CheckResult
    from w2vctc.corpus.corpus import Corpus
    from w2vctc.project import Project


def check_cli(
    place: Annotated[
        Path | None,
        typer.Argument(metavar="DATA", readable=False, help="The data: another way to say --data."),
    ] = None,
    lang: flags.Lang = None,
    data: flags.Data = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    profile: flags.Profile = None,
    deep: Annotated[
        bool,
        typer.Option(
            "--deep", help="Decode all sound: finds silence, clipping, and copies in other formats."
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that decode.  [default: one for each core]"),
    ] = None,
    max_duration: Annotated[
        float | None,
        typer.Option(help="Longest clip to train on, in seconds.  [default: 30]"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Also write a page with charts and players, such as check.html."),
    ] = None,
    fix: Annotated[
        Path | None,
        typer.Option(help="Folder for train, dev and test.tsv of what can be used."),
    ] = None,
    json: flags.Json = False,
) -> None:
    """Find every fault in the data, and show what the data amounts to.

    Exit code 0: all rows can be trained on; 3: some cannot (codes E_...). Changes nothing.
    """
    from w2vctc.errors import DataError, UsageError
    from w2vctc.project import find_project

    if place is not None and data is not None:
        raise UsageError(f"the data is {place} or --data {data}?", hint="name it once")
    project = find_project(
        lang=lang,
        data=data or place,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        profile=profile,
    )
    if max_duration is not None and not max_duration > 0:
        raise UsageError(f"--max-duration {max_duration:g} must be above 0")
    _check_targets(project, report, fix)
    n_jobs = jobs or count_cores()
    corpus, result = check(project, deep_jobs=n_jobs if deep else 0, max_duration_s=max_duration)
    show_check(project, result, as_json=json)
    if report is not None:
        _save_report(report, project, result, n_jobs)
    if fix is not None:
        _save_fixed(fix, project, corpus, result)
    _say_next(project, result, fix)
    if result.n_errors:
        raise typer.Exit(DataError.exit_code)


def check(
    project: "Project", *, deep_jobs: int = 0, max_duration_s: float | None = None
) -> tuple["Corpus", "CheckResult"]:
    """What the project's data holds, and the CheckResult with advice for training."""
    from w2vctc.acoustic.frames import count_standard_frames
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.cli.checking.advice import advise
    from w2vctc.cli.checking.fix import divide_usable
    from w2vctc.cli.rows import make_normalizer, open_profile
    from w2vctc.corpus.checks.corpus_check import check_corpus
    from w2vctc.corpus.checks.rows import TrainingRules
    from w2vctc.corpus.corpus import read_corpus
    from w2vctc.corpus.formats import ReadOptions

    options = project.options(FinetuneOptions, "finetune")
    profile = open_profile(project)
    rules = TrainingRules(
        normalize=make_normalizer(profile),
        encode=_spell,
        count_frames=count_standard_frames,
        max_duration_s=max_duration_s or options.max_duration,
        profile=profile,
    )
    places = ReadOptions(project.format, project.tier, project.allow_outside)
    corpus = read_corpus(project.data, places)
    with show_progress() as report:
        result = check_corpus(corpus, profile, rules, deep_jobs=deep_jobs, report=report)
    divided = divide_usable(corpus, result, rules.normalize)
    train_s = sum(row.duration_s or 0.0 for row in divided.rows if row.split == "train")
    advice = advise(
        result, options, train_minutes=train_s / 60, flags=project.flags, division=divided.note
    )
    return corpus, replace(result, advice=advice)


def show_check(project: "Project", result: "CheckResult", *, as_json: bool) -> None:
    """The screen on stdout, or all facts as JSON."""
    from w2vctc.cli.checking.as_json import to_json
    from w2vctc.cli.checking.screen import render_check
    from w2vctc.cli.screen import paper, write, write_json

    del project
    if as_json:
        write_json(to_json(result))
    else:
        write(render_check(result, width=paper().width))


@contextmanager
def show_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A function that shows how far the work is: on a terminal, with the time left."""
    from w2vctc.cli.screen import talk

    if not talk().is_terminal:
        yield lambda _what, _n_done, _n_all: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=talk(), transient=True) as progress:
        tasks = {}

        def show(what: str, n_done: int, n_all: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=n_all)
            progress.update(tasks[what], completed=n_done)

        yield show


def _check_targets(project: "Project", report: Path | None, fix: Path | None) -> None:
    """Refuses what could not be written, or must not, before any work."""
    from w2vctc.cli.checking.fix import refuse_target
    from w2vctc.files import refuse_unwritable

    if fix is not None:
        refuse_target(fix, place=project.data)
        refuse_unwritable(fix)
    if report is not None:
        _refuse_name(report)
        refuse_unwritable(report.parent)


def _refuse_name(report: Path) -> None:
    """Raises UsageError for a page that would take the place of a table or a recording."""
    from w2vctc.errors import UsageError

    if report.suffix.lower() not in (".html", ".htm") or report.is_dir():
        raise UsageError(
            f"--report {report}: no name for a page", hint="give a file, such as check.html"
        )


def count_cores() -> int:
    """The cores that this process may use."""
    import os

    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _spell(text: str) -> list[int]:
    """A label for each character, as build-vocab makes them."""
    return [ord(character) for character in text]


def _save_report(path: Path, project: "Project", result: "CheckResult", n_jobs: int) -> None:
    from w2vctc.cli.checking.report import render_check_report
    from w2vctc.cli.screen import say
    from w2vctc.files import save_text

    title = project.data.resolve().name
    lang = "" if project.lang == "und" else project.lang
    save_text(path, render_check_report(result, title=title, lang=lang, n_jobs=n_jobs))
    say(f"made {path}: open it in a browser")


def _save_fixed(folder: Path, project: "Project", corpus: "Corpus", result: "CheckResult") -> None:
    from w2vctc.cli.checking.fix import divide_usable, save_usable
    from w2vctc.cli.rows import make_normalizer, open_profile
    from w2vctc.cli.screen import say

    divided = divide_usable(corpus, result, make_normalizer(open_profile(project)))
    if not divided.rows:
        say(f"nothing is written to {folder}: no row can be used")
        return
    faults = [*result.faults, *divided.left_out]
    saved = save_usable(folder, divided.rows, faults, place=project.data)
    counts = ", ".join(f"{split} {saved.n_rows[split]:,}" for split in saved.n_rows)
    n_kept = sum(saved.n_rows.values())
    whole = f"{'all ' if n_kept > 1 else ''}{numbered(n_kept, 'row')}"
    say(
        f"made {folder}: kept {n_kept:,} of {numbered(result.n_rows, 'row')} ({counts});"
        " the others and why are in rejected.tsv"
        if n_kept < result.n_rows
        else f"made {folder}: kept {whole} ({counts})"
    )


def _say_next(project: "Project", result: "CheckResult", fix: Path | None) -> None:
    """What to type now."""
    from w2vctc.cli.screen import say_next

    language = "" if project.lang == "und" else f"--lang {project.lang} "
    if fix is not None and result.usable:
        say_next(f"w2vctc build-vocab {language}--data {shlex.quote(str(fix))}")
    elif result.n_errors and result.usable:
        say_next(f"w2vctc check {project.flags} --fix FOLDER writes the rows that can be used")
    elif result.usable and not any(row.utterance.split in ("", "train") for row in result.usable):
        say_next(f"w2vctc prepare {shlex.quote(str(project.data))} --resplit --out FOLDER")
    elif result.usable:
        say_next(f"w2vctc build-vocab {project.flags}")
