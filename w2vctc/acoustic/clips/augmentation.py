"""What a training clip is turned into before the model hears it, each time a little different.

What happens to a clip depends on the run's seed, the clip's row, how often it was heard before and
where in the plan of the run that is, and on nothing else: not on the processes that read, nor on
their order, nor on resuming.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2vctc.acoustic.clips.distortions import change_gain, enter_room, pass_phone
from w2vctc.acoustic.clips.noise import Noises, add_noise, find_noises
from w2vctc.acoustic.clips.pauses import add_margins, join_clips
from w2vctc.errors import UsageError
from w2vctc.speech.audio import SAMPLE_RATE

# In the order of nature: the voice, its pauses, the room, what else sounds in it, the line, the
# recorder.
KINDS = ("speed", "pauses", "room", "noise", "phone", "gain")
# What each draws from: of its own, and as it was before there were pauses.
_STREAMS = {"speed": 0, "room": 1, "noise": 2, "phone": 3, "gain": 4, "pauses": 5}
_JOINING, _BETWEEN = 6, 7  # further streams: which batches are joined, what stands between clips
_JOINED_SHARE = 1 / 3  # of the batches
# Speed draws one of three each time; the others spare some clips, or clean speech is unlearned.
_SHARES = {"speed": 1.0, "pauses": 0.75, "room": 0.3, "noise": 0.5, "phone": 0.25, "gain": 0.5}
SPEEDS = (0.9, 1.0, 1.1)  # Ko et al., "Audio augmentation for speech recognition", 2015
_SPEED_STEPS = 10  # speeds as whole tenths, for an exact ratio

Waveform = NDArray[np.float32]

_CHANGES = {
    "pauses": add_margins,
    "room": enter_room,
    "phone": pass_phone,
    "gain": change_gain,
}


@dataclass(frozen=True)
class Augmentation:
    """The kinds that are on, in the order of KINDS, and what they draw from."""

    kinds: tuple[str, ...]
    seed: int
    noises: Noises | None = None

    def apply(
        self,
        waveform: Waveform,
        *,
        row: int,
        visit: int,
        fits: Callable[[int], bool],
        strength: float = 1.0,
    ) -> Waveform:
        """The waveform, shape (n_samples,), as it sounds at the `visit`-th hearing of its row.

        At a `strength` below 1 that share only of the hearings that a kind would change is changed,
        each as at full strength. `fits` says whether so many samples hold the clip's labels: a
        speed that would leave too few frames for CTC is not taken.
        """
        for kind in self.kinds:
            # A generator for each kind: switching one on or off leaves the others as they were.
            random = np.random.default_rng([self.seed, _STREAMS[kind], visit, row])
            if random.random() < strength * _SHARES[kind]:
                waveform = self._distort(kind, waveform, random, fits)
        return waveform

    def joins(self, batch: int, *, strength: float = 1.0) -> bool:
        """Whether the clips of the run's batch of this number are heard in pairs."""
        random = np.random.default_rng([self.seed, _JOINING, batch])
        return "pauses" in self.kinds and bool(random.random() < strength * _JOINED_SHARE)

    def join(self, first: Waveform, second: Waveform, *, row: int, visit: int) -> Waveform:
        """Two clips with a pause between them, as at the `visit`-th hearing of the first one."""
        return join_clips(first, second, np.random.default_rng([self.seed, _BETWEEN, visit, row]))

    def _distort(
        self,
        kind: str,
        waveform: Waveform,
        random: np.random.Generator,
        fits: Callable[[int], bool],
    ) -> Waveform:
        if kind == "speed":
            return change_speed(waveform, speed=float(random.choice(SPEEDS)), fits=fits)
        if kind == "noise":
            assert self.noises is not None
            return add_noise(waveform, self.noises, random)
        return _CHANGES[kind](waveform, random)


def change_speed(waveform: Waveform, *, speed: float, fits: Callable[[int], bool]) -> Waveform:
    """The waveform played `speed` times as fast, pitch and all, where what is left is enough."""
    import soxr

    if speed == 1.0 or (speed > 1 and not fits(int(len(waveform) / speed) - 1)):
        return waveform
    # As if recorded at a rate that much higher, brought to 16 kHz.
    rate = round(speed * _SPEED_STEPS) * SAMPLE_RATE
    changed = soxr.resample(np.ascontiguousarray(waveform), rate, _SPEED_STEPS * SAMPLE_RATE)
    return np.asarray(changed, dtype=np.float32)


def open_augmentation(
    kinds: tuple[str, ...], *, seed: int, noise_folder: str | None
) -> Augmentation | None:
    """What `--augment` asks for, None for nothing; raises what `find_noises` does."""
    if not kinds:
        return None
    noises = find_noises(Path(noise_folder)) if noise_folder is not None else None
    return Augmentation(kinds, seed, noises)


def parse_kinds(text: str) -> tuple[str, ...]:
    """The kinds of `speed,room` in the order of KINDS; raises UsageError for unknown ones."""
    named = {name.strip() for name in text.split(",")} - {""}
    unknown = sorted(named - set(KINDS))
    if unknown:
        raise UsageError(
            f"--augment {text}: no kind {', '.join(map(repr, unknown))}",
            hint=f"choose among {', '.join(KINDS)}, with commas between",
        )
    return tuple(kind for kind in KINDS if kind in named)


def count_needed_frames(labels: Sequence[int]) -> int:
    """The frames that CTC needs: one for each label and one between two that are the same."""
    return len(labels) + sum(a == b for a, b in pairwise(labels))
