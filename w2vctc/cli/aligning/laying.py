"""What `align` does with what was heard: lay the text along it, judge, and tell seconds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from w2vctc.align.alignment import Alignment, align_words
from w2vctc.align.chain import Tolerance
from w2vctc.align.cut import CutOptions, Cuts, cut_utterances
from w2vctc.align.judgement import Judgement, judge, refuse_misfit
from w2vctc.align.passages import gather_passages
from w2vctc.align.script import ScriptWord, read_script
from w2vctc.align.timing import TimedWord, time_words
from w2vctc.align.unmatched import Unmatched, list_unmatched
from w2vctc.cli.aligning.hearing import Sound, hear_rows
from w2vctc.cli.aligning.tasks import Task
from w2vctc.cli.decoding.pipeline import Progress
from w2vctc.cli.screen import Stopwatch
from w2vctc.corpus.fault import Fault
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FailedFile
from w2vctc.errors import DataError
from w2vctc.vocab import Vocabulary

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel


@dataclass(frozen=True)
class Aligned:
    """A recording whose text is found in it."""

    transcript: Transcript
    unmatched: tuple[Unmatched, ...]
    judgements: tuple[Judgement, ...]
    cuts: Cuts
    left_out: tuple[DataError, ...] = ()  # of its rows


@dataclass(frozen=True)
class AlignOptions:
    """cut: how utterances are cut, None where none are wanted. spoken: words as they are spoken."""

    tolerance: Tolerance
    cut: CutOptions | None = None
    spoken: bool = False


def align_recordings(
    tasks: Sequence[Task],
    model: "AcousticModel",
    options: AlignOptions,
    *,
    normalize: Callable[[str], str],
    n_jobs: int = 1,
) -> Iterator[Progress | Aligned | FailedFile]:
    """Each recording with all its rows, as soon as it is done; what does not fit is a FailedFile.

    Of a recording with several rows those are left out that do not fit: they are in `left_out`.
    n_jobs: processes that look through the recordings beforehand. Raises DataError where there is
    one row only and it does not fit.
    """
    done: list[tuple[Task, Aligned | DataError]] = []
    n_done = 0
    for heard in hear_rows(model, [task.row for task in tasks], n_jobs=n_jobs):
        if isinstance(heard, Progress):
            yield heard
            continue
        task = tasks[n_done]
        n_done += 1
        result = _attempt(task, heard, model.vocabulary, options, normalize=normalize)
        if isinstance(result, DataError) and len(tasks) == 1:
            raise result
        done.append((task, result))
        if n_done == len(tasks) or tasks[n_done].row.audio != task.row.audio:
            yield _join(done)
            done = []


def _attempt(
    task: Task,
    heard: Sound | DataError,
    vocabulary: Vocabulary,
    options: AlignOptions,
    *,
    normalize: Callable[[str], str],
) -> Aligned | DataError:
    if isinstance(heard, DataError):
        return heard
    try:
        return _align_row(task, heard, vocabulary, options, normalize=normalize)
    except DataError as error:
        return error


def _join(done: Sequence[tuple[Task, Aligned | DataError]]) -> Aligned | FailedFile:
    """The rows of one recording as one."""
    found = [one for _, one in done if isinstance(one, Aligned)]
    refused = [(task, one) for task, one in done if isinstance(one, DataError)]
    if not found:
        task, error = refused[0]
        return FailedFile(str(task.row.audio), error.code, error.message, error.hint or "")
    transcripts = [one.transcript for one in found]
    passages = tuple(passage for one in transcripts for passage in one.passages)
    faults = tuple(
        Fault(error.code, f"{task.row.source}: {error.message}", task.row)
        for task, error in refused
    )
    return Aligned(
        replace(
            transcripts[-1], passages=passages, seconds=sum(one.seconds for one in transcripts)
        ),
        tuple(row for one in found for row in one.unmatched),
        tuple(row for one in found for row in one.judgements),
        Cuts(
            tuple(row for one in found for row in one.cuts.rows),
            (*(fault for one in found for fault in one.cuts.faults), *faults),
        ),
        tuple(error for _, error in refused),
    )


def _align_row(
    task: Task,
    sound: Sound,
    vocabulary: Vocabulary,
    options: AlignOptions,
    *,
    normalize: Callable[[str], str],
) -> Aligned:
    row, watch = task.row, Stopwatch()
    script = read_script(task.lines, vocabulary, normalize=normalize)
    if not script:
        raise DataError(f"{task.text}: no word in it", code="E_EMPTY_TEXT")
    alignment = align_words(sound.emissions, script, vocabulary, tolerance=options.tolerance)
    judgement = judge(script, alignment)
    refuse_misfit(judgement, recording=str(row.audio), text=task.text)
    timed = time_words(script, alignment, sound.sounding, offset_s=row.start_s)
    end_s = row.start_s + sound.duration_s
    passages = gather_passages(_spell(timed, spoken=options.spoken), speaker=row.speaker)
    cuts = Cuts((), ())
    if options.cut is not None:
        cuts = cut_utterances(
            timed, row.audio, duration_s=end_s, speaker=row.speaker, options=options.cut
        )
        cuts = _with_missing(cuts, task, script, alignment)
    return Aligned(
        Transcript(str(row.audio), end_s, passages, sound.seconds + watch.seconds),
        tuple(list_unmatched(script, alignment, duration_s=sound.duration_s, offset_s=row.start_s)),
        (judgement,),
        cuts,
    )


def _with_missing(
    cuts: Cuts, task: Task, script: Sequence[ScriptWord], alignment: Alignment
) -> Cuts:
    """The same with text that is not heard among what is rejected."""
    unmatched = list_unmatched(script, alignment, duration_s=0.0, least_s=np.inf)
    faults = [
        Fault("E_ALIGN", f"{task.text}: not heard: {one.text!r}", source=task.text)
        for one in unmatched
    ]
    return Cuts(cuts.rows, (*cuts.faults, *faults))


def _spell(timed: Sequence[TimedWord], *, spoken: bool) -> list[TimedWord]:
    if not spoken:
        return list(timed)
    return [replace(one, word=replace(one.word, text=one.spoken)) for one in timed]
