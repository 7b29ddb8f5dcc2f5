"""Audio in: any file that libsndfile or FFmpeg reads, out as one float32 channel at 16 kHz."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.channels import mix_channels
from w2vctc.speech.recording import SAMPLE_RATE, AudioInfo, open_recording
from w2vctc.speech.remark import Remark
from w2vctc.speech.stream import read_samples

__all__ = [
    "MAX_LEVEL",
    "SAMPLE_RATE",
    "AudioInfo",
    "Remark",
    "check_waveform",
    "load_audio",
    "probe_audio",
    "resample",
]
MAX_LEVEL = 16.0  # sound lies in -1..1; a loud float export may exceed it, 16 is another scale


def probe_audio(path: Path) -> AudioInfo:
    """The header of an audio file, checked against the file; `remarks` say what is odd about it.

    Raises DataError: E_MISSING, E_LOOP, E_NOT_FILE, E_PERM, E_EMPTY, E_NO_SAMPLES, E_TRUNCATED,
    E_NOT_AUDIO, E_CODEC, E_HEADER, and E_DECODE for a FLAC that is cut off.
    """
    with open_recording(path) as recording:
        info, stream = recording.info, recording.stream
        if info.container == "FLAC" and stream.length_known:
            # No header tells that one is cut; its last sample does, in a tenth of a millisecond.
            read_samples(stream, info.n_samples - 1, info.n_samples)
        return info


def load_audio(
    path: Path, *, start_s: float = 0.0, end_s: float | None = None
) -> NDArray[np.float32]:
    """The waveform, shape (n_samples,), float32 in about -1..1, mono, 16 kHz.

    `start_s` and `end_s` (seconds) cut a piece out of a longer recording without reading the rest.
    Raises DataError as `probe_audio` does, and E_DECODE, E_NONFINITE, E_RANGE.
    """
    with open_recording(path) as recording:
        rate = recording.info.sample_rate
        first, last = find_stretch(recording.info, start_s, end_s)
        samples = read_samples(recording.stream, first, last)
    mono = check_waveform(mix_channels(samples), sample_rate=rate, name=str(path))
    return resample(mono, rate)


def find_stretch(info: AudioInfo, start_s: float, end_s: float | None) -> tuple[int, int]:
    """(first, last) sample of a piece given in seconds, at the file's own rate."""
    first = max(round(start_s * info.sample_rate), 0)
    # Headers of compressed files err by some samples: read to the end, wherever it is.
    last = UNBOUNDED if end_s is None else round(end_s * info.sample_rate)
    return first, max(first, last)


UNBOUNDED = 1 << 60  # samples; the decoder stops at the end of the file


def check_waveform(
    waveform: NDArray[np.float32], *, sample_rate: int, name: str, first: int = 0
) -> NDArray[np.float32]:
    """The same waveform; raises DataError if no model may see it. It begins at sample `first`.

    The codes are E_NO_SAMPLES, E_NONFINITE, E_RANGE.
    To be called before resampling, which spreads one bad sample over its neighbours.
    """
    if waveform.size == 0:
        raise DataError(
            f"{name}: no samples in this stretch",
            hint="check the start and end times",
            code="E_NO_SAMPLES",
        )
    if not np.isfinite(waveform).all():
        where = first + int(np.flatnonzero(~np.isfinite(waveform))[0])
        raise DataError(
            f"{name}: sample {where} ({where / sample_rate:.3f} s) is not a finite number",
            hint="export the recording again, as 16-bit PCM",
            code="E_NONFINITE",
        )
    peak = float(np.abs(waveform).max())
    if peak > MAX_LEVEL:
        raise DataError(
            f"{name}: samples reach {peak:.6g}, far beyond the range -1 to 1",
            hint="whole numbers were saved as floats: divide by 32768, or export as 16-bit PCM",
            code="E_RANGE",
        )
    return waveform


def resample(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """The waveform at 16 kHz, through soxr's high-quality filter."""
    if sample_rate == SAMPLE_RATE or waveform.size == 0:
        return np.ascontiguousarray(waveform)
    import soxr

    resampled = soxr.resample(np.ascontiguousarray(waveform), sample_rate, SAMPLE_RATE)
    return np.asarray(resampled, dtype=np.float32)
