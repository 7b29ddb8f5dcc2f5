"""Sounds made on the spot, and the files that hold them."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
TRAIN_TEXTS = ("la lluna surt", "el sol es pon", "plou a la vall", "bon dia a tots")
DEV_TEXTS = ("la vall plou", "bon sol")
TEST_TEXTS = ("surt el sol", "dia de lluna")


def make_babble(*, duration_s: float, seed: int = 0) -> NDArray[np.float32]:
    """A buzz with a changing pitch and some noise, shape (n_samples,), float32, 16 kHz."""
    random = np.random.default_rng(seed)
    time_s = np.arange(round(duration_s * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    pitch_hz = 120 + 10 * seed + 30 * np.sin(2 * np.pi * 3 * time_s)
    buzz = np.sign(np.sin(2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE_HZ))
    babble = 0.2 * buzz + 0.02 * random.standard_normal(len(time_s))
    return np.asarray(babble, dtype=np.float32)


def write_wav(
    path: Path, waveform: NDArray[np.float32], *, sample_rate: int = SAMPLE_RATE_HZ
) -> None:
    """A mono WAV file of 16 bits."""
    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(sample_rate)
        stream.writeframes((waveform * 32767).astype("<i2").tobytes())
