"""Decoded sound that stays in memory: small data are decoded once and not in every epoch."""

import numpy as np
from numpy.typing import NDArray

LIMIT_BYTES = 256 << 20  # two hours of 16-bit sound at 16 kHz
_SCALE = 32_768.0  # the steps of 16-bit sound


class SoundMemory:
    """Waveforms by row, at most `limit_bytes` of them: the first ones, whoever they are.

    All rows come once in each epoch, so that throwing out the oldest would leave nothing to find.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.n_bytes = 0
        self._limit_bytes = limit_bytes
        self._kept: dict[int, NDArray[np.int16] | NDArray[np.float32]] = {}

    def find(self, row: int) -> NDArray[np.float32] | None:
        """The waveform as it was given to `keep`, bit for bit; None where it was not kept."""
        kept = self._kept.get(row)
        if kept is None:
            return None
        if kept.dtype == np.int16:
            return kept.astype(np.float32) / np.float32(_SCALE)
        return np.asarray(kept, dtype=np.float32)

    def keep(self, row: int, waveform: NDArray[np.float32]) -> None:
        """Keeps a waveform while there is room, as 16-bit steps where it consists of those."""
        if self.n_bytes + 2 * waveform.size > self._limit_bytes or row in self._kept:
            return
        packed = _pack(waveform)
        if self.n_bytes + packed.nbytes <= self._limit_bytes:
            self.n_bytes += packed.nbytes
            self._kept[row] = packed


def _pack(waveform: NDArray[np.float32]) -> NDArray[np.int16] | NDArray[np.float32]:
    steps = waveform * np.float32(_SCALE)
    if waveform.size and np.abs(steps).max() < _SCALE:
        whole = steps.astype(np.int16)
        if np.array_equal(whole, steps) and not np.signbit(waveform[waveform == 0]).any():
            return whole
    return waveform
