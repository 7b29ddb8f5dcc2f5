"""Model folders: which are opened, and why the others are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import make_network, save_source

from w2vctc.acoustic.emissions import load_acoustic_model
from w2vctc.acoustic.model import load_trained
from w2vctc.acoustic.source import check_model_folder, is_trained, resolve_source
from w2vctc.cli.main import main
from w2vctc.errors import MachineError, ModelError
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_source(tmp_path / "model", make_network(VOCABULARY), VOCABULARY)


def pickle_weights(folder: Path) -> Path:
    """The same weights as torch.save writes them, in place of the safe file."""
    from safetensors.torch import load_file

    safe = folder / "model.safetensors"
    torch.save(load_file(safe), folder / "pytorch_model.bin")
    safe.unlink()
    return folder


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**config, **values}), encoding="utf-8")


class Payload:
    """What unpickling this would run."""

    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return (open, (str(self.witness), "w"))


def test_a_plain_folder_is_taken_as_it_is(folder: Path) -> None:
    assert resolve_source(str(folder)) == folder
    assert check_model_folder(folder)["model_type"] == "wav2vec2"
    assert is_trained(folder)


def test_pickled_weights_are_refused_with_exit_code_4_and_the_remedy(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pickle_weights(folder)
    assert not is_trained(folder)
    assert main(["decode", "--model", str(folder), str(tmp_path / "any.wav")]) == 4
    assert capsys.readouterr().err.endswith(
        f"error: {folder}/pytorch_model.bin: pickled weights can run code when they are loaded"
        " [E_PICKLE]\n"
        "hint:  ask its author for model.safetensors; if you trust them: --allow-pickle\n"
    )


def test_finetune_refuses_pickled_weights_too(
    folder: Path, tmp_path: Path, speech_rows: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    pickle_weights(folder)
    data, out = speech_rows(), tmp_path / "out"
    arguments = ["--data", str(data), "--model", str(folder), "--out", str(out)]
    assert main(["finetune", *arguments]) == 4
    assert "E_PICKLE" in capsys.readouterr().err


def test_allow_pickle_loads_the_same_weights(folder: Path) -> None:
    safe, _ = load_trained(folder)
    pickle_weights(folder)
    pickled, _ = load_trained(folder, allow_pickle=True)
    for name, weight in safe.state_dict().items():
        assert torch.equal(weight, pickled.state_dict()[name]), name


def test_allow_pickle_still_runs_no_code(folder: Path, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    (folder / "model.safetensors").unlink()
    torch.save({"x": Payload(witness)}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="the weights cannot be loaded"):
        load_trained(folder, allow_pickle=True)
    assert not witness.exists()


@pytest.mark.parametrize("way", ["auto_map", "module"])
def test_code_of_its_own_is_refused(folder: Path, way: str) -> None:
    if way == "auto_map":
        change_config(folder, auto_map={"AutoModelForCTC": "modeling.Own"})
    else:
        (folder / "modeling.py").write_text("print('here I am')\n", encoding="utf-8")
    with pytest.raises(ModelError, match="brings program code of its own") as caught:
        load_trained(folder)
    assert (caught.value.code, caught.value.exit_code) == ("E_CUSTOM_CODE", 4)


def test_another_architecture_is_named(folder: Path) -> None:
    change_config(folder, model_type="hubert")
    with pytest.raises(ModelError, match="a model of type 'hubert', not wav2vec2"):
        resolve_source(str(folder))


def test_a_folder_without_weights_says_how_to_get_them(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    assert not is_trained(folder)
    with pytest.raises(ModelError, match="no weights") as caught:
        resolve_source(str(folder))
    assert "--resume" in caught.value.hint


@pytest.mark.parametrize("content", ["", "{", "[]", "null"])
def test_a_broken_config_is_named(folder: Path, content: str) -> None:
    (folder / "config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"config\.json") as caught:
        load_trained(folder)
    assert caught.value.code == "E_MODEL"


def test_a_trained_model_that_is_not_there_is_not_looked_for_on_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(*_: Any, **__: Any) -> None:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr("w2vctc.acoustic.source._fetch", fetch)
    with pytest.raises(ModelError, match="no model here") as caught:
        load_acoustic_model(tmp_path / "models/xx")
    assert "w2vctc finetune" in caught.value.hint


def test_a_hub_that_cannot_be_reached_is_a_fault_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    with pytest.raises(MachineError, match="neither a folder here nor to be had") as caught:
        resolve_source("xlsr-53")
    assert (caught.value.code, caught.value.exit_code) == ("E_HUB", 5)
    assert "--model small" in caught.value.hint


def test_only_presets_may_bring_pickles_from_the_hub(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pickle_weights(folder)
    asked: list[list[str]] = []

    def download(_: str, *, allow_patterns: list[str]) -> str:
        asked.append(allow_patterns)
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert resolve_source("xlsr-53") == folder
    with pytest.raises(ModelError, match="pickled weights"):
        resolve_source("somebody/else")
    assert asked == [["*.json", "*.safetensors", "pytorch_model.bin"], ["*.json", "*.safetensors"]]


def test_weights_that_are_not_all_there_are_never_filled_with_noise(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    norm = "wav2vec2.encoder.layer_norm.weight"
    save_file({k: v for k, v in weights.items() if k != norm}, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=rf"cannot be loaded: {norm} is missing"):
        load_trained(folder)
    save_file({**weights, norm: weights[norm][:5]}, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=rf"{norm} has another size"):
        load_trained(folder)


def test_damaged_weights_are_refused(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match="the weights cannot be loaded") as caught:
        load_trained(folder)
    assert caught.value.exit_code == 4


def test_a_folder_without_its_feature_extractor_is_no_fault_of_the_machine(folder: Path) -> None:
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ModelError, match="preprocessor_config") as caught:
        load_acoustic_model(folder)
    assert caught.value.code == "E_MODEL"
