"""The benchmark that changes one thing of a training run at a time: its flags and its table."""

import importlib
import json
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from w2vctc.cli.main import main

FOLDER = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("ablation")


def test_every_change_is_made_of_flags_that_there_are(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["finetune", "--help"]) == 0
    shown = capsys.readouterr().out
    flags = {word for change in bench.CHANGES.values() for word in change if word.startswith("--")}
    assert len(flags) >= 6
    assert all(flag in shown for flag in flags)
    assert bench.CHANGES[bench.PLAIN] == ()


def test_the_table_gives_rates_and_what_was_gained_on_the_same_clips(
    bench: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    def score(errors: int, seconds: float) -> Any:
        each = np.full(40, errors)
        return bench.Score(each, np.full(40, 10), each, np.full(40, 50), seconds)

    bench.print_table({"plain": score(4, 100), "speed": score(3, 111.4), "gain": score(4, 99)})
    assert capsys.readouterr().out.splitlines()[2:] == [
        "| plain | 40.0 (40.0 to 40.0) | 0 | 8.0 (8.0 to 8.0) | 0 | 100 |",
        "| speed | 30.0 (30.0 to 30.0) | +10.0 (10.0 to 10.0) | 6.0 (6.0 to 6.0)"
        " | +2.0 (2.0 to 2.0) | 111 |",
        "| gain | 40.0 (40.0 to 40.0) | 0 | 8.0 (8.0 to 8.0) | 0 | 99 |",
    ]


def test_a_run_that_is_there_is_not_made_again(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []

    def note(command: list[str], **_: Any) -> None:
        commands.append(command)
        (tmp_path / "speed").mkdir()

    monkeypatch.setattr(subprocess, "run", note)
    for _ in range(2):
        bench.train(tmp_path / "speed", ["--augment", "speed"])
    (command,) = commands
    assert command[1:6] == ["-m", "w2vctc", "finetune", "--augment", "speed"]
    assert command[-2:] == ["--skip-bad", "--overwrite"]
    record = json.loads((tmp_path / "speed/ablation.json").read_text())
    assert record["options"] == ["--augment", "speed"]
