"""Clips become padded batches without a trace of their neighbours."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import make_rows
from speech_material import write_wav
from transformers import Wav2Vec2FeatureExtractor

from w2vctc.acoustic.clips.dataset import IGNORED_LABEL, CtcCollator, Example, SpeechDataset
from w2vctc.corpus.utterance import Utterance


def make_examples(*lengths: int) -> list[Example]:
    random = np.random.default_rng(1)
    return [
        Example(
            (0.3 * random.standard_normal(n) + 0.1).astype(np.float32), [3 + row] * (row + 1), row
        )
        for row, n in enumerate(lengths)
    ]


@pytest.fixture(params=[True, False], ids=["layer norm", "group norm"])
def extractor(request: pytest.FixtureRequest) -> Any:
    return Wav2Vec2FeatureExtractor(return_attention_mask=request.param)


def test_a_batch_has_the_documented_shapes_and_types(extractor: Any) -> None:
    batch = CtcCollator(extractor)(make_examples(4_000, 6_000, 5_000))
    assert (batch.pop("n_samples"), batch.pop("n_labels")) == ([4_000, 6_000, 5_000], [1, 2, 3])
    assert {name: (tuple(t.shape), t.dtype) for name, t in batch.items()} == {
        "input_values": ((3, 6_000), torch.float32),
        "attention_mask": ((3, 6_000), torch.int64),
        "labels": ((3, 3), torch.int64),
        "rows": ((3,), torch.int64),
    }
    assert batch["attention_mask"].sum(-1).tolist() == [4_000, 6_000, 5_000]
    assert batch["rows"].tolist() == [0, 1, 2]


def test_labels_are_padded_with_what_the_loss_leaves_out(extractor: Any) -> None:
    batch = CtcCollator(extractor)(make_examples(400, 400, 400))
    assert batch["labels"].tolist() == [
        [3, IGNORED_LABEL, IGNORED_LABEL],
        [4, 4, IGNORED_LABEL],
        [5, 5, 5],
    ]


def test_each_clip_is_normalized_as_if_it_were_alone(extractor: Any) -> None:
    """Neither neighbours nor the padding may move a clip's mean and variance."""
    examples = make_examples(4_000, 16_000, 700)
    batch = CtcCollator(extractor)(examples)
    for row, example in enumerate(examples):
        alone = extractor(example.waveform, sampling_rate=16_000, return_tensors="np")
        n_samples = len(example.waveform)
        np.testing.assert_array_equal(
            batch["input_values"][row, :n_samples].numpy(), alone["input_values"][0]
        )
        assert not batch["input_values"][row, n_samples:].any()


def test_sound_is_read_when_it_is_asked_for_and_never_before(tmp_path: Path) -> None:
    rows = make_rows(tmp_path, ["aa ee"], split="train", seed=1)
    gone = Utterance(id="gone", audio=tmp_path / "gone.wav", text="a")
    dataset = SpeechDataset([*rows, gone], [[3, 3, 2, 4, 4], [3]])
    assert len(dataset) == 2
    example = dataset[0]
    assert example.row == 0
    assert example.labels == [3, 3, 2, 4, 4]
    assert len(example.waveform) / 16_000 == rows[0].duration_s


def test_a_stretch_of_a_recording_is_one_clip(tmp_path: Path) -> None:
    ramp = np.linspace(0, 0.5, 32_000, dtype=np.float32)
    write_wav(tmp_path / "long.wav", ramp)
    row = Utterance(id="x", audio=tmp_path / "long.wav", text="a", start_s=0.5, end_s=0.75)
    waveform = SpeechDataset([row], [[3]])[0].waveform
    np.testing.assert_allclose(waveform, ramp[8_000:12_000], atol=1e-4)
