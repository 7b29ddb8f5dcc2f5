"""A table of words (.tsv) for spreadsheets and statistics programs."""

import csv
import io

from w2vctc.decode.one_line import clean_text, escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers.clock import word_ms
from w2vctc.decode.writers.writer import Setting, Writer

COLUMNS = ("file", "passage", "speaker", "start_s", "end_s", "word", "confidence")


def render_tsv(transcript: Transcript, _: Setting) -> str:
    """A line per word in order of time, below the columns' names; passages count from 1.

    Fields with quotes are quoted as RFC 4180 has it; none has a tab or a line end.
    """
    rows = []
    for number, passage in enumerate(transcript.passages, start=1):
        speaker = clean_text(passage.speaker)
        for word in passage.hypothesis.words:
            if text := clean_text(word.text):
                start, end = (f"{ms / 1000:.3f}" for ms in word_ms(word))
                sure = "" if word.confidence is None else f"{word.confidence:.4f}"
                row = (escape_name(transcript.file), number, speaker, start, end, text, sure)
                rows.append((word.start_s, row))
    rows.sort(key=lambda one: one[0])
    page = io.StringIO()
    table = csv.writer(page, delimiter="\t", lineterminator="\n")
    table.writerow(COLUMNS)
    table.writerows(row for _, row in rows)
    return page.getvalue()


WRITER = Writer("tsv", ".tsv", "a table of words", render_tsv)
