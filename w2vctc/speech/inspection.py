"""What is in a recording, found by decoding all of it: faults, levels, silence, a content hash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2vctc.errors import DataError
from w2vctc.speech.audio import find_stretch
from w2vctc.speech.levels import Levels
from w2vctc.speech.recording import AudioInfo, Recording, open_recording
from w2vctc.speech.remark import Remark
from w2vctc.speech.sound_remarks import find_remarks
from w2vctc.speech.workers import DEFAULT_LIMITS, Limits, run_in_workers

Piece = tuple[Path, float, float | None]  # path, start and end in seconds
Span = tuple[float, float | None]
_PIECES_PER_JOB = 64  # of one file; if its decoder dies, so many share the verdict at most


@dataclass(frozen=True)
class AudioFindings:
    """A recording, or a piece of one, as it sounds."""

    info: AudioInfo
    start_s: float  # of the piece that was asked for
    end_s: float | None
    duration_s: float  # decoded
    peak: float  # the largest absolute sample of any channel
    rms_dbfs: float  # of all channels together; a square wave of ±1 has 0; −inf for silence
    clipped_share: float  # of samples at full scale, 0..1
    silent_share: float  # of windows of 10 ms that are below −60 dBFS in every channel, 0..1
    first_sound_s: float | None  # from the start of the piece; None where all is silent
    last_sound_s: float | None
    n_silent_channels: int
    content_hash: str  # of the sound, not of the file: equal for a WAV and its FLAC
    faults: tuple[Remark, ...]  # E_ codes: no model may see this
    remarks: tuple[Remark, ...]  # W_ codes, those of the header among them


def inspect_audio(
    path: Path,
    *,
    start_s: float = 0.0,
    end_s: float | None = None,
    on_piece: Callable[[NDArray[np.float32]], None] | None = None,
) -> AudioFindings:
    """The findings about a recording, decoded in blocks: memory stays flat at any length.

    `on_piece` receives each block of samples, shape (n, n_channels), float32, at the file's rate.
    Faults of the sound are returned (E_NONFINITE, E_RANGE, E_SILENT, E_DECODE, E_NO_SAMPLES);
    raises DataError only for a file that cannot be opened, with the codes of `probe_audio`.
    """
    with open_recording(path) as recording:
        return _inspect_piece(recording, (start_s, end_s), on_piece)


def inspect_many(
    pieces: Sequence[Piece],
    *,
    n_jobs: int,
    on_done: Callable[[int], None] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[AudioFindings | Remark]:
    """The findings about each (path, start_s, end_s), in the order given.

    A file that cannot be opened comes as a Remark with the code of its error. Decoding runs in
    `n_jobs` processes of its own: one that dies, hangs or takes too much memory costs its file
    (E_DECODE), not the run. `on_done` hears how many pieces are finished. Raises MachineError
    when no process can be started.
    """
    jobs = _group_by_file(pieces)
    results: list[AudioFindings | Remark | None] = [None] * len(pieces)
    n_done = 0

    def keep(job: int, position: int, result: AudioFindings | Remark) -> None:
        nonlocal n_done
        results[jobs[job][1][position]] = result
        n_done += 1
        if on_done:
            on_done(n_done)

    arguments = [(path, [pieces[index][1:] for index in indices]) for path, indices in jobs]
    run_in_workers(inspect_pieces, arguments, n_jobs=n_jobs, limits=limits, on_result=keep)
    return [result for result in results if result is not None]


def inspect_pieces(
    path: Path, spans: Sequence[Span], report: Callable[[AudioFindings | Remark | None], None]
) -> None:
    """Reports the findings about each span of one file; None now and then, as a sign of life."""
    try:
        with open_recording(path) as recording:
            for span in spans:
                report(_inspect_piece(recording, span, lambda _: report(None)))
    except DataError as error:
        for _ in spans:
            report(Remark.from_error(error))


def _group_by_file(pieces: Sequence[Piece]) -> list[tuple[Path, list[int]]]:
    """(path, indices of its pieces) per job; jobs never depend on the number of processes."""
    by_path: dict[Path, list[int]] = {}
    for index, (path, _, _) in enumerate(pieces):
        by_path.setdefault(path, []).append(index)
    return [
        (path, indices[first : first + _PIECES_PER_JOB])
        for path, indices in by_path.items()
        for first in range(0, len(indices), _PIECES_PER_JOB)
    ]


def _inspect_piece(
    recording: Recording, span: Span, on_block: Callable[[NDArray[np.float32]], None] | None
) -> AudioFindings:
    info = recording.info
    levels = Levels(info.sample_rate, info.n_channels, info.codec)
    broken = None
    try:
        for block in recording.stream.read_blocks(*find_stretch(info, *span)):
            levels.add(block)
            if on_block:
                on_block(block)
    except DataError as error:
        broken = Remark.from_error(error)
    levels.finish()
    faults, remarks = find_remarks(info, levels, start_s=span[0], end_s=span[1], broken=broken)
    return AudioFindings(
        info=info,
        start_s=span[0],
        end_s=span[1],
        duration_s=levels.n_samples / info.sample_rate,
        peak=levels.peak,
        rms_dbfs=levels.rms_dbfs,
        clipped_share=levels.clipped_share,
        silent_share=levels.silent_share,
        first_sound_s=levels.first_sound_s,
        last_sound_s=levels.last_sound_s,
        n_silent_channels=levels.n_silent_channels,
        content_hash=levels.content_hash,
        faults=faults,
        remarks=remarks,
    )
