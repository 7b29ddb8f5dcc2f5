"""Whole runs: the same weights again, broken off and resumed, refused where they must be."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
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
    train_small,
    write_split,
)

from w2vctc.acoustic.model import DROPOUTS
from w2vctc.acoustic.monitoring.progress import TrainingEvent, read_log
from w2vctc.acoustic.training.checkpoints import count_updates, find_fault, list_checkpoints
from w2vctc.acoustic.training.data import TrainingData, choose_eval_every, plan_run
from w2vctc.cli.main import main
from w2vctc.errors import UsageError
from w2vctc.vocab import build_vocabulary

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=12, n_dev=3)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dropout, masks and a new head: everything that draws random numbers is at work."""
    other_labels = build_vocabulary(["aeio"])
    folder = tmp_path_factory.mktemp("source") / "model"
    return save_source(folder, make_network(other_labels), other_labels)


@pytest.fixture(scope="module")
def uninterrupted(
    data: TrainingData, source: Path, tmp_path_factory: pytest.TempPathFactory
) -> bytes:
    """The weights of a run from first to last, byte for byte."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("uninterrupted") / "out"
    assert train_small(data, folder, source=source).steps == 12
    return (folder / "model.safetensors").read_bytes()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(
    tmp_path: Path, data: TrainingData, source: Path, uninterrupted: bytes
) -> None:
    train_small(data, tmp_path / "same", source=source)
    assert (tmp_path / "same/model.safetensors").read_bytes() == uninterrupted
    train_small(data, tmp_path / "other", source=source, seed=2)
    assert (tmp_path / "other/model.safetensors").read_bytes() != uninterrupted


def raise_signal_at(*steps: int) -> Callable[[TrainingEvent], None]:
    seen: set[int] = set()

    def watch(event: TrainingEvent) -> None:
        if event.step in steps and event.step not in seen:
            seen.add(event.step)
            signal.raise_signal(signal.SIGTERM)

    return watch


@pytest.mark.parametrize("step", [1, 4, 7], ids=["before any evaluation", "at one", "between"])
def test_broken_off_and_resumed_is_as_if_nothing_had_happened(
    tmp_path: Path, data: TrainingData, source: Path, uninterrupted: bytes, step: int
) -> None:
    folder = tmp_path / "out"
    stopped = train_small(data, folder, source=source, on_event=raise_signal_at(step))
    assert stopped.interrupted
    assert stopped.steps in (step, step + 1)
    newest = folder / f"training/checkpoint-{stopped.steps}"
    assert find_fault(newest) == ""
    assert not (folder / "model.safetensors").exists()
    notes: list[str] = []
    resumed = train_small(data, folder, source=source, resume=True, on_note=notes.append)
    assert notes == [f"going on from checkpoint-{stopped.steps}"]
    assert not resumed.interrupted
    assert (folder / "model.safetensors").read_bytes() == uninterrupted
    steps = [event.step for event in read_log(folder / "training/log.jsonl")]
    assert steps == sorted(steps)
    losses = [e.step for e in read_log(folder / "training/log.jsonl") if e.loss is not None]
    assert losses == list(range(1, 13))


def test_broken_off_twice_and_with_a_damaged_checkpoint(
    tmp_path: Path, data: TrainingData, source: Path, uninterrupted: bytes
) -> None:
    folder = tmp_path / "out"
    train_small(data, folder, source=source, on_event=raise_signal_at(5))
    train_small(data, folder, source=source, resume=True, on_event=raise_signal_at(9))
    newest = max(list_checkpoints(folder / "training"), key=lambda path: path.stat().st_mtime)
    optimizer = newest / "optimizer.pt"
    optimizer.write_bytes(optimizer.read_bytes()[:-100])
    notes: list[str] = []
    train_small(data, folder, source=source, resume=True, on_note=notes.append)
    assert notes[0].startswith(f"left out {newest.name}: optimizer.pt has ")
    assert notes[1] == "going on from checkpoint-8"
    assert (folder / "model.safetensors").read_bytes() == uninterrupted


def test_dropout_is_at_work_resumes_bit_for_bit_and_is_written_down_for_transformers(
    tmp_path: Path, data: TrainingData, source: Path, uninterrupted: bytes
) -> None:
    from transformers import Wav2Vec2ForCTC

    schedule = replace(SHORT_SCHEDULE, dropout=0.4)
    for name, watch in (("once", raise_signal_at()), ("twice", raise_signal_at(5))):
        folder = tmp_path / name
        run = train_small(data, folder, source=source, schedule=schedule, on_event=watch)
        if run.interrupted:
            train_small(data, folder, source=source, schedule=schedule, resume=True)
    once, twice = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("once", "twice"))
    assert once == twice != uninterrupted
    config = Wav2Vec2ForCTC.from_pretrained(tmp_path / "once").config
    assert {getattr(config, name) for name in DROPOUTS} == {0.4}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"dropout": 0.2}, "options.dropout: None then, 0.2 now"),
        ({"augment_ramp": 0.5}, "options.augment_ramp: 0.0 then, 0.5 now"),
    ],
    ids=["dropout", "ramp"],
)
def test_a_run_is_not_resumed_with_other_ways_of_making_it_harder(
    tmp_path: Path, data: TrainingData, source: Path, changed: dict[str, Any], told: str
) -> None:
    begun: dict[str, Any] = {"source": source, "augment": "gain"}
    train_small(data, tmp_path, on_event=raise_signal_at(1), **begun)
    with pytest.raises(UsageError, match=told) as caught:
        train_small(data, tmp_path, resume=True, **begun, **changed)
    assert caught.value.code == "E_CHANGED"


def test_accumulation_and_epochs_resume_in_the_middle_too(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    schedule = replace(SHORT_SCHEDULE, updates=0, epochs=3.5, accumulation=2, batch_s=3.0)
    steps = []
    for name, watch in (("once", raise_signal_at()), ("twice", raise_signal_at(3))):
        folder = tmp_path / name
        run = train_small(data, folder, source=source, schedule=schedule, on_event=watch)
        if run.interrupted:
            run = train_small(data, folder, source=source, schedule=schedule, resume=True)
        steps.append(run.steps)
    assert steps[0] == steps[1] > 5
    once, twice = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("once", "twice"))
    assert once == twice


def test_a_finished_run_leaves_a_model_a_log_and_no_checkpoint(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    folder = tmp_path / "out"
    events: list[TrainingEvent] = []
    result = train_small(data, folder, source=source, on_event=events.append)
    assert {path.name for path in folder.iterdir()} == {
        "config.json",
        "model.safetensors",
        "preprocessor_config.json",
        "tokenizer_config.json",
        "training",
        "vocab.json",
    }
    left = {path.name for path in (folder / "training").iterdir()}
    assert left == {"lock", "log.jsonl", "run.json"}
    looks = [event for event in events if event.dev_wer is not None]
    assert [event.step for event in looks] == [4, 8, 12]
    best = min(looks, key=lambda event: (event.dev_wer or 0) + 1e-3 * (event.dev_cer or 0))
    assert (result.dev_wer, result.dev_cer) == (best.dev_wer, best.dev_cer)


def test_early_stopping_ends_the_run_with_its_best(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    schedule = replace(SHORT_SCHEDULE, updates=40, learning_rate=1e-9, freeze_encoder_updates=0)
    result = train_small(
        data, tmp_path / "out", source=source, schedule=schedule, eval_every=2, patience=2
    )
    # nothing is learned: the first look stays the best, and looks count from update 10 on
    assert result.steps == 14
    assert not result.interrupted
    assert (tmp_path / "out/model.safetensors").exists()


def test_the_plan_of_a_run_follows_its_schedule() -> None:
    durations_s = [1.0] * 20
    by_updates = plan_run(durations_s, replace(SHORT_SCHEDULE, accumulation=3), seed=1)
    assert len(by_updates) == 3 * SHORT_SCHEDULE.updates
    by_epochs = plan_run(durations_s, replace(SHORT_SCHEDULE, updates=0, epochs=2), seed=1)
    assert sum(map(len, by_epochs)) == 40
    with pytest.raises(UsageError, match="are less than one update"):
        plan_run(
            durations_s, replace(SHORT_SCHEDULE, updates=0, epochs=0.1, accumulation=9), seed=1
        )


@pytest.mark.parametrize(
    ("n_updates", "per_epoch", "every"),
    [(390, 78, 78), (13_000, 3, 650), (13_000, 9_000, 2_600), (4, 1, 1), (100, 7.4, 7)],
)
def test_dev_is_looked_at_once_an_epoch_but_five_to_twenty_times(
    n_updates: int, per_epoch: float, every: int
) -> None:
    assert choose_eval_every(n_updates, per_epoch) == every


# Through the command line, in processes of their own


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, source: Path) -> Path:
    """A working folder with data/xx and a small model to start from. Not to be modified."""
    root = tmp_path_factory.mktemp("workplace")
    texts = make_sentences(make_words(10, seed=1), 15, seed=2)
    write_split(root / "data/xx", "train", texts[:12], seed=1)
    write_split(root / "data/xx", "dev", texts[12:], seed=2)
    shutil.copytree(source, root / "pretrained")
    return root


OPTIONS = [
    *("--model", "pretrained", "--updates", "40", "--eval-every", "4", "--batch-seconds", "4"),
    *("--learning-rate", "3e-3", "--freeze-encoder-updates", "3", "--device", "cpu"),
]


@pytest.fixture(scope="module")
def cli_weights(workplace: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What an uninterrupted run through the command line makes."""
    torch.set_num_threads(1)
    folder = copy_workplace(workplace, tmp_path_factory.mktemp("cli"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert main(["finetune", *OPTIONS]) == 0
    return (folder / "models/xx/model.safetensors").read_bytes()


def copy_workplace(workplace: Path, to: Path) -> Path:
    shutil.copytree(workplace, to, dirs_exist_ok=True)
    return to


def start(folder: Path, *more: str) -> "subprocess.Popen[str]":
    """finetune in a process of its own, up to its second evaluation: a checkpoint is sealed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "w2vctc", "finetune", *OPTIONS, *more],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[1])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    looks = (line for line in process.stderr if line.startswith("update") and "dev WER" in line)
    for line in looks:
        if not line.startswith("update 4:") and ", CER" in line:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


def test_signals_and_a_kill_leave_no_trace_in_the_weights(
    workplace: Path, cli_weights: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C, then SIGTERM, then SIGKILL at any moment; each time the run is taken up again."""
    folder = copy_workplace(workplace, tmp_path)
    run_folder = folder / "models/xx/training"
    for number, more in ((signal.SIGINT, ()), (signal.SIGTERM, ("--resume",))):
        with start(folder, *more) as process:
            process.send_signal(number)
            out, err = process.communicate()
        assert process.returncode == 130
        assert out == ""
        assert "a checkpoint is saved\n" in err
        assert err.splitlines()[-1].startswith("next: w2vctc finetune")
        assert "--resume" in err.splitlines()[-1]
        assert "Traceback" not in err
        assert "warn" not in err.lower()
        newest = max(list_checkpoints(run_folder), key=count_updates)
        assert find_fault(newest) == ""
        assert not (folder / "models/xx/model.safetensors").exists()

    delay_s = random.uniform(0, 0.6)
    with start(folder, "--resume") as process:
        try:
            process.wait(timeout=delay_s)
        except subprocess.TimeoutExpired:
            process.kill()
    assert process.returncode == -signal.SIGKILL, "it was over before it could be killed"

    monkeypatch.chdir(folder)
    assert main(["finetune", *OPTIONS, "--resume"]) == 0
    assert list_checkpoints(run_folder) == []
    weights = (folder / "models/xx/model.safetensors").read_bytes()
    assert weights == cli_weights, f"killed after {delay_s} s"
    losses = [e.step for e in read_log(run_folder / "log.jsonl") if e.loss is not None]
    assert losses == list(range(1, 41))


def test_a_finished_model_is_trained_over_only_when_that_is_said(
    workplace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_workplace(workplace, tmp_path)
    monkeypatch.chdir(folder)
    short = [*OPTIONS, "--updates", "2", "--eval-every", "2"]
    assert main(["finetune", *short, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["head"].startswith("made anew")
    assert "head: made anew" in captured.err
    first = (folder / "models/xx/model.safetensors").read_bytes()
    left = {path.name for path in (folder / "models/xx/training").iterdir()}
    assert left == {"curve.png", "lock", "log.jsonl", "run.json"}

    assert main(["finetune", *short]) == 2
    assert capsys.readouterr().err == (
        "error: models/xx: a finished model is there\n"
        "hint:  give --out another folder, or train over it with --overwrite\n"
    )
    assert (folder / "models/xx/model.safetensors").read_bytes() == first
    assert main(["finetune", *short, "--resume"]) == 2
    assert "nothing to resume here" in capsys.readouterr().err
    assert main(["finetune", *short, "--seed", "5", "--overwrite"]) == 0
    assert (folder / "models/xx/model.safetensors").read_bytes() != first


def test_a_broken_off_run_is_neither_lost_nor_mixed_with_another(
    workplace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_workplace(workplace, tmp_path)
    monkeypatch.chdir(folder)
    stop = raise_signal_at(1)
    monkeypatch.setattr(
        "w2vctc.cli.training_screen.TrainingScreen.show", lambda _, event: stop(event)
    )
    assert main(["finetune", *OPTIONS]) == 130
    capsys.readouterr()
    checkpoints = sorted(list_checkpoints(folder / "models/xx/training"))
    assert len(checkpoints) == 1

    assert main(["finetune", *OPTIONS]) == 2
    assert capsys.readouterr().err == (
        "error: models/xx/training: a run that was broken off is there\n"
        "hint:  go on with it with --resume, or begin anew with --overwrite\n"
    )
    assert main(["finetune", *OPTIONS, "--seed", "7", "--resume"]) == 2
    assert "  options.seed: 1 then, 7 now [E_CHANGED]\n" in capsys.readouterr().err
    with (folder / "data/xx/train.tsv").open("a", encoding="utf-8") as stream:
        stream.write("dev000.wav\tkas\n")
    assert main(["finetune", *OPTIONS, "--resume"]) == 2
    assert "  train.clips: 12 then, 13 now\n" in capsys.readouterr().err
    assert sorted(list_checkpoints(folder / "models/xx/training")) == checkpoints


def test_an_output_that_cannot_be_written_is_refused_before_any_compute(
    workplace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_workplace(workplace, tmp_path)
    monkeypatch.chdir(folder)
    (folder / "occupied").write_text("a file", encoding="utf-8")

    def compute(*_: object, **__: object) -> None:
        pytest.fail("a network was made")

    monkeypatch.setattr("w2vctc.acoustic.training.finetuning.make_model", compute)
    assert main(["finetune", *OPTIONS, "--out", "occupied/models"]) == 5
    error = capsys.readouterr().err.splitlines()[-2]
    assert error.endswith("occupied: a file stands where a folder should be [E_NOT_FOLDER]")


def test_a_folder_without_permission_is_refused_before_any_compute(
    workplace: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = copy_workplace(workplace, tmp_path)
    monkeypatch.chdir(folder)
    assert main(["build-vocab"]) == 0
    make = Path.mkdir

    def refuse(path: Path, *rest: object, **known: object) -> None:
        if path.name == "training":
            raise PermissionError(13, "Permission denied", str(path))
        make(path, *rest, **known)  # type: ignore[arg-type]

    def compute(*_: object, **__: object) -> None:
        pytest.fail("a network was made")

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr("w2vctc.acoustic.training.finetuning.make_model", compute)
    assert main(["finetune", *OPTIONS]) == 5
    assert capsys.readouterr().err.endswith(
        "error: models/xx/training: no permission to write [E_PERM]\n"
        "hint:  choose another folder, or give yourself the right to write there\n"
    )
