"""SubRip and WebVTT: golden text, and read back by pysubs2."""

import html
import re
from itertools import groupby

import pysubs2
import pytest
from hypothesis import given, settings
from transcript_material import NOTHING, PLAIN, TWO_SPEAKERS, any_transcripts, make_passage
from transcript_material import make_word as word_at

from w2vctc.decode.subtitles import make_cues
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FORMATS
from w2vctc.decode.writers.clock import show_clock, to_ms

SRT = """1
00:00:00,040 --> 00:00:01,040
bona tarda

2
00:00:02,400 --> 00:00:03,400
"què" diu
"""

VTT = """WEBVTT

1
00:00:00.100 --> 00:00:01.200
<v left>hola mar

2
00:00:01.800 --> 00:00:02.800
<v right &amp; &lt;co&gt;>hola

3
00:00:03.000 --> 00:00:04.000
<v left>anem
"""


def test_srt_is_numbered_cues() -> None:
    assert FORMATS["srt"].render(PLAIN) == SRT


def test_another_speaker_begins_with_a_dash() -> None:
    lines = FORMATS["srt"].render(TWO_SPEAKERS).splitlines()
    assert [line for line in lines if (line and line[0].isalpha()) or line.startswith("-")] == [
        *("hola mar", "- hola", "- anem")
    ]


def test_vtt_names_the_voices() -> None:
    assert FORMATS["vtt"].render(TWO_SPEAKERS) == VTT


def test_silence_makes_files_without_cues() -> None:
    assert FORMATS["srt"].render(NOTHING) == ""
    assert FORMATS["vtt"].render(NOTHING) == "WEBVTT\n"


def test_arrows_and_signs_in_words_are_no_markup() -> None:
    transcript = Transcript("a.wav", 2.0, (make_passage(word_at("<b>-->&", 0, 10)),))
    assert FORMATS["vtt"].render(transcript).splitlines()[4] == "&lt;b&gt;--&gt;&amp;"
    assert FORMATS["srt"].render(transcript).splitlines()[2] == "<b>→&"


@pytest.mark.parametrize("name", ["srt", "vtt"])
@given(transcript=any_transcripts())
@settings(deadline=None)
def test_pysubs2_reads_the_same_cues(name: str, transcript: Transcript) -> None:
    text = FORMATS[name].render(transcript)
    text.encode("utf-8")
    cues = make_cues(transcript)
    found = list(
        pysubs2.SSAFile.from_string(text, format_=name, keep_html_tags=True) if cues else ()
    )
    assert [(to_ms(cue.start_s), to_ms(cue.end_s)) for cue in cues] == [
        (event.start, event.end) for event in found
    ]
    for cue, event in zip(cues, found, strict=True):
        shown = event.text
        if name == "vtt":
            shown = html.unescape(re.sub("<v [^>]*>", "", shown))
        wanted = "\n".join(cue.lines)
        if name == "srt":
            wanted = ("- " if cue.turn else "") + wanted.replace("-->", "→")
        if event is found[-1]:  # pysubs2 takes it for the number of a cue that never comes
            wanted = re.sub(r"\n+ *\d+ *$", "", wanted)
        # pysubs2 has "\\N" for a line's end, whether it stood in the text or not
        assert shown.replace("\\N", " ").split() == wanted.replace("\\N", " ").split()


@pytest.mark.parametrize("name", ["srt", "vtt"])
def test_a_line_that_is_a_number_is_text(name: str) -> None:
    long = "x" * 42
    passages = tuple(
        make_passage(word_at(long, n, n + 5), word_at("7", n + 5, n + 9)) for n in (0, 300)
    )
    text = FORMATS[name].render(Transcript("a.wav", 60.0, passages))
    first, _ = pysubs2.SSAFile.from_string(text, format_=name)
    assert first.text == f"{long}\\N7"


@given(transcript=any_transcripts())
@settings(deadline=None)
def test_cues_are_parted_by_one_empty_line_and_have_none_inside(transcript: Transcript) -> None:
    """By the rules of WebVTT itself: a blank line ends a cue, an arrow is a cue's times."""
    text = FORMATS["vtt"].render(transcript)
    grouped = groupby(text.split("\n"), key=bool)
    blocks = [list(lines) for full, lines in grouped if full]
    assert blocks[0] == ["WEBVTT"]
    cues = make_cues(transcript)
    assert len(blocks) == 1 + len(cues)
    for (_, times, *lines), cue in zip(blocks[1:], cues, strict=True):
        assert re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3} --> \d\d:\d\d:\d\d\.\d{3}", times)
        assert "-->" not in "".join(lines)
        assert len(lines) == len(cue.lines)


def test_the_clock_goes_beyond_a_day() -> None:
    assert show_clock(3725.0426, point=",") == "01:02:05,043"
    assert show_clock(360000.0, point=".") == "100:00:00.000"
