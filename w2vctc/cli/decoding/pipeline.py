"""Recordings heard window by window and searched meanwhile; each comes out as soon as it is done.

This thread reads and listens, a bounded number of windows ahead; threads of their own search, and
processes of their own look through the recordings beforehand. Memory grows neither with a
recording's length nor with the number of recordings.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from pathlib import Path

from w2vctc.acoustic.emissions import AcousticModel
from w2vctc.acoustic.listening import listen
from w2vctc.acoustic.long_sound import Chunk, read_chunks
from w2vctc.cli.decoding.request import Hearing
from w2vctc.cli.screen import Stopwatch
from w2vctc.decode.tracks import Find, Track, TrackSearch
from w2vctc.decode.transcript import Transcript, in_order
from w2vctc.decode.writers import FailedFile
from w2vctc.errors import DataError
from w2vctc.files import stamp_file
from w2vctc.speech.recording import SAMPLE_RATE
from w2vctc.speech.remark import Remark
from w2vctc.speech.survey import Survey, Surveys

_POOL_S = {"cpu": 60.0}  # of sound, sorted by length and heard in batches
_ACCELERATED_POOL_S = 600.0
_GLANCE_S = 0.2  # between two looks at how far the search is


@dataclass
class _Recording:
    """A recording on its way: its tracks so far, and what went wrong."""

    path: Path
    is_read: bool = False
    duration_s: float = 0.0
    listening_s: float = 0.0
    tracks: list[Track] = field(default_factory=list)
    failure: FailedFile | None = None

    @property
    def is_done(self) -> bool:
        return self.is_read and all(track.passages.done() for track in self.tracks)

    @property
    def done_s(self) -> float:
        """Seconds of it that are transcribed, of all its channels on average."""
        if self.is_done:
            return self.duration_s
        return sum(track.searched_s for track in self.tracks) / max(len(self.tracks), 1)

    def wait(self, seconds: float) -> bool:
        """Whether it is done; looks up from waiting for the search after so many seconds."""
        unfinished = [track.passages for track in self.tracks if not track.passages.done()]
        return not wait_for(unfinished, timeout=seconds).not_done

    def result(self) -> Transcript | FailedFile:
        """To be asked for when it is done."""
        if self.failure is not None:
            return self.failure
        passages = [one for track in self.tracks for one in track.passages.result()]
        seconds = self.listening_s + sum(track.seconds for track in self.tracks)
        return Transcript(str(self.path), self.duration_s, in_order(passages), seconds)


@dataclass(frozen=True)
class Progress:
    """So many seconds of sound are done, of so many that are expected.

    remarks: what is noteworthy about recordings that are now looked into.
    """

    done_s: float
    expected_s: float
    remarks: tuple[Remark, ...] = ()


def transcribe(
    model: AcousticModel,
    find: Find,
    recordings: Sequence[Path],
    hearing: Hearing | None = None,
    *,
    n_jobs: int = 1,
    n_threads: int = 1,
) -> Iterator[Progress | Transcript | FailedFile]:
    """What is said in each recording, in order, or why nothing can be told; Progress in between.

    find: takes emissions and `start_state` and returns readings, best first; `n_threads` call it.
    n_jobs: processes that look through the recordings beforehand.
    """
    hearing = hearing or Hearing()
    with (
        Surveys(recordings, hearing.survey, n_jobs=n_jobs) as surveys,
        TrackSearch(find, model.vocabulary, n_threads=n_threads) as search,
    ):
        yield from _Pipeline(model, hearing, surveys, search).run(recordings)


class _Pipeline:
    """The recordings on their way, first come, first out."""

    def __init__(
        self,
        model: AcousticModel,
        hearing: Hearing,
        surveys: Surveys,
        search: TrackSearch,
    ) -> None:
        self._model = model
        self._hearing = hearing
        self._surveys = surveys
        self._search = search
        self._under_way: deque[_Recording] = deque()
        self._finished_s = 0.0
        self._remarks: list[Remark] = []

    def run(self, recordings: Sequence[Path]) -> Iterator[Progress | Transcript | FailedFile]:
        limit_s = _POOL_S.get(self._model.device.type, _ACCELERATED_POOL_S)
        pool: list[tuple[_Recording, Track, Chunk | None]] = []
        pool_s = 0.0
        for recording, track, chunk in self._read(recordings):
            pool.append((recording, track, chunk))
            pool_s += len(chunk.window.values) / SAMPLE_RATE if chunk else 0.0
            if pool_s >= limit_s:
                yield from self._listen(pool)
                pool, pool_s = [], 0.0
                yield from self._take(wait=False)
        yield from self._listen(pool)
        yield from self._take(wait=True)

    def _read(self, recordings: Sequence[Path]) -> Iterator[tuple[_Recording, Track, Chunk | None]]:
        """All chunks of all tracks; None after the last one of each."""
        for number, path in enumerate(recordings):
            recording = _Recording(path)
            self._under_way.append(recording)
            surveys = self._surveys.wait(number)
            if isinstance(surveys, Remark):
                recording.failure = FailedFile(
                    str(path), surveys.code, surveys.message, surveys.hint
                )
                recording.is_read = True
                continue
            recording.duration_s = surveys[0].duration_s
            self._remarks += surveys[0].remarks
            for survey in surveys:
                track = self._search.open_track(speaker=self._name(survey, len(surveys)))
                recording.tracks.append(track)
                yield from ((recording, track, chunk) for chunk in self._chunks(recording, survey))
                yield recording, track, None
                if recording.failure is not None:
                    break
            recording.is_read = True

    def _chunks(self, recording: _Recording, survey: Survey) -> Iterator[Chunk]:
        try:
            yield from read_chunks(self._model, survey)
            if stamp_file(survey.path) != survey.stamp:
                raise DataError(
                    f"{survey.path}: was changed meanwhile",
                    hint="let no other program write there, and decode it again",
                    code="E_CHANGED",
                )
        except DataError as error:
            recording.failure = FailedFile(str(survey.path), error.code, error.message, error.hint)

    def _name(self, survey: Survey, n_channels: int) -> str:
        if n_channels == 1 or survey.channel is None:
            return ""
        names = dict(enumerate(self._hearing.speakers))
        return names.get(survey.channel, f"channel {survey.channel + 1}")

    def _listen(self, pool: Sequence[tuple[_Recording, Track, Chunk | None]]) -> Iterator[Progress]:
        """Hears the chunks and hands what was heard over to the search."""
        watch = Stopwatch()
        heard = iter(listen(self._model, [chunk.window for _, _, chunk in pool if chunk]))
        seconds = watch.seconds
        n_samples = sum(len(chunk.window.values) for _, _, chunk in pool if chunk)
        for recording, track, chunk in pool:
            if chunk is None:
                track.finish()
                continue
            recording.listening_s += seconds * len(chunk.window.values) / n_samples
            for piece in chunk.cut(next(heard)):
                track.add(*piece)
            yield self._progress()

    def _take(self, *, wait: bool) -> Iterator[Progress | Transcript | FailedFile]:
        """The results that are there, the first recording's first; all of them with `wait`."""
        while self._under_way and (wait or self._under_way[0].is_done):
            recording = self._under_way[0]
            while wait and not recording.wait(_GLANCE_S):
                yield self._progress()
            self._under_way.popleft()
            self._finished_s += recording.duration_s
            yield recording.result()
            yield self._progress()

    def _progress(self) -> Progress:
        done_s = self._finished_s + sum(one.done_s for one in self._under_way)
        remarks, self._remarks = tuple(self._remarks), []
        return Progress(done_s, self._surveys.expected_s(), remarks)
