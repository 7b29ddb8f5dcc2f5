"""The mean of the last checkpoints: taken where dev likes it, left where not."""

from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import make_data, make_network, save_source, train_small
from safetensors.torch import load_file

from w2vctc.acoustic.training import finishing
from w2vctc.acoustic.training.averaging import find_last, keep_better
from w2vctc.acoustic.training.checkpoints import count_updates, list_checkpoints
from w2vctc.acoustic.training.data import TrainingData

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=10, n_dev=3)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "model"
    return save_source(folder, make_network(data.vocabulary), data.vocabulary)


@pytest.mark.parametrize(("score", "kept"), [(0.2, True), (0.3, False), (0.4, False)])
def test_the_mean_stays_only_where_it_is_better(score: float, kept: bool) -> None:
    network = torch.nn.Linear(1, 1, bias=False)
    stored = {"a": 1.0, "b": 2.0, "c": 6.0}
    torch.nn.init.constant_(network.weight, 9.0)  # the best checkpoint's
    seen = []

    def load(folder: Path) -> None:
        torch.nn.init.constant_(network.weight, stored[folder.name])

    def evaluate() -> dict[str, float]:
        seen.append(network.weight.item())
        return {"eval_score": score}

    look = keep_better(
        network, [Path(name) for name in stored], load=load, evaluate=evaluate, best_score=0.3
    )
    assert seen == [3.0]
    assert (look is not None) == kept
    assert network.weight.item() == (3.0 if kept else 9.0)


def spy_on_average(monkeypatch: pytest.MonkeyPatch, *, score: float) -> list[dict[str, Any]]:
    """The checkpoints' weights as they lie there when the mean is tried, dev's verdict set."""
    found: list[dict[str, Any]] = []

    def watch(trainer: Any, run_folder: Path, n: int, best: Any, **named: Any) -> Any:
        found.extend(load_file(f / "model.safetensors") for f in find_last(run_folder, n))
        monkeypatch.setattr(
            "w2vctc.acoustic.training.finishing.evaluate_quietly",
            lambda _: {**best, "eval_score": score, "eval_wer": score, "eval_cer": score},
        )
        return original(trainer, run_folder, n, best, **named)

    original = finishing.try_average
    monkeypatch.setattr("w2vctc.acoustic.training.finetuning.try_average", watch)
    return found


def test_the_finished_model_is_the_mean_of_the_last_checkpoints(
    tmp_path: Path, data: TrainingData, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = spy_on_average(monkeypatch, score=-1.0)
    notes: list[str] = []
    result = train_small(
        data, tmp_path / "out", source=source, eval_every=2, average=4, on_note=notes.append
    )
    assert len(found) == 4
    new = load_file(tmp_path / "out/model.safetensors")
    for name, weight in new.items():
        mean = torch.stack([weights[name].double() for weights in found]).mean(0)
        torch.testing.assert_close(weight, mean.float(), rtol=1e-6, atol=1e-7)
    assert (result.dev_wer, result.dev_cer) == (-1.0, -1.0)
    assert [note for note in notes if note.startswith("the mean of the last 4 checkpoints is kept")]
    assert list_checkpoints(tmp_path / "out/training") == []


def test_a_mean_that_is_worse_changes_nothing(
    tmp_path: Path, data: TrainingData, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = train_small(data, tmp_path / "plain", source=source, eval_every=2)
    spy_on_average(monkeypatch, score=9.0)
    notes: list[str] = []
    tried = train_small(
        data, tmp_path / "tried", source=source, eval_every=2, average=3, on_note=notes.append
    )
    weights = [(tmp_path / n / "model.safetensors").read_bytes() for n in ("plain", "tried")]
    assert weights[0] == weights[1]
    assert tried.dev_wer == plain.dev_wer
    assert (
        "the mean of the last 3 checkpoints is no better on dev: the best checkpoint is kept"
        in notes
    )


def test_damaged_checkpoints_are_left_out_of_the_mean(
    tmp_path: Path, data: TrainingData, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = finishing.try_average

    def damage(trainer: Any, run_folder: Path, n: int, best: Any, **named: Any) -> Any:
        *_, before, between, newest = sorted(list_checkpoints(run_folder), key=count_updates)
        (newest / "model.safetensors").write_bytes(b"")
        assert find_last(run_folder, n) == [before, between]
        return original(trainer, run_folder, n, best, **named)

    monkeypatch.setattr("w2vctc.acoustic.training.finetuning.try_average", damage)
    notes: list[str] = []
    train_small(
        data, tmp_path / "out", source=source, eval_every=2, average=2, on_note=notes.append
    )
    assert any(note.startswith("the mean of the last 2 checkpoints") for note in notes)
