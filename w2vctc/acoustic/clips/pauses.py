"""The quiet that stands around speech in a recording: before and behind a clip, and between two.

A model whose clips all begin and end with speech has never heard a pause: it writes letters into it
and errs on the words beside it. One that knows pauses at the ends of clips alone takes each for an
end, and errs more where speech goes on.
"""

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.audio import SAMPLE_RATE

Waveform = NDArray[np.float32]

LONGEST_S = 0.5  # at either end
_BETWEEN_S = (0.1, 1.0)
_SPARED = 1 / 3  # of the ends stay as they are
_ZERO_SHARE = 0.25  # digital silence, as players and cutters put it
_BELOW_VOICE_DB = (20.0, 80.0)
_TILT = (0.0, 2.0)  # power goes with frequency to minus this: white to brown


def add_margins(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """The waveform, shape (n_samples,), with up to half a second of quiet at either end.

    The hiss of a recording does not stop where somebody speaks: it lies under all of it. Hiss in
    the margins alone left five times as many errors where it was loud.
    """
    before, behind = (_draw_length(random) for _ in range(2))
    padded = np.pad(waveform, (before, behind))
    if random.random() < _ZERO_SHARE:
        return padded
    hiss = make_hiss(len(padded), tilt=random.uniform(*_TILT), random=random)
    level = float(np.sqrt(np.square(waveform).mean()))
    return padded + hiss * np.float32(level * 10 ** (-random.uniform(*_BELOW_VOICE_DB) / 20))


def join_clips(first: Waveform, second: Waveform, random: np.random.Generator) -> Waveform:
    """Two clips, one after the other, with up to a second of silence between them."""
    n_samples = round(random.uniform(*_BETWEEN_S) * SAMPLE_RATE)
    return np.concatenate([first, np.zeros(n_samples, np.float32), second])


def _draw_length(random: np.random.Generator) -> int:
    spared, length_s = random.random() < _SPARED, random.uniform(0.0, LONGEST_S)
    return 0 if spared else round(length_s * SAMPLE_RATE)


def make_hiss(n_samples: int, *, tilt: float, random: np.random.Generator) -> Waveform:
    """Noise of unit power whose spectrum falls with frequency to the power of minus `tilt`."""
    n_fft = 1 << max(n_samples - 1, 1).bit_length()
    spectrum = np.fft.rfft(random.standard_normal(n_fft))
    bins = np.maximum(np.arange(len(spectrum)), n_fft * 50 // SAMPLE_RATE + 1)
    hiss = np.fft.irfft(spectrum * bins ** (-tilt / 2), n_fft)
    hiss /= max(float(hiss.std()), 1e-12)
    return np.asarray(hiss[:n_samples], dtype=np.float32)
