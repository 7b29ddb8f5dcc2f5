"""Words in time as tables: ctm for scorers, tsv for spreadsheets."""

import csv
import io
from pathlib import Path

from hypothesis import given, settings
from transcript_material import NOTHING, PLAIN, TWO_SPEAKERS, any_transcripts

from w2vctc.decode.one_line import clean_text
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import FORMATS
from w2vctc.decode.writers.clock import word_ms

CTM = """first_call 1 0.040 0.260 bona 0.9300
first_call 1 0.360 0.440 tarda 0.5000
first_call 1 2.400 0.600 "què" 1.0000
first_call 1 3.000 0.400 diu 0.2500
"""

TSV = """file	passage	speaker	start_s	end_s	word	confidence
calls/first call.wav	1		0.040	0.300	bona	0.9300
calls/first call.wav	1		0.360	0.800	tarda	0.5000
calls/first call.wav	2		2.400	3.000	\"\"\"què\"\"\"	1.0000
calls/first call.wav	2		3.000	3.400	diu	0.2500
"""


def test_ctm_has_the_columns_of_sclite() -> None:
    assert FORMATS["ctm"].render(PLAIN) == CTM


def test_ctm_is_ordered_by_speaker_and_without_confidence_where_there_is_none() -> None:
    assert FORMATS["ctm"].render(TWO_SPEAKERS).splitlines() == [
        "talk left 0.100 0.700 hola",
        "talk left 0.840 0.360 mar",
        "talk left 3.000 1.000 anem",
        "talk right_&_<co> 1.800 0.600 hola",
    ]


def test_tsv_is_a_table_with_a_head() -> None:
    assert FORMATS["tsv"].render(PLAIN) == TSV


def test_silence_is_an_empty_table() -> None:
    assert FORMATS["ctm"].render(NOTHING) == ""
    assert FORMATS["tsv"].render(NOTHING).splitlines() == [TSV.splitlines()[0]]


def join(text: str) -> str:
    return "_".join(clean_text(text).split())


@given(any_transcripts())
@settings(deadline=None)
def test_ctm_keeps_every_word_and_its_times_in_columns(transcript: Transcript) -> None:
    lines = FORMATS["ctm"].render(transcript).split("\n")
    assert lines.pop() == ""
    found = []
    for line in lines:
        _, channel, start, duration, word = line.split(" ")
        end_ms = round((float(start) + float(duration)) * 1000)
        found.append((channel, round(float(start) * 1000), end_ms, word))
        assert line.split() == line.split(" ")
        assert not line.startswith(";;")
    assert [one[:2] for one in found] == sorted(
        (one[:2] for one in found), key=lambda one: (one[0].encode(), one[1])
    )
    wanted = [
        (join(passage.speaker) or "1", *word_ms(word), join(word.text))
        for passage in transcript.passages
        for word in passage.hypothesis.words
        if join(word.text)
    ]
    assert sorted(found) == sorted(wanted)


@given(any_transcripts())
@settings(deadline=None)
def test_a_csv_reader_finds_every_word_and_its_times_in_tsv(transcript: Transcript) -> None:
    text = FORMATS["tsv"].render(transcript)
    text.encode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert len(rows) + 1 == len(text.split("\n")) - 1
    wanted = [
        (str(number), *(f"{ms / 1000:.3f}" for ms in word_ms(word)), clean_text(word.text))
        for number, passage in enumerate(transcript.passages, start=1)
        for word in passage.hypothesis.words
        if clean_text(word.text)
    ]
    found = [(row["passage"], row["start_s"], row["end_s"], row["word"]) for row in rows]
    assert sorted(found) == sorted(wanted)
    starts = [float(row["start_s"]) for row in rows]
    assert starts == sorted(starts)


def test_the_readers_of_tables_take_the_recordings_name_back(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text(FORMATS["tsv"].render(PLAIN), encoding="utf-8")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert {row["file"] for row in rows} == {PLAIN.file}
    assert [row["word"] for row in rows] == [word.text for word in PLAIN.words]
