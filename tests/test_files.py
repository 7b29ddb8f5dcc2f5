"""Files and folders that are there whole or not at all."""

import errno
import hashlib
import os
import signal
from pathlib import Path

import pytest

from w2vctc.errors import DataError, MachineError
from w2vctc.files import (
    clear_staged,
    hash_file,
    machine_errors,
    save_text,
    staged_file,
    staged_folder,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill_the_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def test_a_staged_file_takes_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "a.json"
    with staged_file(path) as staging:
        staging.write_text("{}")
        assert not path.exists()
        assert staging.suffix == ".json"  # for writers that go by it
    assert path.read_text() == "{}"
    assert names_in(path.parent) == ["a.json"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), staged_file(path) as staging:
        staging.write_text("half")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_full_disk_is_told_and_harms_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(MachineError) as caught, staged_file(path) as staging:
        staging.write_text("half")
        raise fill_the_disk()
    assert caught.value.message == f"{path}: the disk is full"
    assert (caught.value.code, caught.value.exit_code) == ("E_DISK", 5)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_disk_that_is_full_only_when_it_must_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_handle: int) -> None:
        raise fill_the_disk()

    monkeypatch.setattr(os, "fsync", refuse)
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(MachineError, match="the disk is full"):
        save_text(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_project_error_inside_passes_unchanged(tmp_path: Path) -> None:
    fault = DataError("no rows")
    with pytest.raises(DataError) as caught, staged_file(tmp_path / "a.txt"):
        raise fault
    assert caught.value is fault


def test_saved_text_is_utf8_with_plain_line_ends(tmp_path: Path) -> None:
    save_text(tmp_path / "a.txt", "çedilla\nl·l\n")
    assert (tmp_path / "a.txt").read_bytes() == b"\xc3\xa7edilla\nl\xc2\xb7l\n"


def test_saved_files_have_the_permissions_that_the_person_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        save_text(tmp_path / "a.txt", "")
        with staged_folder(tmp_path / "folder"):
            pass
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640
        assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o750
        assert os.umask(0o027) == 0o027  # looking at the mask did not change it
    finally:
        os.umask(before)


def test_a_staged_folder_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "lm"
    path.mkdir()
    (path / "old.txt").touch()
    with staged_folder(path) as staging:
        (staging / "new.txt").touch()
        assert names_in(path) == ["old.txt"]
    assert names_in(path) == ["new.txt"]
    assert names_in(tmp_path) == ["lm"]


def test_a_failure_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "lm"
    path.mkdir()
    (path / "old.txt").touch()
    with pytest.raises(MachineError, match="the disk is full"), staged_folder(path) as staging:
        (staging / "new.txt").touch()
        raise fill_the_disk()
    assert names_in(path) == ["old.txt"]
    assert names_in(tmp_path) == ["lm"]


def test_the_old_folder_comes_back_when_the_new_one_cannot_take_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lm"
    path.mkdir()
    (path / "old.txt").touch()
    rename = Path.rename

    def refuse_second(self: Path, target: Path) -> Path:
        if (self / "new.txt").exists():
            raise fill_the_disk()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse_second)
    with pytest.raises(MachineError), staged_folder(path) as staging:
        (staging / "new.txt").touch()
    assert names_in(path) == ["old.txt"]
    assert names_in(tmp_path) == ["lm"]


@pytest.mark.parametrize("beside", [Path("file"), Path("file", "sub", "a.txt")])
def test_a_file_in_the_way_of_a_folder_is_named(tmp_path: Path, beside: Path) -> None:
    (tmp_path / "file").write_text("mine")
    path = tmp_path / beside / "a.txt"
    with pytest.raises(MachineError) as caught:
        save_text(path, "new")
    assert caught.value.message == f"{path}: a file stands where a folder of that path should be"
    assert caught.value.code == "E_NOT_FOLDER"
    assert (tmp_path / "file").read_text() == "mine"


def test_what_a_killed_process_left_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    for name in (".mine.txt", ".app.settings", ".a.json.settings", ".b.txt.settings.json"):
        (tmp_path / name).write_text("mine")
    (tmp_path / "a.json").write_text("{}")
    before = names_in(tmp_path)
    for name in ("a.json", "b.c.tsv"):
        child = os.fork()
        if not child:
            with staged_file(tmp_path / name):
                os.kill(os.getpid(), signal.SIGKILL)
        os.waitpid(child, 0)
    assert len(names_in(tmp_path)) == len(before) + 2
    clear_staged(tmp_path)
    assert names_in(tmp_path) == before


@pytest.mark.parametrize(
    ("error", "message", "code"),
    [
        (PermissionError(errno.EACCES, "x"), "out: no permission to write", "E_PERM"),
        (PermissionError(errno.EPERM, "x", "b"), "b: no permission to write", "E_PERM"),
        (OSError(errno.EROFS, "x"), "out: the file system is read-only", "E_PERM"),
        (OSError(errno.EDQUOT, "x"), "out: the disk is full", "E_DISK"),
    ],
)
def test_the_machine_s_refusals_in_words(error: OSError, message: str, code: str) -> None:
    with pytest.raises(MachineError) as caught, machine_errors(Path("out")):
        raise error
    assert (caught.value.message, caught.value.code) == (message, code)
    assert caught.value.hint


def test_other_errors_of_the_machine_are_not_explained_away() -> None:
    with pytest.raises(OSError, match="5"), machine_errors(Path("out")):
        raise OSError(errno.EIO, "5")


def test_hash_file_is_sha256_also_beyond_one_block(tmp_path: Path) -> None:
    content = bytes(range(256)) * 5_000  # 1.28 MB, the blocks have 1 MiB
    (tmp_path / "a").write_bytes(content)
    assert hash_file(tmp_path / "a") == hashlib.sha256(content).hexdigest()
