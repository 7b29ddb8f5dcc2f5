"""Which sample a timestamp means: FFmpeg's streams count in units of their own, some coarse."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import AudioStream as AvAudioStream
    from av.container import InputContainer

MAX_GAP_S = 600.0
_GAP_S = 0.02  # timestamps may jitter by less; lost packets are longer
_LOOK_AT_FRAMES = 4


@dataclass(frozen=True)
class Clock:
    """The way from a stream's timestamps to the numbers of samples."""

    sample_rate: int
    samples_per_tick: float
    is_stamped: bool  # False where FFmpeg adds up rounded lengths for want of timestamps
    origin: float  # of the first decoded sample's timestamp, in samples
    lead: int  # samples of silence before the sound, where the picture starts earlier
    frame_samples: int  # 0 where frames differ
    grid: int  # samples of the first frame, which may be cut short

    @property
    def is_exact(self) -> bool:
        """Whether a timestamp tells the sample: ticks are fine enough, or frames all alike."""
        if not self.is_stamped or self.samples_per_tick <= 0:
            return False
        # Two samples per tick are AAC's spectral band replication, which doubles the rate.
        return self.samples_per_tick in (1, 2) or self.samples_per_tick < 1 or self.is_regular

    @property
    def is_regular(self) -> bool:
        return self.frame_samples > 0

    def to_ticks(self, time_s: float) -> int:
        """A time of the sound, without the lead, in the stream's own units."""
        return int((self.origin + time_s * self.sample_rate) / self.samples_per_tick)

    def find_end(self, ticks: int) -> int:
        """The number of the sample at which a frame ends that ends at this time."""
        return self.lead + max(self._snap(ticks * self.samples_per_tick - self.origin), 0)

    def place(self, ticks: int | None, n_samples: int, end: int | None) -> int:
        """The number of a frame's first sample: by its timestamp, or at the `end` of the last one.

        Raises ValueError where timestamps jump by more than MAX_GAP_S.
        """
        if ticks is None or (not self.is_exact and end is not None):
            return self.lead if end is None else end
        # By its end: the decoder may cut off the beginning of the first frame after a seek.
        offset = ticks * self.samples_per_tick - self.origin + n_samples
        stamped = self.lead + self._snap(offset) - n_samples
        if end is None:
            return stamped
        gap = stamped - end
        if abs(gap) > MAX_GAP_S * self.sample_rate:
            raise ValueError(f"its timestamps jump by {gap / self.sample_rate:.0f} s")
        return stamped if abs(gap) > _GAP_S * self.sample_rate else end

    def _snap(self, offset: float) -> int:
        """Samples from the first one to the end of a frame; milliseconds fall on its grid."""
        if self.samples_per_tick <= 1 or not self.is_regular:
            return round(offset)
        n_frames = round((offset - self.grid) / self.frame_samples)
        snapped = self.grid + n_frames * self.frame_samples
        # Behind a gap, and at the very end, frames are off the grid.
        slack = 1.5 * self.samples_per_tick + 1
        return snapped if abs(snapped - offset) <= slack else round(offset)


def read_clock(
    file: "InputContainer", stream: "AvAudioStream", *, is_stamped: bool
) -> Clock | None:
    """The clock of a stream, from its first frames; None where not one can be decoded."""
    rate = int(stream.codec_context.sample_rate or 0)
    samples_per_tick = float((stream.time_base or 0) * rate)
    origin, lead = 0.0, 0
    lengths: list[int] = []
    for frame in file.decode(stream):
        if not lengths:
            origin = (frame.pts or 0) * samples_per_tick
            lead = _find_lead(file, float(frame.time or 0.0), rate)
        lengths.append(frame.samples)
        if len(lengths) == _LOOK_AT_FRAMES:
            break
    if not lengths:
        return None
    is_regular = len(lengths) == _LOOK_AT_FRAMES and len({*lengths[1:]}) == 1
    frame_samples = lengths[1] if is_regular and lengths[0] <= lengths[1] else 0
    return Clock(rate, samples_per_tick, is_stamped, origin, lead, frame_samples, lengths[0])


def _find_lead(file: "InputContainer", first_s: float, rate: int) -> int:
    """Samples of silence before the sound, where a picture starts earlier."""
    starts = [
        float(other.start_time * other.time_base)
        for other in file.streams.video
        if other.start_time is not None and other.time_base is not None
    ]
    lead_s = first_s - min(starts, default=first_s)
    return round(lead_s * rate) if 0 < lead_s < MAX_GAP_S else 0
