"""Where the network runs, and in which precision: said, never switched silently."""

import re
from typing import Literal

import torch

from w2vctc.errors import MachineError, UsageError

Precision = Literal["fp32", "bf16", "fp16"]


def choose_device(name: str) -> torch.device:
    """The device for `auto`, `cpu`, `cuda` or `cuda:1`. Raises MachineError E_DEVICE without it."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", name):
        raise UsageError(f"no device {name!r}", hint="choose auto, cpu or cuda")
    device = torch.device(name)
    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device.type == "cuda" and (device.index or 0) >= n_gpus:
        seen = "no GPU" if not n_gpus else f"{n_gpus} GPU" + "s" * (n_gpus > 1)
        raise MachineError(
            f"--device {name}: torch {torch.__version__} sees {seen} here",
            hint="`w2vctc doctor` shows what it sees; --device cpu runs without one",
            code="E_DEVICE",
        )
    return device


def choose_precision(name: str, device: torch.device) -> Precision:
    """bf16 where the GPU has the units for it, else fp16 on a GPU, fp32 on a CPU.

    Autocast to bf16 on a CPU without such units runs at a third of fp32's speed.
    """
    if name == "fp32" or (name == "auto" and device.type == "cpu"):
        return "fp32"
    if name == "bf16" or (name == "auto" and torch.cuda.is_bf16_supported()):
        return "bf16"
    if name in ("fp16", "auto"):
        if device.type == "cpu":
            raise UsageError("--precision fp16 needs a GPU", hint="--precision fp32")
        return "fp16"
    raise UsageError(f"no precision {name!r}", hint="choose auto, fp32, bf16 or fp16")
