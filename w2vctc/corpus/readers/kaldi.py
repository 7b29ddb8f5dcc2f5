"""A Kaldi data directory: wav.scp and text, with or without segments, utt2spk and utt2dur.

The format's own text is "Data preparation" of kaldi-asr.org/doc. Two things that Kaldi allows are
refused: commands in wav.scp (`sox ... |`), since reading data must run nothing, and places inside
of archives (`raw.ark:123`).
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from w2vctc.corpus.columns import read_seconds
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import is_file
from w2vctc.corpus.plain_text import read_rows
from w2vctc.corpus.splits import SPLITS, name_split
from w2vctc.corpus.tree import show_path
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

RECORDINGS = "wav.scp"
TEXTS = "text"
_PARENTS = 3  # relative paths count from where Kaldi's run.sh is: data/train is two below it
_IN_ARCHIVE = re.compile(r":\d+(\[[\d,:]*\])?$")


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line of one of the files says about an id, and where it stands."""

    value: str
    source: str


@dataclass
class DataDir:
    """The files of a data directory, by id, and what was wrong in them."""

    folder: Path
    name: str  # for messages: "train/", or nothing for the only one
    faults: list[Fault] = field(default_factory=list)

    def read_map(self, file_name: str, *, required: bool = True) -> dict[str, Entry]:
        """The lines of a file by their first word; none where it may be missing and is.

        Raises what `read_text` raises.
        """
        path = self.folder / file_name
        entries: dict[str, Entry] = {}
        if not required and not os.path.lexists(path):
            return entries
        for row in read_rows(path, name=self.name + file_name):
            if isinstance(row, Fault):
                self.faults.append(row)
                continue
            key, *rest = row[1].strip().split(maxsplit=1)
            entry = Entry("".join(rest), row[0])
            if key in entries:
                message = f"{entry.source}: the id {key!r} stands in {entries[key].source} already"
                self.faults.append(Fault("E_DUP_ID", message, source=entry.source))
                continue
            entries[key] = entry
        return entries


def recognise_kaldi(place: Path) -> bool:
    """A folder with wav.scp, or one with such folders, right in it or in its data/."""
    return bool(_find_dirs(place))


def read_kaldi(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The utterances of a data directory, or of the ones called train, dev and test in a folder.

    Raises DataError E_MISSING, and what `read_text` raises of an only directory.
    """
    del options
    dirs = _find_dirs(place)
    if not dirs:
        raise DataError(
            f"{place}: no {RECORDINGS} in this folder",
            hint="give a data directory such as data/train, or the folder that holds train and dev",
            code="E_MISSING",
        )
    for split, folder in dirs:
        name = "" if folder == place else show_path(folder.relative_to(place)) + "/"
        try:
            yield from _read_dir(DataDir(folder, name), split)
        except (DataError, MachineError) as error:
            if len(dirs) == 1:
                raise
            yield Fault.of_file(error, name.rstrip("/"))


def _find_dirs(place: Path) -> list[tuple[str, Path]]:
    """(split, data directory), train first; without a split where the names say none."""
    if _is_data_dir(place):
        return [("", place)]
    for parent in (place, place / "data"):
        try:
            there = sorted(path.name for path in parent.iterdir() if _is_data_dir(path))
        except (OSError, ValueError):
            continue
        named = [(split, name) for split in SPLITS for name in _pick_names(there, split)]
        if there:
            return [(split, parent / name) for split, name in named or [("", n) for n in there]]
    return []


def _pick_names(names: list[str], split: str) -> list[str]:
    """`train` alone where it is there: train_sp or train_10k beside it are made from it."""
    return [split] if split in names else [name for name in names if name_split(name) == split]


def _is_data_dir(folder: Path) -> bool:
    return is_file(folder / RECORDINGS)


def _read_dir(data: DataDir, split: str) -> Iterator[Utterance | Fault]:
    recordings = data.read_map(RECORDINGS)
    segments = data.read_map("segments") if os.path.lexists(data.folder / "segments") else None
    texts = data.read_map(TEXTS)
    speakers = _read_speakers(data)
    durations = data.read_map("utt2dur", required=False)
    yield from data.faults
    needed = recordings if segments is None else segments
    for key, text in texts.items():
        if key not in needed:
            where = data.name + (RECORDINGS if segments is None else "segments")
            message = f"{text.source}: no {key!r} in {where}"
            yield Fault("E_NO_AUDIO", message, source=text.source)
            continue
        row = Utterance(
            id=key,
            audio=data.folder,
            text=text.value,
            speaker=speakers.get(key, ""),
            split=split,
            source=text.source,
            extra={"duration_s": durations[key].value} if key in durations else {},
        )
        piece = None if segments is None else segments[key]
        yield _find_sound(row, piece, recordings, data.folder)
    yield from _list_silent(texts, needed, recordings)


def _find_sound(
    row: Utterance, piece: Entry | None, recordings: Mapping[str, Entry], folder: Path
) -> Utterance | Fault:
    """The row with its recording, and its times there where a line of segments says them."""
    key = row.id
    if piece is not None:
        key, *times = piece.value.split() or [""]
        try:
            row = _cut(row, times)
        except ValueError as error:
            return Fault("E_ROW", f"{piece.source}: {error}", source=piece.source)
    if key not in recordings:
        return Fault("E_NO_AUDIO", f"{row.source}: no recording {key!r} in {RECORDINGS}", row)
    recording = recordings[key]
    audio = _find_file(recording.value, folder)
    if why := _refuse_path(recording.value, audio):
        message = f"{row.source}: {recording.source} is {recording.value[:120]!r}, {why}"
        hint = "make audio files of it first, such as FLAC, and name those in wav.scp"
        return Fault("E_PIPE" if recording.value else "E_ROW", message, row, hint=hint)
    return replace(row, audio=audio)


def _cut(row: Utterance, times: Sequence[str]) -> Utterance:
    """The row with start and end; -1 as the end means the recording's. Raises ValueError."""
    if len(times) == 3:
        raise ValueError(f"channel {times[2]!r} of a recording; make a file of each channel first")
    if len(times) != 2:
        raise ValueError("a segment is: id, recording, start, end")
    named = {"the start": times[0], "the end": times[1]}
    start_s = read_seconds(named, "the start")
    end_s = None if times[1] in ("-1", "-1.0") else read_seconds(named, "the end")
    if end_s is not None and end_s <= (start_s or 0.0):
        raise ValueError(f"ends at {end_s:g} s, before it begins at {start_s:g} s")
    return replace(row, start_s=start_s or 0.0, end_s=end_s)


def _refuse_path(value: str, audio: Path) -> str:
    """Why a recording's place in wav.scp cannot be used, or ""."""
    if not value:
        return "which names no file"
    if value == "-" or value.startswith("|") or value.endswith("|"):
        return "a command, which is never run"
    if _IN_ARCHIVE.search(value) and not os.path.lexists(audio):
        return "a place inside of an archive"
    return ""


def _find_file(value: str, folder: Path) -> Path:
    """The file, a relative path counted from the data directory, else from one of its parents."""
    there = (os.path.join(base, value) for base in _list_bases(folder))  # noqa: PTH118
    return Path(next(filter(os.path.lexists, there), folder / value))


@lru_cache(maxsize=16)
def _list_bases(folder: Path) -> tuple[str, ...]:
    return (str(folder), *map(str, list(folder.absolute().parents)[:_PARENTS]))


def _read_speakers(data: DataDir) -> dict[str, str]:
    """Speaker by utterance; one who says a single utterance of his own name is nobody known."""
    speakers = {key: entry.value for key, entry in data.read_map("utt2spk", required=False).items()}
    if not speakers:
        for speaker, entry in data.read_map("spk2utt", required=False).items():
            speakers.update(dict.fromkeys(entry.value.split(), speaker))
    return {key: speaker for key, speaker in speakers.items() if speaker != key}


def _list_silent(
    texts: Mapping[str, Entry], pieces: Mapping[str, Entry], recordings: Mapping[str, Entry]
) -> Iterator[Fault]:
    """E_NO_TEXT for each segment without a transcript and each recording without a segment."""
    for key, piece in pieces.items():
        if key not in texts:
            message = f"{piece.source}: no transcript of {key!r}"
            yield Fault("E_NO_TEXT", message, source=piece.source)
    if pieces is not recordings:
        used = {piece.value.split(maxsplit=1)[0] for piece in pieces.values() if piece.value}
        for key, recording in recordings.items():
            if key not in used:
                message = f"{recording.source}: no segment of {key!r}"
                yield Fault("E_NO_TEXT", message, source=recording.source)


FORMAT = Format("kaldi", "Kaldi data directory", recognise_kaldi, read_kaldi, rank=20)
