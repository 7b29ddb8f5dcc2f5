"""The learning rate of each layer, and that training goes by it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_data, make_network, save_source, train_small
from safetensors.torch import load_file
from test_finetuning import raise_signal_at

from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.layer_rates import find_depth, group_by_layer
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=10, n_dev=3)


def rates_of(network: Any, *, decay: float) -> dict[str, tuple[float, float]]:
    """Learning rate and weight decay by weight."""
    names = {id(weight): name for name, weight in network.named_parameters()}
    groups = group_by_layer(
        network,
        learning_rate=1.0,
        decay=decay,
        weight_decay=0.1,
        decayed={"lm_head.weight"},
    )
    return {
        names[id(weight)]: (group["lr"], group["weight_decay"])
        for group in groups
        for weight in group["params"]
    }


@pytest.mark.parametrize(
    ("norm", "name", "depth"),
    [
        ("layer", "lm_head.bias", 0),
        ("layer", "wav2vec2.encoder.layers.2.attention.q_proj.weight", 1),
        ("layer", "wav2vec2.encoder.layers.0.final_layer_norm.bias", 3),
        ("layer", "wav2vec2.encoder.layer_norm.weight", 1),  # it comes after the blocks
        ("group", "wav2vec2.encoder.layer_norm.weight", 4),  # before them
        ("layer", "wav2vec2.encoder.pos_conv_embed.conv.bias", 4),
        ("layer", "wav2vec2.feature_projection.projection.weight", 4),
        ("layer", "wav2vec2.feature_extractor.conv_layers.0.conv.weight", 4),
        ("layer", "wav2vec2.masked_spec_embed", 4),
    ],
)
def test_depth_counts_layers_from_the_head_down(norm: str, name: str, depth: int) -> None:
    network = make_network(VOCABULARY, norm=norm, num_hidden_layers=3)
    assert name in dict(network.named_parameters())
    assert find_depth(name, network.config) == depth


def test_each_layer_learns_at_a_share_of_the_one_above() -> None:
    network = make_network(VOCABULARY, num_hidden_layers=3)
    network.freeze_feature_encoder()
    rates = rates_of(network, decay=0.5)
    assert rates["lm_head.weight"] == (1.0, 0.1)
    assert rates["lm_head.bias"] == (1.0, 0.0)
    assert rates["wav2vec2.encoder.layers.1.layer_norm.bias"] == (0.25, 0.0)
    assert rates["wav2vec2.feature_projection.projection.bias"] == (0.0625, 0.0)
    learned = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert rates.keys() == learned  # each once, and nothing that is frozen


def test_the_head_s_rate_is_the_one_that_is_shown() -> None:
    groups = group_by_layer(
        make_network(VOCABULARY), learning_rate=3e-4, decay=0.9, weight_decay=0.0, decayed=set()
    )
    assert groups[0]["lr"] == 3e-4


def test_layers_far_down_move_less_and_a_resumed_run_agrees(
    tmp_path: Path, data: TrainingData
) -> None:
    torch.set_num_threads(1)
    network = make_network(data.vocabulary, num_hidden_layers=3)
    source = save_source(tmp_path / "source", network, data.vocabulary)
    schedule = replace(SHORT_SCHEDULE, layer_decay=0.1, freeze_encoder_updates=0)
    weights = []
    for name, watch in (("once", raise_signal_at()), ("twice", raise_signal_at(5))):
        folder = tmp_path / name
        run = train_small(data, folder, source=source, schedule=schedule, on_event=watch)
        if run.interrupted:
            train_small(data, folder, source=source, schedule=schedule, resume=True)
        weights.append((folder / "model.safetensors").read_bytes())
    assert weights[0] == weights[1]
    old, new = (load_file(tmp_path / n / "model.safetensors") for n in ("source", "once"))
    moved = [
        float((new[name] - old[name]).abs().mean())
        for name in (
            f"wav2vec2.encoder.layers.{n}.feed_forward.output_dense.weight" for n in (0, 1, 2)
        )
    ]
    assert 0 < moved[0] < moved[1] / 3 < moved[2] / 9
