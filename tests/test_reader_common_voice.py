"""Release folders of Common Voice."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reader_material import broken_lines, list_faults, list_rows, read_as, survive, write_tree

from w2vctc.corpus.corpus import read_corpus
from w2vctc.corpus.formats import ReadOptions
from w2vctc.errors import DataError

HEADING = "client_id\tpath\tsentence\tup_votes\tlocale\n"


def row(clip: str, text: str) -> str:
    return f"c0ffee\t{clip}\t{text}\t2\tca\n"


def write_release(folder: Path, **tables: str) -> Path:
    """A release with the tables, by name, and a clip."""
    files = {f"{name}.tsv": HEADING + rows for name, rows in tables.items()}
    return write_tree(folder, {**files, "clips/a.mp3": ""})


def test_train_dev_and_test_are_read_and_validated_is_left(tmp_path: Path) -> None:
    write_release(
        tmp_path,
        train=row("a.mp3", "bon dia"),
        dev=row("b.mp3", "bona nit"),
        test=row("c.mp3", "adéu"),
        validated=row("a.mp3", "bon dia") + row("d.mp3", "gràcies"),
        invalidated=row("e.mp3", "res"),
    )
    corpus = read_as(tmp_path, "common_voice")
    assert list_rows(corpus) == [
        ("clips/a.mp3", "bon dia", "train"),
        ("clips/b.mp3", "bona nit", "dev"),
        ("clips/c.mp3", "adéu", "test"),
    ]
    assert not corpus.faults
    first = corpus.utterances[0]
    assert (first.id, first.speaker, first.source) == ("a.mp3", "c0ffee", "train.tsv:2")
    assert first.extra == {"up_votes": "2", "locale": "ca"}


@pytest.mark.parametrize("tables", [{}, {"train": "", "dev": "", "test": "\n"}])
def test_without_rows_in_the_splits_validated_is_read(
    tmp_path: Path, tables: dict[str, str]
) -> None:
    write_release(tmp_path, validated=row("a.mp3", "bon dia"), **tables)
    assert list_rows(read_as(tmp_path, "common_voice")) == [("clips/a.mp3", "bon dia", "")]


def test_a_dev_table_of_a_heading_alone_is_no_fault(tmp_path: Path) -> None:
    corpus = read_as(write_release(tmp_path, train=row("a.mp3", "x"), dev=""), "common_voice")
    assert (corpus.splits, corpus.faults) == (("train",), ())


@pytest.mark.parametrize("below", ["ca", "cv-corpus-21.0/ca"])
def test_the_language_may_lie_below(tmp_path: Path, below: str) -> None:
    write_release(tmp_path / below, train=row("a.mp3", "bon dia"))
    (found,) = read_as(tmp_path, "common_voice").utterances
    assert found.audio == tmp_path / below / "clips" / "a.mp3"


def test_of_several_languages_one_is_asked_for(tmp_path: Path) -> None:
    for language in ("ca", "oc"):
        write_release(tmp_path / language, train=row("a.mp3", "x"))
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path)
    assert caught.value.code == "E_LANGUAGE"
    assert caught.value.message == f"{tmp_path}: several languages (ca, oc)"
    assert str(tmp_path / "ca") in caught.value.hint


def test_one_table_of_a_release_can_be_given(tmp_path: Path) -> None:
    write_release(tmp_path, train=row("a.mp3", "x"), other=row("b.mp3", "y"))
    corpus = read_as(tmp_path / "other.tsv", "common_voice")
    assert [(row.audio, row.split) for row in corpus.utterances] == [
        (tmp_path / "clips" / "b.mp3", "")
    ]


def test_unbalanced_quotes_swallow_no_rows(tmp_path: Path) -> None:
    rows = row("a.mp3", '"Vine, digué') + row("b.mp3", 'ell"') + row("c.mp3", "fi")
    corpus = read_as(write_release(tmp_path, train=rows), "common_voice")
    assert [row.text for row in corpus.utterances] == ['"Vine, digué', 'ell"', "fi"]


def test_declared_durations_come_in_seconds(tmp_path: Path) -> None:
    write_release(tmp_path, train=row("a.mp3", "x") + row("b.mp3", "y"))
    write_tree(tmp_path, {"clip_durations.tsv": "clip\tduration[ms]\na.mp3\t3456\nz.mp3\tlong\n"})
    corpus = read_as(tmp_path, "common_voice")
    assert [row.extra.get("duration_s") for row in corpus.utterances] == ["3.456", None]
    assert list_faults(corpus) == [
        (
            "E_ROW",
            "clip_durations.tsv:3: 'z.mp3\\tlong' is no clip with its milliseconds",
        )
    ]


def test_a_broken_row_and_a_broken_table_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    write_release(tmp_path, train=row("a.mp3", "x") + "c0ffee\tb.mp3\n", dev=row("c.mp3", "y"))
    write_tree(tmp_path, {"test.tsv": HEADING.encode() + b"c0ffee\td.mp3\t\xe7\t2\tca\n"})
    corpus = read_as(tmp_path, "common_voice")
    assert [row.text for row in corpus.utterances] == ["x", "y"]
    assert [(fault.code, fault.is_fatal) for fault in corpus.faults] == [
        ("E_ROW", False),
        ("E_ENCODING", True),
    ]
    assert corpus.faults[0].message.startswith("train.tsv:3: 2 columns where the heading has 5")


def test_the_only_table_cannot_be_read(tmp_path: Path) -> None:
    write_release(tmp_path)
    write_tree(tmp_path, {"train.tsv": HEADING.encode() + b"c0ffee\td.mp3\t\xe7\t2\tca\n"})
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path)
    assert caught.value.code == "E_ENCODING"
    assert caught.value.message == f"{tmp_path / 'train.tsv'}: byte 53 (0xe7) is not UTF-8"


def test_a_folder_that_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read_corpus(tmp_path, ReadOptions(format="common_voice"))
    assert caught.value.code == "E_MISSING"


lines = broken_lines([b"client_id\tpath\tsentence\n", b"c\ta.mp3\tx\n", b"a.mp3\t12\n"])


@settings(deadline=None, max_examples=60)
@given(lines, lines, st.booleans())
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, rows: bytes, durations: bytes, headed: bool
) -> None:
    place = tmp_path_factory.getbasetemp() / "fuzzed-common-voice"
    heading = HEADING.encode() if headed else b""
    write_tree(place, {"clips/a.mp3": "", "train.tsv": heading + rows})
    write_tree(place, {"clip_durations.tsv": durations, "dev.tsv": HEADING.encode() + durations})
    survive(place, "common_voice")
