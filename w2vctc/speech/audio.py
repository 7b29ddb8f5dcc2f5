"""Audio in: any file that libsndfile reads, out as one float32 channel at 16 kHz."""

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.wav_header import read_wav_header

if TYPE_CHECKING:
    import soundfile

SAMPLE_RATE = 16_000  # Hz, what every wav2vec2 checkpoint was trained on
MAX_CHANNELS = 64
_SANE_RATES_HZ = range(1_000, 768_001)
_HEAD_BYTES = 512


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says, before any sample is decoded."""

    path: Path
    sample_rate: int  # Hz
    n_channels: int
    n_samples: int  # per channel, at `sample_rate`
    is_float: bool = False  # whether samples can be NaN, infinite or beyond -1..1

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate


def probe_audio(path: Path) -> AudioInfo:
    """The header of an audio file, checked against the file.

    Raises DataError: E_MISSING, E_LOOP, E_NOT_FILE, E_PERM, E_EMPTY, E_NO_SAMPLES, E_TRUNCATED,
    E_NOT_AUDIO, E_HEADER.
    """
    head, n_bytes = _read_head(path)
    _refuse_foreign(path, head)
    _refuse_bad_wav(path, n_bytes)
    with _open(path, head) as stream:
        is_float = stream.subtype in ("FLOAT", "DOUBLE")
        info = AudioInfo(path, stream.samplerate, stream.channels, stream.frames, is_float)
    if info.sample_rate not in _SANE_RATES_HZ or info.n_channels > MAX_CHANNELS:
        raise DataError(
            f"{path}: the header says {info.sample_rate} Hz and {info.n_channels} channels",
            hint="export the recording again",
            code="E_HEADER",
        )
    if info.n_samples == 0:
        raise DataError(
            f"{path}: a header, but not one sample of sound",
            hint="record or export it again, or take it out of the manifest",
            code="E_NO_SAMPLES",
        )
    return info


def load_audio(
    path: Path, *, start_s: float = 0.0, end_s: float | None = None
) -> NDArray[np.float32]:
    """The waveform, shape (n_samples,), float32 in about -1..1, mono, 16 kHz.

    `start_s` and `end_s` (seconds) cut a piece out of a longer recording without reading the rest.
    Raises DataError as `probe_audio` does, and E_DECODE, E_NONFINITE.
    """
    info = probe_audio(path)
    with _open(path, b"") as stream:
        first = min(max(round(start_s * info.sample_rate), 0), info.n_samples)
        last = info.n_samples if end_s is None else round(end_s * info.sample_rate)
        try:
            stream.seek(first)
            samples = stream.read(max(last - first, 0), dtype="float32", always_2d=True)
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"{path}: cannot be decoded: {error}", hint="export it again", code="E_DECODE"
            ) from error
    mono = check_waveform(mix_channels(samples), sample_rate=info.sample_rate, name=str(path))
    return resample(mono, info.sample_rate)


def check_waveform(
    waveform: NDArray[np.float32], *, sample_rate: int, name: str
) -> NDArray[np.float32]:
    """The same waveform; raises DataError (E_NO_SAMPLES, E_NONFINITE) if no model may see it.

    To be called before resampling, which spreads one bad sample over its neighbours.
    """
    if waveform.size == 0:
        raise DataError(
            f"{name}: no samples in this stretch",
            hint="check the start and end times",
            code="E_NO_SAMPLES",
        )
    if not np.isfinite(waveform).all():
        where = int(np.flatnonzero(~np.isfinite(waveform))[0])
        raise DataError(
            f"{name}: sample {where} ({where / sample_rate:.3f} s) is not a finite number",
            hint="export the recording again, as 16-bit PCM",
            code="E_NONFINITE",
        )
    return waveform


def mix_channels(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """One channel, shape (n_samples,), from shape (n_samples, n_channels): the mean.

    Where the mean cancels (opposite phase) or a channel is silent, the loudest channel instead.
    """
    if samples.shape[1] == 1:
        return samples[:, 0]
    mean: NDArray[np.float32] = samples.mean(axis=1, dtype=np.float32)
    power = np.square(samples).mean(axis=0)
    loudest = int(power.argmax())
    cancelled = np.square(mean).mean() < 0.01 * power[loudest]
    return samples[:, loudest] if cancelled or power.min() == 0 else mean


def resample(waveform: NDArray[np.float32], sample_rate: int) -> NDArray[np.float32]:
    """The waveform at 16 kHz, through soxr's high-quality filter."""
    if sample_rate == SAMPLE_RATE or waveform.size == 0:
        return np.ascontiguousarray(waveform)
    import librosa

    resampled = librosa.resample(
        np.ascontiguousarray(waveform), orig_sr=sample_rate, target_sr=SAMPLE_RATE
    )
    return np.asarray(resampled, dtype=np.float32)


def _read_head(path: Path) -> tuple[bytes, int]:
    """The first bytes and the size of a regular file (a FIFO would hang libsndfile)."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise DataError(f"{path}: not a file", hint="give a sound file here", code="E_NOT_FILE")
        if status.st_size == 0:
            raise DataError(
                f"{path}: the file is empty (0 bytes)", hint="copy it again", code="E_EMPTY"
            )
        with path.open("rb") as stream:
            return stream.read(_HEAD_BYTES), status.st_size
    except PermissionError as error:
        raise DataError(
            f"{path}: no permission to read", hint=f"chmod +r {path}", code="E_PERM"
        ) from error
    except OSError as error:
        raise DataError(
            f"{path}: {(error.strerror or 'cannot be read').lower()}",
            hint="check the path; is the disk mounted?",
            code="E_LOOP" if error.errno == errno.ELOOP else "E_MISSING",
        ) from error


def _refuse_foreign(path: Path, head: bytes) -> None:
    text = head.lstrip().lower()
    if text.startswith(b"version https://git-lfs"):
        raise DataError(
            f"{path}: a git-lfs pointer, not the sound itself",
            hint="run `git lfs pull` in that repository",
            code="E_NOT_AUDIO",
        )
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        raise DataError(
            f"{path}: a web page, not a sound file",
            hint="download it again; the server sent a page instead",
            code="E_NOT_AUDIO",
        )


def _refuse_bad_wav(path: Path, n_bytes: int) -> None:
    """Refuses a WAV that is cut off or has no rate, in words that libsndfile does not find."""
    header = read_wav_header(path, n_bytes)
    if header is None:
        return
    if header.sample_rate == 0:
        raise DataError(
            f"{path}: the header says 0 Hz", hint="export the recording again", code="E_HEADER"
        )
    if header.declared_bytes is not None and header.there_bytes < header.declared_bytes:
        raise DataError(
            f"{path}: cut off: {header.there_bytes} of {header.declared_bytes} bytes of sound"
            " are there",
            hint="copy the file again",
            code="E_TRUNCATED",
        )


def _open(path: Path, head: bytes) -> "soundfile.SoundFile":
    import soundfile

    try:
        # Bytes where names are bytes: soundfile cannot encode a name that is not UTF-8.
        return soundfile.SoundFile(os.fsencode(path) if os.name == "posix" else path)
    except (OSError, RuntimeError, TypeError) as error:
        seen = f" (its first bytes are {head[:8]!r})" if head else ""
        raise DataError(
            f"{path}: not a sound file that can be read{seen}",
            hint="WAV, FLAC, MP3, Ogg Vorbis and Opus are read; convert it with ffmpeg",
            code="E_NOT_AUDIO",
        ) from error
