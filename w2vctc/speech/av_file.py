"""A file that FFmpeg opens, safely: by a list of formats, from its bytes, with errors of ours."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError, MachineError
from w2vctc.speech.container import EXTENSIONS, VIDEO_KIN, sniff_container
from w2vctc.speech.stream import refuse_unknown

if TYPE_CHECKING:
    from av import AudioFrame
    from av import AudioStream as AvAudioStream
    from av.container import InputContainer

# By name, since playlists and the like would open further files, and FFmpeg takes text and
# pictures for films.
FORMATS = {
    **{"mov": "MP4", "matroska": "MATROSKA", "asf": "ASF", "amr": "AMR", "aac": "AAC"},
    **{"avi": "AVI", "flv": "FLV", "mpeg": "MPEG", "mpegts": "MPEG-TS", "ac3": "AC3"},
    **{"eac3": "AC3", "wv": "WAVPACK", "ape": "APE", "mp3": "MP3", "ogg": "OGG", "caf": "CAF"},
    **{"wav": "WAV", "w64": "W64", "aiff": "AIFF", "au": "AU", "flac": "FLAC"},
}
# Kinds of file that libsndfile reads, though not with every codec or without a length.
_SHARED = {"WAV", "RF64", "CAF", "OGG", "AIFF", "MP3", "AU", "FLAC"}
_OPTIONS = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
# What FFmpeg and its Python binding raise over damaged files, besides their own errors.
_UNDER_DAMAGE = (OSError, ValueError, RuntimeError, LookupError, ArithmeticError, MemoryError)
# PyAV walks over the planes of a frame to the first null pointer; FFmpeg's own array has eight.
_MAX_PLANES = 8


def can_use_av(container: str, path: Path) -> bool:
    """Whether FFmpeg is worth asking about a file that starts like `container`."""
    if container in VIDEO_KIN or container in _SHARED:
        return True
    return not container and any(path.suffix.lower() in EXTENSIONS[kin] for kin in VIDEO_KIN)


@contextmanager
def open_av(path: Path, head: bytes) -> Iterator[tuple["InputContainer", "AvAudioStream"]]:
    """The file and its first audio stream, with FFmpeg's errors turned into ours.

    Raises DataError: E_NOT_AUDIO, E_TRUNCATED, E_CODEC, E_DECODE.
    """
    av = _import_av()
    opened = False
    try:
        # From an open file: FFmpeg would take a name such as "concat:a" for an order.
        with (
            path.open("rb") as content,
            av.open(content, options=_OPTIONS, metadata_errors="replace") as file,
        ):
            opened = True
            yield file, _choose(path, file)
    except (av.FFmpegError, *_UNDER_DAMAGE) as error:
        if not opened:
            raise _refuse(path, head) from error
        raise broken(path, getattr(error, "strerror", None) or str(error)) from error


def convert_frame(frame: "AudioFrame") -> NDArray[np.float32]:
    """The samples of a frame, shape (n, n_channels), float32 in -1..1."""
    n_channels = frame.layout.nb_channels
    if frame.format.is_planar and n_channels >= _MAX_PLANES:
        frame = _interleave(frame)
    values: NDArray[Any] = frame.to_ndarray()
    samples = values.T if frame.format.is_planar else values.reshape(-1, n_channels)
    if values.dtype == np.uint8:
        return np.asarray((samples.astype(np.float32) - 128) / 128, dtype=np.float32)
    scale = 2.0 ** (8 * values.dtype.itemsize - 1) if values.dtype.kind == "i" else 1.0
    return np.asarray(samples / scale, dtype=np.float32)


def broken(path: Path, why: str) -> DataError:
    """The error for a file that opens but does not decode."""
    return DataError(f"{path}: cannot be decoded: {why}", hint="export it again", code="E_DECODE")


def _refuse(path: Path, head: bytes) -> DataError:
    """The error for a file that does not open: an MP4 lacks its index where recording broke off."""
    if sniff_container(head) != "MP4":
        return refuse_unknown(path, head)
    return DataError(
        f"{path}: an MP4 file whose index is missing or damaged",
        hint="copy it again; if the recorder was switched off too early, a repair program may help",
        code="E_TRUNCATED",
    )


def _choose(path: Path, file: "InputContainer") -> "AvAudioStream":
    if not file.streams.audio:
        what = "a video without sound" if file.streams.video else "no sound in it"
        raise DataError(
            f"{path}: {what}", hint="record or export it again with its sound", code="E_NOT_AUDIO"
        )
    stream = file.streams.audio[0]
    if stream.codec_context is None:
        raise DataError(
            f"{path}: its sound is in a format that nothing here decodes",
            hint="convert it with the program that recorded it, to WAV or FLAC",
            code="E_CODEC",
        )
    return stream


def _interleave(frame: "AudioFrame") -> "AudioFrame":
    """The same samples in one plane."""
    resampler = _import_av().AudioResampler("flt", frame.layout, frame.sample_rate)
    ready: list[AudioFrame] = [*resampler.resample(frame), *resampler.resample(None)]
    if len(ready) != 1 or ready[0].samples != frame.samples:
        raise ValueError(f"{frame.layout.nb_channels} channels cannot be interleaved")
    return ready[0]


def _import_av() -> Any:
    try:
        import av
    except ImportError as error:
        raise MachineError(
            "AAC, MP4 and video files need the package av, which is not installed",
            hint="pip install av",
            code="E_PACKAGE",
        ) from error
    return av
