"""Text while somebody speaks: what may still change, and what is final."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.segments import Segment, SegmentOptions, cut_segments, decode_segments
from w2vctc.decode.transcript import Passage
from w2vctc.vocab import Vocabulary

Emissions = NDArray[np.float32]


@dataclass(frozen=True)
class LiveOptions:
    """When text becomes final; seconds.

    After a pause of `pause_s`, else as long segments are cut (see SegmentOptions), which is at
    `longest_s` between two words where there is a gap, and at `patience_s` at the latest. Silence
    in front of speech is kept for `lead_s`.
    """

    pause_s: float = 0.6
    longest_s: float = 10.0
    patience_s: float = 15.0
    sentence_pause_s: float = 1.0
    lead_s: float = 0.5

    @property
    def cutting(self) -> SegmentOptions:
        return SegmentOptions(self.longest_s, self.patience_s, self.sentence_pause_s)


@dataclass(frozen=True)
class Partial:
    """What the open segment says by now; the next event says it anew. Seconds from the start."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Final:
    """A segment that is closed: its words never change."""

    passage: Passage

    @property
    def text(self) -> str:
        return self.passage.hypothesis.text

    @property
    def words(self) -> tuple[Word, ...]:
        return self.passage.hypothesis.words


Event = Partial | Final


class LiveText:
    """Emissions go in as they come, events come out.

    What is final depends on the emissions alone, not on the pieces in which they came.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        decode: Callable[..., Hypothesis],
        *,
        sketch: Callable[..., str] | None = None,
        options: LiveOptions | None = None,
    ) -> None:
        """decode: as `decode_segments` takes it; its language model goes on within a sentence.

        sketch: takes the same and returns the text of a partial; else that of the best path.
        """
        self.options = options or LiveOptions()
        self._vocabulary = vocabulary
        self._decode = decode
        self._sketch = sketch or self._greedy
        self._held = np.zeros((0, len(vocabulary.labels)), dtype=np.float32)
        self._spoken = np.zeros(0, dtype=np.bool_)  # of each held frame: neither blank nor space
        self._first = 0  # the first held frame
        self._last_spoken: int | None = None  # the frame behind the last word that is final
        self._state: Any = None
        self._shown = ""
        self._n_uncut = 0  # so many frames of the open segment were not enough to cut it

    def add(self, emissions: Emissions) -> list[Event]:
        """The finals that the next emissions complete, and a partial where there is a new one.

        emissions: shape (n, n_labels). Of silence a partial of no text, once.
        """
        self._held = np.concatenate([self._held, emissions])
        self._spoken = np.concatenate([self._spoken, self._find_spoken(emissions)])
        events: list[Event] = []
        while (cut := self._find_cut()) is not None:
            events += self._close(cut)
        self._trim()
        partial = self._partial()
        return events if partial is None else [*events, partial]

    def finish(self) -> list[Event]:
        """The final of what is open at the end of the sound."""
        self._trim()
        return self._close(len(self._held)) if self._spoken.any() else []

    def _find_spoken(self, emissions: Emissions) -> NDArray[np.bool_]:
        best = emissions.argmax(axis=1)
        spoken = (best != self._vocabulary.blank_id) & (best != self._vocabulary.delimiter_id)
        return np.asarray(spoken, dtype=np.bool_)

    def _find_cut(self) -> int | None:
        """The frames of the segment that is complete, None while it is open."""
        self._trim()
        pause = _count(self.options.pause_s)
        spoken = np.flatnonzero(self._spoken)
        paused = np.flatnonzero(np.diff(spoken, append=len(self._spoken)) > pause)
        by_pause = int(spoken[paused[0]]) + 1 + pause if len(paused) else None
        return self._find_early_cut(by_pause or len(self._held)) or by_pause

    def _find_early_cut(self, stop: int) -> int | None:
        """Where a segment that gets long before frame `stop` is cut: as if it came by the frame."""
        patience = _count(self.options.patience_s)
        for n_frames in range(max(_count(self.options.longest_s), self._n_uncut) + 1, stop + 1):
            whole = [(0, self._held[:n_frames])]
            first = next(cut_segments(whole, self._vocabulary, self.options.cutting))
            if len(first.emissions) < n_frames or n_frames > patience:
                return len(first.emissions)
            self._n_uncut = n_frames
        return None

    def _trim(self) -> None:
        """Lets go of silence in front of the open segment, all but `lead_s` of it."""
        spoken = np.flatnonzero(self._spoken)
        n_silent = int(spoken[0]) if len(spoken) else len(self._spoken)
        self._drop(max(n_silent - _count(self.options.lead_s), 0))

    def _drop(self, n_frames: int) -> None:
        self._held, self._spoken = self._held[n_frames:], self._spoken[n_frames:]
        self._first += n_frames

    def _close(self, n_frames: int) -> list[Event]:
        state = self._find_state()
        segment = Segment(self._first, self._held[:n_frames], goes_on=state is not None)
        spoken = np.flatnonzero(self._spoken[:n_frames])
        self._drop(n_frames)
        self._n_uncut, self._shown = 0, ""

        def decode(emissions: Emissions, **_: Any) -> Hypothesis:
            return self._decode(emissions, start_state=state)

        ((_, found),) = decode_segments([segment], decode)
        self._state = found.state
        if len(spoken):
            self._last_spoken = segment.first_frame + int(spoken[-1]) + 1
        return [Final(_make_passage(segment, found))] if found.text else []

    def _find_state(self) -> Any:
        """Where the language model stands if the open segment goes on, None for a new sentence."""
        spoken = np.flatnonzero(self._spoken)
        if self._last_spoken is None or not len(spoken):
            return None
        pause_s = (self._first + int(spoken[0]) - self._last_spoken) * FRAME_SHIFT_S
        return self._state if pause_s < self.options.sentence_pause_s else None

    def _partial(self) -> Partial | None:
        text = ""
        if self._spoken.any():
            text = self._sketch(self._held, start_state=self._find_state())
        if text == self._shown:
            return None
        self._shown = text
        return Partial(text, _seconds(self._first), _seconds(self._first + len(self._held)))

    def _greedy(self, emissions: Emissions, *, start_state: Any) -> str:
        del start_state
        return decode_greedy(emissions, self._vocabulary).text


def _make_passage(segment: Segment, found: Hypothesis) -> Passage:
    """From its first word to its last one, where they are known."""
    start_s, end_s = _seconds(segment.first_frame), _seconds(segment.last_frame)
    if found.words:
        start_s, end_s = found.words[0].start_s, found.words[-1].end_s
    return Passage(start_s, end_s, replace(found, text=" ".join(found.text.split())))


def _count(seconds: float) -> int:
    return round(seconds / FRAME_SHIFT_S)


def _seconds(n_frames: int) -> float:
    return round(n_frames * FRAME_SHIFT_S, 3)
