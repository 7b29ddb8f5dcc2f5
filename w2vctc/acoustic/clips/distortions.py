"""What happens to a voice on its way into a recording: a room, a level, a telephone.

Every function takes a waveform of shape (n_samples,), float32 at 16 kHz, and a random generator,
and gives one of the same shape and type; the generator alone decides what is drawn.
"""

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.audio import SAMPLE_RATE

Waveform = NDArray[np.float32]

_LEVEL_DB = 10.0  # a recorder's level is this far from right, either way
_DRIFT_DB = 3.0  # from one second to the next, as a mouth moves before a microphone
_REVERBERATION_S = (0.1, 0.7)  # until the room is 60 dB down: a bedroom to a classroom
_DIRECT_TO_ROOM_DB = (0.0, 15.0)
_GAP_S = (0.002, 0.015)  # between the voice and its first reflection
_PHONE_LOW_HZ = (50.0, 350.0)
_PHONE_HIGH_HZ = (2_600.0, 3_800.0)
_PHONE_RATE = 8_000
_PHONE_LEVEL_DB = (-24.0, 0.0)  # peak on the line; quiet lines are coarse ones
_MU = 255.0  # ITU-T G.711
_EDGE_OCTAVES = 0.1  # width of a band's edge


def change_gain(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """The waveform with a level that wanders, clipped where it passes full scale.

    A constant factor alone would be lost: models see every clip at the same variance.
    """
    n_knots = 2 + len(waveform) // SAMPLE_RATE
    drift_db = np.cumsum(random.normal(0.0, _DRIFT_DB, n_knots))
    level_db = random.uniform(-_LEVEL_DB, _LEVEL_DB) + drift_db - drift_db.mean()
    at = np.linspace(0, n_knots - 1, len(waveform))
    factor = 10 ** (np.interp(at, np.arange(n_knots), level_db) / 20)
    return np.asarray(np.clip(waveform * factor, -1.0, 1.0), dtype=np.float32)


def enter_room(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """The waveform as heard in a room; the direct sound stays where it was."""
    response = make_room_response(random)
    n_samples = len(waveform)
    n_fft = 1 << (n_samples + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(waveform, n_fft) * np.fft.rfft(response, n_fft)
    return np.asarray(np.fft.irfft(spectrum, n_fft)[:n_samples], dtype=np.float32)


def make_room_response(random: np.random.Generator) -> NDArray[np.float64]:
    """An impulse response: the direct sound (1.0), then noise that dies away exponentially.

    Schroeder's statistical picture of late reverberation (J. Audio Eng. Soc. 10, 1962), whose
    high tones die first, as they do in rooms.
    """
    length_s = random.uniform(*_REVERBERATION_S)
    gap = round(random.uniform(*_GAP_S) * SAMPLE_RATE)
    share = 10 ** (-random.uniform(*_DIRECT_TO_ROOM_DB) / 20)
    n_tail = round(length_s * SAMPLE_RATE)
    decay = 10 ** (-3 * np.arange(n_tail) / n_tail)
    noise = random.standard_normal(n_tail)
    dull = np.convolve(noise, np.full(8, 1 / 8), mode="same")
    age = np.linspace(0, 1, n_tail)
    tail = decay * ((1 - age) * noise + age * dull)
    response = np.zeros(1 + gap + n_tail)
    response[0] = 1.0
    response[1 + gap :] = tail * (share / np.linalg.norm(tail))
    return response


def pass_phone(waveform: Waveform, random: np.random.Generator) -> Waveform:
    """The waveform from the far end of a telephone line: a narrow band, 8 kHz, mu-law of 8 bits."""
    import soxr

    low, high = random.uniform(*_PHONE_LOW_HZ), random.uniform(*_PHONE_HIGH_HZ)
    level_db = random.uniform(*_PHONE_LEVEL_DB)
    narrow = limit_band(waveform, low_hz=low, high_hz=high)
    peak = float(np.abs(narrow).max())
    if peak == 0:
        return narrow
    scale = 10 ** (level_db / 20) / peak
    line = soxr.resample(narrow * np.float32(scale), SAMPLE_RATE, _PHONE_RATE)
    heard = soxr.resample(quantize(line), _PHONE_RATE, SAMPLE_RATE)
    heard = np.pad(heard[: len(waveform)], (0, max(0, len(waveform) - len(heard))))
    return np.asarray(heard / scale, dtype=np.float32)


def limit_band(waveform: Waveform, *, low_hz: float, high_hz: float) -> Waveform:
    """What lies between two frequencies, with edges of a tenth of an octave; no delay."""
    n_fft = 1 << (len(waveform) - 1).bit_length()  # a prime number of samples takes far longer
    spectrum = np.fft.rfft(waveform, n_fft)
    octaves = np.log2(np.maximum(np.fft.rfftfreq(n_fft, 1 / SAMPLE_RATE), 1e-3))
    above = np.clip((octaves - np.log2(low_hz)) / _EDGE_OCTAVES, 0, 1)
    below = np.clip((np.log2(high_hz) - octaves) / _EDGE_OCTAVES, 0, 1)
    filtered = np.fft.irfft(spectrum * above * below, n_fft)[: len(waveform)]
    return np.asarray(filtered, dtype=np.float32)


def quantize(samples: Waveform) -> Waveform:
    """The samples (-1..1) after mu-law's 256 steps, there and back."""
    clipped = np.clip(samples.astype(np.float64), -1.0, 1.0)
    companded = np.sign(clipped) * np.log1p(_MU * np.abs(clipped)) / np.log1p(_MU)
    steps = np.round((companded + 1) / 2 * 255) / 255 * 2 - 1
    expanded = np.sign(steps) * np.expm1(np.abs(steps) * np.log1p(_MU)) / _MU
    return np.asarray(expanded, dtype=np.float32)
