"""Words in time as NIST's scorer reads them (.ctm).

The format is described with sclite, "ctm: the definition of time marked conversation scoring
input": file, channel, start, duration, word, and a confidence where there is one.
"""

from pathlib import PurePath

from w2vctc.decode.hypothesis import Word
from w2vctc.decode.one_line import clean_text, escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.clock import word_ms
from w2vctc.decode.writers.writer import Setting, Writer

_ONLY_CHANNEL = "1"


def render_ctm(transcript: Transcript, _: Setting) -> str:
    """A line per word, ordered by channel and start as sclite wants it; seconds.

    The file is the recording's name without folder and suffix, the channel the speaker's; spaces
    in them and in words are written as `_`, since spaces part the columns.
    """
    file = _join(escape_name(PurePath(transcript.file).stem)) or "-"
    if file.startswith(";;"):  # a comment
        file = "_" + file
    lines = []
    for passage in transcript.passages:
        channel = _join(clean_text(passage.speaker)) or _ONLY_CHANNEL
        for word in passage.hypothesis.words:
            if text := _join(clean_text(word.text)):
                lines.append((channel, word_ms(word), f"{text}{_confidence(word)}"))
    lines.sort(key=lambda line: (line[0].encode(), line[1][0]))
    return "".join(
        f"{file} {channel} {start / 1000:.3f} {(end - start) / 1000:.3f} {rest}\n"
        for channel, (start, end), rest in lines
    )


def _join(text: str) -> str:
    return "_".join(text.split())


def _confidence(word: Word) -> str:
    return "" if word.confidence is None else f" {word.confidence:.4f}"


WRITER = Writer("ctm", ".ctm", "words in time for sclite", render_ctm)
