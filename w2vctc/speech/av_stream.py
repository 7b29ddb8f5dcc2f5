"""What FFmpeg reads and libsndfile does not: AAC, MP4 and its kin, WebM, WMA, AMR, video's sound.

Samples are numbered on the file's own timeline: the encoder's delay and edit lists are taken off
by FFmpeg, sound that starts after the picture gets silence in front, lost packets become silence.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError, MachineError
from w2vctc.speech.container import VIDEO_KIN
from w2vctc.speech.stream import BLOCK_SAMPLES, refuse_unknown

if TYPE_CHECKING:
    from av import AudioFrame
    from av import AudioStream as AvAudioStream
    from av.container import InputContainer

# By name, since playlists and the like would open further files, and FFmpeg takes text and
# pictures for films.
_FORMATS = {
    "mov": "MP4",
    "matroska": "MATROSKA",
    "asf": "ASF",
    "amr": "AMR",
    "aac": "AAC",
    "avi": "AVI",
    "flv": "FLV",
    "mpeg": "MPEG",
    "mpegts": "MPEG-TS",
    "ac3": "AC3",
    "eac3": "AC3",
    "wv": "WAVPACK",
    "ape": "APE",
    "mp3": "MP3",
    "ogg": "OGG",
    "caf": "CAF",
    "wav": "WAV",
    "w64": "W64",
    "aiff": "AIFF",
    "au": "AU",
    "flac": "FLAC",
}
_INDEXED = ("mov", "matroska")  # where FFmpeg finds a time without reading all before it
_GUESSED_TIMES = ("ac3", "eac3", "mp3", "ape", "wv")  # no timestamps: FFmpeg adds up roundings
_FALLBACKS = (
    "WAV",
    "RF64",
    "CAF",
    "OGG",
    "AIFF",
    "MP3",
    "AU",
    "FLAC",
)  # what libsndfile gives up on
_OPTIONS = {"format_whitelist": ",".join(_FORMATS), "protocol_whitelist": "file"}
# What FFmpeg and its Python binding raise over damaged files, besides their own errors.
_UNDER_DAMAGE = (OSError, ValueError, RuntimeError, LookupError, ArithmeticError, MemoryError)
_PREROLL_S = 0.5  # decoders start from silence after a seek: SBR, bit reservoirs, Opus' 80 ms
_TAIL_S = 0.5
# PyAV walks over the planes of a frame to the first null pointer; FFmpeg's own array has eight.
_MAX_PLANES = 8
_GAP_S = 0.02  # timestamps may jitter by less; lost packets are longer
_MAX_GAP_S = 600.0


def can_use_av(container: str, path: Path) -> bool:
    """Whether FFmpeg is worth asking about a file that starts like `container`."""
    from w2vctc.speech.container import EXTENSIONS

    if container in VIDEO_KIN or container in _FALLBACKS:
        return True
    return not container and any(path.suffix.lower() in EXTENSIONS[kin] for kin in VIDEO_KIN)


class AvStream:
    """The first audio stream of a file that FFmpeg reads."""

    is_float = False  # FFmpeg's decoders clean up after themselves, except for float PCM

    def __init__(self, path: Path, container: str, head: bytes) -> None:
        """Reads the header and finds the end. Raises DataError: E_NOT_AUDIO, E_CODEC, E_DECODE."""
        self._path = path
        self._head = head
        with self._open() as (file, stream):
            name = file.format.name.split(",")[0]
            context = stream.codec_context
            self.container = container or _FORMATS.get(name, name.upper())
            self.codec = context.name
            self.sample_rate = int(context.sample_rate or 0)
            self.n_channels = int(context.channels or 0)
            self.is_float = self.codec.startswith("pcm_f")
            self._rate_of_time = float((stream.time_base or 0) * self.sample_rate)
            self._indexed = name in _INDEXED
            self._is_stamped = name not in _GUESSED_TIMES
            self.length_known = stream.duration is not None or file.duration is not None
            self._duration_s = _declared_duration(file, stream)
            self._frame_samples = 0
            self._grid = 0
            self._lead = 0
            self._origin: float | None = None
            if self.sample_rate and self.n_channels:
                self._read_start(file, stream)
        self.n_samples = self._find_end() if self._origin is not None else 0

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

    def _decode_from(self, start: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """(position, samples) of the decoder's frames, from `start` or some way before it."""
        from_s = (start - self._lead) / self.sample_rate - _PREROLL_S
        if not self._is_exact or from_s <= 0 or start > 1 << 50:
            yield from self._decode(None)
            return
        frames = self._decode(from_s)
        first = next(frames, None)
        if first is not None and first[0] > start and self._indexed:
            # The index led past the stretch, or the stretch lies in a gap: read from the start.
            yield from self._decode(None)
        elif first is not None:
            yield from chain([first], frames)

    def _decode(self, from_s: float | None) -> Iterator[tuple[int, NDArray[np.float32]]]:
        """Frames from the start (None), or from a time on without decoding what lies before it."""
        with self._open() as (file, stream):
            if from_s is not None and self._indexed:
                self._seek(file, stream, from_s)
            end: int | None = None
            for frame in self._decode_packets(file, stream, from_s):
                samples = self._to_samples(frame)
                position = self._place(frame.pts, len(samples), end)
                end = position + len(samples)
                yield position, samples

    def _decode_packets(
        self, file: "InputContainer", stream: "AvAudioStream", from_s: float | None
    ) -> Iterator["AudioFrame"]:
        skip_to = None
        if from_s is not None and not self._indexed:
            skip_to = self._to_time(from_s)
        for packet in file.demux(stream):
            if skip_to is not None and packet.pts is not None and packet.pts < skip_to:
                continue
            yield from packet.decode()

    def _seek(self, file: "InputContainer", stream: "AvAudioStream", time_s: float) -> None:
        file.seek(self._to_time(time_s), stream=stream, backward=True)

    def _to_time(self, time_s: float) -> int:
        """Seconds of sound in the stream's own units of time."""
        return int(((self._origin or 0.0) + time_s * self.sample_rate) / self._rate_of_time)

    def _place(self, time: int | None, n_samples: int, end: int | None) -> int:
        """The number of a frame's first sample, from its timestamp or behind the frame before."""
        if time is None or (not self._is_exact and end is not None):
            stamped = end
        else:
            offset = time * self._rate_of_time - (self._origin or 0.0)
            # By its end: the decoder may cut off the beginning of the first frame after a seek.
            stamped = self._lead + self._snap(offset + n_samples) - n_samples
        if end is None or stamped is None:
            return stamped if stamped is not None else self._lead
        gap = stamped - end
        if abs(gap) > _MAX_GAP_S * self.sample_rate:
            raise self._broken(f"its timestamps jump by {gap / self.sample_rate:.0f} s")
        return stamped if abs(gap) > _GAP_S * self.sample_rate else end

    def _snap(self, offset: float) -> int:
        """Samples from the first one to the end of a frame; milliseconds fall on its grid."""
        if self._rate_of_time <= 1 or not self._frame_samples:
            return round(offset)
        n_frames = round((offset - self._grid) / self._frame_samples)
        snapped = self._grid + n_frames * self._frame_samples
        # Behind a gap, and at the very end, frames are off the grid.
        slack = 1.5 * self._rate_of_time + 1
        return snapped if abs(snapped - offset) <= slack else round(offset)

    @property
    def _is_exact(self) -> bool:
        """Whether timestamps tell sample numbers: they are fine enough, or frames all alike."""
        return (
            self._is_stamped
            and self._rate_of_time > 0
            and (
                self._rate_of_time <= 1
                or self._rate_of_time.is_integer()
                or self._frame_samples > 0
            )
        )

    def _read_start(self, file: "InputContainer", stream: "AvAudioStream") -> None:
        """Where the sound begins, how much of the picture goes before it, how long frames are."""
        lengths: list[int] = []
        for frame in file.decode(stream):
            if self._origin is None:
                self._origin = (frame.pts or 0) * self._rate_of_time
                self._lead = self._find_lead(file, float(frame.time or 0.0))
            lengths.append(frame.samples)
            if len(lengths) == 4:
                break
        if len(lengths) == 4 and len(set(lengths[1:])) == 1 and lengths[0] <= lengths[1]:
            self._frame_samples, self._grid = lengths[1], lengths[0]

    def _find_lead(self, file: "InputContainer", first_s: float) -> int:
        """Samples of silence before the sound, where a picture starts earlier."""
        starts = [
            float(other.start_time * other.time_base)
            for other in file.streams.video
            if other.start_time is not None and other.time_base is not None
        ]
        lead_s = first_s - min(starts, default=first_s)
        return round(lead_s * self.sample_rate) if 0 < lead_s < _MAX_GAP_S else 0

    def _find_end(self) -> int:
        """The number of samples, by decoding the last seconds only where there is an index."""
        ends = [0]
        if self._is_exact and self._indexed and self._duration_s > 2 * _TAIL_S:
            from_s: float | None = self._duration_s - _TAIL_S
        elif self._is_exact and not (self._indexed and self.length_known):
            return self._scan_end()
        elif self.length_known and not self._is_exact:
            return round(self._duration_s * self.sample_rate)
        else:
            from_s = None
        try:
            ends += [at + len(samples) for at, samples in self._decode(from_s)]
        except DataError:
            # Damage near the end is found when it is decoded; the header's word must do here.
            return max(ends[-1], round(self._duration_s * self.sample_rate))
        return ends[-1] or round(self._duration_s * self.sample_rate)

    def _scan_end(self) -> int:
        """The end of the last packet, read without decoding any."""
        end = 0
        with self._open() as (file, stream):
            for packet in file.demux(stream):
                if packet.pts is not None:
                    end = max(end, packet.pts + (packet.duration or 0))
        return self._lead + max(self._snap(end * self._rate_of_time - (self._origin or 0.0)), 0)

    def _to_samples(self, frame: "AudioFrame") -> NDArray[np.float32]:
        """float32, shape (n, n_channels), in -1..1."""
        if frame.sample_rate != self.sample_rate or frame.layout.nb_channels != self.n_channels:
            raise self._broken(
                f"it changes to {frame.sample_rate} Hz and {frame.layout.nb_channels} channels"
            )
        if frame.format.is_planar and self.n_channels >= _MAX_PLANES:
            frame = self._interleave(frame)
        values: NDArray[Any] = frame.to_ndarray()
        planar = values.T if frame.format.is_planar else values.reshape(-1, self.n_channels)
        if values.dtype == np.uint8:
            return np.asarray((planar.astype(np.float32) - 128) / 128, dtype=np.float32)
        scale = 2.0 ** (8 * values.dtype.itemsize - 1) if values.dtype.kind == "i" else 1.0
        return np.asarray(planar / scale, dtype=np.float32)

    def _interleave(self, frame: "AudioFrame") -> "AudioFrame":
        """The same samples in one plane."""
        resampler = _import_av().AudioResampler("flt", frame.layout, self.sample_rate)
        ready: list[AudioFrame] = [*resampler.resample(frame), *resampler.resample(None)]
        if len(ready) != 1 or ready[0].samples != frame.samples:
            raise self._broken(f"{self.n_channels} channels cannot be interleaved")
        return ready[0]

    @contextmanager
    def _open(self) -> Iterator[tuple["InputContainer", "AvAudioStream"]]:
        """The file and its first audio stream, with FFmpeg's errors turned into ours."""
        av = _import_av()
        opened = False
        try:
            # From an open file: FFmpeg would take a name such as "concat:a" for an order.
            with (
                self._path.open("rb") as content,
                av.open(content, options=_OPTIONS, metadata_errors="replace") as file,
            ):
                opened = True
                yield file, self._choose(file)
        except (av.FFmpegError, *_UNDER_DAMAGE) as error:
            if not opened:
                raise refuse_unknown(self._path, self._head) from error
            raise self._broken(getattr(error, "strerror", None) or str(error)) from error

    def _choose(self, file: "InputContainer") -> "AvAudioStream":
        if not file.streams.audio:
            what = "a video without sound" if file.streams.video else "no sound in it"
            raise DataError(
                f"{self._path}: {what}",
                hint="record or export it again with its sound",
                code="E_NOT_AUDIO",
            )
        stream = file.streams.audio[0]
        if stream.codec_context is None:
            raise DataError(
                f"{self._path}: its sound is in a format that nothing here decodes",
                hint="convert it with the program that recorded it, to WAV or FLAC",
                code="E_CODEC",
            )
        return stream

    def _broken(self, why: str) -> DataError:
        return DataError(
            f"{self._path}: cannot be decoded: {why}", hint="export it again", code="E_DECODE"
        )


def _declared_duration(file: "InputContainer", stream: "AvAudioStream") -> float:
    """Seconds, by the stream's header or else the file's; 0 where neither says."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return (file.duration or 0) / 1_000_000


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
