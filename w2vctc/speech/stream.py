"""One interface over the decoders: a recording as numbered samples, read in blocks."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.container import HEADERLESS, VIDEO_KIN

BLOCK_SAMPLES = 1 << 16


class AudioStream(Protocol):
    """An opened recording. `read_blocks` may be called again and again, for any stretch."""

    container: str  # WAV, FLAC, OGG, MP3, MP4, ...
    codec: str  # PCM_16, OPUS, aac, ...
    sample_rate: int  # Hz
    n_channels: int
    n_samples: int  # per channel
    is_float: bool  # whether samples can be NaN, infinite or beyond -1..1
    length_known: bool  # whether the header tells the length

    def read_blocks(self, start: int, stop: int) -> Iterator[NDArray[np.float32]]:
        """The samples `start` to `stop` in blocks of shape (n, n_channels), float32.

        Each call decodes from its own start, so that a stretch never depends on earlier calls.
        Fewer samples come back where the recording ends. Raises DataError (E_DECODE).
        """
        ...

    def close(self) -> None: ...


def open_stream(
    path: Path, container: str, head: bytes, *, is_unfinished: bool = False
) -> AudioStream:
    """The decoder that can read the file, whatever its name; `container` is what its start says.

    `is_unfinished` files tell no length though they hold sound; libsndfile would find none.

    Raises DataError: E_NOT_AUDIO, E_CODEC.
    """
    from w2vctc.speech.av_file import can_use_av
    from w2vctc.speech.av_stream import AvStream
    from w2vctc.speech.soundfile_stream import SoundfileStream

    if container not in VIDEO_KIN:
        stream = SoundfileStream.open(path)
        if stream is not None and stream.length_known and not is_unfinished:
            return stream
        if stream is not None:
            stream.close()
    looks_raw = not container and path.suffix.lower() in HEADERLESS
    if not looks_raw and can_use_av(container, path):
        return AvStream(path, container, head)
    raise (_refuse_raw(path) if looks_raw else refuse_unknown(path, head))


def read_samples(stream: AudioStream, start: int, stop: int) -> NDArray[np.float32]:
    """The samples `start` to `stop`, shape (n_samples, n_channels), float32."""
    blocks = list(stream.read_blocks(start, stop))
    if not blocks:
        return np.zeros((0, stream.n_channels), dtype=np.float32)
    return np.concatenate(blocks)


def refuse_unknown(path: Path, head: bytes) -> DataError:
    """The error for a file that no decoder knows."""
    return DataError(
        f"{path}: not a sound file that can be read (its first bytes are {head[:8]!r})",
        hint="WAV, FLAC, MP3, Ogg Vorbis and Opus, AAC and MP4 are read; convert it with ffmpeg",
        code="E_NOT_AUDIO",
    )


def _refuse_raw(path: Path) -> DataError:
    return DataError(
        f"{path}: samples without a header: nothing says their rate, size and channels",
        hint="tell sox what they are, for example: "
        f"sox -t raw -r 16000 -e signed -b 16 -c 1 {path.name} {path.stem}.wav",
        code="E_CODEC",
    )
