"""Emissions of sound while it arrives."""

from pathlib import Path

import numpy as np
import pytest
import torch
from acoustic_material import make_network, sing
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.acoustic.emissions import AcousticModel, compute_emissions
from w2vctc.acoustic.live_sound import LiveChunking, LiveEmissions
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["aeioksmt"])
CHUNKS = LiveChunking(hop_s=0.4, context_s=0.5, ahead_s=0.3, longest_s=2.0)

pytestmark = pytest.mark.usefixtures("one_thread")


def make_model(norm: str, *, normalizes: bool = True) -> AcousticModel:
    """A model to which what lies further than its convolutions reach means nothing."""
    torch.manual_seed(5)
    network = make_network(VOCABULARY, norm=norm).eval()
    for layer in network.wav2vec2.encoder.layers:
        torch.nn.init.zeros_(layer.attention.out_proj.weight)
    extractor = make_extractor(network.config)
    extractor.do_normalize = normalizes
    return AcousticModel(network, extractor, VOCABULARY, torch.device("cpu"), Path("model"))


MODELS = {norm: make_model(norm) for norm in ("group", "layer")}
SONG = np.tile(sing("aeio ksmt tia", seed=1), 5)[:80_000]


def hear(
    model: AcousticModel,
    waveform: NDArray[np.float32],
    *,
    sizes: tuple[int, ...] = (1_600,),
    n_hops: int = 1,
) -> NDArray[np.float32]:
    live, parts, at, n = LiveEmissions(model, CHUNKS), [], 0, 0
    while at < len(waveform):
        live.add(waveform[at : at + sizes[n % len(sizes)]])
        at, n = at + sizes[n % len(sizes)], n + 1
        while (piece := live.hear(n_hops)) is not None:
            parts.append(piece)
    if (piece := live.finish()) is not None:
        parts.append(piece)
    assert [first for first, _ in parts] == [
        sum(len(part) for _, part in parts[:n]) for n in range(len(parts))
    ]
    return np.concatenate([part for _, part in parts])


def test_without_normalization_it_is_what_the_whole_gives() -> None:
    model = make_model("layer", normalizes=False)
    np.testing.assert_allclose(hear(model, SONG), compute_emissions(model, SONG), atol=2e-4)


@pytest.mark.parametrize("norm", ["group", "layer"])
def test_once_the_loudness_is_known_it_is_close_to_the_whole(norm: str) -> None:
    live, whole = hear(MODELS[norm], SONG), compute_emissions(MODELS[norm], SONG)
    assert live.shape == whole.shape
    assert np.abs(live - whole)[100:].mean() < 0.1


@pytest.mark.parametrize("norm", ["group", "layer"])
@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(1, 40_000), min_size=1, max_size=5))
def test_how_the_sound_comes_does_not_matter(norm: str, sizes: list[int]) -> None:
    sizes = [max(size, 400) for size in sizes]
    heard = hear(MODELS[norm], SONG, sizes=tuple(sizes))
    np.testing.assert_array_equal(heard, hear(MODELS[norm], SONG))


@pytest.mark.parametrize("n_hops", [3, 99])
def test_several_hops_at_once_are_as_many_frames(n_hops: int) -> None:
    model = make_model("layer", normalizes=False)
    heard = hear(model, SONG, sizes=(len(SONG),), n_hops=n_hops)
    np.testing.assert_allclose(heard, compute_emissions(model, SONG), atol=2e-4)


def test_a_frame_waits_for_no_more_than_a_hop_and_the_look_ahead() -> None:
    live = LiveEmissions(MODELS["layer"], CHUNKS)
    waits_s = []
    for at in range(0, len(SONG), 160):
        live.add(SONG[at : at + 160])
        waits_s.append(live.waiting_s)
        while live.hear():
            pass
    assert max(waits_s) < 0.4 + 0.3 + 0.09  # and what the last frame's window reaches


def test_no_more_than_the_context_is_held() -> None:
    live = LiveEmissions(MODELS["layer"], CHUNKS)
    for at in range(0, 10 * len(SONG), 1_600):
        live.add(SONG[at % len(SONG) : at % len(SONG) + 1_600])
        while live.hear():
            pass
        assert len(live._held) < 2.0 * 16_000


def test_however_much_waits_no_more_is_heard_at_once_than_fits() -> None:
    live = LiveEmissions(MODELS["layer"], CHUNKS)
    live.add(np.tile(SONG, 4))
    piece = live.hear(1_000)
    assert piece is not None and len(piece[1]) == 100  # two seconds


def test_sound_without_a_frame_gives_nothing() -> None:
    live = LiveEmissions(MODELS["layer"], CHUNKS)
    live.add(np.zeros(100, np.float32))
    assert live.hear() is None and live.finish() is None


def test_less_than_a_hop_is_heard_at_the_end() -> None:
    short = SONG[:3_000]
    heard = hear(MODELS["layer"], short)
    assert heard.shape == compute_emissions(MODELS["layer"], short).shape


def test_all_was_heard_when_nothing_is_left() -> None:
    live = LiveEmissions(MODELS["layer"], CHUNKS)
    live.add(SONG)
    live.finish()
    assert live.finish() is None
