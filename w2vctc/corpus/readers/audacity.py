"""Audacity label files (.txt) beside recordings: start, end and text between tabs.

The format is described in Audacity's manual, "Importing and Exporting Labels".
"""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from w2vctc.corpus.annotation.recordings import find_files
from w2vctc.corpus.annotation.tiers import Annotation, Segment, read_annotations, require_files
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.plain_text import read_text
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

SUFFIXES = (".txt",)
_NUMBER = r"\d+(?:[.,]\d+)?"  # some versions write the comma of their language
_LABEL = re.compile(rf"({_NUMBER})\t({_NUMBER})(?:\t(.*))?")
_FREQUENCIES = "\\"  # begins the second line of a label that has a range of frequencies
_ENDING = re.compile(r"[ _.-]?labels?$", re.IGNORECASE)
_HEAD_BYTES = 1 << 12
_MAX_LOOKED_INTO = 200  # a folder of transcripts may have thousands


def recognise_labels(place: Path) -> bool:
    """A .txt file whose first lines are labels, or a folder with one somewhere below."""
    try:
        return any(map(is_label_file, islice(find_files(place, SUFFIXES), _MAX_LOOKED_INTO)))
    except (OSError, ValueError):
        return False


def is_label_file(path: Path) -> bool:
    """Whether the first lines of a file all are labels of Audacity; never raises."""
    try:
        if not path.is_file():  # a FIFO would wait for ever
            return False
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return False
    lines = head.decode("utf-8-sig", errors="replace").splitlines()
    if len(head) == _HEAD_BYTES:
        lines = lines[:-1]  # it may be cut
    told = [line for line in lines if line.strip() and not line.startswith(_FREQUENCIES)]
    return bool(told) and all(_LABEL.fullmatch(line) for line in told)


def read_labels(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """A row per label with text, cut by time out of the recording."""
    del options
    found = (path for path in find_files(place, SUFFIXES) if place.is_file() or is_label_file(path))
    files = require_files(place, found, "label file of Audacity (.txt)")
    yield from read_annotations(place, files, parse_labels)


def parse_labels(path: Path) -> Annotation:
    """The labels of a file; raises DataError E_ANNOTATION, and those of reading a text."""
    segments: list[Segment] = []
    refused: list[tuple[str, str]] = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip() or line.startswith(_FREQUENCIES):
            continue
        label = _LABEL.fullmatch(line)
        if label is None:
            refused.append((str(number), f"{line[:60]!r} is no label: start, end, text, with tabs"))
            continue
        start_s, end_s = (float(time.replace(",", ".")) for time in label.groups()[:2])
        segments.append(Segment(str(number), start_s, end_s, label[3] or ""))
    if not segments:
        raise DataError(
            f"{path}: no labels of Audacity: start, end and text with tabs between",
            hint="export the labels again: File, Export, Export Labels",
            code="E_ANNOTATION",
        )
    stems = tuple(dict.fromkeys((path.stem, _ENDING.sub("", path.stem))))
    return Annotation(
        tuple(segments), stems=tuple(filter(None, stems)), or_only=True, refused=tuple(refused)
    )


FORMAT = Format("audacity", "Audacity labels", recognise_labels, read_labels, rank=65)
