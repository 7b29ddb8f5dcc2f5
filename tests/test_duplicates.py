"""The same sound twice: by content, by time, and which row is at fault."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from speech_material import make_babble, write_wav

from w2vctc.corpus.checks.duplicates import find_same_sound, identify_contents, tell_same_sound
from w2vctc.corpus.utterance import Utterance


def row_of(path: Path, name: str, *, start_s: float = 0.0, **fields: object) -> Utterance:
    values = {"text": "x", "duration_s": 1.0, "source": f"{name}:1", **fields}
    return Utterance(name, path, start_s=start_s, **values)  # type: ignore[arg-type]


def write_clip(path: Path, seed: int) -> Path:
    write_wav(path, make_babble(duration_s=1.0, seed=seed))
    return path


def test_copies_and_links_are_the_same_and_others_of_that_size_are_not(tmp_path: Path) -> None:
    one = write_clip(tmp_path / "one.wav", 1)
    other = write_clip(tmp_path / "other.wav", 2)
    copy = Path(shutil.copy(one, tmp_path / "copy.wav"))
    link = tmp_path / "link.wav"
    link.symlink_to(one)
    hard = tmp_path / "hard.wav"
    os.link(one, hard)
    content = identify_contents([one, other, copy, link, hard, tmp_path / "gone.wav"])
    assert content[one] == content[copy] == content[link] == content[hard]
    assert content[other] != content[one]
    assert tmp_path / "gone.wav" not in content


def test_files_that_differ_in_one_byte_far_from_the_middle_are_not_the_same(tmp_path: Path) -> None:
    one = write_clip(tmp_path / "one.wav", 1)
    other = tmp_path / "other.wav"
    changed = bytearray(one.read_bytes())
    changed[-1] ^= 1
    other.write_bytes(changed)
    content = identify_contents([one, other])
    assert content[one] != content[other]


def test_a_file_of_its_own_size_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in "ab"]
    for size, path in enumerate(paths, start=1):
        path.write_bytes(b"x" * size)
    monkeypatch.setattr(Path, "open", lambda *_: pytest.fail("it was read"))
    assert len(identify_contents(paths)) == 2


@pytest.mark.parametrize(
    ("spans", "groups"),
    [
        ([(0, 1), (1, 1), (2, 1)], []),
        ([(0, 2), (1.1, 2)], []),  # share less than half
        ([(0, 2), (0.9, 2)], [[0, 1]]),
        ([(0, 10), (4, 1), (7, 1)], [[0, 1, 2]]),  # short ones inside a long one
        ([(5, 1), (0, 1), (5, 1)], [[0, 2]]),
    ],
)
def test_pieces_of_one_recording_are_the_same_by_their_times(
    tmp_path: Path, spans: list[tuple[float, float]], groups: list[list[int]]
) -> None:
    clip = write_clip(tmp_path / "a.wav", 1)
    rows = [
        row_of(clip, str(i), start_s=start, duration_s=length)
        for i, (start, length) in enumerate(spans)
    ]
    assert find_same_sound(rows) == groups


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8)), max_size=12))
def test_pieces_are_grouped_as_by_comparing_each_with_each(spans: list[tuple[int, int]]) -> None:
    rows = [
        row_of(Path(__file__), str(i), start_s=float(start), duration_s=float(length))
        for i, (start, length) in enumerate(spans)
    ]
    groups = {i: {i} for i in range(len(spans))}
    for i, (a, a_length) in enumerate(spans):
        for j, (b, b_length) in enumerate(spans):
            shared = min(a + a_length, b + b_length) - max(a, b)
            if 2 * shared > min(a_length, b_length):
                merged = groups[i] | groups[j]
                for member in merged:
                    groups[member] = merged
    expected = {frozenset(group) for group in groups.values() if len(group) > 1}
    assert {frozenset(group) for group in find_same_sound(rows)} == expected


def test_decoded_sound_joins_what_files_do_not(tmp_path: Path) -> None:
    rows = [row_of(write_clip(tmp_path / f"{i}.wav", i), str(i)) for i in range(3)]
    assert find_same_sound(rows, {0: "same", 1: "other", 2: "same"}) == [[0, 2]]


def test_rows_without_a_duration_are_compared_with_none(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a.wav", 1)
    assert find_same_sound([row_of(clip, "a"), row_of(clip, "b", duration_s=None)]) == []


def make_group(*rows: tuple[str, str, str]) -> list[Utterance]:
    return [row_of(Path("a.wav"), name, split=split, text=text) for name, split, text in rows]


def test_the_same_audio_twice_in_a_split_is_a_warning_about_all_but_the_first() -> None:
    faults = tell_same_sound(make_group(("b", "train", "hi"), ("a", "train", "hi ")))
    assert [(fault.code, fault.message) for fault in faults] == [
        ("W_DUP_AUDIO", "b:1: the same sound as a:1")
    ]


def test_the_same_audio_with_another_transcript_says_so() -> None:
    faults = tell_same_sound(make_group(("a", "train", "hi"), ("b", "train", "ho")))
    assert faults[0].message == "b:1: the same sound as a:1, with another transcript"


def test_the_same_audio_across_splits_is_a_leak_and_train_loses_it() -> None:
    group = make_group(("t1", "train", "x"), ("t2", "train", "x"), ("d", "dev", "x"))
    assert [(fault.code, fault.message) for fault in tell_same_sound(group)] == [
        ("E_LEAK", "t1:1: the same sound as d:1 in dev"),
        ("E_LEAK", "t2:1: the same sound as d:1 in dev"),
    ]


def test_test_keeps_its_rows_against_dev_and_a_copy_there_is_a_warning() -> None:
    group = make_group(("a", "test", "x"), ("b", "dev", "x"), ("c", "test", "x"))
    assert [(fault.code, fault.source) for fault in tell_same_sound(group)] == [
        ("W_DUP_AUDIO", "c:1"),
        ("E_LEAK", "b:1"),
    ]


def test_the_order_of_rows_decides_nothing() -> None:
    group = make_group(("a", "test", "x"), ("b", "dev", "x"), ("c", "", "y"), ("d", "train", "x"))
    assert tell_same_sound(group) == tell_same_sound(group[::-1])
