"""The network to train: its head, its configuration, its first weights; trained folders checked."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_network, save_source
from safetensors import SafetensorError

from w2vctc.acoustic.filterbank import make_filterbank
from w2vctc.acoustic.model import (
    DROPOUTS,
    adapt_config,
    count_model_frames,
    count_model_samples,
    load_config,
    load_trained,
    make_model,
    uses_attention_mask,
)
from w2vctc.acoustic.presets import SCHEDULES, SCRATCH_SCHEDULES, TINY_SCHEDULE
from w2vctc.cli.main import main
from w2vctc.errors import MachineError, ModelError
from w2vctc.vocab import Vocabulary, build_vocabulary

# The layout of 960h-lv60-self: upper case, sentence marks inside, 32 labels.
UPPER_CASE = Vocabulary(("<pad>", "<s>", "</s>", "<unk>", "|", *"ETAONIHSRDLUMWCFGYPBVK'XJQZ"))
LOWER_CASE = build_vocabulary(["the quick brown fox jumps over a lazy dog's back"])


@pytest.fixture
def upper_case_folder(tmp_path: Path) -> Path:
    """A small model of the 960h-lv60-self kind, as the hub holds it."""
    network = make_network(UPPER_CASE, conv_dim=(32,) * 7, conv_kernel=(10, 3, 3, 3, 3, 2, 2),
                           conv_stride=(5, 2, 2, 2, 2, 2, 2))  # fmt: skip
    folder = save_source(tmp_path / "960h", network, None)
    labels = {label: index for index, label in enumerate(UPPER_CASE.labels)}
    (folder / "vocab.json").write_text(json.dumps(labels), encoding="utf-8")
    settings = {
        "unk_token": "<unk>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "do_lower_case": False,
        "word_delimiter_token": "|",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    marks = {key: settings[key] for key in ("bos_token", "eos_token", "unk_token", "pad_token")}
    (folder / "special_tokens_map.json").write_text(json.dumps(marks), encoding="utf-8")
    return folder


def head_of(network: Any) -> torch.Tensor:
    return torch.cat([network.lm_head.weight, network.lm_head.bias[:, None]], dim=1).detach()


def encoder_of(network: Any) -> dict[str, torch.Tensor]:
    return dict(network.wav2vec2.state_dict())


def source_network(folder: Path) -> Any:
    from transformers import Wav2Vec2ForCTC

    return Wav2Vec2ForCTC.from_pretrained(folder)


def test_an_upper_case_head_gives_way_to_lower_case_labels_and_it_is_said(
    upper_case_folder: Path,
) -> None:
    new = make_model(str(upper_case_folder), LOWER_CASE, SHORT_SCHEDULE)
    assert new.head == (
        "made anew: the old one spells in upper case, this vocabulary in lower case"
    )
    assert new.network.lm_head.out_features == len(LOWER_CASE.labels) == 30
    assert new.network.config.vocab_size == 30


def test_the_head_is_new_even_where_the_sizes_happen_to_be_equal(upper_case_folder: Path) -> None:
    same_size = Vocabulary((*LOWER_CASE.labels, "é", "è"))
    assert len(same_size.labels) == len(UPPER_CASE.labels)
    new = make_model(str(upper_case_folder), same_size, SHORT_SCHEDULE)
    assert new.head.startswith("made anew")
    old = source_network(upper_case_folder)
    assert not torch.isclose(head_of(new.network), head_of(old)).all(dim=1).any()
    assert torch.count_nonzero(new.network.lm_head.bias) == 0


def test_the_encoder_comes_from_the_source_whatever_becomes_of_the_head(
    upper_case_folder: Path,
) -> None:
    old = encoder_of(source_network(upper_case_folder))
    for vocabulary in (LOWER_CASE, UPPER_CASE):
        new = encoder_of(make_model(str(upper_case_folder), vocabulary, SHORT_SCHEDULE).network)
        assert all(torch.equal(old[name], new[name]) for name in old)


def test_the_same_labels_keep_the_head_bit_for_bit(upper_case_folder: Path) -> None:
    new = make_model(str(upper_case_folder), UPPER_CASE, SHORT_SCHEDULE)
    assert new.head == "kept"
    assert torch.equal(head_of(new.network), head_of(source_network(upper_case_folder)))


def test_the_same_labels_in_another_order_do_not_keep_it(upper_case_folder: Path) -> None:
    swapped = (*UPPER_CASE.labels[:5], *reversed(UPPER_CASE.labels[5:]))
    new = make_model(str(upper_case_folder), Vocabulary(swapped), SHORT_SCHEDULE)
    assert new.head == "made anew: the old one spells other letters (32 labels)"


def test_a_pretrained_model_without_a_head_gets_one(upper_case_folder: Path) -> None:
    """base lies on the hub with an upper-case vocab.json, but its weights have no head."""
    from safetensors.torch import load_file, save_file

    path = upper_case_folder / "model.safetensors"
    weights = {k: v for k, v in load_file(path).items() if not k.startswith("lm_head")}
    # what pretraining leaves, and the names that older releases gave to weight norm's parts
    weights["quantizer.codevectors"] = torch.zeros(1, 8, 4)
    weights["project_hid.weight"] = torch.zeros(4, 4)
    renamed = {
        name.replace("parametrizations.weight.original0", "weight_g").replace(
            "parametrizations.weight.original1", "weight_v"
        ): weight
        for name, weight in weights.items()
    }
    old = encoder_of(source_network(upper_case_folder))
    save_file(renamed, path, metadata={"format": "pt"})
    for vocabulary in (UPPER_CASE, LOWER_CASE):
        new = make_model(str(upper_case_folder), vocabulary, SHORT_SCHEDULE)
        assert new.head == "made anew: the pretrained model has none"
        assert torch.isfinite(head_of(new.network)).all()
        assert all(torch.equal(old[name], t) for name, t in encoder_of(new.network).items())
    (upper_case_folder / "vocab.json").unlink()
    new = make_model(str(upper_case_folder), LOWER_CASE, SHORT_SCHEDULE)
    assert new.head == "made anew: the pretrained model has none"


def test_a_new_head_follows_the_seed(upper_case_folder: Path) -> None:
    heads = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        new = make_model(str(upper_case_folder), LOWER_CASE, SHORT_SCHEDULE)
        heads.append(head_of(new.network))
    assert torch.equal(heads[0], heads[1])
    assert not torch.equal(heads[0], heads[2])


def test_what_ctc_training_needs_is_set_and_the_source_left_alone(upper_case_folder: Path) -> None:
    source = load_config(str(upper_case_folder))
    before = source.to_dict()
    config = adapt_config(source, LOWER_CASE, SCHEDULES["large", "1h"])
    assert source.to_dict() == before
    assert config.vocab_size == 30
    assert config.pad_token_id == LOWER_CASE.blank_id
    assert config.bos_token_id is config.eos_token_id is None
    assert config.ctc_zero_infinity is True
    assert config.ctc_loss_reduction == "mean"
    assert config.layerdrop == 0
    assert config.apply_spec_augment is True
    assert (config.mask_time_prob, config.mask_feature_prob) == (0.75, 0.25)
    assert config.activation_dropout == 0.1
    assert config.mask_feature_length == 32  # not longer than the features are many


def test_a_dropout_that_is_given_is_that_of_every_kind_and_none_leaves_the_checkpoints_own(
    upper_case_folder: Path,
) -> None:
    source = load_config(str(upper_case_folder))
    source.update({"hidden_dropout": 0.05, "attention_dropout": 0.15, "feat_proj_dropout": 0.25})
    schedule = SCHEDULES["large", "1h"]
    config = adapt_config(source, LOWER_CASE, schedule)
    assert (config.hidden_dropout, config.attention_dropout) == (0.05, 0.15)
    assert (config.feat_proj_dropout, config.activation_dropout) == (0.25, 0.1)
    for dropout in (0.0, 0.3):
        config = adapt_config(source, LOWER_CASE, replace(schedule, dropout=dropout))
        assert {name: getattr(config, name) for name in DROPOUTS} == dict.fromkeys(
            DROPOUTS, dropout
        )
        assert config.layerdrop == 0


def test_a_model_from_scratch_is_as_deep_as_its_name_says() -> None:
    layers = {
        name: make_model(name, LOWER_CASE, SCRATCH_SCHEDULES[name]).network.config.num_hidden_layers
        for name in SCRATCH_SCHEDULES
    }
    assert layers == {"tiny": 2, "small": 4}
    small = make_model("small", LOWER_CASE, SCRATCH_SCHEDULES["small"])
    assert small.head == "new"
    assert {getattr(small.network.config, name) for name in DROPOUTS} == {0.1}


def test_every_dropout_of_the_network_goes_by_the_one_that_is_given() -> None:
    network = make_model("tiny", LOWER_CASE, replace(TINY_SCHEDULE, dropout=0.2)).network
    modules = [module for module in network.modules() if isinstance(module, torch.nn.Dropout)]
    assert len(modules) >= 8
    assert {module.p for module in modules} == {0.2}
    assert {layer.attention.dropout for layer in network.wav2vec2.encoder.layers} == {0.2}


def test_tiny_masks_nothing() -> None:
    config = adapt_config(load_config("tiny"), LOWER_CASE, TINY_SCHEDULE)
    assert config.apply_spec_augment is False


def test_tiny_starts_with_a_filterbank_and_1_2_million_parameters() -> None:
    torch.manual_seed(1)
    new = make_model("tiny", LOWER_CASE, TINY_SCHEDULE)
    assert new.head == "new"
    first = new.network.wav2vec2.feature_extractor.conv_layers[0].conv.weight
    assert torch.equal(first, make_filterbank(128, 400, sample_rate=16_000))
    assert 1.1e6 < sum(weight.numel() for weight in new.network.parameters()) < 1.4e6


def test_layer_norm_models_want_a_mask_and_group_norm_models_none() -> None:
    assert uses_attention_mask(make_network(LOWER_CASE, norm="layer").config)
    assert not uses_attention_mask(make_network(LOWER_CASE, norm="group").config)


def test_frames_are_counted_as_the_network_makes_them() -> None:
    network = make_network(LOWER_CASE).eval()
    needed = count_model_samples(network.config)
    assert needed == 1_360
    for n_samples in (needed, needed + 319, needed + 320, 20_000):
        with torch.no_grad():
            n_frames = network(torch.randn(1, n_samples)).logits.shape[1]
        assert count_model_frames(network.config, n_samples) == n_frames
    assert count_model_frames(network.config, needed - 1) == 0


def test_a_trained_folder_opens_in_evaluation_mode_with_its_labels(model_folder: Path,
                                                                   tiny_vocabulary: Vocabulary,
                                                                   ) -> None:  # fmt: skip
    network, vocabulary = load_trained(model_folder)
    assert not network.training
    assert vocabulary == tiny_vocabulary
    assert network.lm_head.out_features == len(vocabulary.labels)


def change_json(path: Path, **values: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, **values}), encoding="utf-8")


def test_a_vocabulary_of_another_size_than_the_head_is_refused(upper_case_folder: Path) -> None:
    change_json(upper_case_folder / "vocab.json", É=32)
    with pytest.raises(ModelError, match="33 labels, the model's head 32 outputs") as caught:
        load_trained(upper_case_folder)
    assert (caught.value.code, caught.value.exit_code) == ("E_VOCAB", 4)


def test_added_sentence_marks_behind_the_head_are_refused(upper_case_folder: Path) -> None:
    added = {"<s1>": 32, "<s2>": 33}
    (upper_case_folder / "added_tokens.json").write_text(json.dumps(added), encoding="utf-8")
    with pytest.raises(ModelError, match=r"34 labels.*32 outputs") as caught:
        load_trained(upper_case_folder)
    assert caught.value.code == "E_VOCAB"
    assert "added_tokens.json" in caught.value.hint


def test_decode_refuses_such_a_folder_before_it_listens(
    upper_case_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change_json(upper_case_folder / "vocab.json", É=32)
    assert main(["decode", "--model", str(upper_case_folder), "not-even-there.wav"]) == 4
    assert capsys.readouterr().err.splitlines()[-2] == (
        f"error: {upper_case_folder}: the vocabulary has 33 labels,"
        " the model's head 32 outputs [E_VOCAB]"
    )


def test_another_blank_than_the_tokenizers_is_refused(upper_case_folder: Path) -> None:
    change_json(upper_case_folder / "config.json", pad_token_id=3)
    with pytest.raises(ModelError) as caught:
        load_trained(upper_case_folder)
    assert caught.value.code == "E_VOCAB"
    assert caught.value.message.endswith(
        "config.json says that the blank is label 3, the tokenizer says 0"
    )


def test_a_head_of_another_size_than_the_config_says_is_refused(upper_case_folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = upper_case_folder / "model.safetensors"
    weights = load_file(path)
    weights["lm_head.weight"] = weights["lm_head.weight"][:20].clone()
    weights["lm_head.bias"] = weights["lm_head.bias"][:20].clone()
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"lm_head\.bias has another size"):
        load_trained(upper_case_folder)


# Memory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.20 GiB.\nmore"),
        MemoryError(),
        SafetensorError("Error while deserializing: Cannot allocate memory (os error 12)"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
    ids=["gpu", "python", "mapping", "system"],
)
def test_memory_that_ends_while_the_weights_are_read_is_not_the_models_fault(
    upper_case_folder: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("w2vctc.acoustic.model.Wav2Vec2ForCTC.from_pretrained", refuse)
    with pytest.raises(MachineError) as caught:
        make_model(str(upper_case_folder), UPPER_CASE, TINY_SCHEDULE)
    assert (caught.value.code, caught.value.exit_code) == ("E_MEMORY", 5)
    said = f"{upper_case_folder}: not enough memory to load the model: "
    assert caught.value.message.startswith(said)
    assert "\n" not in caught.value.message
    assert "copy" not in caught.value.hint
