"""The same network faster on a CPU: convolutions as matrix products, and cheaper random numbers.

Weights and answers stay what they are, within rounding; only who computes them changes. What was
slow with torch 2.13 on an AMD EPYC: dropout draws its random numbers one by one on processors that
are not Intel's (3 times the time), oneDNN's convolution with few channels in a group takes twice
that of torch's own, and attention with dropout falls back to a form that looks for rows without any
frame (1.4 times).
"""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.nn import functional

_FEW_CHANNELS = 16  # in a group of the positional convolution; with more, oneDNN is as fast
_LEVELS = 1 << 16  # of a random number of 16 bits


def speed_up(network: Any) -> None:
    """Makes a Wav2Vec2ForCTC in float32 on a CPU compute faster, in training and evaluation.

    Parameters, their names and what is saved do not change.
    """
    # `torch.backends.mkldnn.flags` tells of units that no CPU has
    warnings.filterwarnings("ignore", message="TF32 acceleration on top of oneDNN")
    encoder = network.wav2vec2.encoder
    front_end = network.wav2vec2.feature_extractor
    # Forward alone, with base's 512 channels, oneDNN is a sixth faster than products are.
    if any(weight.requires_grad for weight in front_end.parameters()):
        front_end.forward = partial(extract_features, front_end)
    convolution = encoder.pos_conv_embed.conv
    if convolution.in_channels // convolution.groups <= _FEW_CHANNELS:
        convolution.forward = partial(convolve, convolution)
    for layer in encoder.layers:
        attention = layer.attention
        if attention.dropout:
            attention.forward = partial(attend, attention, attention.forward)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.forward = partial(_drop_in_training, module)  # type: ignore[method-assign]


def extract_features(front_end: Any, values: torch.Tensor) -> torch.Tensor:
    """What the feature encoder answers, shape (B, C, T), for sound of shape (B, N).

    Frames lie one after the other, all channels of one together: a window of frames is then a row
    of a matrix, and the norms over channels need no transposing.
    """
    hidden = values[:, :, None]
    for layer in front_end.conv_layers:
        hidden = _convolve_frames(hidden, layer.conv)
        norm = getattr(layer, "layer_norm", None)
        if isinstance(norm, torch.nn.GroupNorm):  # over time, for each channel
            hidden = norm(hidden.transpose(1, 2)).transpose(1, 2).contiguous()
        elif norm is not None:
            hidden = norm(hidden)
        hidden = layer.activation(hidden)
    return hidden.transpose(1, 2)


def _convolve_frames(frames: torch.Tensor, convolution: Any) -> torch.Tensor:
    """A convolution without padding over frames of shape (B, T, C), its output alike."""
    weight, bias = convolution.weight, convolution.bias
    n_out, n_in, kernel = weight.shape
    stride = convolution.stride[0]
    if n_in == 1:
        return functional.linear(frames[:, :, 0].unfold(1, kernel, stride), weight[:, 0], bias)
    n_frames = (frames.shape[1] - kernel) // stride + 1
    taps = [frames[:, k : k + (n_frames - 1) * stride + 1 : stride] for k in range(kernel)]
    by_tap = weight.permute(0, 2, 1)
    return functional.linear(torch.cat(taps, -1), by_tap.reshape(n_out, -1), bias)


def convolve(convolution: Any, frames: torch.Tensor) -> torch.Tensor:
    """A convolution of stride 1 over (B, C, T) in torch's own arithmetic, not oneDNN's."""
    answer: torch.Tensor = _Convolution.apply(  # type: ignore[no-untyped-call]
        frames, convolution.weight, convolution.padding[0], convolution.groups
    )
    return answer if convolution.bias is None else answer + convolution.bias[:, None]


class _Convolution(torch.autograd.Function):
    """torch looks on the way back again who is to compute: both ways are its own here."""

    @staticmethod
    def forward(
        context: Any, frames: torch.Tensor, weight: torch.Tensor, padding: int, groups: int
    ) -> torch.Tensor:
        context.save_for_backward(frames, weight)
        context.padding, context.groups = padding, groups
        with torch.backends.mkldnn.flags(enabled=False):
            return functional.conv1d(frames, weight, padding=padding, groups=groups)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> Any:
        with torch.backends.mkldnn.flags(enabled=False):
            of_frames, of_weight, _ = torch.ops.aten.convolution_backward(
                gradients[0],
                *context.saved_tensors,
                None,
                *([1], [context.padding], [1], False, [0], context.groups),
                [*context.needs_input_grad[:2], False],
            )
        return of_frames, of_weight, None, None


def attend(
    attention: Any,
    forward: Callable[..., Any],
    hidden_states: torch.Tensor,
    attention_mask: torch.Tensor | None = None,
    **known: Any,
) -> Any:
    """Self-attention with dropout; where there is none to do, the network's own `forward`."""
    if not attention.training:
        return forward(hidden_states, attention_mask=attention_mask, **known)
    shape = (*hidden_states.shape[:2], -1, attention.head_dim)
    query, key, value = (
        project(hidden_states).view(shape).transpose(1, 2)
        for project in (attention.q_proj, attention.k_proj, attention.v_proj)
    )
    scores = (query * attention.scaling) @ key.transpose(2, 3)
    if attention_mask is not None and attention_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attention_mask, torch.finfo(scores.dtype).min)
    elif attention_mask is not None:
        scores = scores + attention_mask
    weights = drop(torch.softmax(scores, dim=-1), attention.dropout)
    heard = (weights @ value).transpose(1, 2).reshape(hidden_states.shape)
    return attention.out_proj(heard), None


def drop(values: torch.Tensor, probability: float) -> torch.Tensor:
    """Dropout with a probability of whole 65,536ths: 16 random bits decide on each value.

    They come from torch's generator, so that a run with the same seed hears the same.
    """
    limit = round(probability * _LEVELS) - _LEVELS // 2
    words = torch.empty(-(-values.numel() // 4), dtype=torch.int64)
    bits = words.random_(-(1 << 63), None).view(torch.int16)[: values.numel()]
    kept = (bits.view(values.shape) >= limit).to(values.dtype)
    return values * kept.mul_(1 / (1 - probability))


def _drop_in_training(module: torch.nn.Dropout, values: torch.Tensor) -> torch.Tensor:
    return drop(values, module.p) if module.training and module.p else values
