"""Recordings as files of their own: one for each utterance, 16 kHz, mono, FLAC or Opus."""

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.preparation.clip_files import (
    AudioKind,
    Piece,
    find_finished,
    plan_piece,
)
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError
from w2vctc.files import staged_file, stamp_file
from w2vctc.speech.audio import SAMPLE_RATE, check_waveform, find_stretch, resample
from w2vctc.speech.channels import mix_channels
from w2vctc.speech.levels import LEAST_STEP
from w2vctc.speech.recording import Recording, open_recording
from w2vctc.speech.remark import Remark
from w2vctc.speech.workers import DEFAULT_LIMITS, Limits, run_in_workers

_KINDS = {"flac": ("FLAC", "PCM_16"), "opus": ("OGG", "OPUS")}  # libsndfile's words
_PIECES_PER_JOB = 16  # of one recording; so many are lost at most when its decoder dies
_MACHINE_CODES = ("E_DISK", "E_PERM", "E_NOT_FOLDER")


@dataclass(frozen=True)
class Converted:
    """The rows with their new recordings, and what kept the others from getting one."""

    rows: tuple[Utterance, ...]
    faults: tuple[Fault, ...]
    n_reused: int  # files that an earlier run had finished


def convert_rows(
    rows: Sequence[Utterance],
    folder: Path,
    *,
    kind: AudioKind,
    place: Path,
    n_jobs: int,
    on_done: Callable[[int], None] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Converted:
    """The rows with recordings below `folder`, made in `n_jobs` processes, in the order given.

    Each file appears only when it is whole. A recording that cannot be decoded, or whose decoder
    dies, becomes a Fault with the code of `load_audio`; so do E_SILENT and E_CHANGED. `on_done`
    hears how many rows are done. Raises MachineError when the disk is full or refuses: what is
    finished stays, and the next run goes on from there.
    """
    stamps = {path: stamp_file(path) for path in {row.audio for row in rows}}
    pieces = [plan_piece(row, folder, kind, place, stamps[row.audio]) for row in rows]
    lengths: list[int | Remark | None] = [find_finished(piece) for piece in pieces]
    n_reused = sum(length is not None for length in lengths)
    jobs = _group_by_recording(rows, [n for n, length in enumerate(lengths) if length is None])
    n_done = n_reused

    def keep(job: int, position: int, result: Any) -> None:
        nonlocal n_done
        if isinstance(result, Remark) and result.code in _MACHINE_CODES:
            hint = f"{result.hint}; then the same command goes on from here"
            raise MachineError(result.message, hint=hint, code=result.code)
        lengths[jobs[job][1][position]] = result
        n_done += 1
        if on_done:
            on_done(n_done)

    run_in_workers(
        convert_pieces,
        [(path, [pieces[n] for n in numbers]) for path, numbers in jobs],
        n_jobs=n_jobs,
        limits=limits,
        on_result=keep,
    )
    kept, faults = [], []
    for row, piece, length in zip(rows, pieces, lengths, strict=True):
        if isinstance(length, int):
            duration_s = length / SAMPLE_RATE
            kept.append(
                replace(row, audio=piece.target, start_s=0.0, end_s=None, duration_s=duration_s)
            )
        elif length is not None:
            message = f"{row.source}: {length.message}"
            faults.append(Fault(length.code, message, row, hint=length.hint))
    return Converted(tuple(kept), tuple(faults), n_reused)


def convert_pieces(
    path: Path, pieces: Sequence[Piece], report: Callable[[int | Remark | None], None]
) -> None:
    """Makes the files of one recording; reports samples at 16 kHz for each, or a Remark.

    None now and then is a sign of life.
    """
    n_reported = 0
    try:
        with open_recording(path) as recording:
            for piece in pieces:
                result = _convert(recording, piece, lambda: report(None))
                report(result)
                n_reported += 1
    except DataError as error:
        for _ in pieces[n_reported:]:
            report(Remark.from_error(error))


def _convert(recording: Recording, piece: Piece, live: Callable[[], None]) -> int | Remark:
    path = recording.info.path
    try:
        waveform = _read(recording, piece, live)
        if stamp_file(path) != piece.stamp:
            return Remark("E_CHANGED", f"{path}: was changed meanwhile", "run the same again")
        with staged_file(piece.target) as staging:
            staging.write_bytes(encode_waveform(waveform, piece.kind))
            os.utime(staging, ns=(piece.stamp[1], piece.stamp[1]))
    except DataError as error:
        return Remark.from_error(error)
    except MachineError as error:
        return Remark(error.code, error.message, error.hint)
    return waveform.size


def _read(recording: Recording, piece: Piece, live: Callable[[], None]) -> NDArray[np.float32]:
    """The piece's waveform at 16 kHz."""
    info = recording.info
    blocks = []
    for block in recording.stream.read_blocks(*find_stretch(info, piece.start_s, piece.end_s)):
        blocks.append(block)
        live()
    samples = np.concatenate(blocks) if blocks else np.zeros((0, info.n_channels), np.float32)
    if samples.size and float(np.ptp(samples, axis=0).max()) <= LEAST_STEP:
        raise DataError(
            f"{info.path}: silence from the first sample to the last",
            hint="was the right channel recorded? take it out, or export it again",
            code="E_SILENT",
        )
    mono = check_waveform(mix_channels(samples), sample_rate=info.sample_rate, name=str(info.path))
    return resample(mono, info.sample_rate)


def encode_waveform(waveform: NDArray[np.float32], kind: AudioKind) -> bytes:
    """The bytes of a FLAC (16 bit) or Ogg Opus file, 16 kHz, mono.

    A waveform that exceeds -1..1 is made quieter as a whole: clipped peaks could not be mended.
    """
    import soundfile

    peak = float(np.abs(waveform).max())
    container, codec = _KINDS[kind]
    content = io.BytesIO()  # a full disk is then the operating system's message, not libsndfile's
    soundfile.write(
        content,
        waveform / peak if peak > 1 else waveform,
        SAMPLE_RATE,
        format=container,
        subtype=codec,
    )
    return content.getvalue()


def _group_by_recording(
    rows: Sequence[Utterance], numbers: Sequence[int]
) -> list[tuple[Path, list[int]]]:
    by_path: dict[Path, list[int]] = {}
    for number in numbers:
        by_path.setdefault(rows[number].audio, []).append(number)
    return [
        (path, ours[first : first + _PIECES_PER_JOB])
        for path, ours in by_path.items()
        for first in range(0, len(ours), _PIECES_PER_JOB)
    ]
