"""Who trains, who chooses, who judges: what is never shared, whatever the data looks like."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.corpus.splits import Division, SplitBy, name_split, split_rows
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError


def make_row(number: int, text: str, speaker: str = "", audio: str = "") -> Utterance:
    return Utterance(
        id=str(number),
        audio=Path(audio or f"{number}.wav"),
        text=text,
        speaker=speaker,
        source=f"all.tsv:{number + 2}",
    )


def divide(rows: Sequence[Utterance], by: SplitBy = "auto", **options: object) -> Division:
    return split_rows(rows, normalize=str.lower, by=by, **options)  # type: ignore[arg-type]


def count_splits(division: Division) -> Counter[str]:
    return Counter(row.split for row in division.rows)


def find_shared(division: Division, key: str) -> set[str]:
    sides: dict[str, set[str]] = defaultdict(set)
    for row in division.rows:
        value = str(getattr(row, key)).lower()
        if value:
            sides[value].add(row.split)
    return {value for value, splits in sides.items() if len(splits) > 1}


@st.composite
def many_rows(draw: st.DrawFn) -> list[Utterance]:
    n_rows = draw(st.integers(1, 60))
    texts = draw(st.lists(st.sampled_from("aAbBcdefghij"), min_size=n_rows, max_size=n_rows))
    voices = draw(st.lists(st.sampled_from(["", *"xyz"]), min_size=n_rows, max_size=n_rows))
    files = draw(st.lists(st.integers(0, 30), min_size=n_rows, max_size=n_rows))
    one_each = draw(st.booleans())
    return [
        make_row(n, text + (str(n) if one_each else ""), voice, f"{file}.wav")
        for n, (text, voice, file) in enumerate(zip(texts, voices, files, strict=True))
    ]


@given(rows=many_rows(), seed=st.integers(0, 3), by=st.sampled_from(["auto", "sentence"]))
def test_no_sentence_is_on_two_sides_and_no_row_is_lost_unsaid(
    rows: list[Utterance], seed: int, by: SplitBy
) -> None:
    division = divide(rows, by, seed=seed)
    assert not find_shared(division, "text")
    if division.parts_speakers:
        assert not find_shared(division, "speaker")
    left_out = [fault.utterance.id for fault in division.left_out if fault.utterance]
    assert sorted([row.id for row in division.rows] + left_out) == sorted(row.id for row in rows)
    counts = count_splits(division)
    assert counts["train"]
    n_sentences = len({row.text.lower() for row in rows})
    assert bool(counts["dev"]) == (n_sentences > 1)


@given(rows=many_rows(), by=st.sampled_from(["speaker", "both"]))
def test_demanded_ways_part_speakers_and_sentences_or_refuse(
    rows: list[Utterance], by: SplitBy
) -> None:
    try:
        division = divide(rows, by)
    except DataError as error:
        assert error.code == "E_SPLIT"
        return
    assert division.parts_speakers
    assert not find_shared(division, "text")
    assert not find_shared(division, "speaker")
    assert by == "speaker" or not division.left_out
    assert count_splits(division)["train"]
    assert count_splits(division)["dev"]


@given(rows=many_rows(), seed=st.integers(0, 3))
def test_neither_the_order_of_rows_nor_their_place_decides(
    rows: list[Utterance], seed: int
) -> None:
    one = divide(rows)
    moved = [make_row(int(r.id), r.text, r.speaker, f"/far/away/{r.audio}") for r in rows]
    random.Random(seed).shuffle(moved)
    other = divide(moved)
    assert {row.id: row.split for row in one.rows} == {row.id: row.split for row in other.rows}
    assert one.note == other.note


def test_measured_durations_change_nothing_unless_they_are_asked_for() -> None:
    rows = [make_row(n, f"phrase {n}") for n in range(100)]
    measured = [Utterance(**{**vars(row), "duration_s": 1.0 + n % 7}) for n, row in enumerate(rows)]
    by_text = {row.id: row.split for row in divide(rows).rows}
    assert {row.id: row.split for row in divide(measured).rows} == by_text
    weighed = divide(measured, weigh=lambda row: row.duration_s or 0.0)
    assert {row.id: row.split for row in weighed.rows} != by_text


def test_another_seed_is_another_division() -> None:
    rows = [make_row(n, f"phrase {n}") for n in range(100)]
    assert divide(rows, seed=0).rows == divide(rows, seed=0).rows
    assert divide(rows, seed=0).rows != divide(rows, seed=1).rows


def test_speakers_with_texts_of_their_own_are_parted_and_nothing_is_lost() -> None:
    rows = [make_row(n, f"phrase {n}", f"speaker {n % 20}") for n in range(1000)]
    division = divide(rows)
    assert not find_shared(division, "speaker")
    assert not division.left_out
    assert count_splits(division) == {"train": 800, "dev": 100, "test": 100}
    assert division.note == (
        "divided into train, dev and test (a tenth each for dev and test, at most 60 min);"
        " no sentence and no speaker is shared"
    )


def test_a_few_common_sentences_are_left_out_where_they_would_stand_twice() -> None:
    own = [make_row(n, f"phrase {n}", f"speaker {n % 20}") for n in range(1000)]
    common = [make_row(1000 + n, f"greeting {n % 3}", f"speaker {n % 20}") for n in range(60)]
    division = divide([*own, *common])
    assert not find_shared(division, "speaker")
    assert not find_shared(division, "text")
    assert 0 < len(division.left_out) <= 20
    fault = division.left_out[0]
    assert fault.code == "E_SPLIT_OVERLAP"
    assert fault.utterance is not None
    text = fault.utterance.text
    assert fault.message == f"{fault.source}: {text!r} is said in another split too"
    assert f"{len(division.left_out)} rows whose sentence stands in another split" in division.note


def test_where_all_read_the_same_prompts_speakers_are_shared_and_that_is_said() -> None:
    rows = [
        make_row(100 * voice + prompt, f"prompt {prompt}", f"speaker {voice}")
        for voice in range(10)
        for prompt in range(100)
    ]
    division = divide(rows)
    assert not division.parts_speakers
    assert not division.left_out
    assert not find_shared(division, "text")
    assert count_splits(division) == {"train": 800, "dev": 100, "test": 100}
    assert division.note.endswith("no sentence is shared, 10 of 10 speakers are")


def test_the_same_prompts_can_be_divided_by_speaker_at_a_price() -> None:
    rows = [
        make_row(100 * voice + prompt, f"prompt {prompt}", f"speaker {voice}")
        for voice in range(10)
        for prompt in range(100)
    ]
    division = divide(rows, "speaker")
    assert not find_shared(division, "speaker")
    assert not find_shared(division, "text")
    assert len(division.left_out) > 200
    with pytest.raises(DataError, match="hang together by speakers and sentences") as caught:
        divide(rows, "both")
    assert caught.value.code == "E_SPLIT"


@pytest.mark.parametrize("by", ["speaker", "both"])
def test_speakers_nobody_named_cannot_be_parted(by: SplitBy) -> None:
    with pytest.raises(DataError, match="no row names a speaker"):
        divide([make_row(n, f"phrase {n}") for n in range(10)], by)


def test_three_rows_of_one_speaker_give_one_row_to_each_split() -> None:
    division = divide([make_row(n, f"phrase {n}", "Anna") for n in range(3)])
    assert count_splits(division) == {"train": 1, "dev": 1, "test": 1}


@pytest.mark.parametrize(("n_rows", "splits"), [(1, {"train": 1}), (2, {"train": 1, "dev": 1})])
def test_the_first_row_trains_and_the_second_chooses(n_rows: int, splits: dict[str, int]) -> None:
    assert count_splits(divide([make_row(n, f"phrase {n}") for n in range(n_rows)])) == splits


def test_one_phrase_said_over_and_over_all_trains() -> None:
    assert count_splits(divide([make_row(n, "Bon dia") for n in range(50)])) == {"train": 50}


def test_pieces_of_many_recordings_stay_together() -> None:
    rows = [make_row(n, f"phrase {n}", "", f"tape {n % 20}.mp4") for n in range(600)]
    division = divide(rows)
    assert division.parts_speakers
    assert not find_shared(division, "audio")
    assert "no sentence and no recording is shared" in division.note


def test_pieces_of_few_recordings_are_parted() -> None:
    rows = [make_row(n, f"phrase {n}", "", f"tape {n % 3}.mp4") for n in range(600)]
    division = divide(rows)
    assert len(find_shared(division, "audio")) == 3
    assert division.note.endswith("no sentence is shared; who speaks is not known")


def test_sizes_in_minutes_are_met() -> None:
    rows = [make_row(n, f"phrase {n}", f"speaker {n % 50}") for n in range(2000)]
    division = divide(rows, minutes={"dev": 10.0, "test": 5.0}, weigh=lambda _: 3.0)
    counts = count_splits(division)
    assert 190 <= counts["dev"] <= 220  # of 3 s each
    assert 80 <= counts["test"] <= 120  # no half speakers: 40 rows each
    assert "(dev 10 min, test 5 min wanted)" in division.note


def test_no_test_rows_where_none_are_wanted() -> None:
    rows = [make_row(n, f"phrase {n}") for n in range(100)]
    assert set(count_splits(divide(rows, minutes={"test": 0.0}))) == {"train", "dev"}


def test_more_dev_than_there_is_sound_is_a_quarter_and_that_is_said() -> None:
    rows = [make_row(n, f"phrase {n}") for n in range(100)]
    division = divide(rows, minutes={"dev": 600.0}, weigh=lambda _: 3.0)
    assert 20 <= count_splits(division)["dev"] <= 28
    assert "no more than a quarter of the sound for dev" in division.note


def test_an_hour_of_dev_is_enough_by_default() -> None:
    rows = [make_row(n, f"phrase {n}") for n in range(3000)]
    division = divide(rows, weigh=lambda _: 36.0)
    assert 95 <= count_splits(division)["dev"] <= 110


def test_blank_transcripts_are_not_one_sentence() -> None:
    blank = [make_row(n, "", f"speaker {n % 20}") for n in range(100)]
    spoken = [make_row(100 + n, f"phrase {n}", f"speaker {n % 20}") for n in range(900)]
    division = divide([*blank, *spoken])
    assert division.parts_speakers
    assert not division.left_out


@pytest.mark.parametrize(
    ("name", "split"),
    [("train-clean-100", "train"), ("dev_other", "dev"), ("Validation", "dev"), ("clips", "")],
)
def test_split_of_a_name(name: str, split: str) -> None:
    assert name_split(name) == split
