"""A recording of any length as one channel at 16 kHz, block by block."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.audio import check_waveform
from w2vctc.speech.channels import choose_channel
from w2vctc.speech.recording import SAMPLE_RATE, Recording

_TO_THE_END = 1 << 60  # samples; headers of compressed files err by some


class MonoSound(Recording):
    """A recording that can be heard from its start again and again, a block at a time.

    The samples are those of `load_audio`, resampled in one stream: no block shows its edges.
    channel: the one to listen to, from 0 on; None for the mean of all.
    """

    def __init__(self, recording: Recording, *, channel: int | None) -> None:
        super().__init__(recording.info, recording.stream)
        self._channel = channel

    def read_blocks(self) -> Iterator[NDArray[np.float32]]:
        """All samples from the first one on, in blocks of shape (n,), float32 in about -1..1.

        Raises DataError: E_DECODE, E_NONFINITE, E_RANGE.
        """
        if self.info.sample_rate == SAMPLE_RATE:
            yield from self._mix_blocks()
            return
        import soxr

        stream = soxr.ResampleStream(self.info.sample_rate, SAMPLE_RATE, 1, dtype="float32")
        for block in self._mix_blocks():
            yield np.asarray(stream.resample_chunk(block), dtype=np.float32)
        rest = stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        yield np.asarray(rest, dtype=np.float32)

    def _mix_blocks(self) -> Iterator[NDArray[np.float32]]:
        at = 0
        for block in self.stream.read_blocks(0, _TO_THE_END):
            if not len(block):
                continue
            mono = block.mean(axis=1) if self._channel is None else block[:, self._channel]
            yield np.ascontiguousarray(
                check_waveform(
                    mono, sample_rate=self.info.sample_rate, name=str(self.info.path), first=at
                )
            )
            at += len(block)


def choose_channel_of(recording: Recording) -> int | None:
    """The channel to listen to, from 0 on; None for the mean of all.

    One with several channels is decoded for that: which of them count, all of it tells.
    """
    if recording.info.n_channels == 1:
        return 0
    power = np.zeros(recording.info.n_channels)
    mean_power, n_samples = 0.0, 0
    for block in recording.stream.read_blocks(0, _TO_THE_END):
        power += np.square(block, dtype=np.float64).sum(axis=0)
        mean_power += float(np.square(block.mean(axis=1), dtype=np.float64).sum())
        n_samples += len(block)
    return choose_channel(power, mean_power)
