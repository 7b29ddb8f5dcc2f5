"""Audacity's label tracks, as exported beside a recording."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.corpus.corpus import Corpus, read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError, W2vctcError

LABELS = "0.500000\t1.250000\tla pedra\n\\\t100.0\t2000.0\n1.250000\t2.000000\tcau\tal riu\n"


def save(path: Path, content: str | bytes, *sounds: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    for sound in sounds:
        (path.parent / sound).touch()
    return path


def read(place: Path) -> Corpus:
    return read_corpus(place, ReadOptions("audacity"))


def refusal(place: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        read(place)
    assert caught.value.hint
    return caught.value


def test_labels_become_pieces_of_the_recording_without_their_frequencies(tmp_path: Path) -> None:
    save(tmp_path / "tape.txt", LABELS, "tape.wav")
    corpus = read_corpus(tmp_path)
    assert (corpus.format.name, corpus.faults) == ("audacity", ())
    rows = [(row.text, row.start_s, row.end_s, row.source) for row in corpus.utterances]
    assert rows == [
        ("la pedra", 0.5, 1.25, "tape.txt:1"),
        ("cau\tal riu", 1.25, 2.0, "tape.txt:3"),
    ]


def test_times_with_a_comma_are_read(tmp_path: Path) -> None:
    path = save(tmp_path / "tape.txt", LABELS.replace(".", ","), "tape.wav")
    assert [row.start_s for row in read(path).utterances] == [0.5, 1.25]


@pytest.mark.parametrize("name", ["tape_labels.txt", "tape labels.txt", "Tape.Label.txt"])
def test_a_label_file_called_after_its_recording(tmp_path: Path, name: str) -> None:
    save(tmp_path / name, LABELS, "tape.flac", "other.flac")
    assert {row.audio.name for row in read(tmp_path).utterances} == {"tape.flac"}


@pytest.mark.parametrize("name", ["Labels 1.txt", "labels.txt", "Label Track.txt"])
def test_a_label_file_of_any_name_belongs_to_the_only_recording_beside_it(
    tmp_path: Path, name: str
) -> None:
    path = save(tmp_path / "day 1" / name, LABELS, "0001.wav")
    (tmp_path / "0002.wav").touch()
    assert {row.audio.name for row in read(path).utterances} == {"0001.wav"}
    assert [fault.source for fault in read(tmp_path).faults] == ["0002.wav"]
    save(tmp_path / "day 1" / name, LABELS, "0003.wav")
    assert refusal(path).code == "E_NO_AUDIO"


def test_transcripts_beside_clips_are_no_labels_and_labels_no_transcripts(tmp_path: Path) -> None:
    save(tmp_path / "clips" / "a.txt", "0.5 la pedra\n", "a.wav")
    save(tmp_path / "labels" / "a.txt", LABELS, "a.wav")
    assert find_format(tmp_path / "clips").name == "sidecar"
    assert find_format(tmp_path / "labels").name == "audacity"


def test_a_pipe_called_txt_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.txt")
    save(tmp_path / "b.txt", LABELS, "b.wav")
    assert find_format(tmp_path).name == "audacity"


def test_a_line_that_is_no_label_is_named_and_the_others_read(tmp_path: Path) -> None:
    content = LABELS + "3.0 4.0 cau\n5.0\t4.0\tx\n6.0\t6.0\tpunt\n7.0\t8.0\t\n8.0\t9.0\n"
    corpus = read(save(tmp_path / "a.txt", content, "a.wav"))
    assert len(corpus.utterances) == 2
    assert [(fault.code, fault.message) for fault in corpus.faults] == [
        ("E_ROW", "a.txt:4: '3.0 4.0 cau' is no label: start, end, text, with tabs"),
        ("E_ROW", "a.txt:5: from 5 to 4 s is no stretch of time"),
        ("E_ROW", "a.txt:6: from 6 to 6 s is no stretch of time"),
        ("W_EMPTY", "a.txt: 2 of 6 annotations have no text"),
    ]


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    error = refusal(save(tmp_path / "a.txt", "la pedra cau\n", "a.wav"))
    assert error.code == "E_ANNOTATION"
    assert error.message.startswith(f"{tmp_path / 'a.txt'}: no labels of Audacity")


def test_a_label_file_in_another_encoding_is_refused_with_the_byte(tmp_path: Path) -> None:
    path = save(tmp_path / "a.txt", LABELS.encode() + b"3.0\t4.0\tlli\xe7\xf3\n", "a.wav")
    error = refusal(path)
    assert (error.code, error.message) == ("E_ENCODING", f"{path}: byte 82 (0xe7) is not UTF-8")


pieces = st.sampled_from(["1.5", "\t", "\n", "\\", ",", "é", "\0", "\ufeff", "9" * 400, LABELS])


@settings(deadline=None)
@given(st.lists(pieces, max_size=8).map(lambda found: "".join(found).encode()) | st.binary())
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = save(tmp_path_factory.getbasetemp() / "any" / "a.txt", content, "a.wav")
    try:
        corpus = read(path)
    except W2vctcError as error:
        assert error.code
    else:
        assert corpus.utterances or corpus.faults
