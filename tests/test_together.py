"""Two processes with gloo train as one does, and one of them speaks and writes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import make_network, make_sentences, make_words, save_source, write_split
from safetensors.torch import load_file
from together_worker import SCHEDULES, STOP_AT, make_same_data, train

from w2vctc.acoustic.training.checkpoints import find_fault, list_checkpoints
from w2vctc.acoustic.training.data import TrainingData

NO_DROPOUT: dict[str, Any] = {
    "hidden_dropout": 0.0,
    "attention_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "final_dropout": 0.0,
}
TESTS = Path(__file__).parent


def launch(*command: str, cwd: Path, n_processes: int = 2) -> "subprocess.CompletedProcess[str]":
    """A command as torchrun starts it, in processes that share the two cores of a small machine."""
    return subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone"),
            *("--nproc-per-node", str(n_processes), *command),
        ],
        cwd=cwd,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join([str(TESTS), str(TESTS.parent)]),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    torch.set_num_threads(1)
    return make_same_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = make_network(data.vocabulary, **NO_DROPOUT)
    return save_source(tmp_path_factory.mktemp("source") / "model", network, data.vocabulary)


@pytest.fixture(scope="module")
def shared(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what two processes have made together."""
    folder = tmp_path_factory.mktemp("together")
    done = launch(str(TESTS / "together_worker.py"), str(source), str(folder), cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def read_told(folder: Path, rank: int) -> Any:
    return json.loads((folder / f"told{rank}.json").read_text(encoding="utf-8"))


def read_weights(folder: Path) -> torch.Tensor:
    """All weights of a model in one row."""
    weights = load_file(folder / "model.safetensors")
    return torch.cat([weights[key].flatten() for key in sorted(weights)])


@pytest.mark.parametrize("name", SCHEDULES)
def test_two_processes_have_the_loss_curve_the_dev_and_the_weights_of_one(
    name: str, data: TrainingData, source: Path, shared: Path, tmp_path: Path
) -> None:
    alone = train(data, tmp_path / "alone", name, source=source)
    together = read_told(shared, 0)[name]
    assert len(together["losses"]) == 8
    assert together["losses"] == pytest.approx(alone["losses"], rel=1e-5)
    assert together["epochs"] == pytest.approx(alone["epochs"])
    for heard, expected in zip(together["dev"], alone["dev"], strict=True):
        assert heard == pytest.approx(expected, rel=1e-5)
    # Not weight by weight: Adam makes full steps of gradients that are nothing but rounding.
    own, others = (read_weights(path) for path in (tmp_path / "alone", shared / name))
    assert torch.linalg.norm(own - others) <= 1e-4 * torch.linalg.norm(own)


def test_only_the_leader_is_heard(shared: Path) -> None:
    leader, other = read_told(shared, 0), read_told(shared, 1)
    assert leader["clips"]["steps"] == other["clips"]["steps"] == 8
    assert leader["clips"]["epochs"]
    assert not other["clips"]["epochs"]


def test_a_signal_to_one_process_stops_all_with_a_whole_checkpoint(shared: Path) -> None:
    for rank in (0, 1):
        stopped = read_told(shared, rank)["stopped"]
        assert (stopped["interrupted"], stopped["steps"]) == (True, STOP_AT)
    (newest,) = list_checkpoints(shared / "stopped/training")[-1:]
    assert newest.name == f"checkpoint-{STOP_AT}"
    assert find_fault(newest) == ""
    assert {path.name for path in newest.glob("rng_state*")} == {
        "rng_state_0.pth",
        "rng_state_1.pth",
    }


def test_where_one_runs_out_of_memory_all_begin_the_update_again(shared: Path) -> None:
    """In the midst of a backward pass; nobody waits for ever, and the result is the same."""
    whole = read_told(shared, 0)["whole"]
    for rank in (0, 1):
        cut = read_told(shared, rank)["cut"]
        assert cut["steps"] == 8
        updates = [note for note in cut["notes"] if note.startswith("out of memory in update ")]
        parts = [int(n) for note in updates for n in re.findall(r"in (\d+) parts; the up", note)]
        assert parts == [2, 4][: len(updates)] != []
        assert sum("to dev" in note for note in cut["notes"]) >= (rank == 1)
    cut = read_told(shared, 0)["cut"]
    assert cut["losses"] == pytest.approx(whole["losses"], rel=1e-5)
    for heard, expected in zip(cut["dev"], whole["dev"], strict=True):
        assert heard == pytest.approx(expected, rel=1e-5)
    own, others = (read_weights(shared / name) for name in ("cut", "whole"))
    assert torch.linalg.norm(own - others) <= 1e-4 * torch.linalg.norm(own)


def test_where_one_has_no_memory_for_a_clip_all_end_and_one_says_so(
    source: Path, tmp_path: Path
) -> None:
    done = launch(
        str(TESTS / "together_worker.py"), str(source), str(tmp_path), "hopeless", cwd=tmp_path
    )
    assert done.returncode != 0
    told = [line for line in done.stderr.splitlines() if line.startswith("E_MEMORY")]
    assert told == [
        "E_MEMORY update 2: not enough memory: CUDA out of memory. Tried to allocate 2.00 GiB."
    ]
    assert 'Traceback (most recent call last):\n  File "' + str(TESTS) not in done.stderr


def test_two_processes_go_on_as_if_nothing_had_happened(shared: Path) -> None:
    """With the masks that each of them would have drawn."""
    weights = [shared / name / "model.safetensors" for name in ("masked", "resumed")]
    assert weights[0].read_bytes() == weights[1].read_bytes()


def test_one_process_goes_on_with_the_run_of_two(
    data: TrainingData, source: Path, shared: Path
) -> None:
    notes: list[str] = []
    resumed = train(
        data, shared / "stopped", "clips", source=source, resume=True, on_note=notes.append
    )
    assert notes == [f"going on from checkpoint-{STOP_AT}"]
    rest = read_told(shared, 0)["clips"]["losses"][STOP_AT:]
    assert resumed["losses"] == pytest.approx(rest, rel=1e-5)


def test_the_command_speaks_once_and_leaves_one_model(tmp_path: Path, source: Path) -> None:
    texts = make_sentences(make_words(8, seed=1), 8, seed=2)
    write_split(tmp_path / "data/xx", "train", texts[:6], seed=1)
    write_split(tmp_path / "data/xx", "dev", texts[6:], seed=2)
    done = launch(
        *("-m", "w2vctc", "finetune", "--model", str(source), "--updates", "2", "--device", "cpu"),
        *("--eval-every", "2", "--json"),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["updates"] == 2
    said = [line for line in done.stderr.splitlines() if not line.startswith("update ")]
    assert len(said) == len(set(said)), done.stderr
    assert said[0].startswith("no vocabulary in models/xx yet: building it")
    assert said[-1] == "next: w2vctc train-lm --lang xx"
    assert (tmp_path / "models/xx/model.safetensors").is_file()
