"""How loud a sound has been of late."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import make_network
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel
from w2vctc.acoustic.running_levels import RunningLevels
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])


def make_model(norm: str = "group", *, normalizes: bool = True, **changes: Any) -> AcousticModel:
    network = make_network(VOCABULARY, norm=norm, **changes).eval()
    extractor = make_extractor(network.config)
    extractor.do_normalize = normalizes
    return AcousticModel(network, extractor, VOCABULARY, torch.device("cpu"), Path("model"))


def hiss(duration_s: float, level: float, *, offset: float = 0.0) -> NDArray[np.float32]:
    random = np.random.default_rng(4)
    noise = random.standard_normal(round(duration_s * 16_000))
    return np.asarray(level * noise + offset, dtype=np.float32)


def learn(*sounds: NDArray[np.float32]) -> RunningLevels:
    levels = RunningLevels(make_model("layer"))
    levels.learn(np.concatenate(sounds), 0)
    return levels


def test_mean_and_variance_are_those_of_the_sound() -> None:
    sound = hiss(3.0, 0.1, offset=0.02)
    levels = learn(sound)
    assert levels.mean == pytest.approx(sound.mean(), rel=1e-4)
    assert levels.variance == pytest.approx(sound.var(), rel=1e-4)


def test_pauses_say_nothing_about_how_loud_somebody_speaks() -> None:
    levels = learn(hiss(40.0, 1e-3), hiss(2.0, 0.1), hiss(10.0, 1e-3))
    assert levels.variance == pytest.approx(0.01, rel=0.02)


def test_a_click_is_outvoted() -> None:
    levels = learn(hiss(10.0, 0.1), hiss(0.1, 1.0))
    assert levels.variance == pytest.approx(0.01, rel=1.1)


def test_what_was_a_minute_ago_is_forgotten() -> None:
    assert learn(hiss(5.0, 0.3), hiss(60.0, 0.1)).variance == pytest.approx(0.01, rel=0.02)


def test_silence_is_not_made_as_loud_as_speech() -> None:
    assert learn(np.zeros(16_000, np.float32)).variance == pytest.approx(1e-5)


def test_a_sound_of_less_than_a_piece_counts() -> None:
    assert learn(hiss(0.05, 0.1)).variance == pytest.approx(0.01, rel=0.1)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 20_000), max_size=6))
def test_how_the_sound_is_cut_does_not_matter(cuts: list[int]) -> None:
    sound = hiss(2.0, 0.1)
    whole, parts = learn(sound), RunningLevels(make_model("layer"))
    for end in [*sorted(cut for cut in cuts if cut >= 1_600), len(sound)]:
        parts.learn(sound[:end], 0)
    assert (parts.mean, parts.variance) == (whole.mean, whole.variance)


def test_without_a_group_norm_there_is_none() -> None:
    assert learn(hiss(1.0, 0.1)).norm() is None


@pytest.mark.parametrize("normalizes", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_the_group_norm_is_that_of_the_sound(normalizes: bool, bias: bool) -> None:
    model = make_model("group", normalizes=normalizes, conv_bias=bias)
    layer = model.network.wav2vec2.feature_extractor.conv_layers[0]
    if bias:
        torch.nn.init.normal_(layer.conv.bias)
    sound = hiss(8.0, 0.1, offset=0.03)
    levels = RunningLevels(model)
    levels.learn(sound, 0)
    heard = (sound - levels.mean) / np.sqrt(levels.variance) if normalizes else sound
    with torch.inference_mode():
        answer = layer.conv(torch.from_numpy(np.asarray(heard, np.float32))[None, None])
        whole = layer.layer_norm(answer)[0]
        norm = levels.norm()
        assert norm is not None
        steady = answer[0] * norm.scale + norm.offset
    # pieces of 100 ms leave out the answers across their edges
    torch.testing.assert_close(steady, whole, atol=0.1, rtol=0.05)
