"""The network to train: pretrained weights or a tiny one from scratch, with the right head."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC
from transformers.utils import logging as transformers_logging

from w2vctc.acoustic.filterbank import make_filterbank
from w2vctc.acoustic.frames import count_frames, count_needed_samples
from w2vctc.acoustic.memory_errors import is_out_of_memory
from w2vctc.acoustic.presets import SCRATCH, SCRATCH_CONFIGS, Schedule
from w2vctc.acoustic.source import check_model_folder, resolve_source
from w2vctc.errors import MachineError, ModelError
from w2vctc.speech.audio import SAMPLE_RATE
from w2vctc.vocab import Vocabulary, check_sizes, load_vocabulary

DROPOUTS = (
    "hidden_dropout",
    "attention_dropout",
    "activation_dropout",
    "feat_proj_dropout",
    "final_dropout",
)
_TRAINED_ONLY = frozenset({"wav2vec2.masked_spec_embed"})  # SpecAugment's; no emission needs it
_LOAD_ERRORS = (
    SafetensorError,
    UnpicklingError,
    OSError,
    RuntimeError,
    ValueError,
    MemoryError,
)
_HEAD = frozenset({"lm_head.weight", "lm_head.bias"})


@dataclass(frozen=True)
class NewModel:
    """A network ready for training and what was done to its head."""

    network: Any  # Wav2Vec2ForCTC; transformers carries no types
    head: str  # "new", "kept" or "made anew: why"


def uses_attention_mask(config: Any) -> bool:
    """Whether this architecture was trained with an attention mask (layer norm: yes, group: no)."""
    return bool(config.feat_extract_norm == "layer")


def count_model_frames(config: Any, n_samples: int) -> int:
    """The emission frames that the model makes of `n_samples` at 16 kHz."""
    return count_frames(n_samples, kernels=config.conv_kernel, strides=config.conv_stride)


def count_model_samples(config: Any) -> int:
    """The fewest samples at 16 kHz that give one frame."""
    return count_needed_samples(kernels=config.conv_kernel, strides=config.conv_stride)


def load_config(model: str, *, allow_pickle: bool = False) -> Any:
    """The architecture's configuration, before any weights are read."""
    if model in SCRATCH:
        return Wav2Vec2Config(**SCRATCH_CONFIGS[model])
    return _read_config(resolve_source(model, allow_pickle=allow_pickle))


def make_model(
    model: str, vocabulary: Vocabulary, schedule: Schedule, *, allow_pickle: bool = False
) -> NewModel:
    """A Wav2Vec2ForCTC whose head spells exactly `vocabulary`, configured for CTC fine-tuning.

    The head of the source is kept only if its labels are the same in the same order. Draws new
    weights from torch's global generator: seed it first.
    """
    if model in SCRATCH:
        network = Wav2Vec2ForCTC(adapt_config(load_config(model), vocabulary, schedule))
        _set_filterbank(network)
        return NewModel(network, "new")
    folder = resolve_source(model, allow_pickle=allow_pickle)
    source = _read_config(folder)
    config = adapt_config(source, vocabulary, schedule)
    network, head_fault = _load_network(folder, config=config, any_head=True)
    head = _decide_head(folder, vocabulary, fault=head_fault, head_size=source.vocab_size)
    if head != "kept":
        _reset_head(network)
    check_sizes(vocabulary, head_size=network.lm_head.out_features, where=str(folder))
    return NewModel(network, head)


def adapt_config(config: Any, vocabulary: Vocabulary, schedule: Schedule) -> Any:
    """A copy of `config` with the vocabulary's sizes and what stable CTC training needs."""
    config = copy.deepcopy(config)
    config.vocab_size = len(vocabulary.labels)
    config.pad_token_id = vocabulary.blank_id
    config.bos_token_id = None
    config.eos_token_id = None
    config.ctc_loss_reduction = "mean"
    config.ctc_zero_infinity = True
    config.layerdrop = 0.0
    config.activation_dropout = schedule.activation_dropout
    if schedule.dropout is not None:
        config.update(dict.fromkeys(DROPOUTS, schedule.dropout))
    config.apply_spec_augment = schedule.mask_time_prob > 0 or schedule.mask_feature_prob > 0
    config.mask_time_prob = schedule.mask_time_prob
    config.mask_feature_prob = schedule.mask_feature_prob
    config.mask_feature_length = min(64, config.hidden_size)
    return config


def load_trained(folder: Path, *, allow_pickle: bool = False) -> tuple[Any, Vocabulary]:
    """A trained network in evaluation mode and its vocabulary, sizes checked against each other."""
    check_model_folder(folder, allow_pickle=allow_pickle)
    vocabulary = load_vocabulary(folder)
    config = _read_config(folder)
    check_sizes(vocabulary, head_size=config.vocab_size, where=str(folder))
    network, _ = _load_network(folder, config=config)
    if config.pad_token_id != vocabulary.blank_id:
        raise ModelError(
            f"{folder}: config.json says that the blank is label {config.pad_token_id},"
            f" the tokenizer says {vocabulary.blank_id}",
            hint="one of the two files is not this model's; copy the folder again",
            code="E_VOCAB",
        )
    return network.eval(), vocabulary


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silences transformers' log (a renamed weight is reported as newly initialized)."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        transformers_logging.enable_progress_bar()


def _read_config(folder: Path) -> Any:
    try:
        return Wav2Vec2Config.from_pretrained(folder, trust_remote_code=False)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{folder / 'config.json'}: {error}", hint="copy the model again", code="E_MODEL"
        ) from error


def _load_network(folder: Path, *, config: Any, any_head: bool = False) -> tuple[Any, str]:
    """The network, and with `any_head` what is wrong with the folder's head: "", "missing", "size".

    Every other weight must be there: transformers would fill what is missing with noise.
    """
    try:
        with quiet_transformers():
            network, found = Wav2Vec2ForCTC.from_pretrained(
                folder,
                config=config,
                dtype=torch.float32,
                ignore_mismatched_sizes=True,
                output_loading_info=True,
                trust_remote_code=False,
            )
    except _LOAD_ERRORS as error:
        if is_out_of_memory(error) or "cannot allocate memory" in str(error).lower():
            raise _too_large(folder, error) from error
        raise _unloadable(folder, str(error).splitlines()[0]) from error
    other_size = {name for name, *_ in found["mismatched_keys"]}
    missing = set(found["missing_keys"]) - _TRAINED_ONLY
    head_fault = ""
    if any_head:
        head_fault = "missing" if missing & _HEAD else "size" if other_size & _HEAD else ""
        missing, other_size = missing - _HEAD, other_size - _HEAD
    faults = [f"{name} is missing" for name in sorted(missing)]
    faults += [f"{name} has another size" for name in sorted(other_size)]
    if faults:
        more = f" and {len(faults) - 1} more like it" if len(faults) > 1 else ""
        raise _unloadable(folder, faults[0] + more)
    return network, head_fault


def _too_large(folder: Path, error: BaseException) -> MachineError:
    reason = (str(error) or "none is left").splitlines()[0]
    return MachineError(
        f"{folder}: not enough memory to load the model: {reason}",
        hint="end other programs that take memory, or take a smaller model; the model's files are"
        " not to blame",
        code="E_MEMORY",
    )


def _unloadable(folder: Path, reason: str) -> ModelError:
    return ModelError(
        f"{folder}: the weights cannot be loaded: {reason}",
        hint="the file is damaged or of another architecture; copy the model again",
        code="E_MODEL",
    )


def _decide_head(folder: Path, vocabulary: Vocabulary, *, fault: str, head_size: int) -> str:
    """What becomes of the source's head; `fault` is what `_load_network` says of it."""
    try:
        old = load_vocabulary(folder, head_size=head_size)
    except ModelError:
        old = None
    if old is None or fault == "missing":
        return "made anew: the pretrained model has none"
    if old == vocabulary and not fault:
        return "kept"
    lowered = {letter.lower() for letter in old.letters if letter != letter.lower()}
    if lowered & set(vocabulary.letters) and not lowered & set(old.letters):
        return "made anew: the old one spells in upper case, this vocabulary in lower case"
    return f"made anew: the old one spells other letters ({len(old.labels)} labels)"


def _reset_head(network: Any) -> None:
    torch.nn.init.normal_(network.lm_head.weight, std=network.config.initializer_range)
    torch.nn.init.zeros_(network.lm_head.bias)


def _set_filterbank(network: Any) -> None:
    convolution = network.wav2vec2.feature_extractor.conv_layers[0].conv
    n_filters, _, kernel = convolution.weight.shape
    with torch.no_grad():
        convolution.weight.copy_(make_filterbank(n_filters, kernel, sample_rate=SAMPLE_RATE))
