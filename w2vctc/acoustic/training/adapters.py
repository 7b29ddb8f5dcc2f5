"""Training a small part of a large network, and giving back a plain one afterwards."""

from collections.abc import Callable
from typing import Any

import torch

from w2vctc.errors import UsageError

# LoRA (arXiv:2106.09685) on all four projections of attention; the update is scaled by alpha/rank.
LORA_RANK = 16
LORA_ALPHA = 32
_ATTENTION = r".*encoder\.layers\.\d+\.attention\.(q_proj|k_proj|v_proj|out_proj)"
ADAPTER_SIZE = 16  # MMS's (arXiv:2305.13516), one bottleneck after each block


def adapt_network(network: Any, method: str) -> Callable[[], None]:
    """Leaves only what `method` trains, and the head, to be learned, in place.

    Returns what makes the network a plain Wav2Vec2ForCTC again, with the same logits. Draws new
    weights from torch's global generator. Raises UsageError for a network that the method does not
    fit.
    """
    if method == "full":
        return _leave
    merge = {"lora": _add_lora, "adapter": _add_adapters, "bitfit": _free_biases}[method](network)
    network.lm_head.requires_grad_(True)
    return merge


def describe_share(network: Any, method: str) -> str:
    """`--peft lora: 1,234 of 56,789 weights are learned (2.2 %)`."""
    n_learned, n_all = count_weights(network)
    share = 100 * n_learned / n_all
    return f"--peft {method}: {n_learned:,} of {n_all:,} weights are learned ({share:.2g} %)"


def count_weights(network: Any) -> tuple[int, int]:
    """(weights that are learned, all weights)."""
    sizes = [(weight.numel(), weight.requires_grad) for weight in network.parameters()]
    return sum(n for n, learned in sizes if learned), sum(n for n, _ in sizes)


def _leave() -> None:
    """The network is plain already."""


def _add_lora(network: Any) -> Callable[[], None]:
    from peft import LoraConfig, LoraModel

    config = LoraConfig(
        r=LORA_RANK, lora_alpha=LORA_ALPHA, lora_dropout=0.0, target_modules=_ATTENTION
    )
    # Without the wrapper around it: the Trainer and its checkpoints see the network itself.
    tuner = LoraModel(network, config, "default")

    def merge() -> None:
        tuner.merge_and_unload()

    return merge


def _add_adapters(network: Any) -> Callable[[], None]:
    """The attention adapters that transformers itself knows, so nothing is left to merge."""
    from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2AttnAdapterLayer

    if not network.config.do_stable_layer_norm:
        raise UsageError(
            "--peft adapter: only models with the layer norm in front have room for adapters",
            hint="take --model xlsr-53 or 960h-lv60-self, or --peft lora",
        )
    network.requires_grad_(False)
    if network.config.adapter_attn_dim is None:
        network.config.adapter_attn_dim = ADAPTER_SIZE
        for layer in network.wav2vec2.encoder.layers:
            layer.adapter_layer = Wav2Vec2AttnAdapterLayer(network.config)
            # Begins as nothing added: the pretrained network hears as before.
            torch.nn.init.zeros_(layer.adapter_layer.linear_2.weight)
            torch.nn.init.zeros_(layer.adapter_layer.linear_2.bias)
    for layer in network.wav2vec2.encoder.layers:
        layer.adapter_layer.requires_grad_(True)
    return _leave


def _free_biases(network: Any) -> Callable[[], None]:
    """BitFit (arXiv:2106.10199): the encoder's biases and nothing else."""
    network.requires_grad_(False)
    for name, weight in network.wav2vec2.encoder.named_parameters():
        weight.requires_grad_(name.endswith(".bias"))
    return _leave
