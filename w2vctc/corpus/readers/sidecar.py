"""Recordings with a text file of the same name: clip.wav and clip.txt, side by side or apart."""

import shlex
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import fold_name
from w2vctc.corpus.plain_text import MAX_LINE_LENGTH, read_text
from w2vctc.corpus.splits import name_split
from w2vctc.corpus.tree import is_sound, pick_sound, show_path, split_name, walk_files
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

TEXT_SUFFIXES = (".txt", ".lab")
# Folders that hold one half of the pairs: wavs/anna/1.wav belongs to txt/anna/1.txt.
_HALVES = {
    *("wav", "wavs", "audio", "audios", "clips", "sound", "sounds", "recordings", "flac", "mp3"),
    *("txt", "text", "texts", "lab", "labs", "transcript", "transcripts", "transcription"),
    *("transcriptions", "prompts"),
}
_ABOUT = {  # files that tell of a collection and are nobody's transcript
    *("readme", "license", "licence", "copying", "changelog", "citation", "authors", "notes"),
}
_LOOKED_AT = 200  # folders, until nothing of this kind is expected any more

Key = tuple[tuple[str, ...], str]  # folders without the halves' names, and the stem


@dataclass
class Halves:
    """Sound files and text files of one key, as paths relative to the data's folder."""

    sounds: list[Path] = field(default_factory=list)
    texts: list[Path] = field(default_factory=list)


def recognise_sidecars(place: Path) -> bool:
    """A folder in which some recording has its text file."""
    return _has_pair(_gather(place, _LOOKED_AT, []))


def read_sidecars(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """A row per pair, sorted by path; E_NO_TEXT and E_NO_AUDIO for the halves that are alone.

    Lines of a text are joined by a space. Splits are the top folders' names.
    Raises DataError E_MISSING where there is no pair at all.
    """
    del options
    unreadable: list[Path] = []
    halves = _gather(place, None, unreadable)
    if not _has_pair(halves):
        raise DataError(
            f"{place}: no recording with a text file of the same name",
            hint="put clip.txt beside clip.wav",
            code="E_MISSING",
        )
    for folder in unreadable:
        name = show_path(folder.relative_to(place))
        message = f"{name}: no permission to read this folder"
        yield Fault(
            "E_PERM",
            message,
            source=name,
            hint=f"chmod +rx {shlex.quote(str(folder))}",
            is_fatal=True,
        )
    for half in halves.values():
        yield from _read_half(half, place)


def _gather(place: Path, max_folders: int | None, unreadable: list[Path]) -> dict[Key, Halves]:
    halves: defaultdict[Key, Halves] = defaultdict(Halves)
    for folder, names in walk_files(place, max_folders=max_folders, unreadable=unreadable):
        within = folder.relative_to(place)
        folders = tuple(part for part in within.parts if part.lower() not in _HALVES)
        for name in names:
            stem, suffix = split_name(name)
            if is_sound(name):
                halves[folders, stem].sounds.append(within / name)
            elif suffix.lower() in TEXT_SUFFIXES and stem.lower() not in _ABOUT:
                halves[folders, stem].texts.append(within / name)
    _join_spellings(halves)
    return halves


def _has_pair(halves: dict[Key, Halves]) -> bool:
    return any(half.sounds and half.texts for half in halves.values())


def _join_spellings(halves: dict[Key, Halves]) -> None:
    """Brings together what differs in case or NFC/NFD alone, where only one way is open."""
    lonely: defaultdict[Key, list[Key]] = defaultdict(list)
    for key, half in halves.items():
        if not (half.sounds and half.texts):
            lonely[tuple(map(fold_name, key[0])), fold_name(key[1])].append(key)
    for keys in lonely.values():
        sounds = [key for key in keys if halves[key].sounds]
        texts = [key for key in keys if halves[key].texts]
        if len(sounds) == len(texts) == 1:
            halves[sounds[0]].texts += halves.pop(texts[0]).texts


def _read_half(half: Halves, place: Path) -> Iterator[Utterance | Fault]:
    """The rows of one key: pairs within a folder, then a pair across folders, then the lonely."""
    sounds, texts = _by_folder(half.sounds), _by_folder(half.texts)
    pairs = [(sounds.pop(folder), texts.pop(folder)) for folder in list(sounds) if folder in texts]
    if len(sounds) == len(texts) == 1:
        pairs.append((sounds.popitem()[1], texts.popitem()[1]))
    for own_sounds, own_texts in pairs:
        yield from _read_pair(own_sounds, own_texts, place)
    for path in (path for paths in sounds.values() for path in paths):
        name = show_path(path)
        yield Fault("E_NO_TEXT", f"{name}: no transcript of that name", source=name)
    for path in (path for paths in texts.values() for path in paths):
        name = show_path(path)
        yield Fault("E_NO_AUDIO", f"{name}: no recording of that name", source=name)


def _by_folder(paths: list[Path]) -> dict[Path, list[Path]]:
    folders: defaultdict[Path, list[Path]] = defaultdict(list)
    for path in paths:
        folders[path.parent].append(path)
    return dict(folders)


def _read_pair(sounds: list[Path], texts: list[Path], place: Path) -> Iterator[Utterance | Fault]:
    """The row of a recording and its text, and W_SAME_NAME for each further file of their name."""
    named = {path.name: path for path in sounds}
    sound = named[pick_sound(list(named))]
    text = min(texts, key=lambda path: (TEXT_SUFFIXES.index(path.suffix.lower()), path.name))
    source = show_path(text)
    try:
        content = _read_transcript(place / text)
    except (DataError, MachineError) as error:
        yield Fault(error.code, error.message, source=source, hint=error.hint)
        return
    folders = [part for part in sound.parent.parts if part.lower() not in _HALVES]
    row = Utterance(
        id=show_path(sound),
        audio=place / sound,
        text=content,
        split=name_split(folders[0]) if folders else "",
        source=source,
    )
    for path in (*sounds, *texts):
        if path not in (sound, text):
            chosen = sound if path in sounds else text
            message = f"{source}: {path.name!r} is left out, {chosen.name!r} is taken"
            yield Fault("W_SAME_NAME", message, row)
    if split_name(sound.name)[0] != split_name(text.name)[0]:
        yield Fault("W_NAME", f"{source}: taken as the text of {sound.name!r}", row)
    yield row


def _read_transcript(path: Path) -> str:
    """The lines of a text file, joined by a space. Raises DataError, MachineError."""
    try:
        n_bytes = path.stat().st_size
    except OSError:
        n_bytes = 0  # reading it says what is the matter
    if n_bytes > 4 * MAX_LINE_LENGTH:  # four bytes are the longest character
        raise DataError(
            f"{path}: {n_bytes:,} bytes are no transcript of a clip",
            hint="cut the recording and its text into sentences, or move the file away",
            code="E_ROW",
        )
    lines = (line.strip() for line in read_text(path).split("\n"))
    return " ".join(line for line in lines if line)


FORMAT = Format(
    "sidecar", "folder of recordings with text files", recognise_sidecars, read_sidecars, rank=80
)
