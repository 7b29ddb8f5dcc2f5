"""Arguments of `w2vctc decode` that cannot all be had together, checked before any work."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w2vctc.cli.decoding.request import Hearing
from w2vctc.cli.live import open_live_input, raw_format
from w2vctc.decode.subtitles import SubtitleOptions
from w2vctc.decode.writers import Writer, choose_formats
from w2vctc.errors import UsageError
from w2vctc.project import read_options
from w2vctc.speech.activity import ActivityOptions
from w2vctc.speech.byte_queue import ByteQueue
from w2vctc.speech.live_header import LiveFormat
from w2vctc.speech.survey import SurveyOptions

STDIN = Path("-")


def choose_hearing(channels: str, speakers: str | None, *, vad: bool) -> Hearing:
    """Raises UsageError for channels that cannot be, or names for speakers nobody tells apart."""
    wanted: Any = channels
    if channels not in ("mix", "each"):
        if not channels.isdecimal() or int(channels) < 1:
            raise UsageError(
                f"--channels {channels}: no such choice",
                hint="choose mix, each, or a channel's number from 1 on",
            )
        wanted = int(channels)
    names = tuple(name.strip() for name in speakers.split(",")) if speakers else ()
    if names and channels != "each":
        raise UsageError(
            "--speakers names the channels: they are mixed here", hint="add --channels each"
        )
    if len(set(names)) < len(names) or "" in names:
        raise UsageError(f"--speakers {speakers}: each needs a name of its own", hint="Ana,Pere")
    return Hearing(SurveyOptions(wanted, ActivityOptions() if vad else None), names)


def choose_writers(
    formats: str | None, recordings: Sequence[Path], *, out: Path | None, as_json: bool
) -> tuple[Writer, ...]:
    """Raises UsageError for formats that stdout cannot hold."""
    subtitles = read_options(SubtitleOptions, "subtitles")
    writers = choose_formats((formats or "txt").split(","), subtitles=subtitles)
    if out is None and formats is not None:
        names = ", ".join(writer.name for writer in writers)
        if as_json or len(writers) > 1 or (len(recordings) > 1 and writers[0].name != "txt"):
            raise UsageError(
                f"--format {names}: stdout holds one file only", hint="name a folder with --out"
            )
    return writers


@dataclass(frozen=True)
class Stream:
    """Standard input, and the format of its samples where they have no header."""

    source: ByteQueue
    raw: LiveFormat | None


def open_stdin(
    files: Sequence[Path], raw_rate: int | None, raw_channels: int | None, **files_only: Any
) -> Stream | None:
    """The stream that `-` stands for; None where it is not asked for.

    Raises UsageError for - beside recordings, and for flags that only one of both can heed.
    """
    if STDIN not in files:
        if raw_rate is not None or raw_channels is not None:
            raise UsageError(
                "--raw-rate and --raw-channels tell of stdin only", hint="name - as the recording"
            )
        return None
    if len(files) > 1:
        raise UsageError("- beside recordings", hint="decode the stream by itself")
    for name, value in files_only.items():
        if value is not None:
            raise UsageError(
                f"--{name} with -: a stream is written to stdout as it comes",
                hint="save the sound into a file first, or leave it out",
            )
    raw = raw_format(raw_rate, raw_channels)
    return Stream(open_live_input(), raw)


def refuse_output_flags(out: Path | None, *, resume: bool, overwrite: bool) -> None:
    """Raises UsageError for flags that need --out, or each other's absence."""
    if resume and overwrite:
        raise UsageError("--resume with --overwrite", hint="leave one of them out")
    if out is None and (resume or overwrite):
        raise UsageError(
            f"--{'resume' if resume else 'overwrite'} without --out",
            hint="name the folder that the files are in",
        )


def refuse_search_flags(**given: Any) -> None:
    """Raises UsageError for flags that only a search can heed."""
    for name, value in given.items():
        if value is not None:
            raise UsageError(
                f"--greedy with --{name}: nothing is searched then", hint="leave one of them out"
            )
