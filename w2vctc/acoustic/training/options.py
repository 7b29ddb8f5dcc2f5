"""What a person may set for a fine-tuning run; None means: as the schedule says."""

import math
from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from typing import Any

from w2vctc.acoustic.clips.augmentation import parse_kinds
from w2vctc.acoustic.monitoring.loggers import LOGGERS, NO_LOGGER
from w2vctc.acoustic.presets import SCRATCH, Schedule
from w2vctc.errors import MachineError, UsageError

METHODS = ("full", "lora", "adapter", "bitfit")  # of --peft; see acoustic.adapters
SELECTIONS = ("greedy", "lm")


@dataclass(frozen=True)
class FinetuneOptions:
    """The `[finetune]` table of w2vctc.toml and the flags of the same names."""

    model: str = "xlsr-53"
    preset: str = "auto"
    more_data: tuple[str, ...] = ()  # places of further datasets, for their training rows
    sampling_exponent: float = 1.0  # of several datasets: shares go with seconds ** exponent
    epochs: float | None = None
    updates: int | None = None
    learning_rate: float | None = None
    batch_seconds: float | None = None
    accumulation: int | None = None
    freeze_encoder_updates: int | None = None
    mask_time_prob: float | None = None
    mask_feature_prob: float | None = None
    dropout: float | None = None  # of every kind
    eval_every: int | None = None  # updates
    patience: int = 10  # evaluations without a better one; 0 never stops early
    max_duration: float = 30.0  # seconds; longer clips are refused
    seed: int = 1
    device: str = "auto"
    augment: str = ""  # kinds of acoustic.augmentation with commas between
    noise_folder: str | None = None
    augment_ramp: float = 0.0  # share of the updates until --augment works in full
    peft: str = "full"  # one of METHODS
    layer_decay: float | None = None  # learning rate of a layer, as a share of the next one's
    short_first: bool | None = None
    average: int = 0  # checkpoints whose mean is tried in the end; 0 and 1: none
    select: str = "greedy"  # or "lm": whose dev WER chooses the checkpoint
    precision: str = "auto"
    workers: int | None = None
    cache_features: bool = False  # of a frozen feature encoder, on disk
    step_times: bool = False
    logger: str = NO_LOGGER  # or one of LOGGERS
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
    "layer_decay",
)
_NOT_NEGATIVE = ("freeze_encoder_updates", "patience", "seed", "workers", "average")


def check_options(options: FinetuneOptions) -> FinetuneOptions:
    """The same options; raises one UsageError that names every value out of range.

    Raises MachineError for a method whose package is missing.
    """
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
    if not 0 <= options.sampling_exponent <= 1:  # NaN neither
        faults.append(f"--sampling-exponent {options.sampling_exponent:g} must be from 0 to 1")
    faults += _check_recipe(options)
    if faults:
        raise UsageError("; ".join(faults), hint="see `w2vctc finetune --help`")
    if options.peft == "lora" and find_spec("peft") is None:
        raise MachineError(
            "--peft lora needs the package peft, which is not installed",
            hint="pip install 'w2vctc[peft]', or take --peft adapter or bitfit",
            code="E_PACKAGE",
        )
    return options


def _check_recipe(options: FinetuneOptions) -> list[str]:
    """What is wrong with the choices of how to learn."""
    faults = []
    kinds = parse_kinds(options.augment)
    if "noise" in kinds and options.noise_folder is None:
        faults.append("--augment noise needs --noise-folder, a folder of recordings without speech")
    if options.noise_folder is not None and "noise" not in kinds:
        faults.append("--noise-folder is for --augment noise")
    if not 0 <= options.augment_ramp <= 1:
        faults.append(f"--augment-ramp {options.augment_ramp:g} must be from 0 to 1")
    if options.augment_ramp and not kinds:
        faults.append("--augment-ramp is for --augment")
    if options.dropout is not None and not 0 <= options.dropout < 1:
        faults.append(f"--dropout {options.dropout:g} must be 0 or more and below 1")
    if options.peft not in METHODS:
        faults.append(f"no --peft {options.peft}: choose {', '.join(METHODS)}")
    if options.peft != "full" and options.model in SCRATCH:
        faults.append(f"--peft {options.peft}: nothing of a model from scratch is learned yet")
    if options.layer_decay is not None and options.layer_decay > 1:
        faults.append(f"--layer-decay {options.layer_decay:g} must not be above 1")
    if options.cache_features and options.model in SCRATCH:
        faults.append("--cache-features: the feature encoder of a model from scratch learns")
    if options.cache_features and kinds:
        faults.append("--cache-features: with --augment a clip sounds different each time")
    if options.logger not in (NO_LOGGER, *LOGGERS):
        faults.append(f"no --logger {options.logger}: choose {NO_LOGGER}, {', '.join(LOGGERS)}")
    if options.select not in SELECTIONS:
        faults.append(f"no --select {options.select}: choose {', '.join(SELECTIONS)}")
    return faults


def apply_options(schedule: Schedule, options: FinetuneOptions) -> Schedule:
    """The schedule with what the person set in place of what it says."""
    changed: dict[str, Any] = {
        "learning_rate": options.learning_rate,
        "batch_s": options.batch_seconds,
        "accumulation": options.accumulation,
        "freeze_encoder_updates": options.freeze_encoder_updates,
        "mask_time_prob": options.mask_time_prob,
        "mask_feature_prob": options.mask_feature_prob,
        "dropout": options.dropout,
        "layer_decay": options.layer_decay,
        "short_first": options.short_first,
        "epochs": options.epochs,
        "updates": 0 if options.epochs is not None else options.updates,
    }
    return replace(schedule, **{k: v for k, v in changed.items() if v is not None})


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
