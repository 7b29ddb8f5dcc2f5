"""The files that conversion makes: how they are called, which are finished, which are left over.

A file's name tells what it was made from, and its time of change is that of its source: what was
finished before a run broke off is known again without any list, and what has changed since is
made again.
"""

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from w2vctc.corpus.paths import lies_inside
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.speech.audio import probe_audio

AudioKind = Literal["flac", "opus"]
AUDIO_FOLDER = "audio"
_VERSION = "1"  # of what is done to the sound: another one makes all files anew
_OURS = re.compile(r"\.?.+-[0-9a-f]{10}\.(flac|opus)(\..+)?")


@dataclass(frozen=True)
class Piece:
    """What one file is made from, and where it goes."""

    start_s: float
    end_s: float | None
    target: Path
    kind: AudioKind
    stamp: tuple[int, int]  # bytes and time of change (ns) of the recording


def plan_piece(
    row: Utterance, folder: Path, kind: AudioKind, place: Path, stamp: tuple[int, int]
) -> Piece:
    """What is made of a row of `place`; `stamp` is that of its recording."""
    root = place if place.is_dir() else place.parent
    inside = lies_inside(row.audio, [root])
    name = os.path.relpath(row.audio, root) if inside else str(row.audio)
    made_from = f"{_VERSION}\0{name}\0{stamp[0]}\0{row.start_s!r}\0{row.end_s!r}\0{row.id}"
    digest = hashlib.sha256(made_from.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    file_name = f"{_make_safe(row.id, row.audio.suffix)}-{digest}.{kind}"
    return Piece(
        row.start_s, row.end_s, folder / AUDIO_FOLDER / digest[:2] / file_name, kind, stamp
    )


def _make_safe(id: str, suffix: str) -> str:
    """The id's last part, in letters, digits and signs that every disk and shell takes."""
    last = id.rsplit("/", maxsplit=1)[-1].removesuffix(suffix)
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", last)[:60].strip("._-")
    return plain or "clip"


def find_finished(piece: Piece) -> int | None:
    """The samples of a file that an earlier run made of the same recording."""
    try:
        if abs(piece.target.stat().st_mtime_ns - piece.stamp[1]) > 1_000:  # disks round
            return None
        return probe_audio(piece.target).n_samples
    except (OSError, DataError):
        return None


def remove_strays(folder: Path, rows: Sequence[Utterance]) -> int:
    """Deletes files of earlier conversions that no row uses; how many there were.

    Only names that conversion gives, in folders that it makes, are ever deleted.
    """
    used = {row.audio for row in rows}
    strays = [
        path
        for path in (folder / AUDIO_FOLDER).glob("[0-9a-f][0-9a-f]/*")
        if path not in used and _OURS.fullmatch(path.name) and path.is_file()
    ]
    for path in strays:
        path.unlink(missing_ok=True)
    return len(strays)
