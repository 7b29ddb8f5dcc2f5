"""The plain recipe that is published for fine-tuning wav2vec2 with the Hugging Face Trainer.

All clips are decoded to arrays of floats by `datasets.map` before the first update; batches are
eight clips drawn at random and padded to the longest; the Trainer runs with its defaults for
optimizer and attention, the feature encoder frozen where it is pretrained.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import (
    Trainer,
    TrainerCallback,
    TrainingArguments,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    set_seed,
)
from transformers.trainer_callback import PrinterCallback

from w2vctc.corpus.utterance import Utterance
from w2vctc.vocab import Vocabulary

BATCH_CLIPS = 8
OnStep = Callable[[int, float], None]
"""Hears of update 0 before it begins and of every update that is done, with the seconds heard."""


class PadBatch:
    """Pads sound with zeros and labels with -100; counts the seconds that it has seen."""

    def __init__(self, extractor: Any) -> None:
        self.extractor = extractor
        self.heard_s = 0.0

    def __call__(self, clips: Sequence[dict[str, Any]]) -> dict[str, Any]:
        self.heard_s += sum(len(clip["input_values"]) for clip in clips) / 16_000
        batch = self.extractor.pad(
            [{"input_values": clip["input_values"]} for clip in clips],
            padding=True,
            return_tensors="pt",
        )
        labels = [torch.tensor(clip["labels"]) for clip in clips]
        batch["labels"] = torch.nn.utils.rnn.pad_sequence(
            labels, batch_first=True, padding_value=-100
        )
        return dict(batch)


class _Watch(TrainerCallback):  # type: ignore[misc]
    def __init__(self, on_step: OnStep, pad: PadBatch) -> None:
        self.on_step, self.pad, self.begun = on_step, pad, False

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if not self.begun:
            self.begun = True
            self.on_step(0, 0.0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self.on_step(state.global_step, self.pad.heard_s)


def decode_all(
    rows: Sequence[Utterance], vocabulary: Vocabulary, extractor: Any, *, cache: Path
) -> Dataset:
    """Every clip as a list of normalized floats with its labels, written to Arrow files."""

    def prepare(number: int) -> dict[str, Any]:
        row = rows[number]
        values = extractor(row.load(), sampling_rate=16_000).input_values[0]
        return {"input_values": values, "labels": vocabulary.encode(row.text)}

    table = Dataset.from_dict({"number": range(len(rows))})
    return table.map(
        prepare,
        input_columns="number",
        remove_columns=["number"],
        cache_file_name=str(cache / "decoded.arrow"),
    )


def train_plainly(
    source: Path,
    vocabulary: Vocabulary,
    rows: Sequence[Utterance],
    *,
    folder: Path,
    epochs: float,
    max_steps: int,
    learning_rate: float,
    freeze: bool,
    device: str,
    on_step: OnStep,
) -> Any:
    """The trained network; `max_steps` of -1 means all the epochs."""
    set_seed(1)
    network = Wav2Vec2ForCTC.from_pretrained(source)
    if freeze:
        network.freeze_feature_encoder()
    masked = network.config.feat_extract_norm == "layer"
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=masked)
    pad = PadBatch(extractor)
    trainer = Trainer(
        model=network,
        args=TrainingArguments(
            output_dir=str(folder),
            per_device_train_batch_size=BATCH_CLIPS,
            num_train_epochs=epochs,
            max_steps=max_steps,
            learning_rate=learning_rate,
            warmup_steps=0.1,
            save_strategy="no",
            bf16=device == "cuda",
            use_cpu=device == "cpu",
            seed=1,
            report_to=[],
            disable_tqdm=True,
        ),
        train_dataset=decode_all(rows, vocabulary, extractor, cache=folder),
        data_collator=pad,
        callbacks=[_Watch(on_step, pad)],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    return network
