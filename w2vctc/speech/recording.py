"""A recording, opened and checked: what its header says, held against the file."""

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from w2vctc.errors import DataError
from w2vctc.speech.container import find_wrong_extension, sniff_container
from w2vctc.speech.declared_size import read_declared_size
from w2vctc.speech.file_head import read_head, refuse_foreign
from w2vctc.speech.ogg_end import lacks_last_page
from w2vctc.speech.remark import Remark
from w2vctc.speech.stream import AudioStream, open_stream
from w2vctc.speech.wav_header import WavHeader, read_wav_header
from w2vctc.words import numbered

if TYPE_CHECKING:
    from typing_extensions import Self

SAMPLE_RATE = 16_000  # Hz, what every wav2vec2 checkpoint was trained on
MAX_CHANNELS = 64
SANE_RATES_HZ = range(1_000, 768_001)


@dataclass(frozen=True)
class AudioInfo:
    """What a file's header says, before any sample is decoded."""

    path: Path
    sample_rate: int  # Hz
    n_channels: int
    n_samples: int  # per channel, at `sample_rate`
    is_float: bool = False  # whether samples can be NaN, infinite or beyond -1..1
    container: str = ""  # by content, not by name: WAV, FLAC, OGG, MP3, MP4, ...
    codec: str = ""  # as the decoder calls it: PCM_16, OPUS, aac, ...
    remarks: tuple[Remark, ...] = field(default=())  # W_ codes: noteworthy, yet readable

    @property
    def duration_s(self) -> float:
        return self.n_samples / self.sample_rate


class Recording:
    """An open recording: its header's `info` and the `stream` of its samples."""

    def __init__(self, info: AudioInfo, stream: AudioStream) -> None:
        self.info = info
        self.stream = stream

    def __enter__(self) -> "Self":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.stream.close()


def open_recording(path: Path) -> Recording:
    """The recording, ready to be read.

    Raises DataError: E_MISSING, E_LOOP, E_NOT_FILE, E_PERM, E_EMPTY, E_NO_SAMPLES, E_TRUNCATED,
    E_NOT_AUDIO, E_CODEC, E_HEADER.
    """
    head, n_bytes = read_head(path)
    refuse_foreign(path, head)
    container = sniff_container(head)
    remarks, is_unfinished = _check_lengths(path, container, n_bytes)
    stream = open_stream(path, container, head, is_unfinished=is_unfinished)
    try:
        return Recording(_describe(path, stream, remarks), stream)
    except DataError:
        stream.close()
        raise


def _describe(path: Path, stream: AudioStream, remarks: list[Remark]) -> AudioInfo:
    if stream.sample_rate not in SANE_RATES_HZ or not 0 < stream.n_channels <= MAX_CHANNELS:
        raise DataError(
            f"{path}: the header says {stream.sample_rate} Hz and"
            f" {numbered(stream.n_channels, 'channel')}",
            hint="export the recording again",
            code="E_HEADER",
        )
    if stream.n_samples == 0 and stream.length_known:
        raise DataError(
            f"{path}: a header, but not one sample of sound",
            hint="record or export it again, or take it out of the manifest",
            code="E_NO_SAMPLES",
        )
    wrong_name = find_wrong_extension(path, stream.container)
    if wrong_name:
        remarks.append(wrong_name)
    if not stream.length_known and all(remark.code != "W_STREAMING" for remark in remarks):
        remarks.append(_streaming(path))
    if stream.sample_rate < SAMPLE_RATE:
        remarks.append(
            Remark(
                "W_LOW_RATE",
                f"{path}: recorded at {stream.sample_rate} Hz: nothing above"
                f" {stream.sample_rate / 2000:g} kHz is in it",
                "used as it is; recognition is worse than with recordings of 16 kHz or more",
            )
        )
    return AudioInfo(
        path,
        stream.sample_rate,
        stream.n_channels,
        stream.n_samples,
        stream.is_float,
        stream.container,
        stream.codec,
        tuple(remarks),
    )


def _check_lengths(path: Path, container: str, n_bytes: int) -> tuple[list[Remark], bool]:
    """What the headers' lengths give away, and whether the recorder never came to write one.

    Raises DataError (E_TRUNCATED, E_HEADER).
    """
    try:
        wav = read_wav_header(path, n_bytes) if container in ("WAV", "RF64") else None
        size = read_declared_size(path, container, n_bytes)
        cut_ogg = container == "OGG" and lacks_last_page(path, n_bytes)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be read: {error.strerror}", hint="copy it again", code="E_DECODE"
        ) from error
    if wav is not None:
        return _check_wav(path, wav), wav.is_unfinished
    if size is not None and size.there_bytes < (size.declared_bytes or 0):
        raise _cut_off(path, size.there_bytes, size.declared_bytes, whole=container == "MP4")
    remarks = [_without_end(path)] if cut_ogg else []
    if size is not None and size.declared_bytes is None:
        remarks.append(_streaming(path))
    return remarks, False


def _check_wav(path: Path, header: WavHeader) -> list[Remark]:
    """Refuses a WAV that is cut off or has no rate, in words that libsndfile does not find."""
    if header.sample_rate == 0:
        raise DataError(
            f"{path}: the header says 0 Hz", hint="export the recording again", code="E_HEADER"
        )
    if header.missing_bytes:
        raise _cut_off(path, header.there_bytes, header.declared_bytes)
    remarks = []
    if header.has_sound and header.declared_bytes is None and header.there_bytes:
        remarks.append(_streaming(path))
    odd_bytes = (header.declared_bytes or 0) % header.block_bytes if header.block_bytes else 0
    stray_bytes = header.stray_bytes or odd_bytes
    if stray_bytes:
        remarks.append(
            Remark(
                "W_TRAILING",
                f"{path}: {numbered(stray_bytes, 'byte')} behind the sound"
                f" belong{'s' if stray_bytes == 1 else ''} to nothing",
                "left out; the sound itself is whole",
            )
        )
    return remarks


def _streaming(path: Path) -> Remark:
    return Remark(
        "W_STREAMING",
        f"{path}: the header does not say how long the sound is",
        "read to the end of the file; whether something is missing there cannot be seen",
    )


def _without_end(path: Path) -> Remark:
    return Remark(
        "W_LENGTH",
        f"{path}: the end of the file is missing (no last Ogg page)",
        "read as far as it goes; copy the file again",
    )


def _cut_off(path: Path, there: int, declared: int | None, *, whole: bool = False) -> DataError:
    what = "the file" if whole else "sound"
    return DataError(
        f"{path}: cut off: {there} of {declared} bytes of {what} are there",
        hint="copy the file again",
        code="E_TRUNCATED",
    )
