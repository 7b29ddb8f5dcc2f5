"""Sounds made on the spot, and the files that hold them."""

import wave
from fractions import Fraction
from pathlib import Path

import av
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


def encode_av(
    path: Path,
    samples: NDArray[np.float32],
    *,
    sample_rate: int,
    container: str,
    codec: str,
    start_s: float = 0.0,
    picture: bool = False,
    options: dict[str, str] | None = None,
) -> Path:
    """A file that FFmpeg's libraries write, from samples of shape (n,) or (n, n_channels).

    With `picture` a film of a black square runs from 0 s on, whenever the sound starts.
    """
    planes = np.atleast_2d(samples.T).astype(np.float32)
    layout = {1: "mono", 2: "stereo", 8: "7.1"}[len(planes)]
    with av.open(str(path), "w", format=container) as file:
        film = file.add_stream("mpeg4", rate=10) if picture else None
        sound = file.add_stream(codec, rate=sample_rate, layout=layout, options=options)
        if film is not None:
            film.width = film.height = 16
            film.pix_fmt = "yuv420p"
            black = av.VideoFrame.from_ndarray(np.zeros((24, 16), dtype=np.uint8), "yuv420p")
            for number in range(10):
                black.pts, black.time_base = number, Fraction(1, 10)
                file.mux(film.encode(black))
            file.mux(film.encode(None))
        to_codec = av.AudioResampler(sound.codec_context.format, layout, sample_rate)
        for first in range(0, planes.shape[1], 1024):
            block = np.ascontiguousarray(planes[:, first : first + 1024].T).reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout=layout)
            frame.sample_rate = sample_rate
            frame.pts = first + round(start_s * sample_rate)
            frame.time_base = Fraction(1, sample_rate)
            for ready in to_codec.resample(frame):
                file.mux(sound.encode(ready))
        for ready in to_codec.resample(None):
            file.mux(sound.encode(ready))
        file.mux(sound.encode(None))
    return path
