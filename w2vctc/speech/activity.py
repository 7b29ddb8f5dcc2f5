"""Where somebody speaks in a recording, by its loudness alone.

A stretch counts as speech unless it is clearly none: what is left out is never transcribed, what is
taken in without need costs a little time. So the bound between the two follows the recording, from
its quietest moments up, and where loud and soft lie close together nothing is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.recording import SAMPLE_RATE

FRAME_S = 0.01
_FRAME_SAMPLES = round(FRAME_S * SAMPLE_RATE)
_PREEMPHASIS = 0.97  # hum and rumble are loud and say nothing
_SILENCE_DB = -90.0  # of the emphasized sound: digital silence and what is next to it


@dataclass(frozen=True)
class ActivityOptions:
    """What counts as speech; seconds and decibels.

    The bound lies `share` of the way up from the quietest tenth of the `around_s` seconds about a
    moment to the loudest twentieth, at least `least_db` above the former.
    """

    around_s: float = 30.0
    share: float = 0.25
    least_db: float = 6.0
    pause_s: float = 0.3  # a shorter one belongs to the speech round it
    burst_s: float = 0.06  # a shorter sound is a click
    margin_s: float = 0.2  # kept in front of speech and behind it


@dataclass(frozen=True)
class Stretch:
    """A part of a recording, in seconds from its start."""

    start_s: float
    end_s: float

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


class Loudness:
    """The loudness of a recording that arrives block by block, a figure for each 10 ms."""

    def __init__(self) -> None:
        self.n_samples = 0
        self._figures: list[NDArray[np.float32]] = []
        self._rest = np.zeros(0, dtype=np.float32)
        self._before = 0.0

    def add(self, block: NDArray[np.float32]) -> None:
        """Takes in the next samples, shape (n,), 16 kHz."""
        if not len(block):
            return
        shifted = np.concatenate([[np.float32(self._before)], block[:-1]])
        self._before = float(block[-1])
        self.n_samples += len(block)
        samples = np.concatenate([self._rest, block - np.float32(_PREEMPHASIS) * shifted])
        n_whole = len(samples) // _FRAME_SAMPLES
        self._rest = samples[n_whole * _FRAME_SAMPLES :]
        self._figures.append(
            _measure(samples[: n_whole * _FRAME_SAMPLES].reshape(n_whole, _FRAME_SAMPLES))
        )

    def figures_db(self) -> NDArray[np.float32]:
        """Decibels of each 10 ms, shape (n,); what is left of the last one counts as one."""
        rest = [_measure(self._rest[None])] if len(self._rest) else []
        figures = [*self._figures, *rest]
        return np.concatenate(figures) if figures else np.zeros(0, dtype=np.float32)


def find_speech(
    blocks: Iterable[NDArray[np.float32]], options: ActivityOptions | None = None
) -> list[Stretch]:
    """The stretches of a recording in which somebody speaks, in order, margins included."""
    loudness = Loudness()
    for block in blocks:
        loudness.add(block)
    return find_loud(loudness.figures_db(), loudness.n_samples / SAMPLE_RATE, options)


def find_loud(
    figures_db: NDArray[np.float32], duration_s: float, options: ActivityOptions | None = None
) -> list[Stretch]:
    """The same from the loudness of each 10 ms, of a recording of `duration_s`."""
    options = options or ActivityOptions()
    if not len(figures_db):
        return []
    loud = figures_db >= _find_bound(figures_db, options)
    spoken = _close(_without_bursts(_runs(loud), options.burst_s), options.pause_s)
    margins = [
        Stretch(
            max(first * FRAME_S - options.margin_s, 0.0),
            min(last * FRAME_S + options.margin_s, duration_s),
        )
        for first, last in spoken
    ]
    return _join(margins)


def _measure(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    return np.asarray(10 * np.log10(power + 1e-12), dtype=np.float32)


def _find_bound(figures_db: NDArray[np.float32], options: ActivityOptions) -> NDArray[np.float32]:
    """The loudness from which each 10 ms counts as speech."""
    reach = round(options.around_s / FRAME_S / 2)
    step = max(reach // 5, 1)
    places = np.arange(0, len(figures_db) + step, step)
    bounds = [
        _bound_of(figures_db[max(place - reach, 0) : place + reach], options) for place in places
    ]
    bound = np.interp(np.arange(len(figures_db)), places, bounds)
    return np.asarray(bound, dtype=np.float32)


def _bound_of(figures_db: NDArray[np.float32], options: ActivityOptions) -> float:
    sounding = figures_db[figures_db > _SILENCE_DB]
    if not len(sounding):
        return _SILENCE_DB
    quiet, loud = np.percentile(sounding, [10, 95])
    if len(sounding) < len(figures_db) / 10:  # digital silence with something in it
        return _SILENCE_DB
    if loud - quiet < 2 * options.least_db:  # all is as loud: all speech, or none
        return float(min(quiet - options.least_db, loud))
    return float(max(quiet + options.share * (loud - quiet), quiet + options.least_db))


def _runs(loud: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _close(runs: Sequence[tuple[int, int]], pause_s: float) -> list[tuple[int, int]]:
    """Runs with less than a pause between them as one."""
    closed: list[tuple[int, int]] = []
    for first, last in runs:
        if closed and (first - closed[-1][1]) * FRAME_S < pause_s:
            closed[-1] = (closed[-1][0], last)
        else:
            closed.append((first, last))
    return closed


def _without_bursts(runs: Sequence[tuple[int, int]], burst_s: float) -> list[tuple[int, int]]:
    """Runs with the moments between syllables closed, less those that are a click only."""
    return [
        (first, last) for first, last in _close(runs, 0.05) if (last - first) * FRAME_S >= burst_s
    ]


def _join(stretches: Sequence[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for stretch in stretches:
        if joined and stretch.start_s <= joined[-1].end_s:
            joined[-1] = Stretch(joined[-1].start_s, stretch.end_s)
        else:
            joined.append(stretch)
    return joined
