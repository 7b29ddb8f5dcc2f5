"""Folders in LJSpeech's layout."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from reader_material import broken_lines, list_faults, list_rows, read_as, survive, write_tree

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError


def write_folder(folder: Path, rows: str | bytes, *sounds: str) -> Path:
    return write_tree(folder, {"metadata.csv": rows, **dict.fromkeys(sounds, "")})


def test_the_text_as_written_is_taken_unless_it_is_empty(tmp_path: Path) -> None:
    rows = 'a-1|"Tinc 3 gats, diu|tinc tres gats\na-2||dos gossos\na-3|fi\n'
    write_folder(tmp_path, rows, "wavs/a-1.wav", "wavs/a-2.flac", "wavs/a-3.wav")
    corpus = read_as(tmp_path, "ljspeech")
    assert list_rows(corpus) == [
        ("wavs/a-1.wav", '"Tinc 3 gats, diu', ""),
        ("wavs/a-2.flac", "dos gossos", ""),
        ("wavs/a-3.wav", "fi", ""),
    ]
    assert not corpus.faults
    assert (corpus.utterances[1].id, corpus.utterances[1].source) == ("a-2", "metadata.csv:2")
    assert read_as(tmp_path / "metadata.csv", "ljspeech").utterances == corpus.utterances


@pytest.mark.parametrize(
    ("row", "sound"),
    [
        ("a.wav|x", "wavs/a.wav"),
        ("wavs/a.wav|x", "wavs/a.wav"),
        ("a|x", "audio/a.wav"),
        ("a|x", "a.wav"),
        ("id|text\na|x", "wavs/a.wav"),
        ("a.1|x", "wavs/a.1.wav"),
    ],
)
def test_the_recording_is_found(tmp_path: Path, row: str, sound: str) -> None:
    corpus = read_as(write_folder(tmp_path, row, sound), "ljspeech")
    assert list_rows(corpus) == [(sound, "x", "")]
    assert not corpus.faults


def test_rows_without_recording_and_recordings_without_row_are_listed(tmp_path: Path) -> None:
    write_folder(tmp_path, "a|x\nb|y\n", "wavs/a.wav", "wavs/c.wav")
    corpus = read_as(tmp_path, "ljspeech")
    assert len(corpus.utterances) == 1
    assert list_faults(corpus) == [
        ("E_NO_AUDIO", "metadata.csv:2: no recording 'b' in wavs/"),
        ("E_NO_TEXT", "wavs/c.wav: no transcript in metadata.csv"),
    ]


def test_rows_of_other_widths_are_named(tmp_path: Path) -> None:
    write_folder(tmp_path, "a|x\na|x|y|z\nb\n", "wavs/a.wav")
    corpus = read_as(tmp_path, "ljspeech")
    assert list_faults(corpus) == [
        (
            "E_ROW",
            f"metadata.csv:{line}: {n_fields} fields between '|' where id|text|normalized"
            " has 2 or 3",
        )
        for line, n_fields in ((2, 4), (3, 1))
    ]


def test_an_id_in_another_normal_form_finds_its_recording_and_is_told(tmp_path: Path) -> None:
    on_disk = unicodedata.normalize("NFD", "cançó")
    write_folder(tmp_path, "cançó|x\nB|y\n", f"wavs/{on_disk}.wav", "wavs/b.wav")
    corpus = read_as(tmp_path, "ljspeech")
    assert [path for path, _, _ in list_rows(corpus)] == [f"wavs/{on_disk}.wav", "wavs/b.wav"]
    assert [fault.code for fault in corpus.faults] == ["W_NAME", "W_NAME"]
    assert all(row.audio.exists() for row in corpus.utterances)


def test_a_second_row_of_an_id_is_named_with_both_lines(tmp_path: Path) -> None:
    corpus = read_as(write_folder(tmp_path, "a|x\na|y\n", "wavs/a.wav"), "ljspeech")
    assert list_faults(corpus) == [
        ("E_DUP_ID", "metadata.csv:2: the id 'a' stands in metadata.csv:1 already")
    ]


def test_metadata_of_other_tools_is_not_claimed(tmp_path: Path) -> None:
    write_folder(tmp_path, "file_name,transcription\na.wav,x | y\n", "a.wav")
    assert find_format(tmp_path).name != "ljspeech"


def test_an_encoding_is_never_guessed(tmp_path: Path) -> None:
    write_folder(tmp_path, b"a|\xe7\n", "wavs/a.wav")
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path)
    assert caught.value.code == "E_ENCODING"
    assert caught.value.message == f"{tmp_path / 'metadata.csv'}: byte 2 (0xe7) is not UTF-8"


def test_a_folder_without_the_table(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path, ReadOptions(format="ljspeech"))
    assert caught.value.code == "E_MISSING"


@settings(deadline=None, max_examples=60)
@given(broken_lines([b"|", b"a|x\n", b"a|x|y\n", b"id|text\n", b"wavs/a.wav|x\n"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: bytes
) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzzed-ljspeech"
    survive(write_folder(place, rows, "wavs/a.wav"), "ljspeech")
