"""Learning a small part of a network: what learns, what stays, and a plain folder in the end."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import (
    make_batch,
    make_data,
    make_network,
    make_sentences,
    make_words,
    save_source,
    train_small,
    write_split,
)
from safetensors.torch import load_file
from test_finetuning import raise_signal_at
from transformers import Wav2Vec2ForCTC

from w2vctc.acoustic.training import finishing
from w2vctc.acoustic.training.adapters import adapt_network, count_weights, describe_share
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.cli.main import main
from w2vctc.errors import UsageError

SMALL_PARTS = ("lora", "adapter", "bitfit")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=10, n_dev=3)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "model"
    return save_source(folder, make_network(data.vocabulary), data.vocabulary)


def hear(network: Any, data: TrainingData) -> torch.Tensor:
    batch = make_batch(data.dev, data.vocabulary, network.config)
    with torch.no_grad():
        logits: torch.Tensor = network.eval()(
            batch["input_values"], attention_mask=batch["attention_mask"]
        ).logits
    return logits


@pytest.mark.parametrize("method", [*SMALL_PARTS, "full"])
def test_before_anything_is_learned_the_network_hears_as_before(
    data: TrainingData, method: str
) -> None:
    network = make_network(data.vocabulary)
    before = hear(network, data)
    make_plain = adapt_network(network, method)
    torch.testing.assert_close(hear(network, data), before)
    make_plain()
    torch.testing.assert_close(hear(network, data), before)


@pytest.mark.parametrize(
    ("method", "learned"),
    [
        ("lora", lambda name: ".lora_A." in name or ".lora_B." in name),
        ("adapter", lambda name: ".adapter_layer." in name),
        ("bitfit", lambda name: "encoder." in name and name.endswith(".bias")),
        ("full", lambda _: True),
    ],
)
def test_what_learns_is_the_part_and_the_head(
    data: TrainingData, method: str, learned: Callable[[str], bool]
) -> None:
    network = make_network(data.vocabulary)
    adapt_network(network, method)
    names = {name for name, weight in network.named_parameters() if weight.requires_grad}
    everything = {name for name, _ in network.named_parameters()}
    wanted = {n for n in everything if learned(n) or n.startswith("lm_head.")}
    assert names == wanted
    n_learned, n_all = count_weights(network)
    assert n_learned == sum(w.numel() for n, w in network.named_parameters() if n in wanted)
    assert (n_learned == n_all) == (method == "full")


@pytest.mark.parametrize("method", SMALL_PARTS)
def test_the_finished_folder_opens_in_plain_transformers_with_the_same_logits(
    tmp_path: Path,
    data: TrainingData,
    source: Path,
    method: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[torch.Tensor] = []
    original = finishing.list_suspects

    def watch(trainer: Any, *known: Any, **named: Any) -> int:
        heard.append(hear(trainer.model, data))  # before anything is merged
        return original(trainer, *known, **named)

    monkeypatch.setattr("w2vctc.acoustic.training.finetuning.list_suspects", watch)
    folder = tmp_path / "out"
    train_small(data, folder, source=source, peft=method)
    network, found = Wav2Vec2ForCTC.from_pretrained(folder, output_loading_info=True)
    assert not found["unexpected_keys"]
    assert not found["mismatched_keys"]
    assert not found["missing_keys"]
    torch.testing.assert_close(hear(network, data), heard[0], rtol=1e-4, atol=1e-5)
    changed = changed_weights(source, folder)
    assert "lm_head.weight" in changed
    if method == "lora":
        assert any("attention.v_proj.weight" in name for name in changed)
    assert not any("feature_extractor" in name or "feature_projection" in name for name in changed)


def changed_weights(before: Path, after: Path) -> set[str]:
    old, new = (load_file(folder / "model.safetensors") for folder in (before, after))
    return {name for name in old if not torch.equal(old[name], new[name])}


@pytest.mark.parametrize("method", SMALL_PARTS)
def test_a_broken_off_run_goes_on_bit_for_bit(
    tmp_path: Path, data: TrainingData, source: Path, method: str
) -> None:
    weights = []
    for name, watch in (("once", raise_signal_at()), ("twice", raise_signal_at(6))):
        folder = tmp_path / name
        run = train_small(data, folder, source=source, on_event=watch, peft=method)
        if run.interrupted:
            train_small(data, folder, source=source, resume=True, peft=method)
        weights.append((folder / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]


def test_a_model_with_adapters_is_trained_further_with_them(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    train_small(data, tmp_path / "first", source=source, peft="adapter")
    train_small(data, tmp_path / "second", source=tmp_path / "first", peft="adapter")
    changed = changed_weights(tmp_path / "first", tmp_path / "second")
    assert any("adapter_layer" in name for name in changed)
    assert all("adapter_layer" in name or name.startswith("lm_head") for name in changed)


def test_group_norm_models_have_no_room_for_adapters(data: TrainingData) -> None:
    network = make_network(data.vocabulary, norm="group")
    with pytest.raises(UsageError) as caught:
        adapt_network(network, "adapter")
    assert "no room" not in caught.value.message
    assert "--peft lora" in caught.value.hint


def test_lora_without_its_library_says_what_to_install_before_any_work(
    speech_rows: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("w2vctc.acoustic.training.options.find_spec", lambda _: None)
    arguments = ["finetune", "--data", str(speech_rows()), "--model", "base"]
    assert main([*arguments, "--peft", "lora"]) == 5
    assert capsys.readouterr().err == (
        "error: --peft lora needs the package peft, which is not installed [E_PACKAGE]\n"
        "hint:  pip install 'w2vctc[peft]', or take --peft adapter or bitfit\n"
    )


def test_the_share_that_is_learned_is_said(data: TrainingData) -> None:
    network = make_network(data.vocabulary)
    adapt_network(network, "bitfit")
    n_learned, n_all = count_weights(network)
    assert describe_share(network, "bitfit") == (
        f"--peft bitfit: {n_learned:,} of {n_all:,} weights are learned"
        f" ({100 * n_learned / n_all:.2g} %)"
    )


def test_other_methods_do_not_load_the_library(
    data: TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)  # importing it would raise
    for method in ("full", "adapter", "bitfit"):
        adapt_network(make_network(data.vocabulary), method)


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--peft", "bitfit"], "learning rate 0.001 (the one for --peft bitfit)"),
        (["--peft", "lora"], "learning rate 0.0005 (the one for --peft lora)"),
        (["--peft", "bitfit", "--learning-rate", "2e-4"], "learning rate 0.0002"),
        ([], "learning rate 5e-05"),
    ],
)
def test_the_schedule_says_at_which_rate_a_part_learns(
    flags: list[str],
    said: str,
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = make_sentences(make_words(12, seed=1), 8, seed=2)
    write_split(tmp_path / "data", "train", texts[:6], seed=1)
    write_split(tmp_path / "data", "dev", texts[6:], seed=2)
    arguments = ["--data", str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    arguments += ["--model", str(source), "--updates", "1", "--freeze-encoder-updates", "0"]
    assert main(["finetune", *arguments, "--lang", "xx", "--device", "cpu", *flags]) == 0
    lines = capsys.readouterr().err.splitlines()
    line = next(line for line in lines if line.startswith("schedule"))
    assert line == f"schedule 'base 10min': 1 updates of 200 s, {said}"


@pytest.mark.parametrize(
    ("flags", "fault"),
    [
        (["--peft", "lora", "--model", "tiny"], "--peft lora: nothing of a model from scratch"),
        (["--peft", "prefix"], "no --peft prefix: choose full, lora, adapter, bitfit"),
        (["--augment", "noise"], "--augment noise needs --noise-folder"),
        (["--noise-folder", "x"], "--noise-folder is for --augment noise"),
        (["--augment", "echo"], "--augment echo: no kind 'echo'"),
        (["--layer-decay", "1.5"], "--layer-decay 1.5 must not be above 1"),
        (["--layer-decay", "0"], "--layer-decay 0 must be a number above 0"),
        (["--average", "-1"], "--average -1 must be 0 or more"),
        (["--select", "best"], "no --select best: choose greedy, lm"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_any_work(
    flags: list[str], fault: str, speech_rows: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["finetune", "--data", str(speech_rows()), *flags]) == 2
    assert capsys.readouterr().err.splitlines()[0].startswith(f"error: {fault}")
