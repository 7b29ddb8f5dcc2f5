"""Which files decode takes from folders."""

import os
from pathlib import Path

import pytest

from w2vctc.cli.decoding.recordings import find_recordings
from w2vctc.errors import DataError


@pytest.mark.parametrize("locked", ["in", "in/deep"])
def test_a_folder_that_cannot_be_read_is_not_called_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locked: str
) -> None:
    (tmp_path / "in/deep").mkdir(parents=True)
    (tmp_path / "in/a.wav").touch()
    scan = os.scandir

    def scan_unlocked(path: str) -> object:
        if Path(path) == tmp_path / locked:
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", scan_unlocked)
    with pytest.raises(DataError) as caught:
        find_recordings([tmp_path / "in"])
    assert caught.value.code == "E_PERM"
    assert caught.value.message == (
        f"{tmp_path / locked}: the folder cannot be read: Permission denied"
    )


def test_hidden_files_and_other_files_are_no_recordings(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/2.MP3", "a.wav", "._a.wav", "a.eaf", "b/notes.txt"):
        (tmp_path / name).touch()
    assert find_recordings([tmp_path]) == [tmp_path / "a.wav", tmp_path / "b/2.MP3"]
