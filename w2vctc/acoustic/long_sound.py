"""Recordings of any length as windows of sound, in memory that does not grow with them.

A long recording is heard in windows that overlap: each lends its neighbours sound for context, and
only the frames in its middle are kept. What depends on the recording as a whole (its mean and
variance, and the statistics of a front end with a group norm) is counted beforehand, so that the
windows of a recording are as loud to the network as all of it at once would be. What is left of the
edges is that attention does not reach further than the context.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, floor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel, refuse_short
from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.acoustic.listening import ChannelNorm, Window, group_norm_of, make_norm
from w2vctc.acoustic.model import count_model_frames, count_model_samples
from w2vctc.speech.activity import Stretch
from w2vctc.speech.mono import MonoSound
from w2vctc.speech.recording import SAMPLE_RATE, open_recording
from w2vctc.speech.sound_statistics import Blocks, SoundStatistics, Waveform
from w2vctc.speech.survey import Survey

_EPSILON = 1e-7  # Wav2Vec2FeatureExtractor.zero_mean_unit_var_norm's
_NORM_BLOCK_FRAMES = 1 << 14  # of the first convolution, at once


@dataclass(frozen=True)
class Chunking:
    """How a long recording is heard; seconds. A shorter one than `whole_s` is heard at once."""

    chunk_s: float = 20.0  # whose frames are kept
    context_s: float = 2.0  # in front of it and behind it
    whole_s: float = 30.0

    @property
    def chunk_frames(self) -> int:
        return max(1, round(self.chunk_s / FRAME_SHIFT_S))

    @property
    def context_frames(self) -> int:
        return round(self.context_s / FRAME_SHIFT_S)


@dataclass(frozen=True)
class Chunk:
    """A window of a recording and which of its frames are kept.

    first_frame: of the window, counted in the recording. `kept` are frames `[first, last)` of the
    recording, in order and apart from each other.
    """

    window: Window
    first_frame: int
    kept: tuple[tuple[int, int], ...]

    def cut(self, emissions: NDArray[np.float32]) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """A first frame and the emissions from there on, for each stretch that is kept."""
        for first, last in self.kept:
            yield first, emissions[first - self.first_frame : last - self.first_frame]


def read_chunks(
    model: AcousticModel, survey: Survey, chunking: Chunking | None = None
) -> Iterator[Chunk]:
    """The chunks of one channel of a recording, read as they are asked for.

    Raises DataError as `load_audio` does, and E_TOO_SHORT.
    """
    chunking = chunking or Chunking()
    statistics, name = survey.statistics, str(survey.path)
    is_long = survey.duration_s > chunking.whole_s
    spans = _find_spans(survey.stretches) if survey.stretches is not None and is_long else None
    refuse_short(model, statistics.n_samples, name=name)
    with MonoSound(open_recording(survey.path), channel=survey.channel) as sound:
        blocks = sound.read_blocks
        yield from cut_chunks(model, blocks, statistics, chunking=chunking, spans=spans, name=name)


def cut_chunks(
    model: AcousticModel,
    blocks: Blocks,
    statistics: SoundStatistics,
    *,
    chunking: Chunking | None = None,
    spans: Sequence[tuple[int, int]] | None = None,
    name: str = "audio",
) -> Iterator[Chunk]:
    """The chunks of a recording, with as many frames as `compute_emissions` gives for the whole.

    spans: frames `[first, last)`, in order and apart from each other, that are wanted; else all.
    Raises DataError E_TOO_SHORT.
    """
    chunking = chunking or Chunking()
    config = model.network.config
    refuse_short(model, statistics.n_samples, name=name)
    n_frames = count_model_frames(config, statistics.n_samples)
    at_once = statistics.n_samples <= chunking.whole_s * SAMPLE_RATE
    heard = partial(_normalized, blocks, statistics, wanted=_normalizes(model))
    receptive, shift = count_model_samples(config), round(FRAME_SHIFT_S * SAMPLE_RATE)
    norm = None if at_once else _find_norm(model, heard)
    window = SoundWindow(heard())
    wanted = [(0, n_frames)] if spans is None else spans
    longest = n_frames if at_once else chunking.chunk_frames
    for kept in _plan(wanted, n_frames, longest, 2 * chunking.context_frames):
        begin = max(kept[0][0] - chunking.context_frames, 0)
        end = min(kept[-1][1] + chunking.context_frames, n_frames)
        # The last chunk has the samples behind the last frame too, as the whole has.
        stop = statistics.n_samples if end == n_frames else (end - 1) * shift + receptive
        yield Chunk(Window(window.read(begin * shift, stop), norm), begin, kept)


def _plan(
    spans: Sequence[tuple[int, int]], n_frames: int, longest: int, gap: int
) -> Iterator[tuple[tuple[int, int], ...]]:
    """The frames to keep of each chunk, which are at most `longest` from first to last.

    Spans share a chunk unless they are further than `gap` apart: a pause costs less than its
    neighbours' context.
    """
    kept: list[tuple[int, int]] = []
    for first, last in spans:
        start, stop = first, min(last, n_frames)
        while start < stop:
            if kept and (start - kept[-1][1] > gap or start - kept[0][0] >= longest):
                yield tuple(kept)
                kept = []
            limit = (kept[0][0] if kept else start) + longest
            kept.append((start, min(stop, limit)))
            start = kept[-1][1]
    if kept:
        yield tuple(kept)


def _find_spans(stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
    """The frames in which somebody speaks."""
    spans: list[tuple[int, int]] = []
    for stretch in stretches:
        first = floor(stretch.start_s / FRAME_SHIFT_S)
        first = max(first, spans[-1][1] if spans else 0)
        last = ceil(stretch.end_s / FRAME_SHIFT_S)
        if last > first:
            spans.append((first, last))
    return spans


class SoundWindow:
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


def _find_norm(model: AcousticModel, heard: Blocks) -> ChannelNorm | None:
    """What the front end's group norm makes of the whole recording; None where it has none."""
    norm = group_norm_of(model.network)
    if norm is None:
        return None
    convolution = model.network.wav2vec2.feature_extractor.conv_layers[0].conv
    return make_norm(norm, *_measure_channels(convolution, heard(), model.device))


def _measure_channels(
    convolution: Any, blocks: Iterable[Waveform], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance over time of what the first convolution answers, shape (C,) each."""
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]
    window, first = SoundWindow(blocks), 0
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
