"""LibriSpeech's folders and those of Multilingual LibriSpeech."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from reader_material import broken_lines, list_faults, list_rows, read_as, survive, write_tree

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.errors import DataError

CHAPTER = "84/7/84-7.trans.txt"


def test_chapters_of_librispeech(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "README.TXT": "",
            f"train-clean-100/{CHAPTER}": "84-7-0000 UNA LLUM\n84-7-0001 DUES LLUMS\n",
            "train-clean-100/84/7/84-7-0000.flac": "",
            "train-clean-100/84/7/84-7-0001.flac": "",
            "dev-clean/61/3/61-3.trans.txt": "61-3-0000 TRES\n",
            "dev-clean/61/3/61-3-0000.flac": "",
        },
    )
    corpus = read_as(tmp_path, "librispeech")
    assert list_rows(corpus) == [
        ("dev-clean/61/3/61-3-0000.flac", "TRES", "dev"),
        ("train-clean-100/84/7/84-7-0000.flac", "UNA LLUM", "train"),
        ("train-clean-100/84/7/84-7-0001.flac", "DUES LLUMS", "train"),
    ]
    assert not corpus.faults
    last = corpus.utterances[-1]
    assert (last.id, last.speaker) == ("84-7-0001", "84")
    assert last.source == f"train-clean-100/{CHAPTER}:2"


def test_the_folders_around_one_subset_may_be_given(tmp_path: Path) -> None:
    write_tree(
        tmp_path / "LibriSpeech" / "test-other",
        {CHAPTER: "84-7-0000 UNA\n", "84/7/84-7-0000.wav": ""},
    )
    for place, split in ((tmp_path, "test"), (tmp_path / "LibriSpeech" / "test-other", "")):
        assert [row.split for row in read_as(place, "librispeech").utterances] == [split]


def test_mls_has_a_table_for_each_split(tmp_path: Path) -> None:
    for split in ("train", "dev"):
        write_tree(
            tmp_path / split,
            {
                "transcripts.txt": "10_20_000000\tuna llum\n11_20_000001\tdues\n",
                "segments.txt": "10_20_000000\thttps://example.org/a.mp3\t0.0\t9.0\n",
                "audio/10/20/10_20_000000.flac": "",
                "audio/11/20/11_20_000001.opus": "",
            },
        )
    corpus = read_as(tmp_path, "librispeech")
    assert not corpus.faults
    assert list_rows(corpus)[2:] == [
        ("train/audio/10/20/10_20_000000.flac", "una llum", "train"),
        ("train/audio/11/20/11_20_000001.opus", "dues", "train"),
    ]
    assert [row.speaker for row in corpus.utterances] == ["10", "11", "10", "11"]


def test_lines_without_recording_and_recordings_without_line_are_listed(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            CHAPTER: "84-7-0000 UNA\n84-7-0001 DUES\n",
            "84/7/84-7-0000.flac": "",
            "84/7/84-7-0002.flac": "",
            "train/transcripts.txt": "1_2_3\tx\nodd\ty\n",
            "train/audio/1/2/1_2_4.flac": "",
        },
    )
    corpus = read_as(tmp_path, "librispeech")
    assert len(corpus.utterances) == 1
    assert list_faults(corpus) == [
        ("E_NO_AUDIO", f"{CHAPTER}:2: no recording '84-7-0001' in 84/7/"),
        ("E_NO_TEXT", "84/7/84-7-0002.flac: no transcript in 84-7.trans.txt"),
        ("E_NO_AUDIO", "train/transcripts.txt:1: no recording '1_2_3' in train/audio/1/2/"),
        ("E_NO_AUDIO", "train/transcripts.txt:2: no recording 'odd' in train/audio/"),
        ("E_NO_TEXT", "train/audio/1/2/1_2_4.flac: no transcript in transcripts.txt"),
    ]


def test_one_chapter_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            CHAPTER: b"84-7-0000 \xc7A\n",
            "85/7/85-7.trans.txt": "85-7-0000 UNA\n",
            "85/7/85-7-0000.flac": "",
        },
    )
    corpus = read_as(tmp_path, "librispeech")
    assert [row.id for row in corpus.utterances] == ["85-7-0000"]
    assert [(fault.code, fault.source, fault.is_fatal) for fault in corpus.faults] == [
        ("E_ENCODING", CHAPTER, True)
    ]


def test_an_id_that_climbs_is_only_a_missing_recording(tmp_path: Path) -> None:
    write_tree(tmp_path / "elsewhere", {"x.flac": ""})
    place = write_tree(
        tmp_path / "data",
        {"transcripts.txt": "../../elsewhere/x\ty\n/etc_a_b\tz\n", "audio/a.flac": ""},
    )
    corpus = read_corpus(place, ReadOptions(format="librispeech"))
    assert [fault.code for fault in corpus.faults] == ["E_NO_AUDIO", "E_NO_AUDIO", "E_NO_TEXT"]


def test_an_id_without_words_is_an_empty_transcript(tmp_path: Path) -> None:
    write_tree(tmp_path, {CHAPTER: "84-7-0000\n", "84/7/84-7-0000.flac": ""})
    assert list_rows(read_as(tmp_path, "librispeech")) == [("84/7/84-7-0000.flac", "", "")]


def test_a_folder_without_transcripts(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path, ReadOptions(format="librispeech"))
    assert caught.value.code == "E_MISSING"
    assert caught.value.message == (
        f"{tmp_path}: no *.trans.txt and no transcripts.txt in this folder"
    )


lines = broken_lines([b"84-7-0000 UNA\n", b"1_2_3\tx\n", b"_", b"1_.._3\tx\n", b"/_/_/\t"])


@settings(deadline=None, max_examples=60)
@given(lines, lines)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, chapter: bytes, table: bytes
) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzzed-librispeech"
    write_tree(place, {CHAPTER: chapter, "84/7/84-7-0000.flac": "", "dev/transcripts.txt": table})
    survive(write_tree(place, {"dev/audio/1/2/1_2_3.flac": ""}), "librispeech")
