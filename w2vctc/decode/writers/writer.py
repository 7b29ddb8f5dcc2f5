"""What a format is: a name, the end of a file's name, and how a transcript looks in it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from w2vctc.decode.subtitles import SubtitleOptions
from w2vctc.decode.transcript import Transcript


def _now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Setting:
    """What a format may need beside the transcript.

    media: the recording, for formats that link to it. folder: where the file will lie; links are
    seen from there. made_at: the moment that the file says it was made.
    """

    subtitles: SubtitleOptions = field(default_factory=SubtitleOptions)
    media: Path | None = None
    folder: Path | None = None
    made_at: datetime = field(default_factory=_now)


@dataclass(frozen=True)
class Writer:
    """A format: `txt`, `.txt`, what it is in a line for people, its renderer, its subtitles."""

    name: str
    suffix: str
    what: str
    make: Callable[[Transcript, Setting], str]
    subtitles: SubtitleOptions = field(default_factory=SubtitleOptions)

    def render(
        self,
        transcript: Transcript,
        *,
        media: Path | None = None,
        folder: Path | None = None,
    ) -> str:
        """The whole file's text, with `\\n` at line ends."""
        setting = Setting(subtitles=self.subtitles, media=media, folder=folder)
        return self.make(transcript, setting)
