"""Sound of any kind made into files of one kind: what is in them, and what is not made twice."""

import errno
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from speech_material import make_babble, write_wav

from w2vctc.corpus.preparation import clip_files, conversion
from w2vctc.corpus.preparation.clip_files import AudioKind, remove_strays
from w2vctc.corpus.preparation.conversion import (
    Converted,
    convert_pieces,
    convert_rows,
    encode_waveform,
)
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import MachineError
from w2vctc.files import stamp_file
from w2vctc.speech.audio import load_audio
from w2vctc.speech.remark import Remark


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with one recording of three seconds and one of one second."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    write_wav(folder / "long.wav", make_babble(duration_s=3.0, seed=1))
    write_wav(folder / "short.wav", make_babble(duration_s=1.0, seed=2))
    return folder


def make_rows(place: Path) -> list[Utterance]:
    long, short = place / "long.wav", place / "short.wav"
    return [
        Utterance("first", long, "u", 0.5, 1.25, split="train", source="a:1"),
        Utterance("whole", short, "dos", split="train", source="a:2"),
        Utterance("last", long, "tres", 2.0, None, split="dev", source="a:3"),
    ]


def convert(
    rows: Sequence[Utterance], place: Path, *, kind: AudioKind = "flac", n_jobs: int = 1
) -> Converted:
    return convert_rows(rows, place.parent / "out", kind=kind, place=place, n_jobs=n_jobs)


def list_files(folder: Path) -> dict[str, tuple[int, int]]:
    return {
        path.name: (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_pieces_become_files_with_the_same_sound(place: Path) -> None:
    rows = make_rows(place)
    converted = convert(rows, place)
    assert [row.id for row in converted.rows] == ["first", "whole", "last"]
    assert [row.duration_s for row in converted.rows] == [0.75, 1.0, 1.0]
    for row, made in zip(rows, converted.rows, strict=True):
        assert (made.start_s, made.end_s, made.text) == (0.0, None, row.text)
        assert made.audio.is_relative_to(place.parent / "out" / "audio")
        info = soundfile.info(made.audio)
        assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
        np.testing.assert_array_equal(made.load(), row.load())


def test_opus_is_as_long_and_sounds_alike(place: Path) -> None:
    row = make_rows(place)[1]
    (made,) = convert([row], place, kind="opus").rows
    assert soundfile.info(made.audio).subtype == "OPUS"
    before, after = row.load(), made.load()
    assert len(after) == len(before)
    assert np.corrcoef(before, after)[0, 1] > 0.9


def test_a_second_run_makes_nothing_again(place: Path) -> None:
    once = convert(make_rows(place), place)
    files = list_files(place.parent / "out")
    again = convert(make_rows(place), place)
    assert list_files(place.parent / "out") == files
    assert again == replace(once, n_reused=3)


def test_a_changed_recording_is_converted_again(place: Path) -> None:
    convert(make_rows(place), place)
    write_wav(place / "short.wav", make_babble(duration_s=1.0, seed=9))  # of the same size
    again = convert(make_rows(place), place)
    assert again.n_reused == 2
    np.testing.assert_array_equal(again.rows[1].load(), load_audio(place / "short.wav"))


def test_a_file_that_was_cut_is_made_again(place: Path) -> None:
    made = convert(make_rows(place), place).rows[1].audio
    status = made.stat()
    made.write_bytes(b"")
    os.utime(made, ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert convert(make_rows(place), place).n_reused == 2
    assert made.stat().st_size == status.st_size


def test_the_number_of_processes_changes_nothing(place: Path) -> None:
    rows = make_rows(place)
    other = place.parent / "elsewhere" / "recordings"
    other.parent.mkdir()
    place.rename(other)
    one = convert([replace(row, audio=other / row.audio.name) for row in rows], other)
    other.rename(place)
    two = convert(rows, place, n_jobs=2)
    names = [row.audio.relative_to(other.parent / "out") for row in one.rows]
    assert [row.audio.relative_to(place.parent / "out") for row in two.rows] == names
    assert [row.audio.read_bytes() for row in one.rows] == [
        row.audio.read_bytes() for row in two.rows
    ]


def test_a_bad_recording_is_a_fault_and_the_others_are_made(place: Path) -> None:
    (place / "bad.flac").write_bytes(b"fLaC" + bytes(200))
    rows = [
        Utterance("bad", place / "bad.flac", "no", split="train", source="a:9"),
        Utterance("gone", place / "gone.wav", "no", split="train", source="a:10"),
        *make_rows(place),
    ]
    converted = convert(rows, place)
    assert len(converted.rows) == 3
    assert [fault.utterance for fault in converted.faults] == rows[:2]
    assert converted.faults[0].message.startswith("a:9: ")
    assert converted.faults[1].code == "E_MISSING"


def die_at_bad(path: Path, pieces: Sequence[Any], report: Any) -> None:
    """A decoder that a certain file kills."""
    if path.name == "short.wav":
        os.kill(os.getpid(), 9)
    convert_pieces(path, pieces, report)


def test_a_decoder_that_dies_costs_its_own_file_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversion, "convert_pieces", die_at_bad)
    converted = convert(make_rows(place), place)
    assert [row.id for row in converted.rows] == ["first", "last"]
    (fault,) = converted.faults
    assert fault.code == "E_DECODE"
    assert "the decoder died (signal 9)" in fault.message


def test_a_recording_that_changes_while_it_is_read_is_not_kept(place: Path) -> None:
    piece = clip_files.plan_piece(
        make_rows(place)[1], place.parent / "out", "flac", place, (1, 1)
    )  # the state of the file as it was planned with, which it has no more
    told: list[object] = []
    convert_pieces(place / "short.wav", [piece], told.append)
    (remark,) = [one for one in told if one is not None]
    assert isinstance(remark, Remark)
    assert remark.code == "E_CHANGED"
    assert not piece.target.exists()


def test_a_full_disk_leaves_no_half_file_and_says_what_to_do(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill_up(_path: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    out = place.parent / "out"
    row = make_rows(place)[1]
    stamp = stamp_file(row.audio)
    piece = clip_files.plan_piece(row, out, "flac", place, stamp)
    told: list[Any] = []
    with monkeypatch.context() as context:
        context.setattr(Path, "write_bytes", fill_up)
        convert_pieces(row.audio, [piece], told.append)
    assert told[-1].code == "E_DISK"
    assert not list_files(out)

    def run_once(_function: object, _jobs: object, *, on_result: Any, **_: object) -> None:
        on_result(0, 0, told[-1])

    monkeypatch.setattr(conversion, "run_in_workers", run_once)
    with pytest.raises(MachineError, match="the disk is full") as caught:
        convert([row], place)
    assert "the same command goes on from here" in caught.value.hint
    assert caught.value.code == "E_DISK"


def test_sound_beyond_full_scale_is_made_quieter_not_clipped(tmp_path: Path) -> None:
    loud = 3 * make_babble(duration_s=0.5)
    assert np.abs(loud).max() > 0.5
    loud *= 2 / np.abs(loud).max()
    (tmp_path / "a.flac").write_bytes(encode_waveform(loud, "flac"))
    heard = load_audio(tmp_path / "a.flac")
    np.testing.assert_allclose(heard, loud / 2, atol=1e-4)


@pytest.mark.parametrize(
    ("id", "start"),
    [
        ("clips/a b.wav", "a_b-"),
        ("-rf ~", "rf-"),
        ("..", "clip-"),
        ("ñandú/日本", "clip-"),
        ("x" * 300, "x" * 60 + "-"),
        ("a\nb\udce9", "a_b-"),
    ],
)
def test_files_get_names_that_every_disk_and_shell_takes(place: Path, id: str, start: str) -> None:
    row = replace(make_rows(place)[1], id=id)
    target = clip_files.plan_piece(row, Path("out"), "flac", place, (1, 1)).target
    assert target.name.startswith(start)
    assert target.name.isascii()
    assert target.parent.name == target.stem[-10:][:2]


def test_rows_of_one_sound_get_files_of_their_own(place: Path) -> None:
    row = make_rows(place)[1]
    converted = convert([row, replace(row, id="whole/2"), replace(row, id="3/whole")], place)
    assert len({made.audio for made in converted.rows}) == 3


def test_only_leftovers_of_conversion_are_deleted(place: Path) -> None:
    out = place.parent / "out"
    converted = convert(make_rows(place), place)
    strays = [
        out / "audio" / "aa" / "old-0123456789.flac",
        out / "audio" / "aa" / ".old-0123456789.opus.x1.opus",
    ]
    own = [out / "audio" / "aa" / "mine.flac", out / "audio" / "clips" / "a-0123456789.flac"]
    for path in (*strays, *own):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert remove_strays(out, converted.rows) == 2
    assert all(path.exists() for path in own)
    assert all(row.audio.exists() for row in converted.rows)
    assert not any(path.exists() for path in strays)
