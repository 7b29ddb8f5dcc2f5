"""How long each row really is, from the headers of the recordings; and what is odd there."""

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from w2vctc.corpus.columns import DURATION_COLUMNS
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech.audio import AudioInfo, probe_audio
from w2vctc.speech.inspection import inspect_audio
from w2vctc.speech.remark import Remark

TOLERANCE_S = 0.1  # of times that people or other programs wrote down
_PROBE_THREADS = 8
_PROBED_AT_ONCE = 128  # files, before it is asked whether the disk is what takes the time
# Times the CPU's time that reading must take for threads to pay: where it does not wait, they
# double the CPU's.
_WAITING = 3
# Only these can be found in samples alone and make them useless to any model.
_SAMPLE_FAULTS = ("E_NONFINITE", "E_RANGE", "E_DECODE", "E_NO_SAMPLES")

Progress = Callable[[int], None]  # hears how many are done


@dataclass(frozen=True)
class MeasuredRow:
    """A row with `duration_s`, None where its file cannot be read, and the faults of its sound."""

    utterance: Utterance
    faults: tuple[Fault, ...]  # an error comes first

    @property
    def error(self) -> Fault | None:
        """Why the sound cannot be used."""
        return next((fault for fault in self.faults if fault.is_error), None)


def measure_rows(
    utterances: Sequence[Utterance], *, on_done: Progress | None = None
) -> list[MeasuredRow]:
    """The rows in their order, each with its duration and the faults that a header tells.

    Each file is opened once, however many pieces of it there are. Samples are read only where a
    file can hold what is no number (floating point). E_ codes are those of `probe_audio`, E_BEYOND,
    and of such samples E_NONFINITE and E_RANGE; W_DURATION and the file's own W_ codes besides.
    """
    files = list(dict.fromkeys(row.audio for row in utterances))
    probed = dict(zip(files, probe_files(files, on_done=on_done), strict=True))
    return [_measure(row, probed[row.audio]) for row in utterances]


def probe_files(
    paths: Sequence[Path], *, on_done: Progress | None = None
) -> list[AudioInfo | DataError]:
    """What the headers of the files say, or why they cannot be read, in the order given."""
    found: list[AudioInfo | DataError] = []
    waits = False  # a disk across the network answers one after the other
    with ThreadPoolExecutor(_PROBE_THREADS) as pool:
        for start in range(0, len(paths), _PROBED_AT_ONCE):
            part = paths[start : start + _PROBED_AT_ONCE]
            began_s, began_cpu_s = time.perf_counter(), time.process_time()
            for one in (pool.map if waits else map)(_probe, part):
                found.append(one)
                if on_done:
                    on_done(len(found))
            waited_s = time.perf_counter() - began_s
            waits = waits or waited_s > _WAITING * (time.process_time() - began_cpu_s)
    return found


def _probe(path: Path) -> AudioInfo | DataError:
    try:
        return probe_audio(path)
    except DataError as error:
        return error


def _measure(row: Utterance, info: AudioInfo | DataError) -> MeasuredRow:
    if isinstance(info, DataError):
        return MeasuredRow(row, (_fault(row, Remark.from_error(info)),))
    ending_s = info.duration_s
    duration_s = min(ending_s if row.end_s is None else row.end_s, ending_s) - row.start_s
    measured = replace(row, duration_s=max(duration_s, 0.0))
    errors = _find_beyond(measured, info) or _find_sample_faults(measured, info)
    remarks = [*errors, *_find_other_duration(measured), *info.remarks]
    return MeasuredRow(measured, tuple(_fault(measured, remark) for remark in remarks))


def _find_beyond(row: Utterance, info: AudioInfo) -> list[Remark]:
    latest_s = row.start_s if row.end_s is None else row.end_s
    if row.start_s < info.duration_s and latest_s <= info.duration_s + TOLERANCE_S:
        return []
    piece = f"{row.start_s:.2f} s to " + ("its end" if row.end_s is None else f"{row.end_s:.2f} s")
    message = f"{row.audio}: it is {info.duration_s:.2f} s long, and the piece is {piece}"
    return [Remark("E_BEYOND", message, "mend the times, or see whether the recording is whole")]


def _find_sample_faults(row: Utterance, info: AudioInfo) -> list[Remark]:
    """What no header tells; only files of floating-point samples are read for it."""
    if not info.is_float:
        return []
    try:
        found = inspect_audio(row.audio, start_s=row.start_s, end_s=row.end_s)
    except DataError as error:
        return [Remark.from_error(error)]
    return [fault for fault in found.faults if fault.code in _SAMPLE_FAULTS]


def _find_other_duration(row: Utterance) -> list[Remark]:
    declared_s = _read_declared(row)
    if declared_s is None or abs(declared_s - (row.duration_s or 0.0)) < TOLERANCE_S + 1e-6:
        return []
    message = f"{row.audio}: {row.duration_s:.2f} s, where the table says {declared_s:.2f} s"
    return [Remark("W_DURATION", message)]


def _read_declared(row: Utterance) -> float | None:
    """The duration that the data itself tells, in seconds; None without one that can be read."""
    value = next((row.extra[name] for name in DURATION_COLUMNS if row.extra.get(name)), "")
    try:
        seconds = float(value)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) else None


def _fault(row: Utterance, remark: Remark) -> Fault:
    return Fault(remark.code, f"{row.source}: {remark.message}", row, hint=remark.hint)
