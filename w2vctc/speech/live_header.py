"""What a sound that arrives through a pipe is made of: its WAV header, or what a person says."""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from w2vctc.errors import DataError
from w2vctc.speech.container import sniff_container
from w2vctc.speech.file_head import refuse_foreign
from w2vctc.speech.recording import MAX_CHANNELS, SANE_RATES_HZ
from w2vctc.words import numbered

# Whoever writes to a pipe does not know the length: 0, or near the largest number that fits.
_UNKNOWN_FROM = 0x7FFF0000
_IN_DS64 = 0xFFFFFFFF
_FORMS = {b"RIFF": "<", b"RIFX": ">", b"RF64": "<", b"BW64": "<"}
_EXTENSIBLE = 0xFFFE  # the format itself is the start of an identifier further on
_MAX_HEADER_BYTES = 1 << 20
_HEAD_BYTES = 12
_CODECS = {
    (1, 8): "PCM_U8",
    (1, 16): "PCM_16",
    (1, 24): "PCM_24",
    (1, 32): "PCM_32",
    (3, 32): "FLOAT",
    (3, 64): "DOUBLE",
    (6, 8): "ALAW",
    (7, 8): "ULAW",
}
_CONVERT = "ffmpeg turns it into one: ffmpeg -i FILE -f wav - | w2vctc decode -"


@dataclass(frozen=True)
class LiveFormat:
    """How samples are written; `codec` is libsndfile's name for it."""

    sample_rate: int  # Hz
    n_channels: int = 1
    codec: str = "PCM_16"
    sample_bytes: int = 2
    is_big_endian: bool = False
    n_bytes: int | None = None  # of sound; None where the writer did not know

    @property
    def frame_bytes(self) -> int:
        """Of one sample in all channels."""
        return self.sample_bytes * self.n_channels


class Head:
    """The start of a stream, read in pieces of known length; `rest` is what was read too far."""

    def __init__(self, take: Callable[[], bytes], *, name: str) -> None:
        self.rest = b""
        self.name = name
        self.n_read = 0
        self._take = take

    def peek(self, n_bytes: int) -> bytes:
        """The next bytes without going on, fewer where the stream ends."""
        while len(self.rest) < n_bytes and (more := self._take()):
            self.rest += more
        return self.rest[:n_bytes]

    def read(self, n_bytes: int) -> bytes:
        """The next bytes. Raises DataError E_TRUNCATED where the stream ends before."""
        found = self.peek(n_bytes)
        self.n_read += len(found)
        if len(found) < n_bytes:
            raise DataError(
                f"{self.name}: the WAV header stops after {numbered(self.n_read, 'byte')}",
                hint="did the program that sends the sound end with an error?",
                code="E_TRUNCATED",
            )
        self.rest = self.rest[n_bytes:]
        return found


def read_live_format(head: Head) -> LiveFormat:
    """The format that a WAV header tells; the head is at the first sample then.

    Raises DataError: E_EMPTY, E_NOT_AUDIO, E_CODEC, E_HEADER, E_TRUNCATED.
    """
    start = head.peek(_HEAD_BYTES)
    if not start:
        raise DataError(
            f"{head.name}: nothing arrived (0 bytes)",
            hint="does the program in front of the pipe run? arecord -l lists microphones",
            code="E_EMPTY",
        )
    form, kind = start[:4], start[8:]
    if not (form in _FORMS and b"WAVE".startswith(kind)):
        raise _refuse(head)
    head.read(_HEAD_BYTES)
    return _read_chunks(head, _FORMS[form])


def is_sane(form: LiveFormat) -> bool:
    """Whether sound can have such a rate and so many channels."""
    return form.sample_rate in SANE_RATES_HZ and 0 < form.n_channels <= MAX_CHANNELS


def check_format(form: LiveFormat, *, name: str) -> LiveFormat:
    """The same format. Raises DataError E_HEADER for a rate or channels that cannot be."""
    if not is_sane(form):
        raise DataError(
            f"{name}: the header says {form.sample_rate} Hz and"
            f" {numbered(form.n_channels, 'channel')}",
            hint="send 16-bit PCM at 16000 Hz in one channel",
            code="E_HEADER",
        )
    return form


def _read_chunks(head: Head, order: str) -> LiveFormat:
    """Chunk by chunk up to the sound; the layout is told in speech/wav_header.py."""
    form: LiveFormat | None = None
    long_length: int | None = None
    while head.n_read < _MAX_HEADER_BYTES:
        name, length = struct.unpack(order + "4sI", head.read(8))
        if name == b"data":
            if form is None:
                break
            told = long_length if length == _IN_DS64 and long_length else length
            known = told > 0 and (told == long_length or told < _UNKNOWN_FROM)
            return LiveFormat(*_layout(form), told if known else None)
        if length > _MAX_HEADER_BYTES:
            break
        content = head.read(length + length % 2)
        if name == b"ds64" and length >= 16:
            long_length = struct.unpack_from("<Q", content, 8)[0]
        if name == b"fmt ":
            form = _read_layout(content, order, head.name)
    raise DataError(
        f"{head.name}: a WAV header without a description of its sound",
        hint=_CONVERT,
        code="E_HEADER",
    )


def _layout(form: LiveFormat) -> tuple[int, int, str, int, bool]:
    return form.sample_rate, form.n_channels, form.codec, form.sample_bytes, form.is_big_endian


def _read_layout(content: bytes, order: str, name: str) -> LiveFormat:
    if len(content) < 16:
        raise DataError(f"{name}: the WAV header is too short", hint=_CONVERT, code="E_HEADER")
    tag, n_channels, rate, _, block, bits = struct.unpack_from(order + "HHIIHH", content)
    if tag == _EXTENSIBLE and len(content) >= 26:
        tag = struct.unpack_from(order + "H", content, 24)[0]
    # 12 or 20 bits lie in the upper bits of whole bytes.
    bits = 8 * (block // n_channels) if tag == 1 and n_channels and block else bits
    if (tag, bits) not in _CODECS:
        raise DataError(
            f"{name}: WAV sound of format {tag} with {bits} bits",
            hint="send PCM: ffmpeg -i FILE -c:a pcm_s16le -f wav - | w2vctc decode -",
            code="E_CODEC",
        )
    form = LiveFormat(rate, n_channels, _CODECS[tag, bits], bits // 8, order == ">")
    return check_format(form, name=name)


def _refuse(head: Head) -> DataError:
    """The error for a stream that is no WAV."""
    start = head.peek(512)
    try:
        refuse_foreign(Path(head.name), start)
    except DataError as error:
        return error
    kind = sniff_container(start)
    what = f"{kind} sound" if kind else f"no WAV header (it begins with {start[:8]!r})"
    return DataError(
        f"{head.name}: {what}, where a WAV stream is wanted",
        hint=_CONVERT if kind else f"samples without a header: --raw-rate 16000. Else {_CONVERT}",
        code="E_NOT_AUDIO",
    )
