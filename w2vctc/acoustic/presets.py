"""What each architecture and each amount of data needs, in one table.

The schedules for pretrained models are those published with fairseq's wav2vec 2.0 fine-tuning
configurations (arXiv:2006.11477, appendix B; arXiv:2006.13979 for XLSR-53), with two
differences: LayerDrop is 0, and an update sees 200 s of speech, what one GPU holds, where the
published runs saw 1,600 s over many (`--accumulation 8` gives that back).
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from w2vctc.errors import UsageError

MODEL_NAMES = {
    "base": "facebook/wav2vec2-base",
    "960h-lv60-self": "facebook/wav2vec2-large-960h-lv60-self",
    "xlsr-53": "facebook/wav2vec2-large-xlsr-53",
}
TINY, SMALL = "tiny", "small"
SCRATCH = (TINY, SMALL)  # models that begin with random weights
LARGE_HIDDEN_SIZE = 1024
DATA_SIZES = ("10min", "1h", "10h", "100h")
# Geometric means of neighbouring sizes: 24 minutes is as far from 10 as from 60.
_LIMITS_MINUTES = (24.5, 190.0, 1_900.0)

# 20 ms frames from three convolutions instead of seven: learns from scratch in minutes on a CPU.
TINY_CONFIG: dict[str, Any] = {
    "hidden_size": 192,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 768,
    "conv_dim": (128, 128, 128),
    "conv_kernel": (400, 3, 3),
    "conv_stride": (160, 2, 1),
    "conv_bias": True,
    "num_conv_pos_embeddings": 32,
    "num_conv_pos_embedding_groups": 16,
    "feat_extract_norm": "layer",
    "do_stable_layer_norm": True,
    "hidden_dropout": 0.0,
    "attention_dropout": 0.0,
    "activation_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "final_dropout": 0.0,
}
# For hours of speech, where no pretrained model can be had.
SCRATCH_CONFIGS: dict[str, dict[str, Any]] = {
    TINY: TINY_CONFIG,
    SMALL: {**TINY_CONFIG, "num_hidden_layers": 4},
}


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train; `epochs` is used where `updates` is 0."""

    name: str
    learning_rate: float
    updates: int = 0
    epochs: float = 0.0
    batch_s: float = 200.0  # seconds of padded audio in one forward pass
    accumulation: int = 1  # forward passes per update
    warmup: float = 0.1  # share of the updates
    hold: float = 0.4  # share of the updates; used by tri_stage
    shape: Literal["tri_stage", "cosine"] = "tri_stage"
    freeze_encoder_updates: int = 0  # only the head learns until then
    freeze_feature_encoder: bool = True
    mask_time_prob: float = 0.65
    mask_feature_prob: float = 0.25
    activation_dropout: float = 0.1
    dropout: float | None = None  # of every kind; None: activation_dropout, else the checkpoint's
    weight_decay: float = 0.0
    short_first: bool = False  # the first epoch goes from short clips to long ones
    layer_decay: float = 1.0  # each layer learns at this share of the rate of the next one up


TINY_SCHEDULE = Schedule(
    name="tiny from scratch",
    learning_rate=2e-3,
    epochs=8,
    batch_s=10.0,  # 5 epochs of 20 s left 21 % dev WER on an early ca-numbers, 6 of 10 s 7 %
    shape="cosine",
    freeze_feature_encoder=False,
    mask_time_prob=0.0,
    mask_feature_prob=0.0,
    activation_dropout=0.0,
    weight_decay=0.01,
    short_first=True,
)
# On 3 hours of Kichwa it took two hours of a CPU core: docs/little-data.md.
SMALL_SCHEDULE = replace(
    TINY_SCHEDULE,
    name="small from scratch",
    epochs=20,
    batch_s=20.0,
    mask_time_prob=0.1,
    dropout=0.1,
)
SCRATCH_SCHEDULES = {TINY: TINY_SCHEDULE, SMALL: SMALL_SCHEDULE}

SCHEDULES: dict[tuple[str, str], Schedule] = {
    ("base", "10min"): Schedule("base 10min", 5e-5, 13_000, freeze_encoder_updates=10_000),
    ("base", "1h"): Schedule("base 1h", 5e-5, 13_000, freeze_encoder_updates=10_000),
    ("base", "10h"): Schedule(
        "base 10h", 5e-5, 20_000, freeze_encoder_updates=10_000, mask_feature_prob=0.5
    ),
    ("base", "100h"): Schedule("base 100h", 3e-5, 80_000, mask_feature_prob=0.5),
    ("large", "10min"): Schedule("large 10min", 1e-4, 13_000, freeze_encoder_updates=10_000),
    ("large", "1h"): Schedule(
        "large 1h", 3e-4, 13_000, freeze_encoder_updates=10_000, mask_time_prob=0.75
    ),
    ("large", "10h"): Schedule(
        "large 10h", 1e-4, 20_000, freeze_encoder_updates=10_000, mask_time_prob=0.75
    ),
    ("large", "100h"): Schedule(
        "large 100h",
        3e-5,
        80_000,
        freeze_encoder_updates=10_000,
        mask_time_prob=0.5,
        mask_feature_prob=0.5,
    ),
}

# Where only a part learns, it does so at the rate that was published for it: LoRA with its authors'
# scripts for a base and a large encoder (arXiv:2106.09685, github.com/microsoft/LoRA, of text),
# MMS-style adapters at huggingface.co/blog/mms_adapters, BitFit as its authors' own program comes
# (arXiv:2106.10199, github.com/benzakenelad/BitFit, of text). Not measured here on large models.
PART_RATES = {
    ("base", "lora"): 5e-4,
    ("large", "lora"): 3e-4,
    ("base", "adapter"): 1e-3,
    ("large", "adapter"): 1e-3,
    ("base", "bitfit"): 1e-3,
    ("large", "bitfit"): 1e-3,
}


def choose_data_size(minutes: float) -> str:
    """The nearest of `DATA_SIZES`, on a logarithmic scale."""
    return DATA_SIZES[sum(minutes > limit for limit in _LIMITS_MINUTES)]


def choose_schedule(
    *, model: str, hidden_size: int, minutes: float, preset: str, peft: str = "full"
) -> Schedule:
    """The schedule for a model and an amount of training speech; `preset` overrides the amount.

    peft: what learns of the encoder, one of options.METHODS.
    """
    if preset not in ("auto", *DATA_SIZES):
        raise UsageError(
            f"no preset {preset!r}", hint=f"choose one of auto, {', '.join(DATA_SIZES)}"
        )
    if model in SCRATCH:
        return SCRATCH_SCHEDULES[model]
    size = "large" if hidden_size >= LARGE_HIDDEN_SIZE else "base"
    schedule = SCHEDULES[size, choose_data_size(minutes) if preset == "auto" else preset]
    rate = PART_RATES.get((size, peft), schedule.learning_rate)
    return replace(schedule, learning_rate=rate)


def name_source(model: str) -> str:
    """The hub id or folder that `--model` stands for."""
    if Path(model).is_dir():
        return model
    return MODEL_NAMES.get(model, model)
