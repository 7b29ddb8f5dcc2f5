"""WebVTT subtitles (.vtt), as browsers show them: https://www.w3.org/TR/webvtt1/."""

from w2vctc.decode.one_line import clean_text
from w2vctc.decode.subtitles import Cue, make_cues
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.clock import show_clock
from w2vctc.decode.writers.writer import Setting, Writer


def render_vtt(transcript: Transcript, setting: Setting) -> str:
    """Numbered cues with the speaker's name as their voice, where there are names.

    Readers made for SubRip take a number alone on the last line of a cue for the next one's.
    """
    cues = make_cues(transcript, setting.subtitles)
    numbered = (_render_cue(number, cue) for number, cue in enumerate(cues, start=1))
    return "\n".join(["WEBVTT\n", *numbered])


def _render_cue(number: int, cue: Cue) -> str:
    start, end = (show_clock(seconds, point=".") for seconds in (cue.start_s, cue.end_s))
    name = _escape(clean_text(cue.speaker))
    voice = f"<v {name}>" if name else ""
    return f"{number}\n{start} --> {end}\n{voice}{_escape(chr(10).join(cue.lines))}\n"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


WRITER = Writer("vtt", ".vtt", "subtitles for web pages", render_vtt)
