"""Recordings with text files of the same names."""

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from reader_material import broken_lines, list_faults, list_rows, read_as, survive, write_tree

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError


def test_pairs_are_found_in_all_folders(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "README.txt": "recorded in spring",
            "train/anna/1.wav": "",
            "train/anna/1.txt": "bon dia\n\n  a tothom \n",
            "train/bep/1.WAV": "",
            "train/bep/1.lab": "bona nit",
            "validation/2.m4a": "",
            "validation/2.TXT": "adéu\r\n",
            ".hidden/3.txt": "x",
            "train/._1.wav": "",
        },
    )
    corpus = read_as(tmp_path, "sidecar")
    assert list_rows(corpus) == [
        ("train/anna/1.wav", "bon dia a tothom", "train"),
        ("train/bep/1.WAV", "bona nit", "train"),
        ("validation/2.m4a", "adéu", "dev"),
    ]
    assert not corpus.faults
    first = corpus.utterances[0]
    assert (first.id, first.speaker, first.source) == ("train/anna/1.wav", "", "train/anna/1.txt")


@pytest.mark.parametrize(
    ("sound", "text", "split"),
    [
        ("wavs/1.wav", "txt/1.txt", ""),
        ("wavs/anna/1.wav", "transcripts/anna/1.txt", ""),
        ("train/wav/1.wav", "train/txt/1.txt", "train"),
        ("audio/train/1.wav", "text/train/1.txt", "train"),
        ("wav/1.wav", "1.txt", ""),
        ("a.b.wav", "a.b.txt", ""),
    ],
)
def test_halves_in_folders_of_their_own_are_joined(
    tmp_path: Path, sound: str, text: str, split: str
) -> None:
    corpus = read_as(write_tree(tmp_path, {sound: "", text: "hola"}), "sidecar")
    assert (list_rows(corpus), corpus.faults) == ([(sound, "hola", split)], ())


def test_the_same_name_in_other_folders_is_another_clip(tmp_path: Path) -> None:
    write_tree(tmp_path, {"anna/1.wav": "", "bep/1.txt": "x", "cesc/1.wav": "", "cesc/1.txt": "y"})
    corpus = read_as(tmp_path, "sidecar")
    assert list_rows(corpus) == [("cesc/1.wav", "y", "")]
    assert sorted(list_faults(corpus)) == [
        ("E_NO_AUDIO", "bep/1.txt: no recording of that name"),
        ("E_NO_TEXT", "anna/1.wav: no transcript of that name"),
    ]


def test_a_text_in_the_same_folder_wins_over_one_elsewhere(tmp_path: Path) -> None:
    write_tree(tmp_path, {"wav/1.wav": "", "wav/1.txt": "x", "clips/1.wav": "", "clips/1.txt": "y"})
    corpus = read_as(tmp_path, "sidecar")
    assert list_rows(corpus) == [("clips/1.wav", "y", ""), ("wav/1.wav", "x", "")]
    assert not corpus.faults


def test_transcripts_without_audio_and_audio_without_transcript_are_all_listed(
    tmp_path: Path,
) -> None:
    names = [f"{number:02}" for number in range(30)]
    write_tree(tmp_path, {f"{name}.wav": "" for name in names[:20]})
    write_tree(tmp_path, {f"{name}.txt": "x" for name in names[10:]})
    corpus = read_as(tmp_path, "sidecar")
    assert [row.id for row in corpus.utterances] == [f"{name}.wav" for name in names[10:20]]
    assert {fault.source for fault in corpus.faults if fault.code == "E_NO_TEXT"} == {
        f"{name}.wav" for name in names[:10]
    }
    assert {fault.source for fault in corpus.faults if fault.code == "E_NO_AUDIO"} == {
        f"{name}.txt" for name in names[20:]
    }


def test_of_several_files_of_a_name_one_is_taken_and_the_others_told(tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(["1.mp3", "1.flac", "1.wav", "1.lab", "1.txt"], "x"))
    corpus = read_as(tmp_path, "sidecar")
    assert [row.id for row in corpus.utterances] == ["1.wav"]
    assert list_faults(corpus) == [
        ("W_SAME_NAME", "1.txt: '1.flac' is left out, '1.wav' is taken"),
        ("W_SAME_NAME", "1.txt: '1.mp3' is left out, '1.wav' is taken"),
        ("W_SAME_NAME", "1.txt: '1.lab' is left out, '1.txt' is taken"),
    ]


def test_names_that_differ_in_case_or_normal_form_are_matched_and_told(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "cançó")
    write_tree(
        tmp_path, {"cançó.wav": "", f"{decomposed}.txt": "x", "Clip.wav": "", "clip.txt": "y"}
    )
    corpus = read_as(tmp_path, "sidecar")
    assert [(row.id, row.text) for row in corpus.utterances] == [
        ("Clip.wav", "y"),
        ("cançó.wav", "x"),
    ]
    assert ("W_NAME", "clip.txt: taken as the text of 'Clip.wav'") in list_faults(corpus)
    assert len(corpus.faults) == 2


def test_a_transcript_that_cannot_be_read_is_one_row_less(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            **dict.fromkeys(["1.wav", "2.wav", "3.wav", "4.wav"], ""),
            "1.txt": b"lli\xe7\xf3",
            "2.txt": "x" * 600_000,
            "3.txt": "a\0b",
            "4.txt": "",
        },
    )
    corpus = read_as(tmp_path, "sidecar")
    assert list_rows(corpus) == [("4.wav", "", "")]
    assert [(fault.code, fault.source, fault.is_fatal) for fault in corpus.faults] == [
        ("E_ENCODING", "1.txt", False),
        ("E_ROW", "2.txt", False),
        ("E_ROW", "3.txt", False),
    ]
    messages = [fault.message.removeprefix(str(tmp_path) + "/") for fault in corpus.faults]
    assert messages == [
        "1.txt: byte 3 (0xe7) is not UTF-8",
        "2.txt: 600,000 bytes are no transcript of a clip",
        "3.txt:1: a NUL byte",
    ]


def test_names_stay_what_they_are(tmp_path: Path) -> None:
    names = ["a b", "it's", 'say "hi"', "-rf", "~", "two\nlines", "$(touch x)"]
    write_tree(tmp_path, {f"{name}.wav": "" for name in names})
    write_tree(tmp_path, {f"{name}.txt": name for name in names})
    corpus = read_as(tmp_path, "sidecar")
    assert {row.audio.name: row.text for row in corpus.utterances} == {
        f"{name}.wav": " ".join(name.split("\n")) for name in names
    }
    assert all(row.audio.exists() and "\n" not in row.id for row in corpus.utterances)
    assert not corpus.faults


def test_names_that_are_not_utf8_are_read_and_shown_escaped(tmp_path: Path) -> None:
    for suffix in (b".wav", b".txt"):
        path = os.fsencode(tmp_path) + b"/lli\xe7\xf3" + suffix
        with open(path, "w", encoding="utf-8") as stream:  # noqa: PTH123  (a name of bytes)
            stream.write("lliçó")
    (row,) = read_as(tmp_path, "sidecar").utterances
    assert os.fsencode(row.audio.name) == b"lli\xe7\xf3.wav"
    assert (row.id, row.text) == ("lli\\udce7\\udcf3.wav", "lliçó")


def test_links_are_followed_and_circles_end(tmp_path: Path) -> None:
    write_tree(tmp_path / "disk", {"1.wav": "", "1.txt": "x"})
    place = tmp_path / "data"
    place.mkdir()
    (place / "recordings").symlink_to(tmp_path / "disk")
    (place / "again").symlink_to(place)
    (place / "loop").symlink_to(place / "loop")
    assert list_rows(read_as(place, "sidecar")) == [("recordings/1.wav", "x", "")]


def test_sound_alone_is_no_folder_of_pairs(tmp_path: Path) -> None:
    write_tree(tmp_path, {"1.wav": "", "notes.txt": "x"})
    with pytest.raises(DataError) as caught:
        find_format(tmp_path)
    assert caught.value.code == "E_FORMAT"
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path, ReadOptions(format="sidecar"))
    assert caught.value.code == "E_MISSING"
    assert caught.value.message == f"{tmp_path}: no recording with a text file of the same name"


@settings(deadline=None, max_examples=60)
@given(broken_lines([b"una frase", "lliçó".encode(), b"\xef\xbb\xbf", b"\xff\xfe"]))
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzzed-sidecars"
    survive(write_tree(place, {"a.wav": "", "a.txt": content, "b.lab": content}), "sidecar")
