"""Folders as they are walked, and what is sound in them."""

from pathlib import Path

import pytest
from reader_material import write_tree

from w2vctc.corpus.tree import SoundFolder, is_sound, list_sounds, show_path, split_name, walk_files


@pytest.mark.parametrize(
    ("name", "parts", "sound"),
    [
        ("a.wav", ("a", ".wav"), True),
        ("a.b.FLAC", ("a.b", ".FLAC"), True),
        ("a", ("a", ""), False),
        (".wav", (".wav", ""), False),
        ("a.txt", ("a", ".txt"), False),
        ("film.mp4", ("film", ".mp4"), True),
    ],
)
def test_sound_is_told_by_the_last_suffix(name: str, parts: tuple[str, str], sound: bool) -> None:
    assert split_name(name) == parts
    assert is_sound(name) is sound


def test_folders_come_before_what_is_in_them_and_hidden_ones_not_at_all(tmp_path: Path) -> None:
    names = ["b/2.wav", "b/1.wav", "a/x/3.wav", "z.txt", ".git/4.wav", "b/._1.wav"]
    write_tree(tmp_path, dict.fromkeys(names, ""))
    walked = [
        (folder.relative_to(tmp_path).as_posix(), files) for folder, files in walk_files(tmp_path)
    ]
    assert walked == [
        (".", ["z.txt"]),
        ("a", []),
        ("a/x", ["3.wav"]),
        ("b", ["1.wav", "2.wav"]),
    ]
    assert len(list(walk_files(tmp_path, max_folders=2))) == 2


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    unreadable: list[Path] = []
    assert not list(walk_files(tmp_path / "none", unreadable=unreadable))
    assert unreadable == [tmp_path / "none"]


def test_what_was_not_compressed_is_taken_first(tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(["a.mp3", "a.wav", "a.opus", "b.m4a", "a.txt"], ""))
    assert list_sounds(tmp_path) == {"a": "a.wav", "b": "b.m4a"}


def test_sounds_that_nobody_asked_for_are_left(tmp_path: Path) -> None:
    write_tree(tmp_path, dict.fromkeys(["a.wav", "B.flac", "c.wav"], ""))
    sounds = SoundFolder(tmp_path)
    assert sounds.take("a") == tmp_path / "a.wav"
    assert sounds.take("b") == tmp_path / "b.flac"  # as it was asked for
    assert sounds.take("d") is None
    assert sounds.list_rest() == [tmp_path / "c.wav"]


def test_a_path_is_shown_on_one_line() -> None:
    assert show_path(Path("a b/ç.wav")) == "a b/ç.wav"
    assert show_path(Path("a\nb\udcff.wav")) == r"a\nb\udcff.wav"
