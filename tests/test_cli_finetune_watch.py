"""What a run leaves for people and programs to look at: card, logs, the hub."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acoustic_material import make_network, make_sentences, make_words, save_source, write_split

from w2vctc.errors import MachineError
from w2vctc.vocab import build_vocabulary

Run = Callable[..., tuple[int, str, str]]
SHORT = [
    *("--model", "pretrained", "--updates", "2", "--eval-every", "2", "--batch-seconds", "4"),
    *("--device", "cpu"),
]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder with data/xx and a small model to start from. Not to be modified."""
    root = tmp_path_factory.mktemp("workplace")
    texts = make_sentences(make_words(10, seed=1), 9, seed=2)
    write_split(root / "data/xx", "train", texts[:6], seed=1)
    write_split(root / "data/xx", "dev", texts[6:], seed=2)
    labels = build_vocabulary(["aeio"])
    save_source(root / "pretrained", make_network(labels), labels)
    return root


@pytest.fixture
def folder(workplace: Path, tmp_path: Path) -> Path:
    """The working folder that `run` types its commands in."""
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_a_run_leaves_a_card_that_says_how_to_make_the_model_again(run: Run, folder: Path) -> None:
    (folder / "w2vctc.toml").write_text("[finetune]\nlearning_rate = 1e-3\n", encoding="utf-8")
    code, _, err = run("finetune", *SHORT)
    assert code == 0, err
    card = (folder / "models/xx/README.md").read_text(encoding="utf-8")
    assert "6 clips (xx); 3 clips, " in " ".join(card.split())
    assert "word error rate 100.0 % (95 % interval 100.0 to 100.0 %)" in " ".join(card.split())
    assert (
        "\n    w2vctc finetune --lang xx --model pretrained --updates 2 --learning-rate 0.001"
        " --batch-seconds 4.0 --eval-every 2 --device cpu\n"
    ) in card

    own = folder / "models/xx/README.md"
    own.write_text("my own words\n", encoding="utf-8")
    code, _, err = run("finetune", *SHORT, "--overwrite")
    assert code == 0
    assert own.read_text(encoding="utf-8") == "my own words\n"
    assert (
        "models/xx/README.md is your own: the card of this run is models/xx/training/README.md\n"
        in err
    )


def test_tensorboard_gets_losses_and_error_rates(run: Run, folder: Path) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    code, _, err = run("finetune", *SHORT, "--logger", "tensorboard")
    assert code == 0, err
    (events,) = (folder / "models/xx/training").rglob("events.out.tfevents.*")
    seen: Any = EventAccumulator(str(events.parent)).Reload()
    assert {"train/loss", "eval/wer", "eval/cer"} <= set(seen.Tags()["scalars"])
    assert [scalar.step for scalar in seen.Scalars("train/loss")] == [1, 2]


def test_a_logger_that_is_not_installed_is_told_before_anything_is_read(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2vctc.acoustic.monitoring.loggers.find_spec", lambda _: None)
    assert run("finetune", *SHORT, "--logger", "wandb") == (
        5,
        "",
        "error: --logger wandb: the package wandb is not installed [E_PACKAGE]\n"
        "hint:  pip install wandb\n",
    )
    assert not (folder / "models").exists()


def test_a_hub_that_refuses_is_told_before_the_training_and_one_that_takes_gets_the_model(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(repo: str) -> None:
        raise MachineError(f"--push-to-hub {repo}: no", hint="hf auth login", code="E_HUB")

    monkeypatch.setattr("w2vctc.acoustic.hub.check_hub", refuse)
    code, _, err = run("finetune", *SHORT, "--push-to-hub", "me/xx")
    assert (code, err) == (5, "error: --push-to-hub me/xx: no [E_HUB]\nhint:  hf auth login\n")
    assert not (folder / "models").exists()

    pushed: list[list[str]] = []

    def push(made: Path, repo: str) -> str:
        pushed.append(sorted(path.name for path in made.iterdir()))
        return f"https://hub.example/{repo}"

    monkeypatch.setattr("w2vctc.acoustic.hub.check_hub", lambda _: None)
    monkeypatch.setattr("w2vctc.acoustic.hub.push_model", push)
    code, out, err = run("finetune", *SHORT, "--push-to-hub", "me/xx", "--json")
    assert code == 0
    assert {"README.md", "config.json", "model.safetensors"} <= set(pushed[0])
    assert "put models/xx onto the hub: https://hub.example/me/xx\n" in err
    assert json.loads(out)["folder"] == "models/xx"
