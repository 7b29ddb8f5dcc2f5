"""Praat TextGrid files, long and short, with their recordings: the interval tier of the words.

The format is described in Praat's manual, "TextGrid file formats".
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from w2vctc.corpus.annotation.recordings import find_files, has_files
from w2vctc.corpus.annotation.tiers import (
    Annotation,
    Segment,
    Tier,
    choose_tiers,
    gather_segments,
    read_annotations,
    require_files,
)
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.plain_text import read_bytes, read_text
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

SUFFIXES = (".textgrid",)
_INTERVALS = "IntervalTier"
_LONG_COUNT = re.compile(r"intervals ?: ?size ?= ?(\d+)")
_SHORT_COUNT = re.compile(r'"IntervalTier"\s+"(?:[^"]|"")*"\s+\S+\s+\S+\s+(\d+)\s')


def recognise_textgrid(place: Path) -> bool:
    """A .TextGrid file, or a folder with one somewhere below."""
    return has_files(place, SUFFIXES)


def read_textgrids(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """A row per interval with text, cut by time out of the recording of the same name."""
    files = require_files(place, find_files(place, SUFFIXES), "Praat file (.TextGrid)")
    yield from read_annotations(place, files, lambda path: parse_textgrid(path, tier=options.tier))


def parse_textgrid(path: Path, *, tier: str | None = None) -> Annotation:
    """The intervals with text of the chosen tiers; a silence is an interval without text.

    Raises DataError: E_ANNOTATION, E_TIER, and those of reading a text.
    """
    from praatio.utilities import errors, textgrid_io

    text = _read_grid(path)
    try:
        grid = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=True)
        tiers = [_make_tier(entry) for entry in grid["tiers"] if entry["class"] == _INTERVALS]
    except (LookupError, TypeError, ValueError, errors.PraatioException) as error:
        raise _not_praat(path, f"{type(error).__name__}: {error}") from error
    _refuse_lost_intervals(path, text, tiers)
    spoken = [Tier(one.name, tuple(piece for piece in one.segments if piece.text)) for one in tiers]
    return Annotation(gather_segments(choose_tiers(spoken, tier, where=path)))


def _read_grid(path: Path) -> str:
    """The text of a TextGrid. Praat writes UTF-16 by itself, and its mark says so."""
    raw = read_bytes(path)
    if not raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        if raw.startswith(b"ooBinaryFile"):
            raise _not_praat(path, "a binary one; choose 'Save as text file' in Praat")
        text = read_text(path)
    else:
        try:
            text = raw.decode("utf-16").replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: byte {error.start} is not UTF-16, as its first bytes promise",
                hint="open it in Praat and save it again",
                code="E_ENCODING",
            ) from error
    heading = text.lstrip().split("\n", 2)[:2]
    if len(heading) < 2 or "ooTextFile" not in heading[0] or '"TextGrid"' not in heading[1]:
        raise _not_praat(path, "its first two lines do not say so")
    text = re.sub(r"^([ \t]*)time ?= ", r"\1number = ", text, flags=re.MULTILINE)  # points, once
    return text.lstrip() + "\n"  # praatio loses the last interval without it


def _make_tier(entry: dict[str, Any]) -> Tier:
    name = entry["name"]
    segments = (
        Segment(f"{name}:{number}", float(start), float(end), label.strip())
        for number, (start, end, label) in enumerate(entry["entries"], start=1)
    )
    return Tier(name, tuple(segments))


def _refuse_lost_intervals(path: Path, text: str, tiers: list[Tier]) -> None:
    """Raises DataError E_ANNOTATION where fewer intervals could be read than the file declares.

    praatio stops without a word where a short file is cut off.
    """
    counts = _LONG_COUNT.findall(text) or _SHORT_COUNT.findall(text)
    declared, found = sum(map(int, counts)), sum(len(tier.segments) for tier in tiers)
    if len(counts) != len(tiers) or declared != found:
        raise _not_praat(path, f"{declared:,} intervals are declared and {found:,} there")


def _not_praat(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: not a TextGrid that can be read ({why})",
        hint="open it in Praat and save it again as a text file",
        code="E_ANNOTATION",
    )


FORMAT = Format("textgrid", "Praat TextGrid files", recognise_textgrid, read_textgrids, rank=63)
