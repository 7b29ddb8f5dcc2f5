"""The faster forms answer what the network's own modules answer, forward and backward."""

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch
from acoustic_material import make_network
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

from w2vctc.acoustic.cpu_speed import drop, speed_up
from w2vctc.acoustic.model import adapt_config
from w2vctc.acoustic.presets import TINY_CONFIG, TINY_SCHEDULE
from w2vctc.vocab import Vocabulary

VOCABULARY = Vocabulary(("<pad>", "<unk>", "|", "a", "b", "c"))
STANDARD = {
    "conv_dim": (32,) * 7,
    "conv_kernel": (10, 3, 3, 3, 3, 2, 2),
    "conv_stride": (5, 2, 2, 2, 2, 2, 2),
}
DROPOUT = {"hidden_dropout": 0.2, "attention_dropout": 0.2, "final_dropout": 0.2}


pytestmark = pytest.mark.usefixtures("one_thread")


def make_pair(**changes: Any) -> tuple[Any, Any]:
    """The same network twice, the second one sped up."""
    plain = make_network(VOCABULARY, **changes)
    fast = copy.deepcopy(plain)
    speed_up(fast)
    return plain, fast


def make_sound(*n_samples: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Sound of shape (B, N), zeros behind the shorter clips, and its mask."""
    lengths = torch.tensor(n_samples)
    mask = torch.arange(max(n_samples))[None] < lengths[:, None]
    generator = torch.Generator().manual_seed(5)
    return torch.randn(mask.shape, generator=generator) * mask, mask.long()


@pytest.mark.parametrize("norm", ["layer", "group"])
@pytest.mark.parametrize("shape", [{}, STANDARD], ids=["tiny", "standard"])
@pytest.mark.parametrize("frozen", [True, False])
def test_answers_and_gradients_are_the_same(norm: str, shape: dict[str, Any], frozen: bool) -> None:
    """Also with masks, which only models with the layer norm are given."""
    pair = make_pair(norm=norm, **shape)
    sound, mask = make_sound(9_000, 12_345, 5_001)
    arguments = {"attention_mask": mask} if norm == "layer" else {}
    answers, gradients = [], []
    for network in pair:
        network.config.apply_spec_augment = False
        network.eval()  # no dropout; the convolutions do not know the difference
        if frozen:
            network.freeze_feature_encoder()
        logits = network(sound, **arguments).logits
        logits.square().sum().backward()
        answers.append(logits.detach())
        gradients.append({name: one.grad for name, one in network.named_parameters()})
    torch.testing.assert_close(answers[1], answers[0], atol=1e-5, rtol=1e-4)
    assert gradients[0].keys() == gradients[1].keys()
    learned = [name for name, gradient in gradients[0].items() if gradient is not None]
    assert any("feature_extractor" in name for name in learned) is not frozen
    assert learned == [name for name, gradient in gradients[1].items() if gradient is not None]
    for name in learned:
        torch.testing.assert_close(gradients[1][name], gradients[0][name], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_attention_is_the_same_where_dropout_leaves_everything(
    norm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("w2vctc.acoustic.cpu_speed.drop", lambda values, _: values)
    still = dict.fromkeys(("hidden_dropout", "feat_proj_dropout", "final_dropout"), 0.0)
    still["activation_dropout"] = 0.0
    plain, fast = make_pair(norm=norm, attention_dropout=0.3, **still)
    for layer in plain.wav2vec2.encoder.layers:
        layer.attention.dropout = 0.0
    sound, mask = make_sound(9_000, 12_345)
    arguments = {"attention_mask": mask} if norm == "layer" else {}
    answers = []
    for network in (plain, fast):
        network.config.apply_spec_augment = False
        network.train()
        for module in network.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        answers.append(network(sound, **arguments).logits)
    lengths = plain._get_feat_extract_output_lengths(mask.sum(-1)).tolist()
    for clip, n_frames in enumerate(lengths if norm == "layer" else [answers[0].shape[1]] * 2):
        torch.testing.assert_close(
            answers[1][clip, :n_frames], answers[0][clip, :n_frames], atol=1e-5, rtol=1e-4
        )


def test_dropout_is_drawn_anew_in_training_and_silent_in_evaluation() -> None:
    _, fast = make_pair(norm="layer", **DROPOUT)
    fast.config.apply_spec_augment = False
    sound, mask = make_sound(9_000)

    def logits(seed: int) -> torch.Tensor:
        torch.manual_seed(seed)
        answer: torch.Tensor = fast(sound, attention_mask=mask).logits
        return answer

    fast.train()
    assert torch.equal(logits(1), logits(1))
    assert not torch.equal(logits(1), logits(2))
    fast.eval()
    assert torch.equal(logits(1), logits(2))


@pytest.mark.parametrize("dropout", [None, 0.0, 0.2])
def test_attention_is_sped_up_just_where_the_schedule_drops_out(dropout: float | None) -> None:
    source = Wav2Vec2Config(**TINY_CONFIG)
    config = adapt_config(source, VOCABULARY, replace(TINY_SCHEDULE, dropout=dropout))
    network = Wav2Vec2ForCTC(config)
    speed_up(network)
    for layer in network.wav2vec2.encoder.layers:
        assert ("forward" in vars(layer.attention)) is bool(dropout)
    sound, mask = make_sound(9_000)
    torch.manual_seed(1)
    heard = [network.train()(sound, attention_mask=mask).logits for _ in range(2)]
    assert torch.equal(*heard) is not bool(dropout)


@pytest.mark.parametrize("probability", [0.05, 0.1, 0.5])
def test_dropout_leaves_out_its_share_and_keeps_the_mean(probability: float) -> None:
    torch.manual_seed(3)
    values = torch.ones(401, 997)
    dropped = drop(values, probability)
    share = (dropped == 0).float().mean().item()
    assert share == pytest.approx(probability, abs=0.004)  # five standard deviations
    assert torch.equal(torch.unique(dropped), torch.tensor([0.0, 1 / (1 - probability)]))
    # neighbours share a random word, and yet are independent
    both = ((dropped[:, :-1] == 0) & (dropped[:, 1:] == 0)).float().mean().item()
    assert both == pytest.approx(probability**2, abs=0.004)


@given(st.integers(0, 9), st.integers(1, 9))
@settings(deadline=None)
def test_dropout_takes_any_shape_and_its_gradient_is_its_mask(rows: int, columns: int) -> None:
    values = torch.full((rows, columns), 3.0, requires_grad=True)
    dropped = drop(values, 0.25)
    torch.autograd.backward(dropped.sum())
    assert values.grad is not None
    assert torch.equal(dropped, 3 * values.grad)


def test_what_is_saved_keeps_its_names() -> None:
    plain, fast = make_pair()
    assert plain.state_dict().keys() == fast.state_dict().keys()
    assert plain.config.to_dict() == fast.config.to_dict()
