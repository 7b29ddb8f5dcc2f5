"""TextGrid: golden text, read back by praatio, pympi and our own reader."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from praatio.utilities import textgrid_io
from pympi import Praat
from transcript_material import (
    NOTHING,
    PLAIN,
    SPELLED,
    TWO_SPEAKERS,
    any_transcripts,
    real_transcripts,
)

from w2vctc.corpus.readers.textgrid import parse_textgrid
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FORMATS
from w2vctc.decode.writers.clock import word_ms

GRID = """File type = "ooTextFile"
Object class = "TextGrid"

xmin = 0
xmax = 3.5
tiers? <exists>
size = 2
item []:
    item [1]:
        class = "IntervalTier"
        name = "passages"
        xmin = 0
        xmax = 3.5
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 3.5
            text = ""
    item [2]:
        class = "IntervalTier"
        name = "words"
        xmin = 0
        xmax = 3.5
        intervals: size = 1
        intervals [1]:
            xmin = 0
            xmax = 3.5
            text = ""
"""


def render(transcript: Transcript) -> str:
    return FORMATS["TextGrid"].render(transcript)


def read(transcript: Transcript) -> dict[str, list[tuple[float, float, str]]]:
    """praatio's view: the intervals by the name of their tier."""
    text = render(transcript)
    grid: dict[str, Any] = textgrid_io.parseTextgridStr(text, includeEmptyIntervals=True)
    return {
        tier["name"]: [(float(start), float(end), text) for start, end, text in tier["entries"]]
        for tier in grid["tiers"]
    }


def test_silence_is_one_interval_without_text() -> None:
    assert render(NOTHING) == GRID


def test_praatio_reads_each_speakers_words_at_their_times() -> None:
    tiers = read(TWO_SPEAKERS)
    assert list(tiers) == [
        *("passages@left", "words@left", "passages@right & <co>", "words@right & <co>")
    ]
    assert [one for one in tiers["words@left"] if one[2]] == [
        *((0.1, 0.8, "hola"), (0.84, 1.2, "mar"), (3.0, 4.0, "anem"))
    ]


def test_letters_have_a_tier_where_they_are_known() -> None:
    tiers = read(SPELLED)
    assert [text for *_, text in tiers["characters"] if text] == ["s", "í", "n", "o"]


def test_quotes_in_words_are_doubled_as_praat_does_and_read_back(tmp_path: Path) -> None:
    assert 'text = """què"""' in render(PLAIN)
    path = tmp_path / "a.TextGrid"
    path.write_text(render(PLAIN), encoding="utf-8")
    grid = Praat.TextGrid(str(path), codec="utf-8")
    tier = grid.get_tier("words")
    assert [(start, end, text) for start, end, text in tier.get_intervals() if text] == [
        (word.start_s, word.end_s, word.text) for word in PLAIN.words
    ]


def test_the_end_is_the_recordings_to_the_sample() -> None:
    grid = render(replace(PLAIN, duration_s=600.500125))
    assert grid.count("xmax = 600.500125\n") == 1 + 2 * 2  # of the file, tiers, last intervals


@given(any_transcripts())
@settings(deadline=None)
def test_intervals_fill_the_recording_without_gaps(transcript: Transcript) -> None:
    render(transcript).encode("utf-8")
    ends = set()
    for intervals in read(transcript).values():
        until = 0.0
        for start, end, _ in intervals:
            assert start == until < end
            until = end
        ends.add(until)
    assert len(ends) == 1
    assert ends.pop() >= transcript.duration_s - 0.0005


@given(real_transcripts())
@settings(deadline=None)
def test_praatio_finds_the_words_where_they_were_spoken(transcript: Transcript) -> None:
    tiers = read(transcript)
    for speaker in transcript.speakers:
        name = f"words@{speaker}" if speaker else "words"
        words = [word for one in transcript.said_by(speaker) for word in one.hypothesis.words]
        found = [(round(a * 1000), round(b * 1000), text) for a, b, text in tiers[name] if text]
        assert found == [(*word_ms(word), word.text.strip()) for word in words]


def test_what_was_written_can_be_trained_on_once_corrected(tmp_path: Path) -> None:
    path = tmp_path / "talk.TextGrid"
    path.write_text(render(TWO_SPEAKERS), encoding="utf-8")
    segments = parse_textgrid(path, tier="passages").segments
    assert sorted((one.start_s, one.end_s, one.text) for one in segments) == [
        *((0.1, 1.2, "hola mar"), (1.8, 2.4, "hola"), (3.0, 4.0, "anem"))
    ]
