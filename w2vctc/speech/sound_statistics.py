"""A recording's length, mean and variance, counted block by block."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Waveform = NDArray[np.float32]
Blocks = Callable[[], Iterable[Waveform]]  # the recording from its start, at each call


@dataclass(frozen=True)
class SoundStatistics:
    """What a network must know of a whole recording before it hears a part of it."""

    n_samples: int  # at 16 kHz
    mean: float
    variance: float


def measure_sound(blocks: Blocks) -> SoundStatistics:
    """Length, mean and variance of a recording, in double precision, block by block."""
    n_samples, total, squares = 0, 0.0, 0.0
    for block in blocks():
        wide = block.astype(np.float64)
        n_samples += len(block)
        total += float(wide.sum())
        squares += float(np.square(wide).sum())
    mean = total / max(n_samples, 1)
    return SoundStatistics(n_samples, mean, max(squares / max(n_samples, 1) - mean * mean, 0.0))
