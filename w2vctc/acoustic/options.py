"""What a person may set for a fine-tuning run; None means: as the schedule says."""

import math
from dataclasses import asdict, dataclass, replace
from typing import Any

from w2vctc.acoustic.presets import Schedule
from w2vctc.errors import UsageError


@dataclass(frozen=True)
class FinetuneOptions:
    """The `[finetune]` table of w2vctc.toml and the flags of the same names."""

    model: str = "xlsr-53"
    preset: str = "auto"
    epochs: float | None = None
    updates: int | None = None
    learning_rate: float | None = None
    batch_seconds: float | None = None
    accumulation: int | None = None
    freeze_encoder_updates: int | None = None
    mask_time_prob: float | None = None
    mask_feature_prob: float | None = None
    eval_every: int | None = None  # updates
    patience: int = 10  # evaluations without a better one; 0 never stops early
    max_duration: float = 30.0  # seconds; longer clips are refused
    seed: int = 1
    device: str = "auto"
    precision: str = "auto"
    workers: int | None = None
    skip_bad: bool = False
    allow_pickle: bool = False


_POSITIVE = (
    "epochs",
    "updates",
    "learning_rate",
    "batch_seconds",
    "accumulation",
    "eval_every",
    "max_duration",
)
_NOT_NEGATIVE = ("freeze_encoder_updates", "patience", "seed", "workers")


def check_options(options: FinetuneOptions) -> FinetuneOptions:
    """The same options; raises one UsageError that names every value out of range."""
    values = {name: value for name, value in asdict(options).items() if value is not None}
    faults = [
        f"{_flag(name)} {values[name]:g} must be a number above 0"
        for name in _POSITIVE
        if name in values and not 0 < values[name] < math.inf
    ]
    faults += [
        f"{_flag(name)} {values[name]:g} must be 0 or more"
        for name in _NOT_NEGATIVE
        if name in values and values[name] < 0
    ]
    if options.epochs is not None and options.updates is not None:
        faults.append("--epochs and --updates both say how long: give one")
    if faults:
        raise UsageError("; ".join(faults), hint="see `w2vctc finetune --help`")
    return options


def apply_options(schedule: Schedule, options: FinetuneOptions) -> Schedule:
    """The schedule with what the person set in place of what it says."""
    changed: dict[str, Any] = {
        "learning_rate": options.learning_rate,
        "batch_s": options.batch_seconds,
        "accumulation": options.accumulation,
        "freeze_encoder_updates": options.freeze_encoder_updates,
        "mask_time_prob": options.mask_time_prob,
        "mask_feature_prob": options.mask_feature_prob,
        "epochs": options.epochs,
        "updates": 0 if options.epochs is not None else options.updates,
    }
    return replace(schedule, **{k: v for k, v in changed.items() if v is not None})


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
