"""`w2vctc doctor --install-lmplz`: what it builds, and what it says where something is missing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from w2vctc.errors import MachineError
from w2vctc.lm.install import PROGRAMS, install_lmplz
from w2vctc.lm.lmplz import find_lmplz

Run = Callable[..., tuple[int, str, str]]

NEEDED = ("bash", "dirname", "mkdir", "sleep")


@pytest.fixture
def bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with a shell and nothing to build with."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(tools))
    monkeypatch.delenv("W2VCTC_LMPLZ", raising=False)
    return tools


def put_programs(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name in PROGRAMS:
        (folder / name).write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        (folder / name).chmod(0o755)


@pytest.mark.usefixtures("bare_path")
def test_what_is_missing_is_listed_with_the_command_that_brings_it(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        install_lmplz(tmp_path / "bin")
    assert "cannot build lmplz, missing: g++ cmake make tar" in caught.value.message
    assert "apt-get install g++ cmake make libboost-program-options-dev" in caught.value.hint
    assert "--engine builtin" in caught.value.hint
    assert (caught.value.code, caught.value.exit_code) == ("E_LMPLZ", 5)


@pytest.mark.usefixtures("bare_path")
def test_programs_that_are_there_are_left_alone_and_found(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_CACHE", str(tmp_path / "cache"))
    put_programs(tmp_path / "cache" / "bin")
    monkeypatch.setattr("w2vctc.cli.doctor.examine", list)
    code, _, err = run("doctor", "--install-lmplz")
    assert code == 0
    assert [line for line in err.splitlines() if line.startswith("made ")] == [
        f"made {tmp_path}/cache/bin/{name}" for name in PROGRAMS
    ]
    assert find_lmplz() == tmp_path / "cache" / "bin" / "lmplz"


def test_a_compiler_that_fails_is_told_and_leaves_nothing_behind(
    bare_path: Path, tmp_path: Path
) -> None:
    # Everything seems to be there, but the archive cannot be fetched.
    for name in ("g++", "cmake", "make", "tar", "mktemp", "rm", "tail"):
        target = bare_path / name
        real = shutil.which(name, path=os.defpath) if name in ("mktemp", "rm", "tail") else None
        if real:
            target.symlink_to(real)
        else:
            # what is piped into it is read, or the writer would end by a broken pipe
            body = "while read -r _; do :; done" if name == "g++" else "exit 0"
            target.write_text(f"#!/bin/bash\n{body}\n", encoding="utf-8")
            target.chmod(0o755)
    python = bare_path / "python"
    python.write_text('#!/bin/bash\n[ "$3" = --version ]\n', encoding="utf-8")
    python.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.executable", str(python))
        with pytest.raises(MachineError) as caught:
            install_lmplz(tmp_path / "bin")
    assert caught.value.message == "cannot download kenlm 0.3.0 from the package index"
    assert list((tmp_path / "bin").iterdir()) == []


def test_without_a_shell_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError, match="needs bash"):
        install_lmplz(tmp_path / "bin")
