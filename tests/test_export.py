"""A finished model is written whole, for everybody to read, or not at all."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import make_network
from safetensors import SafetensorError

from w2vctc.acoustic.export import save_model
from w2vctc.acoustic.model import load_trained
from w2vctc.errors import MachineError, ModelError
from w2vctc.vocab import Vocabulary, build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])


def read_all(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_what_is_written_is_what_is_loaded(tmp_path: Path, norm: str) -> None:
    network = make_network(VOCABULARY, norm=norm)
    save_model(network, VOCABULARY, tmp_path / "a/model")
    loaded, vocabulary = load_trained(tmp_path / "a/model")
    assert vocabulary == VOCABULARY
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, loaded.state_dict()[name]), name


def test_every_file_may_be_read_as_the_umask_says(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        save_model(make_network(VOCABULARY), VOCABULARY, tmp_path / "model")
    finally:
        os.umask(before)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "model").iterdir()}
    assert set(modes.values()) == {"0o644"}, modes


def test_labels_that_the_head_cannot_spell_are_never_written(tmp_path: Path) -> None:
    other = Vocabulary((*VOCABULARY.labels, "z"))
    with pytest.raises(ModelError, match="12 labels, the model's head 11 outputs") as caught:
        save_model(make_network(VOCABULARY), other, tmp_path / "model")
    assert caught.value.code == "E_VOCAB"
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    "fault",
    [
        SafetensorError(
            "Error while serializing: I/O error: No space left on device (os error 28)"
        ),
        OSError(28, "No space left on device"),
    ],
    ids=["safetensors", "system"],
)
def test_a_full_disk_leaves_the_model_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    folder = tmp_path / "model"
    save_model(make_network(VOCABULARY), VOCABULARY, folder)
    before = read_all(folder)
    network = make_network(VOCABULARY, seed=9)

    def refuse(to: Path, **_: Any) -> None:
        (Path(to) / "model.safetensors").write_bytes(b"half")
        raise fault

    monkeypatch.setattr(network, "save_pretrained", refuse)
    with pytest.raises(MachineError) as caught:
        save_model(network, VOCABULARY, folder)
    assert (caught.value.code, caught.value.exit_code) == ("E_DISK", 5)
    assert read_all(folder) == before
