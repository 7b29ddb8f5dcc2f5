"""Emissions of recordings of any length, in memory that does not grow with it.

The recording is heard in chunks that overlap: each lends its neighbours sound for context, and only
the frames in its middle are kept. What depends on the recording as a whole (its mean and variance,
and the statistics of a front end with a group norm) is counted beforehand, so that the chunks of a
recording are as loud to the network as all of it at once would be. What is left of the edges is
that attention does not reach further than the context.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from math import ceil, floor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel, compute_emissions, listen, refuse_short
from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.acoustic.model import count_model_frames, count_model_samples
from w2vctc.speech.activity import ActivityOptions, Loudness, find_loud
from w2vctc.speech.audio import SAMPLE_RATE, load_audio, probe_audio
from w2vctc.speech.mono import MonoSound, open_mono

Waveform = NDArray[np.float32]
Blocks = Callable[[], Iterable[Waveform]]  # the recording from its start, at each call

_EPSILON = 1e-7  # Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm's
_NORM_BLOCK_FRAMES = 1 << 14  # of the first convolution, at once


@dataclass(frozen=True)
class Chunking:
    """How a long recording is heard; seconds. A shorter one than `whole_s` is heard at once."""

    chunk_s: float = 20.0  # whose frames are kept
    context_s: float = 4.0  # in front of it and behind it
    whole_s: float = 30.0

    @property
    def chunk_frames(self) -> int:
        return max(1, round(self.chunk_s / FRAME_SHIFT_S))

    @property
    def context_frames(self) -> int:
        return round(self.context_s / FRAME_SHIFT_S)


@dataclass(frozen=True)
class SoundStatistics:
    """What the network must know of a whole recording before it hears a part of it."""

    n_samples: int
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


@dataclass(frozen=True)
class HeardSound:
    """A recording's length, and what is heard there: a first frame and the emissions from there on.

    `pieces` can be gone through once; the network works as they are asked for.
    """

    duration_s: float
    pieces: Iterator[tuple[int, NDArray[np.float32]]]


def hear_recording(
    model: AcousticModel,
    path: Path,
    *,
    chunking: Chunking | None = None,
    activity: ActivityOptions | None = None,
) -> HeardSound:
    """What the model hears in a sound file, however long.

    activity: how speech is told from pauses in a recording longer than `chunking.whole_s`; without
    it all of it is heard. Raises DataError as `load_audio` and `compute_emissions` do.
    """
    chunking = chunking or Chunking()
    if _is_short(path, chunking):
        waveform = load_audio(path)
        heard = compute_emissions(model, waveform, name=str(path))
        return HeardSound(len(waveform) / SAMPLE_RATE, iter([(0, heard)]))
    sound = open_mono(path)
    loudness = Loudness()
    try:
        statistics = measure_sound(partial(_overhear, sound.read_blocks, loudness))
    except BaseException:
        sound.close()
        raise
    pieces = stream_emissions(
        model,
        sound.read_blocks,
        statistics,
        chunking=chunking,
        spans=_find_spans(loudness, activity) if activity else None,
        name=str(path),
    )
    return HeardSound(statistics.n_samples / SAMPLE_RATE, _closing(sound, pieces))


def _is_short(path: Path, chunking: Chunking) -> bool:
    info = probe_audio(path)
    return bool(info.n_samples) and info.duration_s <= chunking.whole_s


def _closing(sound: MonoSound, pieces: Iterator[Any]) -> Iterator[Any]:
    with sound:
        yield from pieces


def _overhear(blocks: Blocks, loudness: Loudness) -> Iterator[Waveform]:
    for block in blocks():
        loudness.add(block)
        yield block


def _find_spans(loudness: Loudness, activity: ActivityOptions) -> list[tuple[int, int]]:
    """The frames in which somebody speaks."""
    duration_s = loudness.n_samples / SAMPLE_RATE
    spans: list[tuple[int, int]] = []
    for stretch in find_loud(loudness.figures_db(), duration_s, activity):
        first = floor(stretch.start_s / FRAME_SHIFT_S)
        first = max(first, spans[-1][1] if spans else 0)
        last = ceil(stretch.end_s / FRAME_SHIFT_S)
        if last > first:
            spans.append((first, last))
    return spans


def stream_emissions(
    model: AcousticModel,
    blocks: Blocks,
    statistics: SoundStatistics,
    *,
    chunking: Chunking | None = None,
    spans: Sequence[tuple[int, int]] | None = None,
    name: str = "audio",
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """A first frame and the log-probabilities from there on, shape (n, n_labels), again and again.

    spans: frames `[first, last)`, in order and apart from each other, that are wanted; else all. As
    many as `compute_emissions` gives for the whole. Raises DataError E_TOO_SHORT.
    """
    chunking = chunking or Chunking()
    config = model.network.config
    refuse_short(model, statistics.n_samples, name=name)
    n_frames = count_model_frames(config, statistics.n_samples)
    at_once = statistics.n_samples <= chunking.whole_s * SAMPLE_RATE
    heard = partial(_normalized, blocks, statistics, wanted=_normalizes(model))
    receptive, shift = count_model_samples(config), round(FRAME_SHIFT_S * SAMPLE_RATE)
    window = _Window(heard())
    with _steady_norm(model, heard, at_once=at_once):
        for first, last in [(0, n_frames)] if at_once else _cut(spans, n_frames, chunking):
            begin = max(first - chunking.context_frames, 0)
            end = min(last + chunking.context_frames, n_frames)
            # The last chunk has the samples behind the last frame too, as the whole has.
            stop = statistics.n_samples if end == n_frames else (end - 1) * shift + receptive
            emissions = listen(model, window.read(begin * shift, stop))
            yield first, emissions[first - begin : last - begin]


def _cut(
    spans: Sequence[tuple[int, int]] | None, n_frames: int, chunking: Chunking
) -> Iterator[tuple[int, int]]:
    """The frames to keep of each chunk."""
    for first, last in [(0, n_frames)] if spans is None else spans:
        for start in range(first, min(last, n_frames), chunking.chunk_frames):
            yield start, min(start + chunking.chunk_frames, last, n_frames)


class _Window:
    """A stretch of samples that moves forward through a recording."""

    def __init__(self, blocks: Iterable[Waveform]) -> None:
        self._blocks = iter(blocks)
        self._held: list[Waveform] = []
        self._first = 0  # the sample that the held ones begin with

    def read(self, start: int, stop: int) -> Waveform:
        """The samples `start` to `stop`, fewer where the recording ends.

        Nothing before `start` can be had afterwards.
        """
        self._drop(start)
        while self._first + sum(map(len, self._held)) < stop:
            block = next(self._blocks, None)
            if block is None:
                break
            self._held.append(block)
            self._drop(start)
        held = np.concatenate(self._held) if self._held else np.zeros(0, np.float32)
        return held[max(start - self._first, 0) : max(stop - self._first, 0)]

    def _drop(self, start: int) -> None:
        while self._held and self._first + len(self._held[0]) <= start:
            self._first += len(self._held.pop(0))


def _normalizes(model: AcousticModel) -> bool:
    return bool(model.extractor.do_normalize)


def _normalized(blocks: Blocks, statistics: SoundStatistics, *, wanted: bool) -> Iterator[Waveform]:
    """The recording with the mean 0 and the variance 1, where the model wants it so."""
    scale = 1 / np.sqrt(statistics.variance + _EPSILON)
    for block in blocks():
        yield ((block - statistics.mean) * scale).astype(np.float32) if wanted else block


def _steady_norm(
    model: AcousticModel, heard: Callable[[], Iterable[Waveform]], *, at_once: bool
) -> AbstractContextManager[None]:
    layer = model.network.wav2vec2.feature_extractor.conv_layers[0]
    norm = getattr(layer, "layer_norm", None)
    if at_once or not isinstance(norm, torch.nn.GroupNorm):
        return nullcontext()
    return _norm_of_whole(norm, *_measure_channels(layer.conv, heard(), model.device))


def _measure_channels(
    convolution: Any, blocks: Iterable[Waveform], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance over time of what the first convolution answers, shape (C,) each."""
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]
    window, first = _Window(blocks), 0
    n_frames, total, squares = 0, 0.0, 0.0
    while True:
        values = window.read(first * stride, (first + _NORM_BLOCK_FRAMES - 1) * stride + kernel)
        if len(values) < kernel:
            break
        with torch.inference_mode():
            answer = convolution(torch.from_numpy(values)[None, None].to(device))[0].double()
        n_frames += answer.shape[1]
        total, squares = total + answer.sum(1), squares + answer.square().sum(1)
        first += answer.shape[1]
    mean = torch.as_tensor(total) / n_frames
    return mean, (torch.as_tensor(squares) / n_frames - mean.square()).clamp_min(0)


@contextmanager
def _norm_of_whole(norm: Any, mean: torch.Tensor, variance: torch.Tensor) -> Iterator[None]:
    """While open, the norm of each channel over time is that of the whole recording."""
    scale = norm.weight.double() / torch.sqrt(variance + norm.eps)
    offset = norm.bias.double() - mean * scale
    scale, offset = scale.float()[:, None], offset.float()[:, None]
    norm.forward = lambda hidden: hidden * scale + offset
    try:
        yield
    finally:
        del norm.forward
