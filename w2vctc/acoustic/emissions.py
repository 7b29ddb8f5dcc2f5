"""A trained model at work: waveform in, log-probabilities per frame out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import Wav2Vec2FeatureExtractor

from w2vctc.acoustic.device import choose_device
from w2vctc.acoustic.listening import Window, listen
from w2vctc.acoustic.model import count_model_samples, load_trained
from w2vctc.errors import DataError, ModelError
from w2vctc.speech.audio import SAMPLE_RATE
from w2vctc.vocab import Vocabulary


@dataclass(frozen=True)
class AcousticModel:
    """A network in evaluation mode with everything that belongs to it."""

    network: Any
    extractor: Any
    vocabulary: Vocabulary
    device: torch.device
    folder: Path


def load_acoustic_model(
    folder: Path, *, device: str = "auto", allow_pickle: bool = False
) -> AcousticModel:
    """The model of a Hugging Face folder on the wanted device, its vocabulary checked."""
    chosen = choose_device(device)
    network, vocabulary = load_trained(folder, allow_pickle=allow_pickle)
    extractor = _load_extractor(folder)
    return AcousticModel(network.to(chosen), extractor, vocabulary, chosen, folder)


def compute_emissions(
    model: AcousticModel, waveform: NDArray[np.float32], *, name: str = "audio"
) -> NDArray[np.float32]:
    """Natural log-probabilities, shape (n_frames, n_labels), float32, one frame per 20 ms.

    One waveform at a time: no padding, so the result depends on nothing but the waveform.
    Raises DataError E_TOO_SHORT when there is not sound enough for one frame.
    """
    refuse_short(model, waveform.size, name=name)
    inputs = model.extractor(waveform, sampling_rate=SAMPLE_RATE, return_tensors="np")
    return listen(model, [Window(inputs["input_values"][0])])[0]


def refuse_short(model: AcousticModel, n_samples: int, *, name: str) -> None:
    """Raises DataError E_TOO_SHORT when there is not sound enough for one frame."""
    needed = count_model_samples(model.network.config)
    if n_samples < needed:
        raise DataError(
            f"{name}: {n_samples} samples at 16 kHz, the model needs at least {needed}",
            hint="a word takes longer than that: is the recording cut off?",
            code="E_TOO_SHORT",
        )


def _load_extractor(folder: Path) -> Any:
    try:
        return Wav2Vec2FeatureExtractor.from_pretrained(folder)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"{folder}: preprocessor_config.json cannot be read: {str(error).splitlines()[0]}",
            hint="copy the model's folder again, with every file in it",
            code="E_MODEL",
        ) from error


def no_emissions(model: AcousticModel) -> NDArray[np.float32]:
    """What a model hears in nothing: shape (0, n_labels)."""
    return np.zeros((0, len(model.vocabulary.labels)), dtype=np.float32)
