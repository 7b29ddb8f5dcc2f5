"""What `align` does with a recording: hear it, lay the text along it, judge, and tell seconds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.listening import listen
from w2vctc.acoustic.long_sound import read_chunks, stream_emissions
from w2vctc.align.alignment import Alignment, align_words
from w2vctc.align.chain import Tolerance
from w2vctc.align.cut import CutOptions, Cuts, cut_utterances
from w2vctc.align.judgement import Judgement, judge, refuse_misfit
from w2vctc.align.passages import gather_passages
from w2vctc.align.script import ScriptWord, read_script
from w2vctc.align.timing import SOUNDING, TimedWord, time_words
from w2vctc.align.unmatched import Unmatched, list_unmatched
from w2vctc.cli.rows import refuse_fatal
from w2vctc.cli.screen import Stopwatch, say
from w2vctc.corpus.checks.rows import CheckedRows, refuse_faults
from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import ReadOptions
from w2vctc.corpus.plain_text import read_text
from w2vctc.corpus.utterance import Utterance
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FailedFile
from w2vctc.errors import DataError, UsageError
from w2vctc.speech.activity import Stretch, find_speech
from w2vctc.speech.audio import SAMPLE_RATE
from w2vctc.speech.sound_statistics import measure_sound
from w2vctc.speech.survey import SurveyOptions, survey_recording

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel


@dataclass(frozen=True)
class Task:
    """A stretch of a recording and the lines that are said in it; `text` names them in messages."""

    row: Utterance
    lines: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Sound:
    """What a model hears in a stretch, (n_frames, n_labels), and the stretches that sound."""

    emissions: NDArray[np.float32]
    sounding: tuple[Stretch, ...]
    duration_s: float


@dataclass(frozen=True)
class Aligned:
    """A recording whose text is found in it."""

    transcript: Transcript
    unmatched: tuple[Unmatched, ...]
    judgements: tuple[Judgement, ...]
    cuts: Cuts


@dataclass(frozen=True)
class AlignOptions:
    """cut: how utterances are cut, None where none are wanted. spoken: words as they are spoken."""

    tolerance: Tolerance
    cut: CutOptions | None = None
    spoken: bool = False


def find_tasks(places: Sequence[Path], options: ReadOptions) -> list[Task]:
    """A recording and its text, or the rows of a folder or manifest.

    Raises UsageError, DataError as `read_corpus` and `read_text` do, E_EMPTY_TEXT.
    """
    if len(places) == 1:
        return _read_rows(places[0], options)
    if len(places) > 2:
        raise UsageError(
            f"{len(places)} paths: one recording and its text, or one folder or manifest",
            hint="put each text beside its recording, under the same name, and name the folder",
        )
    recording, text = places
    lines = tuple(line for line in read_text(text).split("\n") if line.strip())
    if not lines:
        raise DataError(f"{text}: no text", hint="name the recording's text", code="E_EMPTY_TEXT")
    row = Utterance(recording.stem, recording, "\n".join(lines), source=str(recording))
    return [Task(row, lines, str(text))]


def _read_rows(place: Path, options: ReadOptions) -> list[Task]:
    corpus = read_corpus(place, options)
    refuse_fatal(corpus)
    for fault in corpus.errors:
        say(f"left out {fault.message} [{fault.code}]")
    if not corpus.utterances:
        refuse_faults(CheckedRows((), corpus.errors), hint="mend those rows")
    rows = sorted(corpus.utterances, key=lambda row: (str(row.audio), row.start_s))
    return [Task(row, tuple(row.text.splitlines()), row.source) for row in rows]


def align_recordings(
    tasks: Sequence[Task],
    model: "AcousticModel",
    options: AlignOptions,
    *,
    normalize: Callable[[str], str],
) -> Iterator[Aligned | FailedFile]:
    """Each recording with all its rows, as soon as it is done; what does not fit is a FailedFile.

    Of a recording with several rows those are left out that do not fit, and said.
    """
    for audio, group in groupby(tasks, key=lambda task: task.row.audio):
        watch, found = Stopwatch(), []
        refused: list[tuple[Task, DataError]] = []
        for task in group:
            try:
                found.append(_align_row(task, model, options, normalize=normalize))
            except DataError as error:
                refused.append((task, error))
        if not found and len(refused) == len(tasks) == 1:
            raise refused[0][1]
        if not found:
            yield FailedFile(str(audio), refused[0][1].code, refused[0][1].message)
            continue
        for _, fault in refused:
            say(f"left out: {fault.message} [{fault.code}]")
        yield _join(found, refused, seconds=watch.seconds)


def _join(
    found: Sequence[Aligned], refused: Sequence[tuple[Task, DataError]], *, seconds: float
) -> Aligned:
    """The rows of one recording as one."""
    passages = tuple(passage for one in found for passage in one.transcript.passages)
    faults = [
        Fault(error.code, f"{task.row.source}: {error.message}", task.row)
        for task, error in refused
    ]
    return Aligned(
        replace(found[-1].transcript, passages=passages, seconds=seconds),
        tuple(row for one in found for row in one.unmatched),
        tuple(row for one in found for row in one.judgements),
        Cuts(
            tuple(row for one in found for row in one.cuts.rows),
            (*(fault for one in found for fault in one.cuts.faults), *faults),
        ),
    )


def _align_row(
    task: Task,
    model: "AcousticModel",
    options: AlignOptions,
    *,
    normalize: Callable[[str], str],
) -> Aligned:
    row = task.row
    script = read_script(task.lines, model.vocabulary, normalize=normalize)
    if not script:
        raise DataError(f"{task.text}: no word in it", code="E_EMPTY_TEXT")
    sound = hear(model, row)
    alignment = align_words(sound.emissions, script, model.vocabulary, tolerance=options.tolerance)
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
        Transcript(str(row.audio), end_s, passages),
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


def hear(model: "AcousticModel", row: Utterance) -> Sound:
    """A whole recording of any length, or a piece of one."""
    if row.end_s is None and not row.start_s:
        (survey,) = survey_recording(row.audio, SurveyOptions(activity=SOUNDING))
        chunks = read_chunks(model, replace(survey, stretches=None))
        pieces = [
            piece for chunk in chunks for _, piece in chunk.cut(listen(model, [chunk.window])[0])
        ]
        return Sound(np.concatenate(pieces), survey.stretches or (), survey.duration_s)
    waveform = row.load()
    statistics = measure_sound(lambda: [waveform])
    heard = stream_emissions(model, lambda: [waveform], statistics, name=row.source)
    emissions = np.concatenate([piece for _, piece in heard])
    sounding = tuple(find_speech([waveform], SOUNDING))
    return Sound(emissions, sounding, len(waveform) / SAMPLE_RATE)
