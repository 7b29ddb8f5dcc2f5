"""Subtitles (.srt, .vtt) beside a recording of the same name, also with a language: talk.ca.vtt."""

import html
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import takewhile, zip_longest
from pathlib import Path

from w2vctc.corpus.annotation.recordings import find_files, fold_name, has_files
from w2vctc.corpus.annotation.tiers import Annotation, Segment, read_annotations, require_files
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.formats import Format, ReadOptions
from w2vctc.corpus.plain_text import read_text
from w2vctc.corpus.tree import list_sounds, show_path
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError

SUFFIXES = (".srt", ".vtt")
_LANGUAGE = re.compile(r"\.([A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*)$")  # BCP 47, as players expect it
_ARROW = re.compile(r"\s*(\S+)\s+-->\s+(\S+)")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?\s([^<>]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[\d:.]+>|\{\\[^{}]*\}")


def recognise_subtitles(place: Path) -> bool:
    """An .srt or .vtt file, or a folder with one somewhere below."""
    return has_files(place, SUFFIXES)


def read_subtitles(place: Path, options: ReadOptions) -> Iterator[Utterance | Fault]:
    """A row per subtitle, cut by time out of the recording.

    Where one recording has subtitles in several languages, `options.tier` names the language.
    """
    found = require_files(place, find_files(place, SUFFIXES), "subtitles (.srt, .vtt)")
    files, faults = _choose_files(place, found, options.tier)
    yield from faults
    if files:
        yield from read_annotations(place, files, parse_subtitles)


def parse_subtitles(path: Path) -> Annotation:
    """The subtitles of a file; raises DataError E_ANNOTATION, and those of reading a text."""
    lines = read_text(path).split("\n")
    is_vtt = path.suffix.lower() == ".vtt"
    if is_vtt and not lines[0].startswith("WEBVTT"):
        raise _not_subtitles(path, "it does not begin with WEBVTT")
    starts = [number for number, line in enumerate(lines) if "-->" in line]
    numbered = bool(starts) and any(line.strip().isdigit() for line in lines[: starts[0]])
    segments: list[Segment] = []
    refused: list[tuple[str, str]] = []
    for start, end in zip_longest(starts, starts[1:]):
        label, times = str(start + 1), _read_times(lines[start], is_vtt=is_vtt)
        if times is None:
            refused.append((label, f"{lines[start].strip()[:60]!r} is no pair of times"))
            continue
        body = lines[start + 1 : end]
        text = _join_block(body) if is_vtt else _join_lines(body, numbered and end is not None)
        segments.append(Segment(label, *times, *_read_markup(text, is_vtt=is_vtt)))
    if not segments:
        raise _not_subtitles(path, "no line has a time --> and a time")
    return Annotation(tuple(segments), stems=_stems(path), refused=tuple(refused))


def _join_block(lines: Sequence[str]) -> str:
    """The text of a WebVTT cue: up to the first blank line; names and notes come behind it."""
    return " ".join(takewhile(str.strip, lines))


def _join_lines(lines: Sequence[str], number_follows: bool) -> str:
    """The text of an SRT subtitle: all lines, but for the number of the next one."""
    told = [line for line in lines if line.strip()]
    if number_follows and told and told[-1].strip().isdigit():
        told.pop()
    return " ".join(told)


def _read_markup(text: str, *, is_vtt: bool) -> tuple[str, str]:
    """(plain text, speaker); the speaker is empty where several voices share a subtitle."""
    voices = {" ".join(voice.split()) for voice in _VOICE.findall(text)} if is_vtt else set()
    plain = " ".join(_TAG.sub("", text).split())
    if not is_vtt:
        return plain, ""
    return html.unescape(plain), html.unescape(voices.pop()) if len(voices) == 1 else ""


def _read_times(line: str, *, is_vtt: bool) -> tuple[float, float] | None:
    """(start, end) in seconds of a line with an arrow; None where it is no pair of times."""
    from pysubs2.formats.subrip import SubripFormat
    from pysubs2.formats.webvtt import WebVTTFormat

    # Only its times: pysubs2's reader adds the name of the next cue and notes to a text, and
    # takes away a last line that is a number (seen with 1.8).
    reader = WebVTTFormat if is_vtt else SubripFormat
    match = _ARROW.match(line)
    stamps = [reader.TIMESTAMP.fullmatch(word) for word in (match.groups() if match else ())]
    try:
        times = [reader.timestamp_to_ms(stamp.groups()) / 1000 for stamp in stamps if stamp]
    except ValueError:  # of ":00:01.000"
        return None
    return (times[0], times[1]) if len(times) == 2 else None


def _choose_files(
    place: Path, files: Sequence[Path], language: str | None
) -> tuple[list[Path], list[Fault]]:
    """One file for each recording, and E_TIER for each that has several."""
    if place.is_file():
        return list(files), []
    sounds = {folder: list_sounds(folder) for folder in {path.parent for path in files}}
    talks: dict[tuple[Path, str], list[Path]] = defaultdict(list)
    for path in files:
        own = path.stem if path.stem in sounds[path.parent] else _stems(path)[-1]
        if language is None or _language(path) == language.lower():
            talks[path.parent, fold_name(own)].append(path)
    if not talks:
        known = ", ".join(sorted({_language(path) for path in files} - {""})) or "not said"
        raise DataError(
            f"{place}: no subtitles in {language!r}; the languages are {known}",
            hint="--tier with one of these",
            code="E_TIER",
        )
    faults = [_refuse_several(place, several) for several in talks.values() if len(several) > 1]
    return [several[0] for several in talks.values() if len(several) == 1], faults


def _refuse_several(place: Path, several: Sequence[Path]) -> Fault:
    name = show_path(several[0].relative_to(place))
    languages = {_language(path) for path in several}
    hint = "--tier with the language that is spoken"
    return Fault(
        "E_TIER",
        f"{name}: one of {len(several)} subtitle files for a recording:"
        f" {', '.join(path.name for path in several)}",
        source=name,
        hint=hint if len(languages) == len(several) else "move the others away",
        is_fatal=True,
    )


def _stems(path: Path) -> tuple[str, ...]:
    """What the recording may be called: `talk.ca`, `talk`."""
    return tuple(dict.fromkeys((path.stem, _LANGUAGE.sub("", path.stem))))


def _language(path: Path) -> str:
    match = _LANGUAGE.search(path.stem)
    return match[1].lower() if match else ""


def _not_subtitles(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: no subtitles that can be read ({why})",
        hint="open it in a subtitle editor and save it again",
        code="E_ANNOTATION",
    )


FORMAT = Format(
    "subtitles", "subtitles beside recordings", recognise_subtitles, read_subtitles, rank=64
)
