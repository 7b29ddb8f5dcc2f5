"""SubRip subtitles (.srt), which every player shows."""

from w2vctc.decode.subtitles import Cue, make_cues
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.clock import show_clock
from w2vctc.decode.writers.writer import Setting, Writer


def render_srt(transcript: Transcript, setting: Setting) -> str:
    """Numbered cues; a dash begins what another speaker says."""
    cues = make_cues(transcript, setting.subtitles)
    return "\n".join(_render_cue(number, cue) for number, cue in enumerate(cues, start=1))


def _render_cue(number: int, cue: Cue) -> str:
    start, end = (show_clock(seconds, point=",") for seconds in (cue.start_s, cue.end_s))
    # the format has no escapes, and an arrow would read as the times of a cue
    text = "\n".join(cue.lines).replace("-->", "→")
    return f"{number}\n{start} --> {end}\n{'- ' if cue.turn else ''}{text}\n"


WRITER = Writer("srt", ".srt", "subtitles for any player", render_srt)
