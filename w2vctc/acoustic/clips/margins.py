"""The quiet that stands around speech in a recording, put before and behind a clip cut tight.

A model whose clips all begin and end with speech has never heard a pause: it writes letters into it
and errs on the words beside it.
"""

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.audio import SAMPLE_RATE

Waveform = NDArray[np.float32]

LONGEST_S = 0.5  # at either end
_SPARED = 1 / 3  # of the ends stay as they are
_ZERO_SHARE = 0.25  # digital silence, as players and cutters put it
_BELOW_VOICE_DB = (30.0, 80.0)
_TILT = (0.0, 2.0)  # power goes with frequency to minus this: white to brown


def add_margins(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """The waveform, shape (n_samples,), with up to half a second of quiet at either end."""
    before, behind = (_draw_length(random) for _ in range(2))
    n_samples = before + len(waveform) + behind
    if n_samples == len(waveform):
        return waveform
    quiet = _make_quiet(waveform, before + behind, random)
    return np.concatenate([quiet[:before], waveform, quiet[before:]])


def _draw_length(random: np.random.Generator) -> int:
    spared, length_s = random.random() < _SPARED, random.uniform(0.0, LONGEST_S)
    return 0 if spared else round(length_s * SAMPLE_RATE)


def _make_quiet(waveform: Waveform, n_samples: int, random: np.random.Generator) -> Waveform:
    if random.random() < _ZERO_SHARE:
        return np.zeros(n_samples, np.float32)
    hiss = make_hiss(n_samples, tilt=random.uniform(*_TILT), random=random)
    level = float(np.sqrt(np.square(waveform).mean()))
    return hiss * np.float32(level * 10 ** (-random.uniform(*_BELOW_VOICE_DB) / 20))


def make_hiss(n_samples: int, *, tilt: float, random: np.random.Generator) -> Waveform:
    """Noise of unit power whose spectrum falls with frequency to the power of minus `tilt`."""
    n_fft = 1 << max(n_samples - 1, 1).bit_length()
    spectrum = np.fft.rfft(random.standard_normal(n_fft))
    bins = np.maximum(np.arange(len(spectrum)), n_fft * 50 // SAMPLE_RATE + 1)
    hiss = np.fft.irfft(spectrum * bins ** (-tilt / 2), n_fft)
    hiss /= max(float(hiss.std()), 1e-12)
    return np.asarray(hiss[:n_samples], dtype=np.float32)
