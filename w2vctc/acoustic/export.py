"""A finished model, written the way every Hugging Face tool reads it."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from w2vctc.acoustic.model import quiet_transformers, uses_attention_mask
from w2vctc.files import machine_errors, sync
from w2vctc.vocab import (
    Vocabulary,
    check_sizes,
    load_vocabulary,
    save_feature_extractor,
    save_tokenizer,
)


def save_model(network: Any, vocabulary: Vocabulary, folder: Path) -> None:
    """Writes weights, configuration, tokenizer and feature extractor in Hugging Face layout.

    Every file is complete before it takes its name; the weights come last.
    """
    check_sizes(vocabulary, head_size=network.lm_head.out_features, where=str(folder))
    with machine_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(dir=folder, prefix=".new."))
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
            for path in sorted(staging.iterdir(), key=lambda path: path.suffix == ".safetensors"):
                sync(path)
                path.replace(folder / path.name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
