"""A first convolution that starts as an auditory filterbank instead of noise.

So a model from scratch begins with bands of frequencies; the filters are trained on like any other
weight.
"""

import math

import torch

_LOWEST_HZ = 60.0
_HIGHEST_SHARE = 0.95  # of half the sample rate
_FULL_WIDTH = 2 * math.sqrt(2 * math.log(2))  # of a Gaussian at half its height, in deviations


def make_filterbank(n_filters: int, kernel: int, *, sample_rate: int) -> torch.Tensor:
    """Gabor filters at mel-spaced frequencies, shape (n_filters, 1, kernel), float32, unit norm.

    Each band is as wide as the mel scale's step there, and has a cosine and a sine, which together
    see its energy whatever its phase. Where that asks for a window longer than `kernel`, the band
    is as narrow as the kernel allows.
    """
    n_bands = math.ceil(n_filters / 2)
    highest = _to_mel(0.5 * sample_rate * _HIGHEST_SHARE)
    mels = torch.linspace(_to_mel(_LOWEST_HZ), highest, n_bands + 2)
    edges = 700.0 * (torch.pow(10.0, mels / 2595.0) - 1.0)
    centres, widths = edges[1:-1], (edges[2:] - edges[:-2]) / 2
    deviations_s = (_FULL_WIDTH / (2 * math.pi * widths)).clamp(max=kernel / sample_rate / 6)
    times_s = (torch.arange(kernel) - (kernel - 1) / 2) / sample_rate
    window = torch.exp(-0.5 * torch.square(times_s[None, :] / deviations_s[:, None]))
    phase = 2 * math.pi * centres[:, None] * times_s[None, :]
    filters = torch.cat([torch.cos(phase) * window, torch.sin(phase) * window])[:n_filters]
    unit: torch.Tensor = filters / filters.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return unit[:, None, :]


def _to_mel(frequency_hz: float) -> float:
    return 2595.0 * math.log10(1.0 + frequency_hz / 700.0)
