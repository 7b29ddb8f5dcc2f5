"""Transcripts as files: one module per format, and where the files go."""

from w2vctc.decode.one_line import escape_name
from w2vctc.decode.writers.failed import FailedFile
from w2vctc.decode.writers.formats import FORMATS, choose_formats
from w2vctc.decode.writers.json import render_json
from w2vctc.decode.writers.outputs import (
    add_suffix,
    find_existing,
    name_outputs,
    refuse_existing,
    save_transcript,
)
from w2vctc.decode.writers.txt import render_txt
from w2vctc.decode.writers.writer import Writer

__all__ = [
    "FORMATS",
    "FailedFile",
    "Writer",
    "add_suffix",
    "choose_formats",
    "escape_name",
    "find_existing",
    "name_outputs",
    "refuse_existing",
    "render_json",
    "render_txt",
    "save_transcript",
]
