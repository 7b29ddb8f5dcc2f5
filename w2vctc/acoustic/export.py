"""A finished model, written the way every Hugging Face tool reads it."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from w2vctc.acoustic.model import quiet_transformers, uses_attention_mask
from w2vctc.errors import MachineError
from w2vctc.files import machine_errors, sync
from w2vctc.vocab import (
    Vocabulary,
    check_sizes,
    load_vocabulary,
    save_feature_extractor,
    save_tokenizer,
)

STAGED_MODEL = ".new."  # begins the name of the folder in which the files of a model are written


def save_model(network: Any, vocabulary: Vocabulary, folder: Path) -> None:
    """Writes weights, configuration, tokenizer and feature extractor in Hugging Face layout.

    Every file is complete before it takes its name; the weights come last.
    """
    check_sizes(vocabulary, head_size=network.lm_head.out_features, where=str(folder))
    with machine_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder, prefix=STAGED_MODEL))
        try:
            with quiet_transformers():
                network.save_pretrained(staging)
            save_tokenizer(vocabulary, staging)
            save_feature_extractor(
                staging, return_attention_mask=uses_attention_mask(network.config)
            )
            check_sizes(
                load_vocabulary(staging), head_size=network.config.vocab_size, where=str(folder)
            )
            mode = (staging / "config.json").stat().st_mode
            for path in sorted(staging.iterdir(), key=lambda path: path.suffix == ".safetensors"):
                path.chmod(mode)  # safetensors writes for the owner's eyes only
                sync(path)
                path.replace(folder / path.name)
        except SafetensorError as error:  # its own name for what the system refuses
            raise MachineError(
                f"{folder}: the weights cannot be written: {error}",
                hint="free some space, then `w2vctc finetune --resume` writes them",
                code="E_DISK",
            ) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
