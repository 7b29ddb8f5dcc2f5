"""Rows made ready for a manifest: splits kept or made, ids that differ, sound of their own."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.corpus.preparation.division import divide_rows, settle_ids
from w2vctc.corpus.splits import Division
from w2vctc.corpus.utterance import Utterance


def make_row(number: int, split: str = "", text: str = "") -> Utterance:
    return Utterance(
        id=str(number),
        audio=Path(f"/nowhere/{number}.wav"),
        text=text or f"phrase {number}",
        split=split,
        duration_s=2.0,
        source=f"all.tsv:{number}",
    )


def divide(rows: list[Utterance], *, keeps_own: bool = True) -> Division:
    return divide_rows(rows, normalize=str.lower, keeps_own=keeps_own)


def test_data_that_names_dev_keeps_its_splits_and_rows_without_one_train() -> None:
    rows = [make_row(1, "train"), make_row(2, "dev"), make_row(3)]
    division = divide(rows)
    assert [row.split for row in division.rows] == ["train", "dev", "train"]
    assert division.note == "kept the data's own splits train, dev"


def test_what_the_data_s_own_splits_share_is_said() -> None:
    rows = [make_row(1, "train", "Bon dia"), make_row(2, "dev", "bon dia"), make_row(3, "dev")]
    rows = [replace(row, speaker="Anna") for row in rows]
    assert divide(rows).note == (
        "kept the data's own splits train, dev; shared between them: 1 sentence, 1 speaker"
        " (--resplit divides all rows anew)"
    )


def test_data_without_dev_keeps_its_test_rows() -> None:
    rows = [*(make_row(n, "train") for n in range(30)), make_row(99, "test")]
    division = divide(rows)
    assert [row.id for row in division.rows if row.split == "test"] == ["99"]
    assert len([row for row in division.rows if row.split == "dev"]) == 3


def test_all_rows_can_be_divided_anew() -> None:
    rows = [make_row(n, "test") for n in range(30)]
    division = divide(rows, keeps_own=False)
    assert {row.split for row in division.rows} == {"train", "dev", "test"}


def test_the_same_sound_stays_in_one_split_alone(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / name).write_bytes(b"the same bytes")
    rows = [
        replace(make_row(1, "train"), audio=tmp_path / "a.wav"),
        replace(make_row(2, "dev"), audio=tmp_path / "b.wav"),
        make_row(3, "train"),
    ]
    division = divide(rows)
    assert [row.id for row in division.rows] == ["2", "3"]
    (fault,) = division.left_out
    assert fault.code == "E_LEAK"
    assert fault.message.startswith("all.tsv:1: the same sound as all.tsv:2 in dev")


@given(ids=st.lists(st.text("ab-2\t\n\udce9 ", max_size=3)))
def test_ids_differ_and_fit_into_a_table(ids: list[str]) -> None:
    rows = [replace(make_row(0, "train"), id=id) for id in ids]
    settled = [row.id for row in settle_ids(rows)]
    assert len(set(settled)) == len(rows)
    for id in settled:
        assert id.strip()
        assert not set(id) & set("\t\n\r\0")
        id.encode("utf-8")


@pytest.mark.parametrize(
    ("ids", "settled"), [(["a", "a", "b"], ["a", "a-2", "b"]), (["", ""], ["row", "row-2"])]
)
def test_ids_that_stand_twice_are_counted(ids: list[str], settled: list[str]) -> None:
    rows = [replace(make_row(0, "train"), id=id) for id in ids]
    assert [row.id for row in settle_ids(rows)] == settled
