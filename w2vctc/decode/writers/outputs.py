"""Where transcripts are saved: each recording's files under its own name, none over another's."""

import hashlib
import os
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath

from w2vctc.decode.one_line import escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.writer import Writer
from w2vctc.errors import UsageError
from w2vctc.files import save_text

_STDIN = "-"
_LONGEST_BYTES = 220  # of a name; 255 with a suffix, and with what a file is staged under


def save_transcript(
    transcript: Transcript,
    folder: Path,
    writers: Iterable[Writer],
    *,
    name: Path | None = None,
    media: Path | None = None,
) -> tuple[Path, ...]:
    """The files written, one per format, each in one atomic step.

    name: below `folder` and without a suffix, as `name_outputs` gives it; else the recording's.
    media: the recording that formats link to, by default the transcript's own file. Raises
    MachineError (E_PERM, E_DISK, ...).
    """
    if media is None and transcript.file != _STDIN:
        media = Path(transcript.file)
    place = folder / (name or name_output(Path(transcript.file)))
    written = []
    for writer in writers:
        path = add_suffix(place, writer)
        text = writer.render(transcript, media=media, folder=path.parent)
        save_text(path, text)
        written.append(path)
    return tuple(written)


def name_outputs(recordings: Sequence[Path], given: Sequence[Path] = ()) -> dict[Path, Path]:
    """Each recording's name for its files: a path below the output folder, without a suffix.

    given: what the person named, files and folders. What comes from a folder keeps the folders
    below it; with several given folders, their own names too. Raises UsageError (E_SAME_OUTPUT)
    where two recordings would write the same files, also where a disk that does not tell case
    apart would make them the same.
    """
    folders = [path for path in given if path not in recordings]
    names = {path: name_output(path, folders) for path in recordings}
    _refuse_same(names)
    return names


def name_output(recording: Path, folders: Sequence[Path] = ()) -> Path:
    """One recording's name for its files, seen from the given folder that it lies in."""
    if str(recording) == _STDIN:
        return Path("stdin")
    # of folders within folders the innermost
    around = [folder for folder in folders if _lies_in(recording, folder)]
    if not around:
        return _stem(recording)
    root = max(around, key=lambda folder: len(folder.parts))
    below = _absolute(recording).relative_to(_absolute(root)).parent
    own = _absolute(root).name if len(folders) > 1 else ""
    return Path(own) / below / _stem(recording)


def add_suffix(place: Path, writer: Writer) -> Path:
    """The file of a format; a name's own dots stay."""
    return place.with_name(place.name + writer.suffix)


def find_existing(
    names: Mapping[Path, Path], folder: Path, writers: Sequence[Writer]
) -> dict[Path, tuple[Path, ...]]:
    """The recordings of which files are there already, with these files."""
    there = {
        recording: tuple(
            path for writer in writers if os.path.lexists(path := add_suffix(folder / name, writer))
        )
        for recording, name in names.items()
    }
    return {recording: paths for recording, paths in there.items() if paths}


def refuse_existing(names: Mapping[Path, Path], folder: Path, writers: Sequence[Writer]) -> None:
    """Raises UsageError (E_EXISTS) where a file would be written over: it may be a person's own.

    A corpus has its transcripts beside its recordings, and an ELAN file may have been corrected.
    """
    there = [path for paths in find_existing(names, folder, writers).values() for path in paths]
    if there:
        more = f" and {len(there) - 1} more files are" if len(there) > 1 else " is"
        raise UsageError(
            f"{escape_name(str(there[0]))}{more} there already",
            hint="choose another folder, or move them away",
            code="E_EXISTS",
        )


def _stem(recording: Path) -> Path:
    """The name without its suffix; a very long one is cut, and told apart by eight digits."""
    stem = recording.stem
    encoded = os.fsencode(stem)
    if len(encoded) <= _LONGEST_BYTES:
        return Path(stem)
    digits = hashlib.sha256(encoded).hexdigest()[:8]
    kept = encoded[: _LONGEST_BYTES - 9].decode("utf-8", errors="ignore")
    return Path(f"{kept}~{digits}")


def _refuse_same(names: Mapping[Path, Path]) -> None:
    taken: dict[str, Path] = {}
    for recording, name in names.items():
        key = unicodedata.normalize("NFC", name.as_posix()).casefold()
        other = taken.setdefault(key, recording)
        if _absolute(other) != _absolute(recording):
            raise UsageError(
                f"{escape_name(str(other))} and {escape_name(str(recording))} "
                f"would both be written to {escape_name(name.as_posix())}",
                hint="give the folder that holds both, or decode them into two folders",
                code="E_SAME_OUTPUT",
            )


def _lies_in(path: Path, folder: Path) -> bool:
    return _absolute(folder) in _absolute(path).parents


def _absolute(path: PurePath) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  (links are not resolved)
