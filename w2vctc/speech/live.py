"""Sound that arrives through a pipe, as one channel at 16 kHz, as it arrives."""

import io
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.audio import SAMPLE_RATE, check_waveform
from w2vctc.speech.channels import choose_channel
from w2vctc.speech.live_header import Head, LiveFormat, check_format, read_live_format
from w2vctc.speech.remark import Remark

Waveform = NDArray[np.float32]

STANDARD_INPUT = "standard input"
_STEPS_PER_S = 10  # sound is mixed and resampled in steps: how reads fall changes nothing
_MAX_STRAY_BYTES = 1 << 20  # behind the sound, read so that the writer can end in peace


class LiveSound:
    """A stream that can be heard once.

    `format` is what it is made of; `remarks` what is odd about it, some of it known at its end.
    """

    def __init__(
        self,
        take: Callable[[], bytes],
        *,
        raw: LiveFormat | None = None,
        name: str = STANDARD_INPUT,
    ) -> None:
        """Waits for the header. raw: the format of samples that come without one.

        take: waits for bytes and returns those there are, b"" at the end.
        Raises DataError: E_EMPTY, E_NOT_AUDIO, E_CODEC, E_HEADER, E_TRUNCATED.
        """
        self.name = name
        self.remarks: list[Remark] = []
        self._take = take
        head = Head(take, name=name)
        if raw is not None and head.peek(4) == b"RIFF":
            raw = None
            self._note("W_HEADER", "samples without a header were announced, here is a WAV one")
        self.format = read_live_format(head) if raw is None else check_format(raw, name=name)
        self._has_header = raw is None
        self._rest = head.rest
        self._n_taken = 0  # bytes of sound
        self._at = 0  # samples at the stream's own rate
        self._power = np.zeros(self.format.n_channels)
        self._mean_power = 0.0
        self._resampler = _open_resampler(self.format.sample_rate)
        if self.format.sample_rate < SAMPLE_RATE:
            self._note(
                "W_LOW_RATE",
                f"{self.format.sample_rate} Hz: nothing above"
                f" {self.format.sample_rate / 2000:g} kHz is in it",
            )

    def read_blocks(self) -> Iterator[Waveform]:
        """All that has arrived, shape (n,), float32 in about -1..1, again and again to the end.

        Joined, the blocks are the same however the bytes came. Raises DataError, after what came
        before it: E_NONFINITE, E_RANGE; at the end E_EMPTY, E_NO_SAMPLES, E_TRUNCATED.
        """
        step = max(self.format.sample_rate // _STEPS_PER_S, 1) * self.format.frame_bytes
        waiting = b""
        for data in self._sound_bytes():
            waiting += data
            whole = len(waiting) // step * step
            yield from self._hear(waiting[:whole], step)
            waiting = waiting[whole:]
        whole = len(waiting) // self.format.frame_bytes * self.format.frame_bytes
        yield from self._hear(waiting[:whole], step)
        if self._resampler is not None:
            rest = self._resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
            yield np.asarray(rest, dtype=np.float32)
        self._judge_end()

    def _sound_bytes(self) -> Iterator[bytes]:
        """The bytes of the sound as they come; what is behind it goes unheard."""
        limit = self.format.n_bytes
        data, self._rest = self._rest, b""
        data = data or self._take()
        while data:
            wanted = len(data) if limit is None else min(len(data), limit - self._n_taken)
            self._n_taken += wanted
            yield data[:wanted]
            if limit is not None and self._n_taken == limit:
                self._drain(data[wanted:])
                return
            data = self._take()

    def _drain(self, stray: bytes) -> None:
        n_stray = len(stray)
        while n_stray < _MAX_STRAY_BYTES and (more := self._take()):
            stray = stray or more
            n_stray += len(more)
        if stray.startswith(b"RIFF"):
            self._note("W_TRAILING", "a second WAV follows the first: it is not heard")

    def _hear(self, data: bytes, step: int) -> Iterator[Waveform]:
        """One block of whole steps; where one cannot be used, those before it and its error."""
        heard: list[Waveform] = []
        fault: DataError | None = None
        for start in range(0, len(data), step):
            try:
                heard.append(self._hear_step(data[start : start + step]))
            except DataError as error:
                fault = error
                break
        if heard:
            yield np.concatenate(heard)
        if fault is not None:
            raise fault

    def _hear_step(self, data: bytes) -> Waveform:
        rate = self.format.sample_rate
        mono = check_waveform(
            self._mix(_decode(data, self.format)), sample_rate=rate, name=self.name, first=self._at
        )
        self._at += len(mono)
        if self._resampler is None:
            return mono
        return np.asarray(self._resampler.resample_chunk(mono), dtype=np.float32)

    def _mix(self, samples: Waveform) -> Waveform:
        """One channel, chosen by all that has been heard up to now."""
        if samples.shape[1] == 1:
            return np.ascontiguousarray(samples[:, 0])
        mean: Waveform = samples.mean(axis=1, dtype=np.float32)
        if not np.isfinite(mean).all():
            return mean
        self._power += np.square(samples, dtype=np.float64).sum(axis=0)
        self._mean_power += float(np.square(mean, dtype=np.float64).sum())
        chosen = choose_channel(self._power, self._mean_power)
        return mean if chosen is None else np.ascontiguousarray(samples[:, chosen])

    def _judge_end(self) -> None:
        if self._at == 0:
            raise DataError(
                f"{self.name}: not one sample of sound arrived",
                hint="does the program in front of the pipe record? arecord -l lists microphones",
                code="E_NO_SAMPLES" if self._n_taken or self._has_header else "E_EMPTY",
            )
        declared = self.format.n_bytes
        if declared is not None and self._n_taken < declared:
            raise DataError(
                f"{self.name}: cut off: {self._n_taken} of {declared} bytes of sound arrived",
                hint="what arrived is transcribed; did the program that sends it break off?",
                code="E_TRUNCATED",
            )

    def _note(self, code: str, message: str) -> None:
        self.remarks.append(Remark(code, f"{self.name}: {message}"))


def _open_resampler(sample_rate: int) -> Any:
    """A stream that gives 16 kHz, None where nothing is to be done."""
    if sample_rate == SAMPLE_RATE:
        return None
    import soxr

    return soxr.ResampleStream(sample_rate, SAMPLE_RATE, 1, dtype="float32")


def _decode(data: bytes, form: LiveFormat) -> Waveform:
    """The samples, shape (n, n_channels): libsndfile's, as those of a file."""
    import soundfile

    samples, _ = soundfile.read(
        io.BytesIO(data),
        samplerate=form.sample_rate,
        channels=form.n_channels,
        format="RAW",
        subtype=form.codec,
        endian="BIG" if form.is_big_endian else "LITTLE",
        dtype="float32",
        always_2d=True,
    )
    return np.asarray(samples, dtype=np.float32)
