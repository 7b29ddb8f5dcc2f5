"""Windows of sound that go through the network together."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import make_network, sing
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel
from w2vctc.acoustic.listening import Window, group_norm_of, listen, measure_norm
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])

pytestmark = pytest.mark.usefixtures("one_thread")


def make_model(norm: str) -> AcousticModel:
    torch.manual_seed(5)
    network = make_network(VOCABULARY, norm=norm).eval()
    extractor = make_extractor(network.config)
    return AcousticModel(network, extractor, VOCABULARY, torch.device("cpu"), Path("model"))


MODELS = {norm: make_model(norm) for norm in ("group", "layer")}
SONG = np.tile(sing("aeio ksmt tia", seed=1), 6)


def cut(n_samples: int, seed: int) -> NDArray[np.float32]:
    start = np.random.default_rng(seed).integers(len(SONG) - n_samples)
    return SONG[start : start + n_samples] * np.float32(1 + seed)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1_700, 20_000), min_size=1, max_size=7),
    st.sampled_from(["group", "layer"]),
    st.sampled_from([0.1, 1.0, 10.0]),
)
def test_neighbours_change_nothing(lengths: list[int], norm: str, batch_s: float) -> None:
    model = MODELS[norm]
    windows = [Window(cut(n, seed)) for seed, n in enumerate(lengths)]
    together = listen(model, windows, batch_s=batch_s)
    for window, heard in zip(windows, together, strict=True):
        np.testing.assert_allclose(heard, listen(model, [window])[0], atol=2e-4)


def test_the_norm_of_a_whole_recording_beside_windows_that_are_their_own_whole() -> None:
    model = MODELS["group"]
    norm = group_norm_of(model.network)
    layer = model.network.wav2vec2.feature_extractor.conv_layers[0]
    loud = torch.from_numpy(cut(9_000, 9))[None, None]
    with torch.inference_mode():
        of_loud = measure_norm(norm, layer.conv(loud)[0])
    quiet = cut(5_000, 0)
    windows = [Window(quiet, of_loud), Window(quiet), Window(cut(4_000, 1))]
    by_loud, by_itself, _ = listen(model, windows)
    np.testing.assert_allclose(by_loud, listen(model, windows[:1])[0], atol=2e-4)
    np.testing.assert_allclose(by_itself, listen(model, [Window(quiet)])[0], atol=2e-4)
    assert np.abs(by_loud - by_itself).max() > 0.01


def test_no_more_sound_goes_through_at_once_than_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model("layer")
    shapes = []
    forward = model.network.forward

    def record(values: torch.Tensor, **known: Any) -> Any:
        shapes.append(tuple(values.shape))
        return forward(values, **known)

    monkeypatch.setattr(model.network, "forward", record)
    lengths = [3_000, 16_000, 8_000, 8_000, 3_000]
    listen(model, [Window(cut(n, 1)) for n in lengths], batch_s=1.0)
    assert shapes == [(1, 16_000), (2, 8_000), (2, 3_000)]


def test_the_network_is_as_it_was_afterwards() -> None:
    model = make_model("group")
    window = Window(cut(5_000, 3))
    before = listen(model, [window])[0]
    listen(model, [window, Window(cut(9_000, 4))])
    np.testing.assert_array_equal(listen(model, [window])[0], before)
