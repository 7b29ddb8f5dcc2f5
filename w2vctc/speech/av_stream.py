"""What FFmpeg reads and libsndfile does not: AAC, MP4 and its kin, WebM, WMA, AMR, video's sound.

Samples are numbered on the file's own timeline: the encoder's delay and edit lists are taken off
by FFmpeg, sound that starts after the picture gets silence in front, lost packets become silence.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.av_clock import Clock, read_clock
from w2vctc.speech.av_file import FORMATS, broken, convert_frame, open_av
from w2vctc.speech.stream import BLOCK_SAMPLES

if TYPE_CHECKING:
    from av import AudioFrame
    from av import AudioStream as AvAudioStream
    from av.container import InputContainer

_INDEXED = ("mov", "matroska")  # where FFmpeg finds a time without reading all before it
_GUESSED_TIMES = ("ac3", "eac3", "mp3", "ape", "wv")  # no timestamps: FFmpeg adds up roundings
_PREROLL_S = 0.5  # decoders start from silence after a seek: SBR, bit reservoirs, Opus' 80 ms
_TAIL_S = 0.5
_FAR = 1 << 50  # samples; more than any file has

Frames = Iterator[tuple[int, NDArray[np.float32]]]


class AvStream:
    """The first audio stream of a file that FFmpeg reads."""

    def __init__(self, path: Path, container: str, head: bytes) -> None:
        """Reads the header and finds the end. Raises DataError: E_NOT_AUDIO, E_CODEC, E_DECODE."""
        self._path = path
        self._head = head
        with open_av(path, head) as (file, stream):
            name = file.format.name.split(",")[0]
            context = stream.codec_context
            self.container = container or FORMATS.get(name, name.upper())
            self.codec = context.name
            self.sample_rate = int(context.sample_rate or 0)
            self.n_channels = int(context.channels or 0)
            self.is_float = self.codec.startswith("pcm_f")
            self.length_known = stream.duration is not None or file.duration is not None
            self._duration_s = _declared_duration(file, stream)
            self._is_indexed = name in _INDEXED
            clock = None
            if self.sample_rate and self.n_channels:
                clock = read_clock(file, stream, is_stamped=name not in _GUESSED_TIMES)
            self._clock = clock or Clock(self.sample_rate, 0.0, False, 0.0, 0, 0, 0)
        self.n_samples = self._find_end() if clock else 0

    def read_blocks(self, start: int, stop: int) -> Iterator[NDArray[np.float32]]:
        """The samples `start` to `stop`; see AudioStream."""
        pending: list[NDArray[np.float32]] = []
        n_pending = 0
        for piece in self._cut(start, stop):
            pending.append(piece)
            n_pending += len(piece)
            if n_pending >= BLOCK_SAMPLES:
                yield np.concatenate(pending)
                pending, n_pending = [], 0
        if pending:
            yield np.concatenate(pending)

    def close(self) -> None:
        """Nothing stays open between reads: each starts from a fresh decoder."""

    def _cut(self, start: int, stop: int) -> Iterator[NDArray[np.float32]]:
        """The stretch in pieces as they come out of the decoder, with silence in the gaps."""
        at = start
        for position, samples in self._decode_from(start):
            while at < min(position, stop):
                n_silent = min(position - at, stop - at, BLOCK_SAMPLES)
                yield np.zeros((n_silent, self.n_channels), dtype=np.float32)
                at += n_silent
            if at >= stop:
                return
            fresh = samples[max(at - position, 0) : max(stop - position, 0)]
            if len(fresh):
                yield fresh
                at += len(fresh)

    def _decode_from(self, start: int) -> Frames:
        """(position, samples) of the decoder's frames, from `start` or some way before it."""
        from_s = (start - self._clock.lead) / max(self.sample_rate, 1) - _PREROLL_S
        if not self._clock.is_exact or from_s <= 0 or start > _FAR:
            yield from self._decode(None)
            return
        frames = self._decode(from_s)
        first = next(frames, None)
        if first is not None and first[0] > start and self._is_indexed:
            # The index led past the stretch, or the stretch lies in a gap: read from the start.
            yield from self._decode(None)
        elif first is not None:
            yield from chain([first], frames)

    def _decode(self, from_s: float | None) -> Frames:
        """Frames from the start (None), or from a time on without decoding what lies before it."""
        with open_av(self._path, self._head) as (file, stream):
            end: int | None = None
            for frame in self._decode_packets(file, stream, from_s):
                self._check_frame(frame)
                samples = convert_frame(frame)
                position = self._clock.place(frame.pts, len(samples), end)
                end = position + len(samples)
                yield position, samples

    def _decode_packets(
        self, file: "InputContainer", stream: "AvAudioStream", from_s: float | None
    ) -> Iterator["AudioFrame"]:
        ticks = None if from_s is None else self._clock.to_ticks(from_s)
        if ticks is not None and self._is_indexed:
            file.seek(ticks, stream=stream, backward=True)
            ticks = None
        for packet in file.demux(stream):
            if ticks is None or packet.pts is None or packet.pts >= ticks:
                yield from packet.decode()

    def _check_frame(self, frame: "AudioFrame") -> None:
        n_channels = frame.layout.nb_channels
        if frame.sample_rate != self.sample_rate or n_channels != self.n_channels:
            why = f"it changes to {frame.sample_rate} Hz and {n_channels} channels"
            raise broken(self._path, why)

    def _find_end(self) -> int:
        """The number of samples, as exactly as it can be had without decoding all of it."""
        declared = round(self._duration_s * self.sample_rate)
        if declared and not self._clock.is_exact:
            return declared
        try:
            if not self._clock.is_exact:
                return sum(len(samples) for _, samples in self._decode(None))
            if not (self._is_indexed and self.length_known):
                return self._scan_end()
            tail_s = self._duration_s - _TAIL_S
            frames = self._decode(tail_s if tail_s > _TAIL_S else None)
            return max((at + len(samples) for at, samples in frames), default=declared)
        except DataError:
            # Damage near the end is found when it is decoded; the header's word must do here.
            return declared

    def _scan_end(self) -> int:
        """The end of the last packet, read without decoding any."""
        end = 0
        with open_av(self._path, self._head) as (file, stream):
            for packet in file.demux(stream):
                if packet.pts is not None:
                    end = max(end, packet.pts + (packet.duration or 0))
        return self._clock.find_end(end)


def _declared_duration(file: "InputContainer", stream: "AvAudioStream") -> float:
    """Seconds, by the stream's header or else the file's; 0 where neither says."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (file.duration or 0) / 1_000_000
