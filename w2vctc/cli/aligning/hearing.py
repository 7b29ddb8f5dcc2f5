"""What a model hears in whole recordings and in pieces of them, several rows at once.

Processes of their own look through the recordings first: a decoder that dies, hangs or eats memory
costs its recording and not the run.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel
from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.acoustic.listening import listen
from w2vctc.acoustic.long_sound import Chunk, cut_chunks, read_chunks
from w2vctc.align.timing import SOUNDING
from w2vctc.cli.decoding.pipeline import Progress
from w2vctc.cli.screen import Stopwatch
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.files import stamp_file
from w2vctc.speech.activity import Stretch, find_speech
from w2vctc.speech.audio import SAMPLE_RATE
from w2vctc.speech.remark import Remark
from w2vctc.speech.sound_statistics import measure_sound
from w2vctc.speech.survey import Survey, SurveyOptions, Surveys

_POOL_S = {"cpu": 60.0}  # of sound, sorted by length and heard in batches
_ACCELERATED_POOL_S = 600.0
# What is wrong with some samples of a recording need not be wrong with a piece of it.
_OF_SAMPLES = ("E_NONFINITE", "E_RANGE", "E_SILENT")


@dataclass(frozen=True)
class Sound:
    """What a model hears in a stretch, (n_frames, n_labels), and the stretches that sound.

    seconds: how long listening took.
    """

    emissions: NDArray[np.float32]
    sounding: tuple[Stretch, ...]
    duration_s: float
    seconds: float = 0.0


@dataclass
class _Row:
    """A row on its way: what has been heard of it, and why no more can be."""

    row: Utterance
    sounding: tuple[Stretch, ...] = ()
    duration_s: float = 0.0
    heard: list[NDArray[np.float32]] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()
    seconds: float = 0.0
    fault: DataError | None = None

    @property
    def heard_s(self) -> float:
        return sum(map(len, self.heard)) * FRAME_SHIFT_S

    def result(self) -> Sound | DataError:
        if self.fault is not None:
            return self.fault
        return Sound(np.concatenate(self.heard), self.sounding, self.duration_s, self.seconds)


def hear_rows(
    model: AcousticModel, rows: Sequence[Utterance], *, n_jobs: int = 1
) -> Iterator[Progress | Sound | DataError]:
    """A Sound for each row, in order, or the error that stands for it; Progress in between.

    n_jobs: processes that look through the recordings beforehand. Raises MachineError E_WORKER
    where none can be started.
    """
    recordings = list(dict.fromkeys(row.audio for row in rows))
    with Surveys(recordings, SurveyOptions(activity=SOUNDING), n_jobs=n_jobs) as surveys:
        places = {path: number for number, path in enumerate(recordings)}

        def find_survey(row: Utterance) -> Survey | Remark:
            found = surveys.wait(places[row.audio])
            return found if isinstance(found, Remark) else found[0]

        def expect_s() -> float:
            return _expect(rows, surveys.expected_s(), len(recordings))

        yield from _listen_to_rows(model, rows, find_survey, expect_s)


def _expect(rows: Sequence[Utterance], all_s: float, n_recordings: int) -> float:
    """Seconds of sound of all rows; `all_s` of all recordings, of which some go to their end."""
    pieces_s = sum(row.end_s - row.start_s for row in rows if row.end_s is not None)
    n_whole = len({row.audio for row in rows if row.end_s is None})
    return pieces_s + all_s * n_whole / max(n_recordings, 1)


def _listen_to_rows(
    model: AcousticModel,
    rows: Sequence[Utterance],
    find_survey: Callable[[Utterance], Survey | Remark],
    expect_s: Callable[[], float],
) -> Iterator[Progress | Sound | DataError]:
    limit_s = _POOL_S.get(model.device.type, _ACCELERATED_POOL_S)
    pool: list[tuple[_Row, Chunk]] = []
    pool_s, done_s = 0.0, 0.0
    waiting: list[_Row] = []
    for row in rows:
        waiting.append(_Row(row))
        for chunk in _read(model, waiting[-1], find_survey):
            pool.append((waiting[-1], chunk))
            pool_s += len(chunk.window.values) / SAMPLE_RATE
            if pool_s < limit_s:
                continue
            _hear(model, pool)
            pool, pool_s = [], 0.0
            done_s += sum(one.duration_s for one in waiting[:-1])
            yield Progress(done_s + waiting[-1].heard_s, expect_s(), _take_remarks(waiting))
            yield from (one.result() for one in waiting[:-1])
            del waiting[:-1]
    if pool:
        _hear(model, pool)
    done_s += sum(one.duration_s for one in waiting)
    yield Progress(done_s, expect_s(), _take_remarks(waiting))
    yield from (one.result() for one in waiting)


def _take_remarks(rows: Sequence[_Row]) -> tuple[Remark, ...]:
    """What is noteworthy about their recordings and was not told yet, each once."""
    remarks = dict.fromkeys(remark for one in rows for remark in one.remarks)
    for one in rows:
        one.remarks = ()
    return tuple(remarks)


def _read(
    model: AcousticModel, known: _Row, find_survey: Callable[[Utterance], Survey | Remark]
) -> Iterator[Chunk]:
    """The chunks of a row; what is wrong with it is noted there."""
    row, survey = known.row, find_survey(known.row)
    is_whole = row.end_s is None and not row.start_s
    if isinstance(survey, Remark) and (is_whole or survey.code not in _OF_SAMPLES):
        known.fault = survey.to_error()
        return
    stamp = stamp_file(row.audio) if isinstance(survey, Remark) else survey.stamp
    try:
        if is_whole and isinstance(survey, Survey):
            known.sounding, known.duration_s = survey.stretches or (), survey.duration_s
            known.remarks = survey.remarks
            yield from read_chunks(model, replace(survey, stretches=None))
        else:
            yield from _read_piece(model, known)
        if stamp_file(row.audio) != stamp:
            raise DataError(
                f"{row.audio}: was changed meanwhile",
                hint="let no other program write there, and align it again",
                code="E_CHANGED",
            )
    except DataError as error:
        known.fault = error


def _read_piece(model: AcousticModel, known: _Row) -> Iterator[Chunk]:
    waveform = known.row.load()
    known.sounding = tuple(find_speech([waveform], SOUNDING))
    known.duration_s = len(waveform) / SAMPLE_RATE
    statistics = measure_sound(lambda: [waveform])
    yield from cut_chunks(model, lambda: [waveform], statistics, name=known.row.source)


def _hear(model: AcousticModel, pool: Sequence[tuple[_Row, Chunk]]) -> None:
    """Hears the chunks; the time it took is shared out among their rows."""
    watch = Stopwatch()
    heard = listen(model, [chunk.window for _, chunk in pool])
    seconds, n_samples = watch.seconds, sum(len(chunk.window.values) for _, chunk in pool)
    for (known, chunk), emissions in zip(pool, heard, strict=True):
        known.seconds += seconds * len(chunk.window.values) / n_samples
        known.heard += [piece for _, piece in chunk.cut(emissions)]
