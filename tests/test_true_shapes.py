"""The architectures that the presets name, in their true sizes but without their weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Wav2Vec2ForCTC

from w2vctc.acoustic.model import (
    adapt_config,
    count_model_frames,
    count_model_samples,
    load_config,
    uses_attention_mask,
)
from w2vctc.acoustic.presets import choose_schedule
from w2vctc.vocab import build_vocabulary

# As config.json of facebook/wav2vec2-base and facebook/wav2vec2-large-xlsr-53 have it.
SHARED: dict[str, Any] = {
    "architectures": ["Wav2Vec2ForPreTraining"],
    "model_type": "wav2vec2",
    "activation_dropout": 0.0,
    "apply_spec_augment": True,
    "attention_dropout": 0.1,
    "bos_token_id": 1,
    "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "ctc_loss_reduction": "sum",
    "ctc_zero_infinity": False,
    "eos_token_id": 2,
    "feat_proj_dropout": 0.1,
    "gradient_checkpointing": True,
    "hidden_dropout": 0.1,
    "layerdrop": 0.1,
    "mask_time_prob": 0.05,
    "num_conv_pos_embedding_groups": 16,
    "num_conv_pos_embeddings": 128,
    "pad_token_id": 0,
    "vocab_size": 32,
}
BASE = {
    **SHARED,
    "conv_bias": False,
    "do_stable_layer_norm": False,
    "feat_extract_norm": "group",
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_attention_heads": 12,
    "num_hidden_layers": 12,
}
XLSR_53 = {
    **SHARED,
    "conv_bias": True,
    "do_stable_layer_norm": True,
    "feat_extract_norm": "layer",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
}
VOCABULARY = build_vocabulary(["the quick brown fox jumps over a lazy dog's back"])


def count_parameters(settings: dict[str, Any], n_labels: int) -> int:
    """The parameters of a CTC model, layer by layer."""
    width, inner = settings["hidden_size"], settings["intermediate_size"]
    features = 512
    layer_norm = settings["feat_extract_norm"] == "layer"
    kernels = settings["conv_kernel"]
    convolutions = features * kernels[0] + features * features * sum(kernels[1:])
    convolutions += features * len(kernels) * settings["conv_bias"]
    norms = 2 * features * (len(kernels) if layer_norm else 1)
    projection = 2 * features + (features + 1) * width
    kernel = settings["num_conv_pos_embeddings"]
    # weight norm keeps a length for each place of the kernel
    positions = width * width // settings["num_conv_pos_embedding_groups"] * kernel + kernel + width
    layer = 4 * (width + 1) * width + (width + 1) * inner + (inner + 1) * width + 4 * width
    encoder = settings["num_hidden_layers"] * layer + 2 * width
    mask, head = width, (width + 1) * n_labels
    return int(convolutions + norms + projection + positions + encoder + mask + head)


@pytest.mark.parametrize(
    ("settings", "millions", "schedule", "masked"),
    [(BASE, 94.4, "base 1h", False), (XLSR_53, 315.5, "large 1h", True)],
    ids=["base", "xlsr-53"],
)
def test_true_shapes_are_loaded_and_fitted_with_a_head(
    tmp_path: Path, settings: dict[str, Any], millions: float, schedule: str, masked: bool
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(settings), encoding="utf-8")
    (tmp_path / "model.safetensors").touch()  # the configuration is read before any weight
    source = load_config(str(tmp_path))
    chosen = choose_schedule(
        model=str(tmp_path), hidden_size=source.hidden_size, minutes=45, preset="auto"
    )
    assert chosen.name == schedule
    config = adapt_config(source, VOCABULARY, chosen)
    with torch.device("meta"):
        network = Wav2Vec2ForCTC(config).eval()
    n_parameters = sum(weight.numel() for weight in network.parameters())
    assert n_parameters == count_parameters(settings, len(VOCABULARY.labels))
    assert round(n_parameters / 1e6, 1) == millions
    assert uses_attention_mask(config) is masked
    assert config.mask_feature_length == 64
    assert count_model_samples(config) == 400
    with torch.no_grad():
        logits = network(torch.empty(2, 48_000, device="meta")).logits
    assert logits.shape == (2, count_model_frames(config, 48_000), len(VOCABULARY.labels))
