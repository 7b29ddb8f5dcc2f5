"""The voices of the example and what they say: espeak-ng to a 16 kHz waveform."""

import io
import subprocess
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLE_RATE = 16_000
EDGE_S = 0.06
"""Silence kept before and after the speech."""

PEAK = 0.6
_SILENCE = 0.005

VOICES: dict[str, dict[str, int]] = {
    "train": {
        "m1": 45,
        "m2": 55,
        "m3": 40,
        "m4": 60,
        "m5": 50,
        "m7": 35,
        "m8": 65,
        "f1": 45,
        "f2": 40,
        "f4": 60,
        "f5": 35,
        "Alex": 55,
        "Gene": 50,
        "Michael": 62,
        "max": 45,
        "quincy": 48,
        "john": 52,
        "aunty": 45,
        "victor": 55,
        "Denis": 47,
        "michel": 42,
        "rob": 50,
        "ed": 52,
        "pedro": 46,
        "norbert": 44,
        "antonio": 50,
        "miguel": 48,
        "sandro": 53,
        "adam": 50,
        "caleb": 47,
        "belinda": 42,
        "linda": 38,
    },
    "dev": {"robert": 48, "paul": 44, "pablo": 55},
    "test": {"m6": 52, "Mike": 44, "f3": 46, "Mario": 50},
}
"""Split → espeak-ng voice variant → the middle of that speaker's pitch (0 to 99)."""


def synthesize(text: str, *, voice: str, speed_wpm: int, pitch: int) -> "NDArray[np.float32]":
    """The waveform (n_samples,), float32 in [−0.6, 0.6], 16 kHz mono, of a Catalan text.

    Raises FileNotFoundError without espeak-ng, CalledProcessError when it refuses.
    """
    import librosa
    import soundfile

    command = ["espeak-ng", "-v", f"ca+{voice}", "-s", str(speed_wpm), "-p", str(pitch)]
    wav = subprocess.run(
        [*command, "--stdin", "--stdout"], input=text.encode(), capture_output=True, check=True
    ).stdout
    samples, rate = soundfile.read(io.BytesIO(wav), dtype="float32")
    waveform = librosa.resample(samples, orig_sr=rate, target_sr=SAMPLE_RATE, res_type="soxr_hq")
    return _trim(waveform * (PEAK / np.abs(waveform).max()))


def espeak_version() -> str | None:
    """The version of espeak-ng, such as "1.51", or None where it is not installed."""
    try:
        line = subprocess.run(["espeak-ng", "--version"], capture_output=True, check=True).stdout
    except FileNotFoundError:
        return None
    return line.decode().split("text-to-speech: ")[-1].split()[0]


def _trim(waveform: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """The waveform with the same short silence at both ends, whatever the synthesizer left."""
    loud = np.flatnonzero(np.abs(waveform) > _SILENCE)
    edge = np.zeros(round(EDGE_S * SAMPLE_RATE), dtype=np.float32)
    speech = waveform[loud[0] : loud[-1] + 1].astype(np.float32)
    return np.concatenate([edge, speech, edge])
