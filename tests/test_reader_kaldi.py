"""Kaldi data directories."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from reader_material import broken_lines, list_faults, list_rows, read_as, survive, write_tree

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions, find_format
from w2vctc.errors import DataError


def write_dir(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """A data directory with the sounds that its files may name: where one is missing, parents of
    the folder are looked through."""
    return write_tree(folder, {**dict.fromkeys(["a.wav", "b.wav"], ""), **files})


def test_recordings_of_one_utterance_each(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "wav.scp": "anna-1 wav/1.wav\nbep-2 wav/two words.flac\n",
            "text": "anna-1 la lluna\nbep-2\tel  sol\n",
            "utt2spk": "anna-1 anna\nbep-2 bep-2\n",
            "utt2dur": "anna-1 3.25\n",
            "wav/1.wav": "",
            "wav/two words.flac": "",
        },
    )
    corpus = read_as(tmp_path, "kaldi")
    assert list_rows(corpus) == [
        ("wav/1.wav", "la lluna", ""),
        ("wav/two words.flac", "el  sol", ""),
    ]
    assert not corpus.faults
    first, second = corpus.utterances
    assert (first.id, first.speaker, first.source) == ("anna-1", "anna", "text:1")
    assert first.extra == {"duration_s": "3.25"}
    assert second.speaker == ""  # Kaldi's way to say that nobody knows


def test_segments_of_long_recordings(tmp_path: Path) -> None:
    write_dir(
        tmp_path,
        {
            "wav.scp": "rec a.wav\n",
            "segments": "u1 rec 0.5 2.25\nu2 rec 3 -1\n",
            "text": "u1 la lluna\nu2 el sol\n",
            "spk2utt": "anna u1\nbep u2\n",
        },
    )
    corpus = read_as(tmp_path, "kaldi")
    assert not corpus.faults
    assert [(row.start_s, row.end_s, row.speaker) for row in corpus.utterances] == [
        (0.5, 2.25, "anna"),
        (3.0, None, "bep"),
    ]
    assert {row.audio for row in corpus.utterances} == {tmp_path / "a.wav"}


def test_split_directories_of_a_folder_or_of_its_data(tmp_path: Path) -> None:
    for name in ("train", "train_sp", "dev_clean", "dev_other", "test", "local"):
        write_dir(tmp_path / "data" / name, {"wav.scp": f"{name} a.wav\n", "text": f"{name} x\n"})
    for place in (tmp_path, tmp_path / "data"):
        corpus = read_as(place, "kaldi")
        assert [(row.id, row.split) for row in corpus.utterances] == [
            ("train", "train"),
            ("dev_clean", "dev"),
            ("dev_other", "dev"),
            ("test", "test"),
        ]
    assert corpus.utterances[1].source == "dev_clean/text:1"


def test_directories_without_names_of_splits_come_unsplit(tmp_path: Path) -> None:
    for name in ("anna", "bep"):
        write_dir(tmp_path / name, {"wav.scp": f"{name} a.wav\n", "text": f"{name} x\n"})
    assert [(row.id, row.split) for row in read_as(tmp_path, "kaldi").utterances] == [
        ("anna", ""),
        ("bep", ""),
    ]


def test_relative_paths_count_from_the_directory_or_from_where_kaldi_runs(tmp_path: Path) -> None:
    write_dir(
        tmp_path,
        {
            "wav/1.wav": "",
            "wav/2.wav": "",
            "data/train/wav/2.wav": "",
            "data/train/wav.scp": "1 wav/1.wav\n2 wav/2.wav\n3 wav/3.wav\n",
            "data/train/text": "1 x\n2 y\n3 z\n",
        },
    )
    corpus = read_as(tmp_path, "kaldi")
    assert [path for path, _, _ in list_rows(corpus)] == [
        "wav/1.wav",
        "data/train/wav/2.wav",
        "data/train/wav/3.wav",
    ]
    outside = read_corpus(tmp_path / "data").faults
    assert [fault.code for fault in outside] == ["E_OUTSIDE"]
    assert not read_corpus(tmp_path / "data", ReadOptions(allow_outside=True)).faults


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("touch ran; cat a.wav |", "a command, which is never run"),
        ("| cat", "a command, which is never run"),
        ("-", "a command, which is never run"),
        ("raw.ark:1234", "a place inside of an archive"),
        ("raw.ark:12[0:99]", "a place inside of an archive"),
    ],
)
def test_commands_and_archives_are_refused_and_never_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_dir(tmp_path, {"wav.scp": f"1 {value}\n2 b.wav\n", "text": "1 x\n2 y\n", "raw.ark": ""})
    corpus = read_as(tmp_path, "kaldi")
    assert [row.id for row in corpus.utterances] == ["2"]
    assert list_faults(corpus) == [("E_PIPE", f"text:1: wav.scp:1 is {value!r}, {why}")]
    assert corpus.faults[0].utterance is not None
    assert "make audio files" in corpus.faults[0].hint
    assert not (tmp_path / "ran").exists()


def test_a_file_with_a_colon_in_its_name_is_a_file(tmp_path: Path) -> None:
    write_dir(tmp_path, {"wav.scp": "1 at 10:30\n", "text": "1 x\n", "at 10:30": ""})
    assert list_rows(read_as(tmp_path, "kaldi")) == [("at 10:30", "x", "")]


def test_texts_without_recording_and_recordings_without_text_are_listed(tmp_path: Path) -> None:
    write_dir(tmp_path, {"wav.scp": "1 a.wav\n2 b.wav\n", "text": "1 x\n3 z\n"})
    assert list_faults(read_as(tmp_path, "kaldi")) == [
        ("E_NO_AUDIO", "text:2: no '3' in wav.scp"),
        ("E_NO_TEXT", "wav.scp:2: no transcript of '2'"),
    ]


def test_segments_without_text_or_recording_are_listed(tmp_path: Path) -> None:
    write_dir(
        tmp_path,
        {
            "wav.scp": "r1 a.wav\nr2 b.wav\n",
            "segments": "u1 r1 0 1\nu2 r1 1 2\nu3 r9 0 1\n",
            "text": "u1 x\nu3 y\nu4 z\n",
        },
    )
    corpus = read_as(tmp_path, "kaldi")
    assert [row.id for row in corpus.utterances] == ["u1"]
    assert list_faults(corpus) == [
        ("E_NO_AUDIO", "text:2: no recording 'r9' in wav.scp"),
        ("E_NO_AUDIO", "text:3: no 'u4' in segments"),
        ("E_NO_TEXT", "segments:2: no transcript of 'u2'"),
        ("E_NO_TEXT", "wav.scp:2: no segment of 'r2'"),
    ]


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        ("u1 rec", "a segment is: id, recording, start, end"),
        ("u1 rec 0 1 2 3", "a segment is: id, recording, start, end"),
        ("u1 rec x 1", "the start is 'x', which is no time in seconds"),
        ("u1 rec 0 nan", "the end is 'nan', which is no time in seconds"),
        ("u1 rec -2 1", "the start is '-2', which is no time in seconds"),
        ("u1 rec 2 1", "ends at 1 s, before it begins at 2 s"),
        ("u1 rec 0 1 B", "channel 'B' of a recording; make a file of each channel first"),
    ],
)
def test_a_segment_that_cannot_be_cut_is_named(tmp_path: Path, segment: str, words: str) -> None:
    write_dir(
        tmp_path,
        {"wav.scp": "rec a.wav\n", "segments": segment + "\nu2 rec 0 1\n", "text": "u1 x\nu2 y\n"},
    )
    corpus = read_as(tmp_path, "kaldi")
    assert [row.id for row in corpus.utterances] == ["u2"]
    assert list_faults(corpus) == [("E_ROW", f"segments:1: {words}")]


def test_an_id_given_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    write_dir(tmp_path, {"wav.scp": "1 a.wav\n1 b.wav\n", "text": "1 x\n1 y\n"})
    corpus = read_as(tmp_path, "kaldi")
    assert list_rows(corpus) == [("a.wav", "x", "")]
    assert list_faults(corpus) == [
        ("E_DUP_ID", "wav.scp:2: the id '1' stands in wav.scp:1 already"),
        ("E_DUP_ID", "text:2: the id '1' stands in text:1 already"),
    ]


def test_a_recording_without_a_path_is_named(tmp_path: Path) -> None:
    write_dir(tmp_path, {"wav.scp": "1\n", "text": "1 x\n"})
    assert list_faults(read_as(tmp_path, "kaldi")) == [
        ("E_ROW", "text:1: wav.scp:1 is '', which names no file")
    ]


def test_a_directory_without_text(tmp_path: Path) -> None:
    write_dir(tmp_path, {"wav.scp": "1 a.wav\n"})
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path)
    assert caught.value.code == "E_MISSING"
    assert caught.value.message == f"{tmp_path / 'text'}: no such file or directory"


def test_one_directory_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    write_dir(tmp_path / "train", {"wav.scp": "1 a.wav\n", "text": "1 x\n"})
    write_dir(tmp_path / "dev", {"wav.scp": "1 a.wav\n", "text": b"1 \xe7\n"})
    corpus = read_as(tmp_path, "kaldi")
    assert [row.split for row in corpus.utterances] == ["train"]
    assert [(fault.code, fault.source, fault.is_fatal) for fault in corpus.faults] == [
        ("E_ENCODING", "dev", True)
    ]


def test_no_data_directory_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path, ReadOptions(format="kaldi"))
    assert caught.value.code == "E_MISSING"
    assert find_format(write_dir(tmp_path, {"wav.scp": ""})).name == "kaldi"


lines = broken_lines([b"u1 ", b"u1 a.wav\n", b"rec ", b"u1 rec 0 1\n", b"u2 x\n", b"|", b":1"])


@settings(deadline=None, max_examples=80)
@given(lines, lines, lines, lines)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    recordings: bytes,
    texts: bytes,
    segments: bytes,
    speakers: bytes,
) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzzed-kaldi"
    write_dir(place, {"wav.scp": recordings, "text": texts, "utt2spk": speakers})
    (place / "segments").unlink(missing_ok=True)
    survive(place, "kaldi")
    survive(write_dir(place, {"segments": segments, "utt2dur": speakers}), "kaldi")
