"""LJSpeech's layout, which many text-to-speech tools share: metadata.csv and wavs/ID.wav.

A line is `id|text` or `id|text|text with numbers spoken out`, without quoting and without a
heading (https://keithito.com/LJ-Speech-Dataset, README of version 1.1).
"""

from collections.abc import Iterator
from pathlib import Path

from w2vctc.corpus.columns import has_columns
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import is_file, is_folder
from w2vctc.corpus.plain_text import read_rows
from w2vctc.corpus.tree import SoundFolder, is_sound, list_sounds, show_path, split_name
from w2vctc.corpus.utterance import Utterance

TABLE = "metadata.csv"
SOUND_FOLDERS = ("wavs", "wav", "audio", "clips", ".")
_HEADINGS = ("id", "file", "file_id", "file_name", "filename", "path", "audio", "audio_file", "wav")
_HEAD_BYTES = 1 << 14


def recognise_ljspeech(place: Path) -> bool:
    """A metadata.csv whose first line is divided by `|`, or its folder."""
    path = _find_table(place)
    if path.name != TABLE:
        return False
    try:
        if not is_file(path):
            return False
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES).decode("utf-8-sig", errors="ignore")
    except OSError:
        return False
    first = next((line for line in head.splitlines() if line.strip()), "")
    return "|" in first and not any(has_columns(first.split(mark)) for mark in ",;\t")


def read_ljspeech(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The rows of metadata.csv, then E_NO_TEXT for each recording that none of them names.

    The text as it was written is taken, not the one with numbers spoken out, unless it is empty.
    Raises what `read_text` raises.
    """
    del options
    path = _find_table(place)
    sounds = SoundFolder(_find_sounds(path.parent))
    for number, row in enumerate(read_rows(path, name=path.name)):
        if isinstance(row, Fault):
            yield row
            continue
        source, line = row
        fields = [field.strip() for field in line.split("|")]
        if number > 0 or fields[0].lower() not in _HEADINGS or sounds.take(fields[0]):
            yield _make_row(fields, sounds, source)
    for audio in sounds.list_rest():
        name = show_path(audio.relative_to(path.parent))
        yield Fault("E_NO_TEXT", f"{name}: no transcript in {path.name}", source=name)


def _make_row(fields: list[str], sounds: SoundFolder, source: str) -> Utterance | Fault:
    if len(fields) not in (2, 3):
        message = f"{source}: {len(fields)} fields between '|' where id|text|normalized has 2 or 3"
        return Fault("E_ROW", message, source=source)
    name = fields[0].rpartition("/")[2]  # some write wavs/clip.wav
    audio = sounds.take(split_name(name)[0] if is_sound(name) else name)
    if audio is None:
        message = f"{source}: no recording {fields[0]!r} in {sounds.folder.name}/"
        return Fault("E_NO_AUDIO", message, source=source)
    return Utterance(id=fields[0], audio=audio, text=fields[1] or fields[-1], source=source)


def _find_table(place: Path) -> Path:
    return place / TABLE if is_folder(place) else place


def _find_sounds(folder: Path) -> Path:
    """The folder that the recordings are in; LJSpeech's own where there is none."""
    there = (folder / name for name in SOUND_FOLDERS if list_sounds(folder / name))
    return next(there, folder / SOUND_FOLDERS[0])


FORMAT = Format("ljspeech", "LJSpeech folder", recognise_ljspeech, read_ljspeech, rank=30)
