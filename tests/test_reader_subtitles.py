"""Subtitles beside recordings: SubRip and WebVTT as editors and players' sites write them."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.errors import DataError, W2vctcError

SRT = """1
00:00:01,000 --> 00:00:02,500
El vent
és fred

2
00:00:03,000 --> 01:00:04,250
l'any
1984
"""
VTT = """WEBVTT - a title

STYLE
::cue { color: red }

NOTE what nobody says

intro
00:01.000 --> 00:02.500 align:start position:0%
<v.loud Anna Maria>El <i>vent</i> &amp; &lt;la mar&gt;</v>

00:00:03.000 --> 00:00:04.000
<00:00:03.200><c.yellow>tot</c> <00:00:03.700><c>passa</c>

NOTE
twice

100:00:00.000 --> 100:00:01.000
- <v Anna>sí <v Joan>no
"""


def save(path: Path, content: str | bytes, *sounds: str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    for sound in sounds:
        (path.parent / sound).touch()
    return path


def read(place: Path, tier: str | None = None) -> Corpus:
    return read_corpus(place, ReadOptions("subtitles", tier))


def refusal(place: Path, tier: str | None = None) -> DataError:
    with pytest.raises(DataError) as caught:
        read(place, tier)
    assert caught.value.hint
    return caught.value


def spoken(corpus: Corpus) -> list[tuple[str, str, float, float | None]]:
    return [(row.text, row.speaker, row.start_s, row.end_s) for row in corpus.utterances]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_subrip_lines_are_joined_and_a_year_at_the_end_stays(tmp_path: Path, line_end: str) -> None:
    corpus = read_corpus(save(tmp_path / "a.srt", SRT.replace("\n", line_end), "a.m4a"))
    assert (corpus.format.name, corpus.faults) == ("subtitles", ())
    assert spoken(corpus) == [
        ("El vent és fred", "", 1.0, 2.5),
        ("l'any 1984", "", 3.0, 3604.25),
    ]
    assert [row.id for row in corpus.utterances] == ["a.srt:2", "a.srt:7"]


def test_subrip_without_blank_lines_or_without_numbers(tmp_path: Path) -> None:
    tight = SRT.replace("\n\n", "\n")
    assert spoken(read(save(tmp_path / "a.srt", tight, "a.wav")))[0][0] == "El vent és fred"
    bare = SRT.removeprefix("1\n").replace("\n2\n", "\n").replace("és fred", "1984")
    assert [row[0] for row in spoken(read(save(tmp_path / "a.srt", bare)))] == [
        "El vent 1984",
        "l'any 1984",
    ]


def test_subrip_tags_of_all_kinds_go_and_signs_stay(tmp_path: Path) -> None:
    text = r'{\an8}<font color="#fff">3 < 4</font> {riu} <b>a & b</b>'
    path = save(tmp_path / "a.srt", SRT.replace("El vent", text), "a.wav")
    assert spoken(read(path))[0][0] == "3 < 4 {riu} a & b és fred"


def test_webvtt_names_notes_styles_and_inner_times_are_no_text(tmp_path: Path) -> None:
    corpus = read(save(tmp_path / "a.vtt", VTT, "a.opus"))
    assert corpus.faults == ()
    assert spoken(corpus) == [
        ("El vent & <la mar>", "Anna Maria", 1.0, 2.5),
        ("tot passa", "", 3.0, 4.0),
        ("- sí no", "", 360_000.0, 360_001.0),
    ]


def test_a_language_in_the_name_is_no_part_of_the_recording_s(tmp_path: Path) -> None:
    path = save(tmp_path / "talk [x].ca-ES.vtt", VTT, "talk [x].m4a")
    assert {row.audio.name for row in read(path).utterances} == {"talk [x].m4a"}


def test_several_languages_of_a_recording_need_a_choice(tmp_path: Path) -> None:
    save(tmp_path / "talk.ca.srt", SRT, "talk.wav")
    save(tmp_path / "talk.en.srt", SRT)
    save(tmp_path / "day.one.srt", SRT, "day.one.wav")
    save(tmp_path / "day.two.srt", SRT, "day.two.wav")
    corpus = read(tmp_path)
    assert {row.audio.name for row in corpus.utterances} == {"day.one.wav", "day.two.wav"}
    fault = corpus.faults[0]
    assert (fault.code, fault.is_fatal) == ("E_TIER", True)
    assert fault.message.endswith(
        "one of 2 subtitle files for a recording: talk.ca.srt, talk.en.srt"
    )
    assert {row.audio.name for row in read(tmp_path, "ca").utterances} == {"talk.wav"}
    assert refusal(tmp_path, "fr").message == (
        f"{tmp_path}: no subtitles in 'fr'; the languages are ca, en, one, two"
    )


def test_a_line_of_times_that_are_none_is_named_and_the_others_read(tmp_path: Path) -> None:
    broken = SRT.replace("00:00:01,000 -->", "00:00:xx -->")
    corpus = read(save(tmp_path / "a.srt", broken, "a.wav"))
    assert [row.text for row in corpus.utterances] == ["l'any 1984"]
    (fault,) = corpus.faults
    assert (fault.code, fault.message) == (
        "E_ROW",
        "a.srt:2: '00:00:xx --> 00:00:02,500' is no pair of times",
    )


@pytest.mark.parametrize("time", [":00:01.000", "00:01", "1:00:01.000x", "-00:01.000", "soon"])
def test_times_that_webvtt_does_not_have_are_named(tmp_path: Path, time: str) -> None:
    path = save(tmp_path / "a.vtt", VTT.replace("00:01.000 -->", f"{time} -->"), "a.wav")
    assert [(fault.code, fault.source) for fault in read(path).faults] == [("E_ROW", "a.vtt:9")]


def test_a_subtitle_of_no_length_or_no_text_is_told(tmp_path: Path) -> None:
    content = SRT.replace("00:00:02,500", "00:00:01,000").replace("l'any\n1984", "<i> </i>")
    corpus = read(save(tmp_path / "a.srt", content, "a.wav"))
    assert corpus.utterances == ()
    assert [fault.code for fault in corpus.faults] == ["E_ROW", "W_EMPTY"]


def test_texts_without_recording_and_recordings_without_text_are_both_listed(
    tmp_path: Path,
) -> None:
    save(tmp_path / "a.srt", SRT)
    save(tmp_path / "b.srt", SRT, "b.wav", "c.wav")
    assert [(fault.code, fault.source) for fault in read(tmp_path).faults] == [
        ("E_NO_AUDIO", "a.srt"),
        ("E_NO_TEXT", "c.wav"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "code", "why"),
    [
        ("a.srt", b"", "E_ANNOTATION", "no line has a time --> and a time"),
        ("a.srt", b"<html>", "E_ANNOTATION", "no line has a time --> and a time"),
        ("a.vtt", SRT.encode(), "E_ANNOTATION", "it does not begin with WEBVTT"),
        ("a.srt", SRT.encode("cp1252"), "E_ENCODING", "byte 40 (0xe9) is not UTF-8"),
        ("a.srt", SRT.encode("utf-16"), "E_ENCODING", "UTF-16"),
        ("a.srt", SRT.encode() + b"\0", "E_ROW", "a NUL byte"),
    ],
)
def test_what_is_no_subtitle_file_is_refused_with_the_reason(
    tmp_path: Path, name: str, content: bytes, code: str, why: str
) -> None:
    error = refusal(save(tmp_path / name, content, "a.wav"))
    assert error.code == code
    assert error.message.startswith(str(tmp_path / name))
    assert why in error.message


pieces = st.sampled_from(
    [
        *("1", "\n", "\n\n", "00:00:01,000 --> 00:00:02,000\n", "00:01.000 --> 00:02.000\n", "-->"),
        *("<v", "WEBVTT\n", "é", "<i>", "&#0;", "{\\b", "99:99:99,999 --> ", "\u2028", "&#xd800;"),
    ]
)


@settings(deadline=None)
@given(st.lists(pieces, max_size=12).map("".join), st.sampled_from(["a.srt", "a.vtt"]))
def test_any_text_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: str, name: str
) -> None:
    survive(tmp_path_factory.getbasetemp() / name, content.encode())
    survive(tmp_path_factory.getbasetemp() / name, b"WEBVTT\n\n" + content.encode())


@settings(deadline=None)
@given(st.binary(max_size=80), st.sampled_from(["a.srt", "a.vtt"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    survive(tmp_path_factory.getbasetemp() / name, content)


def survive(path: Path, content: bytes) -> None:
    try:
        corpus = read(save(path, content, "a.wav"))
    except W2vctcError as error:
        assert error.code
    else:
        assert corpus.utterances or corpus.faults
