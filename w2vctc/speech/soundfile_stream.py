"""What libsndfile reads: WAV and its kin, FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU, CAF, ..."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.stream import BLOCK_SAMPLES

_CONTAINERS = {"WAVEX": "WAV"}
_UNKNOWN_LENGTH = 1 << 62  # libsndfile's SF_COUNT_MAX is just above
# Lossy decoders start from silence after a seek; their output depends on what came before.
_PREROLL_S = {"OPUS": 1.0, "VORBIS": 0.1, "MPEG_LAYER_III": 0.3}


class SoundfileStream:
    """A recording that libsndfile has open."""

    def __init__(self, path: Path, file: Any, descriptor: int | None) -> None:
        self._path = path
        self._file = file
        self._descriptor = descriptor
        self.container = _CONTAINERS.get(file.format, file.format)
        self.codec = str(file.subtype)
        self.sample_rate = int(file.samplerate)
        self.n_channels = int(file.channels)
        self.length_known = file.frames < _UNKNOWN_LENGTH
        self.n_samples = int(file.frames) if self.length_known else 0
        self.is_float = self.codec in ("FLOAT", "DOUBLE")
        self._is_seekable = bool(file.seekable())
        file.goes_straight = self.codec == "MPEG_LAYER_III"
        self._preroll = round(_PREROLL_S.get(self.codec, 0) * self.sample_rate)

    @classmethod
    def open(cls, path: Path) -> "SoundfileStream | None":
        """The opened file, or None where libsndfile does not know what it is."""
        # By descriptor where names are bytes: soundfile cannot encode a name that is not UTF-8,
        # and takes the ending .raw for a promise.
        descriptor = os.open(path, os.O_RDONLY) if os.name == "posix" else None
        try:
            source = path if descriptor is None else descriptor
            return cls(path, _reader()(source, closefd=descriptor is None), descriptor)
        except (OSError, RuntimeError, TypeError):
            if descriptor is not None:
                os.close(descriptor)
            return None

    def read_blocks(self, start: int, stop: int) -> Iterator[NDArray[np.float32]]:
        """The samples `start` to `stop`; see AudioStream."""
        try:
            at = self._go_to(start)
            while at < stop:
                n_wanted = min(BLOCK_SAMPLES, stop - at)
                block = self._file.read(n_wanted, dtype="float32", always_2d=True)
                if at + len(block) > start:
                    yield block[max(start - at, 0) :]
                at += len(block)
                if len(block) < n_wanted:
                    return
        except (OSError, RuntimeError) as error:
            raise DataError(
                f"{self._path}: cannot be decoded: {error}", hint="export it again", code="E_DECODE"
            ) from error

    def close(self) -> None:
        self._file.close()
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _go_to(self, start: int) -> int:
        """Where reading begins: at `start`, or before it where the decoder must warm up."""
        if not self._is_seekable:
            self._reopen()
            return 0
        at = max(start - self._preroll, 0)
        self._file.seek(min(at, self.n_samples))
        return at

    def _reopen(self) -> None:
        """A fresh decoder at the first sample, for codecs in which libsndfile cannot seek."""
        fresh = SoundfileStream.open(self._path)
        if fresh is None:
            raise OSError("the file changed while it was read")
        self.close()
        self._file, self._descriptor = fresh._file, fresh._descriptor


@cache
def _reader() -> Any:
    """soundfile's class, that can read on without the seek which it makes behind every block.

    That seek goes to where the file is anyway, but costs an MP3 its bit reservoir: libmpg123 reads
    back some frames and complains on stderr about the first one, a line for every few seconds of
    sound. (A FLAC keeps it: it is what finds one that is cut off between two blocks.)
    """
    import soundfile

    class Straight(soundfile.SoundFile):  # type: ignore[misc]
        goes_straight = False

        def seekable(self) -> bool:
            """Asked for by `read`, which leaves the place in the file alone where it is not."""
            return bool(super().seekable()) and not self.goes_straight

    return Straight
