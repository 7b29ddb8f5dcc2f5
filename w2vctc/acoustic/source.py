"""A model folder in Hugging Face layout: found, fetched where needed, and refused when unsafe."""

import json
from pathlib import Path
from typing import Any

from w2vctc.acoustic.presets import MODEL_NAMES, name_source
from w2vctc.errors import MachineError, ModelError

_SAFE_WEIGHTS = ("model.safetensors", "model.safetensors.index.json")
_PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_FETCHED = ["*.json", "*.safetensors"]


def resolve_source(model: str, *, allow_pickle: bool = False) -> Path:
    """The local folder of a preset name, hub id or folder, fetched from the hub if need be.

    Raises ModelError (E_PICKLE, E_CUSTOM_CODE, E_MODEL) for a folder that must not or cannot be
    loaded, MachineError (E_HUB) when the hub cannot be reached.
    """
    source = name_source(model)
    # The checkpoints that the presets name are trusted: some of them exist as pickles only, and
    # torch reads those with weights_only, which runs no code.
    allow_pickle = allow_pickle or source in MODEL_NAMES.values()
    folder = Path(source)
    if not folder.is_dir():
        folder = _fetch(source, allow_pickle=allow_pickle)
    check_model_folder(folder, allow_pickle=allow_pickle)
    return folder


def check_model_folder(folder: Path, *, allow_pickle: bool = False) -> dict[str, Any]:
    """The folder's config.json; raises ModelError when it is not a safe wav2vec2 model."""
    config = _read_config(folder)
    if "auto_map" in config or list(folder.glob("*.py")):
        raise ModelError(
            f"{folder}: the model brings program code of its own, which is never run",
            hint="use a model of the plain wav2vec2 architecture",
            code="E_CUSTOM_CODE",
        )
    if config.get("model_type") != "wav2vec2":
        raise ModelError(
            f"{folder}: a model of type {config.get('model_type')!r}, not wav2vec2",
            hint="choose base, 960h-lv60-self, xlsr-53 or another wav2vec2 model",
            code="E_MODEL",
        )
    safe = any((folder / name).exists() for name in _SAFE_WEIGHTS)
    pickled = [name for name in _PICKLES if (folder / name).exists()]
    if not safe and pickled and not allow_pickle:
        raise ModelError(
            f"{folder / pickled[0]}: pickled weights can run code when they are loaded",
            hint="ask its author for model.safetensors; if you trust them: --allow-pickle",
            code="E_PICKLE",
        )
    if not safe and not pickled:
        raise ModelError(
            f"{folder}: no weights (model.safetensors) in this folder",
            hint="has the training finished? `w2vctc finetune --resume` goes on with it",
            code="E_MODEL",
        )
    return config


def is_trained(folder: Path) -> bool:
    """Whether a finished model is in the folder."""
    return (folder / "config.json").is_file() and any(
        (folder / name).is_file() for name in _SAFE_WEIGHTS
    )


def _read_config(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"{folder}: no model here (config.json is missing)",
            hint="train one with `w2vctc finetune`, or give --model another folder",
            code="E_MODEL",
        ) from error
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path}: cannot be read: {error}", hint="copy the model again", code="E_MODEL"
        ) from error
    if not isinstance(config, dict):
        raise ModelError(f"{path}: not a configuration", hint="copy it again", code="E_MODEL")
    return config


def _fetch(source: str, *, allow_pickle: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    patterns = [*_FETCHED, *(["pytorch_model.bin"] if allow_pickle else [])]
    try:
        return Path(snapshot_download(source, allow_patterns=patterns))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise MachineError(
            f"{source}: neither a folder here nor to be had from the hub ({type(error).__name__})",
            hint="check the name and the network, or download it elsewhere and give the folder;"
            " `--model small` trains from scratch",
            code="E_HUB",
        ) from error
