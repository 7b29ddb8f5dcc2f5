"""Which rows CTC can learn from, and the reason given for each one that it cannot."""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st
from speech_material import make_babble, write_wav

from w2vctc.corpus.checks.durations import measure_rows
from w2vctc.corpus.checks.rows import (
    CheckedRows,
    check_references,
    check_rows,
    count_needed_frames,
    refuse_faults,
    render_rejected,
)
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.vocab import Vocabulary


@pytest.fixture
def row(tmp_path: Path) -> Callable[..., Utterance]:
    """A function that makes a row with its recording; the text decides nothing but the text."""

    def make(text: str, *, duration_s: float = 1.0, name: str = "a", **fields: Any) -> Utterance:
        path = tmp_path / f"{name}.wav"
        write_wav(path, make_babble(duration_s=duration_s))
        return Utterance(name, path, text, source=f"train.tsv:{len(name)}", **fields)

    return make


@pytest.fixture
def check(tiny_vocabulary: Vocabulary) -> Callable[..., CheckedRows]:
    """check_rows with frames of 20 ms and a normalizer that lowers the case."""

    def run(*rows: Utterance, **options: Any) -> CheckedRows:
        return check_rows(
            rows,
            normalize=lambda text: " ".join(text.lower().replace(".", " ").split()),
            encode=tiny_vocabulary.encode,
            count_frames=lambda n_samples: n_samples // 320,
            **options,
        )

    return run


Row = Callable[..., Utterance]
Check = Callable[..., CheckedRows]


def test_a_good_row_is_kept_with_its_normalized_text_and_duration(row: Row, check: Check) -> None:
    checked = check(row("Bon dia."))
    assert not checked.faults
    assert [(kept.text, kept.duration_s) for kept in checked.kept] == [("bon dia", 1.0)]
    assert (checked.kept_s, checked.rejected_s) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("text", "duration_s", "fault"),
    [
        ("", 1.0, ("E_EMPTY_TEXT", "nothing is left of the transcript ''")),
        (" ... ", 1.0, ("E_EMPTY_TEXT", "nothing is left of the transcript ' ... '")),
        ("bon [UNK] dia", 1.0, ("E_RESERVED", "the transcript holds the literal '[UNK]'")),
        ("a|b", 1.0, ("E_RESERVED", "the transcript holds the literal '|'")),
        ("a" * 10_001, 1.0, ("E_TOO_LONG_TEXT", "a transcript of 10,001 characters")),
        ("a", 0.0199, ("E_TOO_SHORT", "0.020 s is shorter than one encoder frame")),
        ("a", 30.02, ("E_TOO_LONG", "30.02 s is over the limit of 30 s")),
        (
            "hello",
            0.1,
            ("E_INFEASIBLE", "the transcript needs 6 frames, its 0.10 s of sound give 5"),
        ),
    ],
)
def test_each_fault_of_text_and_length_has_its_code(
    row: Row, check: Check, text: str, duration_s: float, fault: tuple[str, str]
) -> None:
    checked = check(row(text, duration_s=duration_s))
    code, message = fault
    assert [(one.code, one.message) for one in checked.faults] == [
        (code, f"train.tsv:1: {message}")
    ]
    assert not checked.kept


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [("hello", 0.12), ("helo", 0.08), ("a", 0.02), ("a", 30.0), ("a " * 5_000, 200.0)],
)
def test_rows_at_the_limit_are_kept(row: Row, check: Check, text: str, duration_s: float) -> None:
    assert check(row(text, duration_s=duration_s), max_duration_s=max(30.0, duration_s)).kept


def test_the_limit_of_length_can_be_set(row: Row, check: Check) -> None:
    assert check(row("a", duration_s=2.0), max_duration_s=1.5).faults[0].code == "E_TOO_LONG"


def test_a_file_s_fault_is_the_row_s_fault(row: Row, check: Check, tmp_path: Path) -> None:
    good = row("bon dia")
    rows = [
        Utterance("none", tmp_path / "none.wav", "x", source="train.tsv:2"),
        good,
        Utterance("empty", tmp_path / "empty.wav", "x", source="train.tsv:4"),
    ]
    rows[2].audio.touch()
    checked = check(*rows)
    assert [fault.code for fault in checked.faults] == ["E_MISSING", "E_EMPTY"]
    assert checked.faults[0].message == f"train.tsv:2: {rows[0].audio}: no such file or directory"
    assert [kept.id for kept in checked.kept] == ["a"]


def test_a_sample_that_is_no_number_is_found_before_training(tmp_path: Path, check: Check) -> None:
    waveform = make_babble(duration_s=1.0)
    waveform[700] = np.nan
    soundfile.write(tmp_path / "a.wav", waveform, 16_000, subtype="FLOAT")
    checked = check(Utterance("a", tmp_path / "a.wav", "x", source="train.tsv:2"))
    assert [fault.code for fault in checked.faults] == ["E_NONFINITE"]


def test_an_utterance_is_as_long_as_its_piece(row: Row) -> None:
    for start_s, end_s, duration_s in ((0.0, None, 1.0), (0.25, 0.75, 0.5), (0.25, 1.07, 0.75)):
        measured = measure_rows([row("x", start_s=start_s, end_s=end_s)])[0].utterance
        assert isinstance(measured, Utterance)
        assert measured.duration_s == duration_s


def test_a_piece_that_ends_behind_the_recording_is_told_with_both_lengths(row: Row) -> None:
    for start_s, end_s, piece in ((0.5, 1.2, "0.50 s to 1.20 s"), (1.0, None, "1.00 s to its end")):
        fault = measure_rows([row("x", start_s=start_s, end_s=end_s)])[0].error
        assert isinstance(fault, Fault)
        assert fault.code == "E_BEYOND"
        assert fault.message.endswith(f"a.wav: it is 1.00 s long, and the piece is {piece}")


def test_many_rows_keep_their_order(row: Row) -> None:
    rows = [row("x", duration_s=0.1 + i / 100, name=f"n{i}") for i in range(40)]
    measured = [one.error or one.utterance for one in measure_rows(rows)]
    assert [one.id for one in measured if isinstance(one, Utterance)] == [one.id for one in rows]


def test_a_reference_may_be_empty_or_long_but_not_reserved(row: Row) -> None:
    rows = [row("...", name="a"), row("x" * 20_000, name="bb"), row("<s> x", name="ccc")]
    checked = check_references(rows, normalize=lambda text: text.strip("."))
    assert [kept.text for kept in checked.kept] == ["", "x" * 20_000]
    assert [fault.message for fault in checked.faults] == [
        "train.tsv:3: the transcript holds the literal '<s>'"
    ]


# --- how the faults are told


def make_faults(*codes: str) -> tuple[Fault, ...]:
    return tuple(
        Fault(code, f"train.tsv:{i}: it is {code}", Utterance(f"u{i}", Path("a.wav"), "x"))
        for i, code in enumerate(codes, start=2)
    )


def test_nothing_is_refused_without_faults() -> None:
    refuse_faults(CheckedRows((), ()), hint="")


def test_faults_are_counted_by_reason_and_the_first_are_shown() -> None:
    kept = (Utterance("k", Path("k.wav"), "x"),)
    faults = make_faults("E_TRUNCATED", *["E_EMPTY"] * 6)
    with pytest.raises(DataError) as caught:
        refuse_faults(CheckedRows(kept, faults), hint="mend them")
    assert caught.value.message == (
        "7 of 8 rows cannot be used (E_EMPTY 6, E_TRUNCATED 1):\n"
        "  train.tsv:2: it is E_TRUNCATED [E_TRUNCATED]\n"
        "  train.tsv:3: it is E_EMPTY [E_EMPTY]\n"
        "  train.tsv:4: it is E_EMPTY [E_EMPTY]\n"
        "  train.tsv:5: it is E_EMPTY [E_EMPTY]\n"
        "  train.tsv:6: it is E_EMPTY [E_EMPTY]\n"
        "  and 2 more"
    )
    assert (caught.value.hint, caught.value.code) == ("mend them", "E_EMPTY")


def test_missing_files_are_all_listed() -> None:
    faults = make_faults(*["E_EMPTY"] * 6, *["E_MISSING"] * 20)
    with pytest.raises(DataError) as caught:
        refuse_faults(CheckedRows((), faults), hint="")
    assert caught.value.message.count("it is E_MISSING") == 20
    assert caught.value.message.endswith("\n  and 1 more")


def test_rejected_rows_are_a_table_of_one_line_each() -> None:
    utterance = Utterance("u", Path("a.wav"), "two\nlines\tand a tab", source="train.tsv:2")
    assert render_rejected([Fault("E_EMPTY", "train.tsv:2: it is empty", utterance)]) == (
        "source\tid\tcode\tmessage\ttext\n"
        "train.tsv:2\tu\tE_EMPTY\ttrain.tsv:2: it is empty\ttwo lines and a tab\n"
    )


# --- frames


def collapse(frames: Sequence[int]) -> list[int]:
    """What CTC reads in a path: repeats merged, then blanks (0) out."""
    return [label for label, _ in itertools.groupby(frames) if label]


def shortest_path(labels: Sequence[int]) -> int:
    """By trying all paths over two labels and the blank."""
    return next(
        n_frames
        for n_frames in range(2 * len(labels) + 1)
        for frames in itertools.product(range(3), repeat=n_frames)
        if collapse(frames) == list(labels)
    )


@pytest.mark.parametrize(
    "labels", [path for n in range(5) for path in itertools.product((1, 2), repeat=n)]
)
def test_needed_frames_are_those_of_the_shortest_path(labels: tuple[int, ...]) -> None:
    assert count_needed_frames(labels) == shortest_path(labels)


@given(st.lists(st.integers(1, 3)))
def test_needed_frames_do_not_depend_on_the_direction(labels: list[int]) -> None:
    assert count_needed_frames(labels) == count_needed_frames(labels[::-1])
