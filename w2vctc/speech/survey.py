"""What must be known of a recording before it is transcribed, found by processes of their own.

A decoder that dies, hangs or takes too much memory costs its file then, not the run.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from w2vctc.errors import DataError
from w2vctc.files import stamp_file
from w2vctc.speech.activity import ActivityOptions, Loudness, Stretch, find_loud
from w2vctc.speech.mono import MonoSound, choose_channel_of
from w2vctc.speech.recording import SAMPLE_RATE, Recording, open_recording
from w2vctc.speech.remark import Remark
from w2vctc.speech.sound_remarks import find_length_remarks
from w2vctc.speech.sound_statistics import Blocks, SoundStatistics, Waveform, measure_sound
from w2vctc.speech.workers import DEFAULT_LIMITS, Limits, run_in_workers

Channels = Literal["mix", "each"] | int


@dataclass(frozen=True)
class SurveyOptions:
    """What is listened to: all channels as one, each as a speaker of its own, or one (from 1 on).

    activity: how speech is told from pauses; None keeps the pauses.
    """

    channels: Channels = "mix"
    activity: ActivityOptions | None = None


@dataclass(frozen=True)
class Survey:
    """One channel of a recording, or all of them as one, heard once from start to end.

    channel: from 0 on; None for the mean of all. `stretches` are those in which somebody speaks,
    None where pauses are kept. `stamp` is the file's when it was heard. remarks: what is noteworthy
    about the recording, W_ codes.
    """

    path: Path
    channel: int | None
    statistics: SoundStatistics
    stretches: tuple[Stretch, ...] | None
    stamp: tuple[int, int]
    remarks: tuple[Remark, ...] = ()

    @property
    def duration_s(self) -> float:
        return self.statistics.n_samples / SAMPLE_RATE


def survey_recording(path: Path, options: SurveyOptions, *, live: Any = None) -> tuple[Survey, ...]:
    """A survey for each channel that is listened to; `live` is called with each block of sound.

    Raises DataError as `load_audio` does, and E_CHANNEL where there is no such channel.
    """
    stamp = stamp_file(path)
    with open_recording(path) as recording:
        is_mixed = options.channels == "mix"
        return tuple(
            _survey(recording, channel, options.activity, stamp, live, is_mixed=is_mixed)
            for channel in _list_channels(recording, options.channels)
        )


class Surveys:
    """Surveys of recordings, made in processes of their own while others are worked on."""

    def __init__(
        self,
        paths: Sequence[Path],
        options: SurveyOptions,
        *,
        n_jobs: int,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._answers: list[Future[tuple[Survey, ...] | Remark]] = [Future() for _ in paths]
        self._sizes = [stamp_file(path)[0] for path in paths]
        self._all_bytes = sum(self._sizes)
        self._known_s, self._known_bytes = 0.0, 0
        self._cancelled = threading.Event()
        jobs = [(path, [options]) for path in paths]
        self._thread = threading.Thread(
            target=self._run, args=(jobs,), kwargs={"n_jobs": n_jobs, "limits": limits}, daemon=True
        )

    def __enter__(self) -> "Surveys":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._cancelled.set()
        self._thread.join()

    def wait(self, number: int) -> tuple[Survey, ...] | Remark:
        """The surveys of the recording of that number, or what is wrong with it.

        Raises MachineError E_WORKER when no process can be started.
        """
        return self._answers[number].result()

    def expected_s(self) -> float:
        """Seconds of sound of all recordings, judged by their bytes where not yet known."""
        return self._known_s * self._all_bytes / max(self._known_bytes, 1)

    def _run(self, jobs: Sequence[tuple[Path, list[SurveyOptions]]], **known: Any) -> None:
        def keep(job: int, _position: int, result: tuple[Survey, ...] | Remark) -> None:
            if not isinstance(result, Remark):
                self._known_s += result[0].duration_s
            self._known_bytes += self._sizes[job]
            self._answers[job].set_result(result)

        try:
            run_in_workers(
                survey_in_worker, jobs, on_result=keep, cancelled=self._cancelled, **known
            )
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            for answer in self._answers:
                if not answer.done():
                    answer.set_exception(error)


def survey_in_worker(
    path: Path,
    items: Sequence[SurveyOptions],
    report: Callable[[tuple[Survey, ...] | Remark | None], None],
) -> None:
    """Reports the surveys of one file, or a Remark; None now and then, as a sign of life."""
    for options in items:
        try:
            report(survey_recording(path, options, live=partial(report, None)))
        except DataError as error:
            report(Remark.from_error(error))


def _survey(
    recording: Recording,
    channel: int | None,
    activity: ActivityOptions | None,
    stamp: tuple[int, int],
    live: Any,
    *,
    is_mixed: bool,
) -> Survey:
    sound = MonoSound(recording, channel=channel)
    loudness = Loudness() if activity else None
    statistics = measure_sound(partial(_overhear, sound.read_blocks, loudness, live))
    stretches = None
    if loudness and activity:
        heard_s = loudness.n_samples / SAMPLE_RATE
        stretches = tuple(find_loud(loudness.figures_db(), heard_s, activity))
    duration_s = statistics.n_samples / SAMPLE_RATE
    remarks = (
        *recording.info.remarks,
        *(_remark_on_channel(recording, channel) if is_mixed else ()),
        *find_length_remarks(recording.info, duration_s),
    )
    return Survey(recording.info.path, channel, statistics, stretches, stamp, remarks)


def _remark_on_channel(recording: Recording, channel: int | None) -> Iterator[Remark]:
    """A warning where the channels were to be mixed and only one of them is worth hearing."""
    info = recording.info
    if channel is not None and info.n_channels > 1:
        yield Remark(
            "W_ONE_CHANNEL",
            f"{info.path}: only channel {channel + 1} of {info.n_channels} is heard:"
            " another one is silent, or they cancel each other",
            "check the microphones and their cables; --channels each hears every one",
        )


def _overhear(blocks: Blocks, loudness: Loudness | None, live: Any) -> Iterator[Waveform]:
    for block in blocks():
        if loudness:
            loudness.add(block)
        if live:
            live()
        yield block


def _list_channels(recording: Recording, wanted: Channels) -> list[int | None]:
    n_channels = recording.info.n_channels
    if wanted == "each" and n_channels > 1:
        return list(range(n_channels))
    if isinstance(wanted, str):
        return [choose_channel_of(recording)]
    if not 1 <= wanted <= n_channels:
        raise DataError(
            f"{recording.info.path}: no channel {wanted}, there are {n_channels}",
            hint="channels are counted from 1",
            code="E_CHANNEL",
        )
    return [wanted - 1]
