"""What a run will take: sums that can be checked by hand, and figures with their sources."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import (
    SHORT_SCHEDULE,
    make_data,
    make_network,
    make_sentences,
    make_words,
    save_source,
    write_split,
)
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.acoustic.planning.expectations import describe_expectation
from w2vctc.acoustic.planning.forecast import Forecast, estimate_training, forecast_run
from w2vctc.acoustic.planning.probe import MOST_STEPS, Probe, choose_batches, padded_seconds
from w2vctc.acoustic.training.checkpoints import find_fault, list_checkpoints
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.cli.training_plan import describe, format_bytes, format_hours

Run = Callable[..., tuple[int, str, str]]
PROBE = Probe(frozen=0.1, learning=0.5, dev=0.05, n_steps=20, seconds=12.0, peak_bytes=3 * 10**9)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=12, n_dev=4)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = make_network(data.vocabulary)
    return save_source(tmp_path_factory.mktemp("source") / "m", network, data.vocabulary)


def forecast_small(data: TrainingData, source: Path, folder: Path, **options: Any) -> Forecast:
    return forecast_run(
        data,
        schedule=SHORT_SCHEDULE,
        options=FinetuneOptions(model=str(source), device="cpu", **options),
        folder=folder,
        on_note=pytest.fail,
    )


# The sums


def test_frozen_updates_count_what_they_take_and_padding_counts() -> None:
    """Six batches of three clips as long as 2 s, two to an update, the first one frozen."""
    plan = [[0, 1, 2]] * 6
    schedule = replace(SHORT_SCHEDULE, accumulation=2, freeze_encoder_updates=1)
    seconds = estimate_training(plan, [2.0, 1.0, 0.5], schedule, PROBE)
    assert seconds == pytest.approx(2 * 6 * 0.1 + 4 * 6 * 0.5)
    without = estimate_training(plan, [2.0, 1.0, 0.5], schedule, replace(PROBE, frozen=None))
    assert without == pytest.approx(6 * 6 * 0.5)
    assert estimate_training(plan, [2.0, 1.0, 0.5], schedule, replace(PROBE, learning=None)) is None


@given(st.lists(st.floats(0.3, 30.0), min_size=1, max_size=60), st.integers(1, 5))
def test_the_probe_tries_the_largest_batch_and_the_longest_clip(
    durations_s: list[float], size: int
) -> None:
    rows = list(range(len(durations_s)))
    plan = [rows[start : start + size] for start in range(0, len(rows), size)] * 2
    tried = choose_batches(plan, durations_s, n=MOST_STEPS)
    assert len(tried) <= MOST_STEPS
    assert all(tried.count(batch) == 1 for batch in tried)
    most = max(padded_seconds(batch, durations_s) for batch in plan)
    assert padded_seconds(tried[0], durations_s) == most
    assert max(durations_s) in {durations_s[row] for batch in tried[:2] for row in batch}
    if len(plan) <= MOST_STEPS:
        assert {tuple(batch) for batch in tried} == {tuple(batch) for batch in plan}


def test_the_forecast_counts_weights_looks_and_bytes(
    data: TrainingData, source: Path, tmp_path: Path
) -> None:
    forecast = forecast_small(data, source, tmp_path / "models/xx", eval_every=5)
    network = make_network(data.vocabulary)
    n_weights = sum(weight.numel() for weight in network.parameters())
    network.freeze_feature_encoder()
    n_learning = sum(w.numel() for w in network.parameters() if w.requires_grad)
    assert (forecast.n_parameters, forecast.n_learning) == (n_weights, n_learning)
    assert n_learning < n_weights
    assert (forecast.n_updates, forecast.eval_every, forecast.n_looks) == (12, 5, 3)
    assert forecast.checkpoint_bytes == 4 * n_weights + 8 * n_learning
    assert forecast.disk_bytes == 4 * forecast.checkpoint_bytes + 4 * n_weights
    assert forecast.probe.fits
    assert forecast.probe.frozen is not None
    assert 2 <= forecast.probe.n_steps <= MOST_STEPS + 4
    assert forecast.training_s and forecast.dev_s
    assert forecast.probe.peak_bytes > 10**8  # python with torch alone
    assert not list(tmp_path.iterdir())


def test_a_whole_checkpoint_is_written_to_the_disk_of_the_run_and_removed(
    data: TrainingData, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look at dev costs one; what is timed is what a run would write."""
    written: list[tuple[str, int]] = []
    place = CtcTrainer._write_checkpoint

    def write(self: Any, run_folder: Path, model: Any, trial: Any) -> None:
        place(self, run_folder, model, trial)
        (checkpoint,) = list_checkpoints(run_folder)
        n_bytes = sum(path.stat().st_size for path in checkpoint.iterdir())
        written.append((find_fault(checkpoint), n_bytes))
        assert run_folder.parent == tmp_path

    ticks = iter(range(0, 10_000, 7))
    monkeypatch.setattr(CtcTrainer, "_write_checkpoint", write)
    monkeypatch.setattr("w2vctc.acoustic.planning.probe.time.monotonic", lambda: float(next(ticks)))
    forecast = forecast_small(data, source, tmp_path / "models/xx", eval_every=5)
    ((fault, n_bytes),) = written
    assert fault == ""
    assert n_bytes > forecast.checkpoint_bytes
    assert forecast.saving_s == 3 * 7.0
    assert not list(tmp_path.iterdir())


def test_a_disk_that_takes_no_checkpoint_leaves_its_time_out(
    data: TrainingData, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CtcTrainer, "_write_checkpoint", refuse)
    assert forecast_small(data, source, tmp_path).saving_s is None
    monkeypatch.setattr("w2vctc.acoustic.planning.forecast._read_free", lambda _: 1_000)
    monkeypatch.setattr(CtcTrainer, "_write_checkpoint", pytest.fail)
    assert forecast_small(data, source, tmp_path).saving_s is None
    assert not list(tmp_path.iterdir())


def test_batches_that_do_not_fit_are_told_with_the_flags_that_help(
    data: TrainingData, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr("w2vctc.acoustic.training.trainer.CtcTrainer.compute_loss", refuse)
    forecast = forecast_small(data, source, tmp_path)
    assert not forecast.probe.fits
    told = dict(describe(forecast))
    assert told["memory"].startswith("not enough: the largest batch has ")
    assert "--batch-seconds 2 --accumulation 2 makes the same updates" in told["memory"]
    assert told["time"].startswith("nobody can tell")


# What is told

FORECAST = Forecast(
    n_parameters=94_400_000,
    n_learning=90_200_000,
    train_s=4_320.0,
    n_train=840,
    dev_rows_s=190.0,
    n_dev=1,
    schedule=replace(SHORT_SCHEDULE, name="base 1h", freeze_encoder_updates=10_000, batch_s=200),
    n_updates=13_000,
    eval_every=650,
    n_looks=20,
    device="cuda:0",
    training_s=18_000.0,
    dev_s=1_200.0,
    saving_s=60.0,
    probe=PROBE,
    longest_batch=(6, 31.24),
    checkpoint_bytes=1_100_000_000,
    n_checkpoints=4,
    model_bytes=378_000_000,
    disk_bytes=4_778_000_000,
    free_bytes=4_000_000_000,
    expect=("Good things.", "With a warning."),
)


def test_the_plan_to_the_letter() -> None:
    assert describe(FORECAST) == [
        ("model", "94.4 million parameters, 90.2 million of them learn (95.6 %)"),
        ("data", "1 h 12 in 840 clips; dev 3 min in 1 clip"),
        (
            "schedule",
            "'base 1h': 13,000 updates of up to 200 s, the encoder frozen for the first 10,000;"
            " a look at dev every 650, 20 times",
        ),
        (
            "time",
            "5 h 21 on cuda:0 if it does not stop early, 20 min of it listening to dev, 60 s"
            " writing checkpoints; 20 steps were tried in 12 s",
        ),
        ("memory", "3.0 GB of the GPU at most; the largest batch has 6 clips of up to 31.2 s"),
        (
            "disk",
            "not enough: up to 4.8 GB while it trains (4 checkpoints of 1.1 GB), then 378 MB;"
            " 4.0 GB are free",
        ),
        ("expect", "1 h 12 of speech. Good things. With a warning."),
    ]


def test_a_plan_that_could_not_write_says_what_it_leaves_out() -> None:
    told = dict(describe(replace(FORECAST, saving_s=None)))["time"]
    assert told.startswith("5 h 20 on cuda:0 if it does not stop early, 20 min of it listening to")
    assert ", without writing checkpoints, which could not be tried; " in told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(40, "40 s"), (89.6, "90 s"), (90, "2 min"), (3_570, "1 h 00"), (4_320, "1 h 12")],
)
def test_times_are_told_in_hours_and_minutes(seconds: float, told: str) -> None:
    assert format_hours(seconds) == told
    assert format_bytes(999_400_000) == "999 MB"


@pytest.mark.parametrize(
    ("hours", "hidden_size", "figures"),
    [
        (1.2, 768, "with 1 hour of English read aloud, 24.5 % WER on clean and 29.7 % on other"),
        (0.2, 768, "with 10 minutes of English read aloud, 46.9 % WER on clean and 50.9 %"),
        (10.0, 1024, "with 10 hours of English read aloud, 6.3 % WER on clean and 10 % on other"),
        (400.0, 1024, "3.1 % WER on clean and 6.3 % on other speech, and 2.3 % and 4.6 % with a"),
    ],
)
def test_expectations_are_those_published_for_the_nearest_amount(
    hours: float, hidden_size: int, figures: str
) -> None:
    told = " ".join(
        describe_expectation(model="some", hidden_size=hidden_size, train_s=3600 * hours)
    )
    assert figures in told
    assert "arXiv:2006.11477" in told
    assert ("arXiv:2006.13979" in told) == (hidden_size == 1024)
    assert "These are for those languages and recordings." in told


def test_nothing_is_promised_for_a_network_that_starts_from_nothing() -> None:
    (told,) = describe_expectation(model="tiny", hidden_size=192, train_s=3600)
    assert describe_expectation(model="small", hidden_size=192, train_s=3600) == (told,)
    assert told.startswith("No published figure")


# Through the command line


@pytest.fixture
def folder(source: Path, tmp_path: Path) -> Path:
    texts = make_sentences(make_words(10, seed=1), 9, seed=2)
    write_split(tmp_path / "data/xx", "train", [*texts[:6], "kas"], seed=1)
    write_split(tmp_path / "data/xx", "dev", texts[6:], seed=2)
    (tmp_path / "data/xx/train006.wav").write_bytes(b"")  # a row that cannot be used
    shutil.copytree(source, tmp_path / "pretrained")
    return tmp_path


def test_a_plan_writes_nothing_and_can_be_read_by_programs(run: Run, folder: Path) -> None:
    before = sorted(folder.rglob("*"))
    words = ["finetune", "--model", "pretrained", "--skip-bad", "--updates", "4", "--plan"]
    code, out, err = run(*words, "--device", "cpu")
    assert code == 0, err
    assert [line.split()[0] for line in out.splitlines() if line[0] != " "] == [
        *("model", "data", "schedule", "time", "memory", "disk", "expect"),
    ]
    assert all(len(line) <= 96 for line in out.splitlines())
    assert "train: kept 6 of 7 rows" in err
    code, out, _ = run(*words, "--device", "cpu", "--json")
    assert json.loads(out)["n_updates"] == 4
    assert json.loads(out)["schedule"]["name"] == "base 10min"
    assert sorted(folder.rglob("*")) == before


def test_a_plan_is_made_by_one_process(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "w2vctc.acoustic.parallel.processes.find_processes", lambda: type("P", (), {"count": 2})
    )
    code, _, err = run("finetune", "--model", "pretrained", "--skip-bad", "--plan")
    assert code == 2
    assert "error: --plan is for one process\n" in err
    assert folder.is_dir()
