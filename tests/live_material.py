"""Streams of sound for the tests: a WAV as bytes, and how its bytes arrive."""

import struct
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


def make_header(
    *,
    rate: int = 16_000,
    n_channels: int = 1,
    tag: int = 1,
    bits: int = 16,
    n_bytes: int = 0xFFFFFFFF,
    order: str = "<",
) -> bytes:
    """A WAV header of 44 bytes."""
    block = n_channels * bits // 8
    layout = struct.pack(order + "HHIIHH", tag, n_channels, rate, rate * block, block, bits)
    form = b"RIFF" if order == "<" else b"RIFX"
    return (
        form
        + struct.pack(order + "I", 0xFFFFFFFF)
        + b"WAVEfmt "
        + struct.pack(order + "I", 16)
        + layout
        + b"data"
        + struct.pack(order + "I", n_bytes)
    )


def to_pcm16(waveform: NDArray[np.float32]) -> bytes:
    return bytes(np.round(waveform * 32767).clip(-32768, 32767).astype("<i2").tobytes())


def arrive(reads: Iterable[bytes]) -> Callable[[], bytes]:
    """A function that returns one read after the other, then b"" for ever."""
    left = iter([read for read in reads if read])
    return lambda: next(left, b"")


def split(data: bytes, sizes: Sequence[int]) -> list[bytes]:
    """The data in reads of these sizes, again and again."""
    reads, at, n = [], 0, 0
    while at < len(data):
        size = sizes[n % len(sizes)]
        reads.append(data[at : at + size])
        at, n = at + size, n + 1
    return reads
