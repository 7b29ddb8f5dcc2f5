"""Where a run's time goes: every part is seen, and together they are the run."""

import json
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_data, make_network, save_source, train_small

from w2vctc.acoustic.monitoring.step_times import PARTS, StepClock, StepTimes, render_times
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.cli.main import main


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=8, n_dev=3)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "model"
    return save_source(folder, make_network(data.vocabulary), data.vocabulary)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Machine:
    """Stands for a Trainer: each call takes a known time."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.n_workers = 0
        self.accelerator = SimpleNamespace(backward=lambda: self.spend(4))
        self.data_collator = SimpleNamespace(pad=lambda: self.spend(2))
        self.optimizer = SimpleNamespace(step=lambda: self.spend(7))

    def spend(self, seconds: float) -> None:
        self.clock.now += seconds

    def get_batch_samples(self) -> None:
        self.spend(1)
        self.data_collator.pad()

    def _compute_logits(self) -> None:
        self.spend(3)

    def _ctc_loss(self) -> None:
        self.spend(0.5)

    def _clip_grad_norm(self) -> None:
        self.spend(0.25)

    def _evaluate(self) -> None:
        self.spend(10)
        self._compute_logits()

    def _save_checkpoint(self) -> None:
        self.spend(20)
        raise OSError

    def add_callback(self, callback: Any) -> None:
        self.callback = callback


@pytest.mark.parametrize("n_workers", [0, 2])
def test_each_second_counts_once_and_for_the_right_part(
    monkeypatch: pytest.MonkeyPatch, n_workers: int
) -> None:
    now = Clock()
    monkeypatch.setattr(time, "perf_counter", now)
    machine = Machine(now)
    machine.n_workers = n_workers
    clock = StepClock(torch.device("cpu"))
    clock.attach(machine)
    clock.on_train_begin(optimizer=machine.optimizer)
    machine.get_batch_samples()
    machine._compute_logits()
    machine._ctc_loss()
    machine.accelerator.backward()
    machine._clip_grad_norm()
    machine.optimizer.step()
    machine.spend(0.125)
    clock.on_step_end()
    machine._evaluate()
    with pytest.raises(OSError):
        machine._save_checkpoint()
    clock.on_train_end()
    times = clock.times()
    assert times.seconds == {
        "reading": 3 if n_workers else 1,  # what the training waits for them
        "padding": 0 if n_workers else 2,
        "forward": 3,
        "loss": 0.5,
        "backward": 4,
        "optimizer": 7.25,
        "dev": 13,
        "checkpoint": 20,
        "rest": 0.125,
    }
    assert times.total_s == now.now
    assert times.n_updates == 1


def test_a_real_run_is_measured_and_not_changed(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    plain = train_small(data, tmp_path / "plain", source=source)
    timed = train_small(data, tmp_path / "timed", source=source, step_times=True)
    assert plain.times is None
    assert timed.times is not None
    assert timed.times.n_updates == SHORT_SCHEDULE.updates
    assert all(timed.times.seconds[part] > 0 for part in PARTS)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("plain", "timed")]
    assert weights[0] == weights[1]


def test_the_table_names_every_part_and_their_sum() -> None:
    seconds = dict.fromkeys(PARTS, 0.0) | {"forward": 6.0, "backward": 12.0, "rest": 2.0}
    assert render_times(StepTimes(seconds, n_updates=40)) == (
        "part           seconds   share  ms per update\n"
        "reading           0.00    0.0%            0.0\n"
        "padding           0.00    0.0%            0.0\n"
        "forward           6.00   30.0%          150.0\n"
        "loss              0.00    0.0%            0.0\n"
        "backward         12.00   60.0%          300.0\n"
        "optimizer         0.00    0.0%            0.0\n"
        "dev               0.00    0.0%            0.0\n"
        "checkpoint        0.00    0.0%            0.0\n"
        "rest              2.00   10.0%           50.0\n"
        "all of it        20.00    100%          500.0"
    )


def test_finetune_shows_them_where_asked_for(
    tmp_path: Path, source: Path, speech_rows: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--data", str(speech_rows()), "--model", str(source), "--out", str(tmp_path / "o")]
    arguments += ["--updates", "2", "--device", "cpu", "--step-times", "--json"]
    assert main(["finetune", *arguments]) == 0
    captured = capsys.readouterr()
    assert "part           seconds   share  ms per update\n" in captured.err
    shown = json.loads(captured.out)["step_times"]
    assert list(shown) == list(PARTS)
    assert shown["forward"] > 0
