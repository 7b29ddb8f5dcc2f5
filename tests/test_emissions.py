"""Waveforms in, log-probabilities out, whatever stands beside them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import make_batch, make_network, make_rows, save_source, sing

from w2vctc.acoustic.emissions import AcousticModel, compute_emissions, load_acoustic_model
from w2vctc.acoustic.model import count_model_frames
from w2vctc.errors import DataError, MachineError, UsageError
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])


@pytest.fixture(scope="module", params=["layer", "group"])
def model(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AcousticModel:
    network = make_network(VOCABULARY, norm=request.param)
    folder = tmp_path_factory.mktemp("emissions") / request.param
    return load_acoustic_model(save_source(folder, network, VOCABULARY), device="cpu")


def test_emissions_are_log_probabilities_of_every_frame(model: AcousticModel) -> None:
    waveform = sing("kas mot", seed=1)
    emissions = compute_emissions(model, waveform)
    n_frames = count_model_frames(model.network.config, len(waveform))
    assert emissions.shape == (n_frames, len(VOCABULARY.labels))
    assert emissions.dtype == np.float32
    np.testing.assert_allclose(np.exp(emissions).sum(axis=1), 1, rtol=1e-5)


def test_sound_without_padding_needs_no_mask(
    model: AcousticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mask of ones, which layer-norm models were trained with, says the same more slowly."""
    forward = model.network.forward
    waveform = sing("kas", seed=1)
    alone = compute_emissions(model, waveform)

    def add_mask(values: Any, attention_mask: Any) -> Any:
        assert attention_mask is None
        return forward(values, attention_mask=torch.ones_like(values, dtype=torch.long))

    monkeypatch.setattr(model.network, "forward", add_mask)
    np.testing.assert_allclose(compute_emissions(model, waveform), alone, atol=1e-5)


def test_loudness_does_not_matter(model: AcousticModel) -> None:
    waveform = sing("kas mot", seed=1)
    loud, soft = compute_emissions(model, waveform), compute_emissions(model, 0.05 * waveform)
    np.testing.assert_allclose(soft, loud, atol=1e-2)


def test_too_little_sound_for_one_frame_is_said_with_both_numbers(model: AcousticModel) -> None:
    assert compute_emissions(model, sing("kas", seed=1)[:1_360]).shape[0] == 1
    with pytest.raises(DataError) as caught:
        compute_emissions(model, np.zeros(1_359, dtype=np.float32), name="clip.wav")
    assert caught.value.message == (
        "clip.wav: 1359 samples at 16 kHz, the model needs at least 1360"
    )
    assert (caught.value.code, caught.value.exit_code) == ("E_TOO_SHORT", 3)


def test_a_padded_batch_of_a_layer_norm_model_gives_what_each_clip_gives_alone(
    tmp_path: Path,
) -> None:
    network = make_network(VOCABULARY, norm="layer").eval()
    rows = make_rows(tmp_path, ["kas", "mot aei kos", "te"], split="train", seed=1)
    batch = make_batch(rows, VOCABULARY, network.config)
    with torch.inference_mode():
        together = network(
            batch["input_values"], attention_mask=batch["attention_mask"]
        ).logits.log_softmax(-1)
    folder = save_source(tmp_path / "model", network, VOCABULARY)
    model = load_acoustic_model(folder, device="cpu")
    for row, padded in zip(rows, together, strict=True):
        alone = compute_emissions(model, row.load())
        np.testing.assert_allclose(padded[: len(alone)].numpy(), alone, atol=2e-5)


def test_a_device_that_is_not_there_is_never_replaced_silently(
    model: AcousticModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert load_acoustic_model(model.folder, device="auto").device == torch.device("cpu")
    with pytest.raises(MachineError, match="sees no GPU here") as caught:
        load_acoustic_model(model.folder, device="cuda")
    assert (caught.value.code, caught.value.exit_code) == ("E_DEVICE", 5)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(MachineError, match="sees 1 GPU here"):
        load_acoustic_model(model.folder, device="cuda:1")
    with pytest.raises(UsageError, match="no device 'cuda:one'"):
        load_acoustic_model(model.folder, device="cuda:one")
