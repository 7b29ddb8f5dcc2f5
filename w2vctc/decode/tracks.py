"""Tracks of sound that are searched side by side while their emissions arrive."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.passages import make_passages
from w2vctc.decode.segments import Segment, cut_segments, decode_segments_nbest
from w2vctc.decode.transcript import Passage
from w2vctc.vocab import Vocabulary

Piece = tuple[int, NDArray[np.float32]]  # a first frame and the emissions from there on
Find = Callable[..., Sequence[Hypothesis]]  # emissions and `start_state` to readings, best first

_MOST_WAITING = 64  # pieces, of all tracks together; some 20 minutes of speech


class Track:
    """One channel of a recording, its emissions arriving in order.

    After `finish`, `passages` holds what was said; its `result` raises what the search raised.
    """

    def __init__(self, find: Find, vocabulary: Vocabulary, *, speaker: str, room: "_Room") -> None:
        self.speaker = speaker
        self.searched_s = 0.0  # from the recording's start
        self.seconds = 0.0  # that the search took
        self.passages: Future[tuple[Passage, ...]] = Future()
        self._find = find
        self._vocabulary = vocabulary
        self._room = room
        self._pieces: SimpleQueue[Piece | None] = SimpleQueue()

    def add(self, first_frame: int, emissions: NDArray[np.float32]) -> None:
        """Hands over the next piece; waits while too many wait already."""
        self._room.enter()
        self._pieces.put((first_frame, emissions))

    def finish(self) -> None:
        """Nothing more is coming."""
        self._pieces.put(None)

    def run(self) -> None:
        """Searches until nothing more is coming."""
        pieces = self._arriving()
        try:
            found = decode_segments_nbest(cut_segments(pieces, self._vocabulary), self._search)
            passages = tuple(make_passages(self._report(found), speaker=self.speaker))
        except BaseException as error:  # noqa: BLE001 - raised again where the result is asked for
            for _ in pieces:
                pass  # whoever hands them over may be waiting for room
            self.passages.set_exception(error)
        else:
            self.passages.set_result(passages)

    def _search(self, emissions: NDArray[np.float32], **known: object) -> Sequence[Hypothesis]:
        started = time.monotonic()
        readings = self._find(emissions, **known)
        self.seconds += time.monotonic() - started
        return readings

    def _report(
        self, found: Iterator[tuple[Segment, tuple[Hypothesis, ...]]]
    ) -> Iterator[tuple[Segment, tuple[Hypothesis, ...]]]:
        for segment, readings in found:
            self.searched_s = segment.last_frame * FRAME_SHIFT_S
            yield segment, readings

    def _arriving(self) -> Iterator[Piece]:
        while (piece := self._pieces.get()) is not None:
            self._room.leave()
            if self._room.is_closed:
                return
            yield piece


class TrackSearch:
    """Threads that search tracks, the one opened first before the others.

    find: must be safe in several threads where `n_threads` says more than one.
    """

    def __init__(
        self,
        find: Find,
        vocabulary: Vocabulary,
        *,
        n_threads: int,
        most_waiting: int = _MOST_WAITING,
    ) -> None:
        self._find = find
        self._vocabulary = vocabulary
        self._room = _Room(most_waiting)
        self._threads = ThreadPoolExecutor(n_threads, thread_name_prefix="search")
        self._unfinished: list[Track] = []

    def __enter__(self) -> "TrackSearch":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._room.close()
        for track in self._unfinished:
            track.finish()
        self._threads.shutdown(cancel_futures=True)

    def open_track(self, *, speaker: str = "") -> Track:
        """A track to hand pieces to. Each must be finished before the next one gets any."""
        track = Track(self._find, self._vocabulary, speaker=speaker, room=self._room)
        self._unfinished = [one for one in self._unfinished if not one.passages.done()]
        self._unfinished.append(track)
        self._threads.submit(track.run)
        return track


class _Room:
    """So many pieces may wait; who brings more waits himself."""

    def __init__(self, places: int) -> None:
        self.is_closed = False
        self._places = threading.Semaphore(places)

    def enter(self) -> None:
        self._places.acquire()

    def leave(self) -> None:
        self._places.release()

    def close(self) -> None:
        self.is_closed = True
