"""Transcripts as plain text."""

from collections.abc import Sequence

from w2vctc.decode.one_line import clean_text, escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.writer import Setting, Writer


def render_txt(decoded: Sequence[Transcript], *, with_names: bool) -> str:
    """One line per recording: the transcript, or with names `file<TAB>transcript`.

    Control characters in a file's name are written as escapes, so that lines and columns hold
    whatever the name is.
    """
    return "".join(
        f"{escape_name(item.file)}\t{clean_text(item.text)}\n"
        if with_names
        else f"{clean_text(item.text)}\n"
        for item in decoded
    )


def render_passages(transcript: Transcript, _: Setting) -> str:
    """One line per passage with text; where speakers are told apart, `speaker: ` before it."""
    lines = []
    for passage in transcript.passages:
        if text := clean_text(passage.hypothesis.text):
            name = escape_name(passage.speaker)
            lines.append(f"{name}: {text}\n" if name else f"{text}\n")
    return "".join(lines)


WRITER = Writer("txt", ".txt", "plain text, a line per passage", render_passages)
