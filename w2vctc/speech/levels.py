"""Loudness, silence, clipping and a hash of a sound that arrives block by block."""

import hashlib
import math

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.channels import CANCELLED, choose_channel

_WINDOW_S = 0.01
_SILENCE_DBFS = -60.0
LEAST_STEP = 1 / 32768  # of 16-bit sound: a channel that moves by no more is silent
_FULL_SCALE = 1 - 1.5 * LEAST_STEP
# The largest values of coarser formats: 127/128, and the ends of the two telephone laws.
_FULL_SCALES = {"PCM_U8": 0.992, "PCM_S8": 0.992, "ULAW": 0.98, "ALAW": 0.984}


class Levels:
    """Running figures of one sound; `add` its blocks in order, then `finish`, then read."""

    def __init__(self, sample_rate: int, n_channels: int, codec: str = "") -> None:
        self.sample_rate = sample_rate
        self.n_samples = 0
        self.n_nonfinite = 0
        self.first_nonfinite: int | None = None  # sample, from the start of the piece
        self.peak = 0.0
        self._n_clipped = 0
        self._full_scale = _FULL_SCALES.get(codec, _FULL_SCALE)
        self._power = np.zeros(n_channels)
        self._mean_power = 0.0
        self._lowest = np.full(n_channels, np.inf)
        self._highest = np.full(n_channels, -np.inf)
        self._window = max(round(_WINDOW_S * sample_rate), 1)
        self._rest = np.zeros((0, n_channels), dtype=np.float32)
        self._n_windows = self._n_silent_windows = 0
        self._first_sound: int | None = None  # window
        self._last_sound: int | None = None
        # One for each channel and one for their mean: only at the end it is known which counts.
        self._hashes = [hashlib.blake2b(digest_size=16) for _ in range(n_channels + 1)]

    def add(self, block: NDArray[np.float32]) -> None:
        """Takes in the next samples, shape (n, n_channels)."""
        block = self._without_nonfinite(block)
        size = np.abs(block)
        self.peak = max(self.peak, float(size.max(initial=0.0)))
        self._n_clipped += int((size >= self._full_scale).sum())
        mean = block.mean(axis=1, dtype=np.float32)
        self._power += np.square(block, dtype=np.float64).sum(axis=0)
        self._mean_power += float(np.square(mean, dtype=np.float64).sum())
        self._lowest = np.minimum(self._lowest, block.min(axis=0, initial=np.inf))
        self._highest = np.maximum(self._highest, block.max(axis=0, initial=-np.inf))
        for channel, digest in zip((mean, *block.T), self._hashes, strict=False):
            digest.update(_quantize(channel))
        self.n_samples += len(block)
        self._listen(np.concatenate([self._rest, block]))

    def finish(self) -> None:
        """Takes in what is left of the last window."""
        if len(self._rest):
            self._judge(np.square(self._rest, dtype=np.float64).mean(axis=0)[None])
            self._rest = self._rest[:0]

    @property
    def rms_dbfs(self) -> float:
        power = float(self._power.sum()) / max(self.n_samples * len(self._power), 1)
        return 10 * math.log10(power) if power > 0 else -math.inf

    @property
    def clipped_share(self) -> float:
        return self._n_clipped / max(self.n_samples * len(self._power), 1)

    @property
    def silent_share(self) -> float:
        return self._n_silent_windows / max(self._n_windows, 1)

    @property
    def first_sound_s(self) -> float | None:
        if self._first_sound is None:
            return None
        return self._first_sound * self._window / self.sample_rate

    @property
    def last_sound_s(self) -> float | None:
        if self._last_sound is None:
            return None
        return min((self._last_sound + 1) * self._window, self.n_samples) / self.sample_rate

    @property
    def n_silent_channels(self) -> int:
        """Channels of digital silence or of one constant value."""
        return int((self._highest - self._lowest <= LEAST_STEP).sum())

    @property
    def is_silent(self) -> bool:
        return self.n_silent_channels == len(self._power)

    @property
    def cancels(self) -> bool:
        """Whether the mean of the channels is all but silent though they are not."""
        return self._mean_power < CANCELLED * float(self._power.max())

    @property
    def content_hash(self) -> str:
        """32 hexadecimal digits over the rate and the sound, mixed to one channel, in 16 bits."""
        alone = choose_channel(self._power, self._mean_power) if len(self._power) > 1 else None
        chosen = 0 if alone is None else 1 + alone
        whole = hashlib.blake2b(f"{self.sample_rate} ".encode(), digest_size=16)
        whole.update(self._hashes[chosen].digest())
        return whole.hexdigest()

    def _without_nonfinite(self, block: NDArray[np.float32]) -> NDArray[np.float32]:
        finite = np.isfinite(block)
        if finite.all():
            return block
        bad = np.flatnonzero(~finite.all(axis=1))
        if self.first_nonfinite is None:
            self.first_nonfinite = self.n_samples + int(bad[0])
        self.n_nonfinite += len(bad)
        return np.where(finite, block, np.float32(0))

    def _listen(self, samples: NDArray[np.float32]) -> None:
        n_whole = len(samples) // self._window
        shape = (n_whole, self._window, samples.shape[1])
        whole = samples[: n_whole * self._window].reshape(shape)
        self._rest = samples[n_whole * self._window :]
        if n_whole:
            self._judge(np.square(whole, dtype=np.float64).mean(axis=1))

    def _judge(self, power: NDArray[np.float64]) -> None:
        """Counts the silent ones of these windows, shape (n_windows, n_channels)."""
        sounding = np.flatnonzero(power.max(axis=1) >= 10 ** (_SILENCE_DBFS / 10))
        if len(sounding):
            if self._first_sound is None:
                self._first_sound = self._n_windows + int(sounding[0])
            self._last_sound = self._n_windows + int(sounding[-1])
        self._n_windows += len(power)
        self._n_silent_windows += len(power) - len(sounding)


def _quantize(channel: NDArray[np.float32]) -> bytes:
    scaled = np.rint(channel.astype(np.float64) * 32768)
    return bytes(np.clip(scaled, -32768, 32767).astype("<i2").tobytes())
