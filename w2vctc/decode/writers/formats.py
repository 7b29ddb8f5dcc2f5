"""The formats that transcripts are written in, by name."""

from collections.abc import Sequence
from dataclasses import replace

from w2vctc.config import suggest
from w2vctc.decode.subtitles import SubtitleOptions
from w2vctc.decode.writers import ctm, eaf, json, srt, textgrid, tsv, txt, vtt
from w2vctc.decode.writers.writer import Writer
from w2vctc.errors import UsageError

FORMATS: dict[str, Writer] = {
    module.WRITER.name: module.WRITER for module in (txt, json, srt, vtt, ctm, textgrid, eaf, tsv)
}


def choose_formats(
    names: Sequence[str], *, subtitles: SubtitleOptions | None = None
) -> tuple[Writer, ...]:
    """The writers of these names, each once; case does not matter, nor a dot before the name.

    Raises UsageError (E_FORMAT) that lists the formats there are.
    """
    known = {name.lower(): writer for name, writer in FORMATS.items()}
    chosen: dict[str, Writer] = {}
    for name in names:
        key = name.strip().lower().removeprefix(".")
        if key not in known:
            raise UsageError(
                f"no format {name!r}{suggest(key, FORMATS)}",
                hint="the formats are " + ", ".join(FORMATS),
                code="E_FORMAT",
            )
        chosen[key] = replace(known[key], subtitles=subtitles or SubtitleOptions())
    return tuple(chosen.values())
