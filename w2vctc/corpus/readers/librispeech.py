"""LibriSpeech's layout and that of Multilingual LibriSpeech (MLS).

LibriSpeech: train-clean-100/84/121123/84-121123.trans.txt with lines `84-121123-0000 TEXT` and
84-121123-0000.flac beside it (openslr.org/12). MLS: train/transcripts.txt with lines
`spk_book_n<TAB>text` and train/audio/spk/book/spk_book_n.flac (openslr.org/94).
"""

import re
from collections.abc import Iterator
from pathlib import Path

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.paths import is_folder
from w2vctc.corpus.plain_text import read_rows
from w2vctc.corpus.splits import name_split
from w2vctc.corpus.tree import SoundFolder, show_path, walk_files
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

CHAPTER = ".trans.txt"
MLS_TABLE = "transcripts.txt"
_ID = re.compile(r"(?P<speaker>[^-_\s/.]+)(?P<mark>[-_])(?P<chapter>[^-_\s/.]+)(?P=mark)[^-_\s/]+")
_LOOKED_AT = 200  # folders: the first chapter is a few steps down


def recognise_librispeech(place: Path) -> bool:
    """A folder with a chapter's transcripts or with those of MLS somewhere below."""
    found = walk_files(place, max_folders=_LOOKED_AT)
    return any(_is_transcript(folder, name) for folder, names in found for name in names)


def read_librispeech(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """The utterances of all transcripts, chapter by chapter; splits are the top folders' names.

    Ids without a recording become E_NO_AUDIO, recordings beside them without a line E_NO_TEXT.
    Raises DataError E_MISSING where there are no transcripts at all.
    """
    del options
    tables = [
        folder / name
        for folder, names in walk_files(place)
        for name in names
        if _is_transcript(folder, name)
    ]
    if not tables:
        raise DataError(
            f"{place}: no *{CHAPTER} and no {MLS_TABLE} in this folder",
            hint="give the folder that holds train-clean-100, or train of MLS",
            code="E_MISSING",
        )
    for table in tables:
        try:
            yield from _read_table(table, place)
        except (DataError, MachineError) as error:
            yield Fault.of_file(error, show_path(table.relative_to(place)))


def _is_transcript(folder: Path, name: str) -> bool:
    return name.endswith(CHAPTER) or (name == MLS_TABLE and is_folder(folder / "audio"))


def _read_table(table: Path, place: Path) -> Iterator[Utterance | Fault]:
    name = show_path(table.relative_to(place))
    parts = table.relative_to(place).parts[:-1]
    split = next(filter(None, map(name_split, parts)), "")
    folders: dict[Path, SoundFolder] = {}
    for row in read_rows(table, name=name):
        if isinstance(row, Fault):
            yield row
            continue
        source, line = row
        key, *text = line.strip().split(maxsplit=1)
        there = _find_folder(table, key)
        if there not in folders:
            folders[there] = SoundFolder(there)
        audio = folders[there].take(key)
        if audio is None:
            message = f"{source}: no recording {key!r} in {_show_folder(there, place)}"
            yield Fault("E_NO_AUDIO", message, source=source)
            continue
        yield Utterance(
            id=key,
            audio=audio,
            text="".join(text),
            speaker=_find_speaker(key),
            split=split,
            source=source,
        )
    yield from _list_silent(table, folders, place)


def _list_silent(table: Path, folders: dict[Path, SoundFolder], place: Path) -> Iterator[Fault]:
    """E_NO_TEXT for each recording that this table should name and does not."""
    if table.name == MLS_TABLE:
        for folder, _ in walk_files(table.parent / "audio"):
            folders.setdefault(folder, SoundFolder(folder))
    else:
        folders.setdefault(table.parent, SoundFolder(table.parent))
    for there in folders.values():
        for audio in there.list_rest():
            name = show_path(audio.relative_to(place))
            yield Fault("E_NO_TEXT", f"{name}: no transcript in {table.name}", source=name)


def _find_folder(table: Path, key: str) -> Path:
    """The folder of an id's recording: the table's own, or audio/speaker/book in MLS."""
    if table.name != MLS_TABLE:
        return table.parent
    parts = _ID.fullmatch(key)
    return table.parent.joinpath("audio", *(parts["speaker"], parts["chapter"]) if parts else ())


def _find_speaker(key: str) -> str:
    parts = _ID.fullmatch(key)
    return parts["speaker"] if parts else ""


def _show_folder(folder: Path, place: Path) -> str:
    return show_path(folder.relative_to(place)) + "/"


FORMAT = Format(
    "librispeech", "LibriSpeech or MLS folder", recognise_librispeech, read_librispeech, rank=30
)
