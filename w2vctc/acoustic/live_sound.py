"""Emissions of sound while it arrives: a hop at a time, with context and a bounded look ahead.

What offline decoding knows of the whole recording (see acoustic/long_sound.py), here the minute
behind is asked for: its mean and variance in place of the recording's, and for a front end with a
group norm the statistics of its channels. So the first seconds are heard with what the first
seconds tell, and the network never attends to more than the context. How much that costs,
docs/live.md says.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel
from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.acoustic.listening import Window, listen
from w2vctc.acoustic.model import count_model_frames, count_model_samples
from w2vctc.acoustic.running_levels import RunningLevels
from w2vctc.speech.audio import SAMPLE_RATE

Waveform = NDArray[np.float32]
Piece = tuple[int, NDArray[np.float32]]

_SHIFT = round(FRAME_SHIFT_S * SAMPLE_RATE)


@dataclass(frozen=True)
class LiveChunking:
    """How sound is heard as it arrives; seconds.

    Whoever is late hears several hops at once, `longest_s` at most: that is less work per second.
    """

    hop_s: float = 0.5
    context_s: float = 4.0  # heard again in front of the hop
    ahead_s: float = 0.4  # behind it: so long every frame waits for what comes next
    longest_s: float = 20.0

    @property
    def hop_frames(self) -> int:
        return max(1, round(self.hop_s / FRAME_SHIFT_S))

    @property
    def context_frames(self) -> int:
        return round(self.context_s / FRAME_SHIFT_S)

    @property
    def ahead_frames(self) -> int:
        return round(self.ahead_s / FRAME_SHIFT_S)

    @property
    def most_hops(self) -> int:
        return max(1, round(self.longest_s / self.hop_s))


class LiveEmissions:
    """Sound goes in as it comes, emissions come out as soon as they can be had.

    They depend on the sound and on how many hops are heard at once, never on how it came.
    """

    def __init__(self, model: AcousticModel, chunking: LiveChunking | None = None) -> None:
        self.chunking = chunking or LiveChunking()
        self.n_samples = 0
        self._model = model
        self._held = np.zeros(0, dtype=np.float32)
        self._first_held = 0  # sample
        self._next = 0  # the first frame that was not heard yet
        self._levels = RunningLevels(model)

    @property
    def heard_s(self) -> float:
        """Seconds of sound whose emissions were given out."""
        return self._next * FRAME_SHIFT_S

    @property
    def waiting_s(self) -> float:
        """Seconds of sound that were taken in and not heard yet."""
        return self.n_samples / SAMPLE_RATE - self.heard_s

    @property
    def n_ready(self) -> int:
        """The hops that can be heard now."""
        n_frames = count_model_frames(self._model.network.config, self.n_samples)
        waiting = n_frames - self.chunking.ahead_frames - self._next
        return max(waiting // self.chunking.hop_frames, 0)

    def add(self, block: Waveform) -> None:
        """Takes in the next samples, shape (n,), 16 kHz."""
        self._held = np.concatenate([self._held, block])
        self.n_samples += len(block)

    def hear(self, n_hops: int = 1) -> Piece | None:
        """The first frame and the emissions of the next hops; None while they cannot be had."""
        n_hops = min(n_hops, self.n_ready, self.chunking.most_hops)
        return self._hear_to(self._next + n_hops * self.chunking.hop_frames) if n_hops else None

    def finish(self) -> Piece | None:
        """The same of what is left when the sound has ended; None where nothing is."""
        n_frames = count_model_frames(self._model.network.config, self.n_samples)
        return self._hear_to(n_frames, at_end=True) if n_frames > self._next else None

    def _hear_to(self, last: int, *, at_end: bool = False) -> Piece:
        """The emissions up to the frame `last`, which is not among them."""
        first = self._next
        begin = max(first - self.chunking.context_frames, 0)
        receptive = count_model_samples(self._model.network.config)
        behind = (last + self.chunking.ahead_frames - 1) * _SHIFT + receptive
        stop = self.n_samples if at_end else behind
        self._forget(begin * _SHIFT)
        window = self._held[: stop - self._first_held]
        self._levels.learn(window, self._first_held)
        heard = Window(self._normalized(window), self._levels.norm())
        (emissions,) = listen(self._model, [heard])
        self._next = last
        return first, emissions[first - begin : last - begin]

    def _forget(self, before: int) -> None:
        """Lets go of the samples in front of `before`."""
        self._held = self._held[before - self._first_held :]
        self._first_held = before

    def _normalized(self, window: Waveform) -> Waveform:
        """The window as loud as the minute before it suggests, where the model wants it so."""
        if not self._model.extractor.do_normalize:
            return window
        scale = 1 / np.sqrt(self._levels.variance)
        return np.asarray((window - self._levels.mean) * scale, dtype=np.float32)
