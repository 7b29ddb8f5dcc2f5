"""The network at work on several windows of sound at once, each as if it were alone."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2vctc.acoustic.model import count_model_frames
from w2vctc.speech.recording import SAMPLE_RATE

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel

# Sound in one pass, padding included. A CPU gains by fewer calls, not by more sound; an
# accelerator by both.
_BATCH_S = {"cpu": 30.0}
_ACCELERATED_BATCH_S = 300.0


@dataclass(frozen=True)
class ChannelNorm:
    """What a group norm makes of its input: `hidden * scale + offset`, shape (C, 1) each."""

    scale: torch.Tensor
    offset: torch.Tensor


@dataclass(frozen=True)
class Window:
    """Sound that is heard at once, shape (n_samples,), as the model wants it: normalized.

    norm: that of the recording which the window is a part of, where the front end has a group
    norm; None lets the window be its own whole.
    """

    values: NDArray[np.float32]
    norm: ChannelNorm | None = None


def listen(
    model: "AcousticModel", windows: Sequence[Window], *, batch_s: float | None = None
) -> list[NDArray[np.float32]]:
    """Log-probabilities of each window, shape (n_frames, n_labels), float32, in the order given.

    Windows of like length go through the network together, at most `batch_s` seconds at once;
    neighbours change nothing beyond rounding.
    """
    limit = batch_s or _BATCH_S.get(model.device.type, _ACCELERATED_BATCH_S)
    heard: list[NDArray[np.float32] | None] = [None] * len(windows)
    for numbers in _group(windows, round(limit * SAMPLE_RATE)):
        together = _listen_together(model, [windows[number] for number in numbers])
        for number, emissions in zip(numbers, together, strict=True):
            heard[number] = emissions
    return [emissions for emissions in heard if emissions is not None]


def group_norm_of(network: Any) -> Any:
    """The group norm of the front end, None in a network without."""
    norm = getattr(network.wav2vec2.feature_extractor.conv_layers[0], "layer_norm", None)
    return norm if isinstance(norm, torch.nn.GroupNorm) else None


def _group(windows: Sequence[Window], most_samples: int) -> Iterator[list[int]]:
    """The numbers of the windows of each batch, long ones first."""
    batch: list[int] = []
    for number in sorted(range(len(windows)), key=lambda one: -len(windows[one].values)):
        if batch and len(windows[batch[0]].values) * (len(batch) + 1) > most_samples:
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def _listen_together(
    model: "AcousticModel", windows: Sequence[Window]
) -> list[NDArray[np.float32]]:
    lengths = [len(window.values) for window in windows]
    values = np.zeros((len(windows), max(lengths)), dtype=np.float32)
    for row, window in zip(values, windows, strict=True):
        row[: len(window.values)] = window.values
    inputs = torch.from_numpy(values).to(model.device)
    mask = None
    if min(lengths) < max(lengths):
        ends = torch.as_tensor(lengths, device=model.device)[:, None]
        mask = (torch.arange(max(lengths), device=model.device) < ends).long()
    with torch.inference_mode(), _norm_of_each(model.network, windows, lengths):
        logits = model.network(inputs, attention_mask=mask).logits.float()
        emissions = torch.log_softmax(logits, dim=-1).cpu().numpy()
    n_frames = [count_model_frames(model.network.config, length) for length in lengths]
    return [one[:n].copy() for one, n in zip(emissions, n_frames, strict=True)]


@contextmanager
def _norm_of_each(
    network: Any, windows: Sequence[Window], lengths: Sequence[int]
) -> Iterator[None]:
    """While open, the group norm knows each window's whole, and nothing of the padding."""
    norm = group_norm_of(network)
    plain = all(window.norm is None for window in windows) and min(lengths) == max(lengths)
    if norm is None or plain:
        yield
        return
    convolution = network.wav2vec2.feature_extractor.conv_layers[0].conv
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]

    def normalize(hidden: torch.Tensor) -> torch.Tensor:
        known = [
            window.norm or measure_norm(norm, one[:, : (length - kernel) // stride + 1])
            for one, window, length in zip(hidden, windows, lengths, strict=True)
        ]
        scale = torch.stack([one.scale for one in known])
        return hidden * scale + torch.stack([one.offset for one in known])

    norm.forward = normalize
    try:
        yield
    finally:
        del norm.forward


def measure_norm(norm: Any, hidden: torch.Tensor) -> ChannelNorm:
    """What a group norm of one channel to a group makes of `hidden`, shape (C, T)."""
    variance, mean = torch.var_mean(hidden, dim=1, correction=0)
    return make_norm(norm, mean, variance)


def make_norm(norm: Any, mean: torch.Tensor, variance: torch.Tensor) -> ChannelNorm:
    """The same from mean and variance over time, shape (C,) each."""
    scale = norm.weight.to(mean.dtype) / torch.sqrt(variance + norm.eps)
    offset = norm.bias.to(mean.dtype) - mean * scale
    return ChannelNorm(scale.float()[:, None], offset.float()[:, None])
