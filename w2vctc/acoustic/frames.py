"""Samples in, encoder frames out: the arithmetic of the convolutional front end."""

from collections.abc import Sequence

FRAME_SHIFT_S = 0.02  # every wav2vec2 front end moves 320 samples of 16 kHz per frame


def count_frames(n_samples: int, *, kernels: Sequence[int], strides: Sequence[int]) -> int:
    """The frames that convolutions without padding make of `n_samples`; 0 if there are too few."""
    for kernel, stride in zip(kernels, strides, strict=True):
        n_samples = (n_samples - kernel) // stride + 1
    return max(n_samples, 0)


def count_needed_samples(*, kernels: Sequence[int], strides: Sequence[int]) -> int:
    """The fewest samples that give one frame (400 for base and XLSR-53)."""
    n_samples = 1
    for kernel, stride in zip(reversed(kernels), reversed(strides), strict=True):
        n_samples = (n_samples - 1) * stride + kernel
    return n_samples


def count_standard_frames(n_samples: int) -> int:
    """The frames that base, 960h-lv60-self and XLSR-53 make: one for every 20 ms."""
    return count_frames(n_samples, kernels=(10, 3, 3, 3, 3, 2, 2), strides=(5, 2, 2, 2, 2, 2, 2))
