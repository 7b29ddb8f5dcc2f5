"""Which recording each file of an output folder was made of, as the folder itself remembers it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from w2vctc.files import stamp_file


@dataclass(frozen=True)
class Origin:
    """The recording that a name in the folder stands for, and how it was transcribed.

    file, n_bytes: its own name and size, which stay when folders are moved. settings: their digest.
    since_ns: files that were last written before are of another transcript, which this one was to
    take the place of.
    """

    file: str
    n_bytes: int
    settings: str
    since_ns: int = 0

    def is_of(self, recording: Path) -> bool:
        return (self.file, self.n_bytes) == (recording.name, stamp_file(recording)[0])

    def has_made(self, path: Path) -> bool:
        """Whether the file, which is there, is of this origin and of none before it."""
        return path.lstat().st_mtime_ns >= self.since_ns


def describe_origin(recording: Path, settings: Mapping[str, Any], *, since_ns: int = 0) -> Origin:
    """The origin of files that are about to be written."""
    n_bytes, _ = stamp_file(recording)
    return Origin(recording.name, n_bytes, digest_settings(settings), since_ns)


def digest_settings(settings: Mapping[str, Any]) -> str:
    """Sixteen hexadecimal digits that tell settings apart."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def note_origins(origins: Mapping[str, Origin]) -> dict[str, Any]:
    """As JSON values; `read_origins` is the way back."""
    return {name: asdict(origin) for name, origin in origins.items()}


def read_origins(noted: Any) -> dict[str, Origin]:
    """The origins that were noted; none of them where it is not what `note_origins` makes."""
    try:
        return {name: Origin(**fields) for name, fields in noted.items()}
    except (AttributeError, TypeError):
        return {}


def find_foreign(
    recordings: Iterable[tuple[str, Path]], origins: Mapping[str, Origin]
) -> list[tuple[Path, Origin]]:
    """Those of the (name, recording) whose name stands for another recording, or a former one."""
    return [
        (recording, origins[name])
        for name, recording in recordings
        if name in origins and not origins[name].is_of(recording)
    ]
