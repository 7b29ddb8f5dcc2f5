"""`w2vctc align`: a recording and its text in, words with their seconds out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2vctc.cli import flags
from w2vctc.words import numbered

if TYPE_CHECKING:
    from collections.abc import Callable

    from w2vctc.align.cut import CutOptions
    from w2vctc.cli.aligning.files import TimesFolder
    from w2vctc.cli.aligning.laying import Aligned
    from w2vctc.cli.aligning.tasks import Task
    from w2vctc.decode.writers import FailedFile, Writer

_MOST_SURVEYORS = 4  # processes that look through recordings: they are ahead soon enough


def align_cli(
    places: Annotated[
        list[Path],
        typer.Argument(
            readable=False,
            metavar="RECORDING TEXT | FOLDER",
            help="A recording and its text; or a folder or manifest with both.",
        ),
    ],
    lang: flags.Lang = None,
    model: flags.ModelFolder = None,
    out: Annotated[
        Path | None, typer.Option(help="Write a file for each recording and format there.")
    ] = None,
    formats: Annotated[
        str,
        typer.Option(
            "--format", help="One or more of json, txt, srt, vtt, ctm, TextGrid, eaf, tsv."
        ),
    ] = "json",
    cut: Annotated[
        Path | None,
        typer.Option(help="Make a training corpus there: FLAC files, train.tsv, rejected.tsv."),
    ] = None,
    min_score: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of --cut: the least score to learn from.")
    ] = 0.5,
    shortest: Annotated[float, typer.Option(help="Of --cut: seconds of an utterance.")] = 2.0,
    longest: Annotated[float, typer.Option(help="Of --cut: seconds of an utterance.")] = 15.0,
    spoken: Annotated[
        bool, typer.Option("--spoken", help="Write words as spoken, not as in the text.")
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave finished files of --out as they are.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace files that --out or --cut has already.")
    ] = False,
    data_format: Annotated[
        str | None,
        typer.Option(help="The format of the folder or manifest, where it is not recognised."),
    ] = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    profile: flags.Profile = None,
    device: flags.Device = None,
    allow_pickle: flags.AllowPickle = None,
) -> None:
    """Find the words of a known text in its recording, and say how sure each one is.

    The recording may be hours long, and both may have parts that the other one has not. A text
    that is not what is said is refused (E_ALIGN).
    """
    from w2vctc.align.chain import Tolerance
    from w2vctc.cli.aligning.corpus import save_cuts
    from w2vctc.cli.aligning.laying import AlignOptions, align_recordings
    from w2vctc.cli.aligning.showing import end_with_failures, show_results
    from w2vctc.cli.aligning.tasks import find_tasks
    from w2vctc.cli.check import count_cores
    from w2vctc.cli.rows import make_normalizer, open_profile
    from w2vctc.cli.screen import say
    from w2vctc.cli.transcribe import open_model
    from w2vctc.corpus.formats import ReadOptions
    from w2vctc.decode.subtitles import SubtitleOptions
    from w2vctc.decode.writers import choose_formats
    from w2vctc.project import find_project, read_options

    writers = choose_formats(
        formats.split(","), subtitles=read_options(SubtitleOptions, "subtitles")
    )
    limits = _limit(cut, min_score, shortest, longest)
    _refuse_flags(out, cut, resume=resume, overwrite=overwrite)
    project = find_project(lang=lang, model=model, profile=profile)
    tasks = find_tasks(places, ReadOptions(data_format, tier, bool(allow_outside)))
    _refuse_targets(tasks, places, writers, out, cut, overwrite=overwrite)
    normalize = make_normalizer(open_profile(project))
    times = None
    if out is not None:
        times = _plan(
            out,
            tasks,
            places,
            writers,
            model=project.model,
            spoken=spoken,
            normalize=normalize,
            resume=resume,
            overwrite=overwrite,
        )
        tasks = times.leave_out_finished(tasks)
    results: list[Aligned | FailedFile] = []
    if tasks:
        opened = open_model(project.model, device=device, allow_pickle=allow_pickle)
        options = AlignOptions(Tolerance(), limits, spoken)
        n_jobs = min(count_cores(), _MOST_SURVEYORS)
        found = align_recordings(tasks, opened, options, normalize=normalize, n_jobs=n_jobs)
        to_stdout = writers[0] if out is None and cut is None else None
        results = show_results(found, times=times, to_stdout=to_stdout)
    if times is not None and times.outputs.n_finished:
        say(f"{numbered(times.outputs.n_finished, 'recording')} had been aligned before")
    if cut is not None:
        save_cuts(results, cut, place=places[0], overwrite=overwrite)
    end_with_failures(results)


def _refuse_flags(out: Path | None, cut: Path | None, *, resume: bool, overwrite: bool) -> None:
    from w2vctc.cli.decoding.arguments import refuse_output_flags
    from w2vctc.errors import UsageError

    refuse_output_flags(out or (None if resume else cut), resume=resume, overwrite=overwrite)
    if resume and cut is not None:
        raise UsageError(
            "--resume with --cut: a corpus is cut out of all its recordings",
            hint="leave --resume out; clips that are finished are not made again",
        )


def _limit(
    cut: Path | None, min_score: float, shortest: float, longest: float
) -> "CutOptions | None":
    from w2vctc.align.cut import CutOptions
    from w2vctc.errors import UsageError

    if not 0 < shortest < longest:
        raise UsageError(
            f"--shortest {shortest:g} --longest {longest:g}: nothing is as long as that",
            hint="leave them out, or give 0 < shortest < longest",
        )
    if cut is None:
        return None
    return CutOptions(shortest_s=shortest, longest_s=longest, min_score=min_score)


def _refuse_targets(
    tasks: "Sequence[Task]",
    places: Sequence[Path],
    writers: "Sequence[Writer]",
    out: Path | None,
    cut: Path | None,
    *,
    overwrite: bool,
) -> None:
    """Raises UsageError for a corpus that cannot be written, and where stdout cannot hold all."""
    from w2vctc.corpus.manifest import check_target
    from w2vctc.errors import UsageError
    from w2vctc.files import refuse_unwritable

    if cut is not None:
        check_target(cut, place=places[0], overwrite=overwrite)
        refuse_unwritable(cut)
    n_recordings = len({task.row.audio for task in tasks})
    if out is None and cut is None and (n_recordings > 1 or len(writers) > 1):
        raise UsageError(
            f"{numbered(n_recordings, 'recording')} in"
            f" {numbered(len(writers), 'format')}: stdout takes one",
            hint="name a folder with --out",
        )


def _plan(
    out: Path,
    tasks: "Sequence[Task]",
    places: Sequence[Path],
    writers: "Sequence[Writer]",
    *,
    model: Path,
    spoken: bool,
    normalize: "Callable[[str], str]",
    resume: bool,
    overwrite: bool,
) -> "TimesFolder":
    """The files to write; raises before any work where they cannot be written."""
    from w2vctc.cli.aligning.files import describe_settings, plan_times

    return plan_times(
        out,
        tasks,
        places,
        writers,
        settings=describe_settings(model, spoken=spoken),
        normalize=normalize,
        resume=resume,
        overwrite=overwrite,
    )
