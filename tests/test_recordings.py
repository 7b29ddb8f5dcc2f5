"""Which recording an annotation file belongs to, wherever both have been moved since."""

from pathlib import Path

import pytest

from w2vctc.corpus.annotation.recordings import (
    MediaLink,
    Recordings,
    find_files,
    find_offset,
    has_files,
    link_name,
    resolve_link,
)
from w2vctc.errors import DataError


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def find(folder: Path, *links: str, or_only: bool = False) -> str:
    found = Recordings(folder).find(
        folder / "eaf" / "a.eaf", links=[MediaLink(path) for path in links], or_only=or_only
    )
    return found.relative_to(folder).as_posix()


@pytest.mark.parametrize(
    ("names", "links", "expected"),
    [
        (["eaf/a.wav"], [], "eaf/a.wav"),
        (["audio/a.wav"], [], "audio/a.wav"),
        (["eaf/a.mp4", "eaf/a.mp3", "eaf/a.wav"], [], "eaf/a.wav"),
        (["eaf/a.mp4", "eaf/a.mp3"], [], "eaf/a.mp3"),
        (["eaf/a.mp4", "audio/a.wav"], [], "eaf/a.mp4"),
        (["eaf/A.WAV"], [], "eaf/A.WAV"),
        (["eaf/tape 1.wav", "eaf/a.wav"], ["file:///C:/old/tape%201.wav"], "eaf/tape 1.wav"),
        (["eaf/tape.wav", "eaf/a.wav"], ["D:\\old\\tape.wav"], "eaf/tape.wav"),
        (["x/tape.wav", "eaf/a.wav"], ["/old/tape.wav"], "eaf/a.wav"),
        (["x/tape.wav", "x/a.wav"], ["/old/tape.wav"], "x/tape.wav"),
        (["x/tape.wav", "eaf/tape.wav"], ["../x/tape.wav"], "x/tape.wav"),
        (["eaf/cafe\u0301.wav"], ["caf\u00e9.wav"], "eaf/cafe\u0301.wav"),
        (["eaf/film.mp4", "eaf/film.wav"], ["./film.mp4", "./film.wav"], "eaf/film.wav"),
        (["eaf/x/a.wav", "z/a.wav"], [], "eaf/x/a.wav"),
    ],
)
def test_the_nearest_and_finest_recording_is_found(
    tmp_path: Path, names: list[str], links: list[str], expected: str
) -> None:
    touch(tmp_path, *names)
    assert find(tmp_path, *links) == expected


def test_two_recordings_as_near_are_both_named(tmp_path: Path) -> None:
    touch(tmp_path, "x/a.wav", "y/a.wav")
    with pytest.raises(DataError) as caught:
        find(tmp_path)
    assert caught.value.code == "E_NO_AUDIO"
    assert f"{tmp_path / 'x/a.wav'} or {tmp_path / 'y/a.wav'}?" in caught.value.message


def test_the_only_recording_is_taken_where_that_is_asked_for(tmp_path: Path) -> None:
    touch(tmp_path, "eaf/0001.wav", "z/0002.wav")
    assert find(tmp_path, or_only=True) == "eaf/0001.wav"
    with pytest.raises(DataError):
        find(tmp_path)


def test_a_link_that_no_disk_can_have_is_passed_over(tmp_path: Path) -> None:
    touch(tmp_path, "eaf/a.wav")
    assert find(tmp_path, "x" * 5000, "nul\0byte.wav", "file:", "") == "eaf/a.wav"


def test_beside_a_single_file_only_its_own_folder_is_searched(tmp_path: Path) -> None:
    touch(tmp_path, "eaf/a.eaf", "eaf/b.wav", "eaf/sub/a.wav", "a.wav")
    recordings = Recordings(tmp_path / "eaf" / "a.eaf")
    assert recordings.paths == (tmp_path / "eaf" / "b.wav",)


@pytest.mark.parametrize(
    ("url", "name", "path"),
    [
        ("file:///old/tape%201.wav", "tape 1.wav", "/old/tape 1.wav"),
        ("FILE:/old/tape.wav", "tape.wav", "/old/tape.wav"),
        ("./rec/tape.wav", "tape.wav", "/here/rec/tape.wav"),
        ("tape%201.wav", "tape%201.wav", "/here/tape%201.wav"),
    ],
)
def test_links_are_read_as_urls_or_as_paths(url: str, name: str, path: str) -> None:
    assert link_name(MediaLink(url)) == name
    assert resolve_link(MediaLink(url), Path("/here")) == Path(path)


def test_the_origin_is_that_of_the_link_the_recording_was_found_by() -> None:
    links = [MediaLink("/x/film.mp4", 2.5), MediaLink("/x/tape.wav", 7.0)]
    assert find_offset(Path("tape.wav"), links) == 7.0
    assert find_offset(Path("FILM.mp4"), links) == 2.5
    assert find_offset(Path("a.wav"), links) == 7.0  # renamed: of its kind
    assert find_offset(Path("a.mp3"), links) == 0.0  # cannot be told
    assert find_offset(Path("a.mp3"), links[:1]) == 2.5
    assert find_offset(Path("a.mp3"), []) == 0.0


def test_files_are_found_by_suffix_below_a_folder_in_order(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.eaf", "b/1.EAF", "a.eaf", "c.txt", "._a.eaf", ".git/d.eaf")
    names = [path.relative_to(tmp_path).as_posix() for path in find_files(tmp_path, (".eaf",))]
    assert names == ["a.eaf", "b/1.EAF", "b/2.eaf"]
    assert has_files(tmp_path / "b" / "1.EAF", (".eaf",))
    assert not has_files(tmp_path / "none.eaf", (".eaf",))
    assert not has_files(Path("x\0y.eaf"), (".eaf",))
