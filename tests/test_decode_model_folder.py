"""A model folder with a language model inside opens unedited in transformers."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import ARPA, VOCABULARY, save_toy_lm

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.model_folder import (
    attach_language_model,
    attached_language_model,
    detach_language_model,
    update_settings,
)
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.settings import SearchSettings
from w2vctc.vocab import Vocabulary, save_feature_extractor, save_tokenizer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A processor's folder without weights, whose path has a space and an accent."""
    made = tmp_path / "my modèl"
    made.mkdir()
    save_tokenizer(VOCABULARY, made)
    save_feature_extractor(made, return_attention_mask=False)
    return made


PLAIN = SearchSettings(0.75, 2.0)
TUNED = SearchSettings(0.5, -1.0, 2.0, oov_order=6, oov_weight=0.5)


def attach(
    folder: Path, lm_folder: Path, *, tuned: SearchSettings | None = None
) -> LanguageModelFiles:
    lm = replace(save_toy_lm(lm_folder), alpha=0.75, beta=2.0, tuned=tuned)
    attach_language_model(folder, VOCABULARY, lm)
    return lm


def test_folder_holds_what_pyctcdecode_loads(folder: Path, tmp_path: Path) -> None:
    from pyctcdecode import BeamSearchDecoderCTC

    attach(folder, tmp_path)
    assert json.loads((folder / "alphabet.json").read_text(encoding="utf-8")) == {
        "labels": ["", "⁇", " ", "a", "b"],
        "is_bpe": False,
    }
    inside = {path.name for path in (folder / "language_model").iterdir()}
    assert inside == {"attrs.json", "lm.arpa", "unigrams.txt"}
    assert (folder / "language_model/lm.arpa").read_text(encoding="utf-8") == ARPA
    assert (folder / "language_model/unigrams.txt").read_text(encoding="utf-8") == "ab\nba\n"
    loaded = BeamSearchDecoderCTC.load_from_dir(str(folder))._language_model
    assert (loaded.alpha, loaded.beta, loaded.unk_score_offset) == (0.75, 2.0, -10.0)
    assert loaded.score_boundary is True
    for name in ("preprocessor_config.json", "tokenizer_config.json"):
        settings = json.loads((folder / name).read_text(encoding="utf-8"))
        assert settings["processor_class"] == "Wav2Vec2ProcessorWithLM"


def test_attached_model_is_found_with_its_weights(folder: Path, tmp_path: Path) -> None:
    assert attached_language_model(folder) is None
    attach(folder, tmp_path)
    found = attached_language_model(folder)
    assert found is not None
    assert found.ngram == folder / "language_model/lm.arpa"
    assert found.unigrams == ("ab", "ba")
    assert (found.alpha, found.beta) == (0.75, 2.0)


def test_attached_model_can_be_attached_again(folder: Path, tmp_path: Path) -> None:
    # The n-gram to copy lies in the folder that is being replaced.
    attach(folder, tmp_path)
    found = attached_language_model(folder)
    assert found is not None
    attach_language_model(folder, VOCABULARY, replace(found, alpha=0.1, beta=-1.0))
    again = attached_language_model(folder)
    assert again is not None
    assert (again.alpha, again.beta, again.unigrams) == (0.1, -1.0, ("ab", "ba"))


def test_binary_without_its_words(folder: Path, tmp_path: Path) -> None:
    binary = tmp_path / "some.klm"
    binary.write_bytes(b"mmap lm")
    lm = LanguageModelFiles(binary, None, None, None, {})
    attach_language_model(folder, VOCABULARY, lm)
    assert (folder / "language_model/lm.bin").read_bytes() == b"mmap lm"  # pyctcdecode's ending
    assert (folder / "language_model/unigrams.txt").read_bytes() == b""
    found = attached_language_model(folder)
    assert found is not None
    assert found.unigrams is None


def test_new_settings_change_nothing_else(folder: Path, tmp_path: Path) -> None:
    attach(folder, tmp_path)
    update_settings(folder, plain=SearchSettings(1, 5), tuned=None)
    attributes = json.loads((folder / "language_model/attrs.json").read_text(encoding="utf-8"))
    assert attributes == {
        "alpha": 1.0,
        "beta": 5.0,
        "unk_score_offset": -10.0,
        "score_boundary": True,
    }
    assert isinstance(attributes["alpha"], float)  # pyctcdecode refuses whole numbers later on
    assert len(list((folder / "language_model").iterdir())) == 3


def test_settings_for_the_fast_engine_alone_lie_where_no_other_program_looks(
    folder: Path, tmp_path: Path
) -> None:
    from pyctcdecode import BeamSearchDecoderCTC

    attach(folder, tmp_path, tuned=TUNED)
    found = attached_language_model(folder)
    assert found is not None
    assert (found.tuned, found.plain) == (TUNED, replace(PLAIN, unk_score_offset=-10.0))
    loaded = BeamSearchDecoderCTC.load_from_dir(str(folder))._language_model
    assert (loaded.alpha, loaded.beta, loaded.unk_score_offset) == (0.75, 2.0, -10.0)
    assert len(list((folder / "language_model").iterdir())) == 3


def test_new_settings_replace_old_ones(folder: Path, tmp_path: Path) -> None:
    attach(folder, tmp_path, tuned=TUNED)
    closed = SearchSettings(0.25, 3.0, vocabulary="closed")
    update_settings(folder, plain=None, tuned=closed)
    found = attached_language_model(folder)
    assert found is not None
    assert (found.tuned, found.alpha, found.beta) == (closed, 0.75, 2.0)
    update_settings(folder, plain=SearchSettings(0.5, 1.0, -6.0), tuned=None)
    found = attached_language_model(folder)
    assert found is not None
    assert (found.tuned, found.plain) == (None, SearchSettings(0.5, 1.0, -6.0))
    assert not (folder / "decoding.json").exists()


def test_another_n_gram_does_not_get_the_settings_of_the_old_one(
    folder: Path, tmp_path: Path
) -> None:
    attach(folder, tmp_path, tuned=TUNED)
    attach(folder, tmp_path)
    found = attached_language_model(folder)
    assert found is not None
    assert found.tuned is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not valid JSON"),
        (b'{"oov_order": 9}', "oov_order = 9, wanted a whole number from 0 to 6"),
        (b'{"oov_order": true}', "oov_order = True"),
        (b'{"vocabulary": "ajar"}', "vocabulary = 'ajar', wanted one of open, closed"),
        (b'{"alpha": -1}', "alpha = -1.0, wanted 0 or more"),
        (b'{"unk_score_offset": Infinity}', "unk_score_offset = inf"),
    ],
)
def test_broken_settings_are_named(
    folder: Path, tmp_path: Path, content: bytes, words: str
) -> None:
    attach(folder, tmp_path)
    (folder / "decoding.json").write_bytes(content)
    with pytest.raises(ModelError) as caught:
        attached_language_model(folder)
    assert words in caught.value.message
    assert str(folder / "decoding.json") in caught.value.message
    assert caught.value.code == "E_LM"


def test_detach_restores_the_folder(folder: Path, tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    attach(folder, tmp_path, tuned=TUNED)
    detach_language_model(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_detach_from_a_plain_folder_changes_nothing(folder: Path) -> None:
    (folder / "preprocessor_config.json").write_text('{"sampling_rate":16000}', encoding="utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    detach_language_model(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert attached_language_model(folder) is None


def test_unusable_weights_leave_the_folder_alone(folder: Path, tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    with pytest.raises(UsageError, match="beta"):
        attach_language_model(folder, VOCABULARY, replace(lm, beta=math.nan))
    assert attached_language_model(folder) is None
    with pytest.raises(ModelError) as caught:
        update_settings(folder, plain=PLAIN, tuned=None)
    assert caught.value.code == "E_LM"


def test_unusable_vocabulary_leaves_the_old_model_alone(folder: Path, tmp_path: Path) -> None:
    lm = attach(folder, tmp_path)
    doubled = Vocabulary(("<pad>", "<unk>", "|", " ", "a"))
    with pytest.raises(ModelError):
        attach_language_model(folder, doubled, lm)
    found = attached_language_model(folder)
    assert found is not None
    assert found.alpha == 0.75


def test_folder_without_a_processor_is_refused(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match=r"preprocessor_config\.json"):
        attach_language_model(tmp_path / "empty", VOCABULARY, lm)
    assert list((tmp_path / "empty").iterdir()) == []


def test_missing_language_model_is_refused(folder: Path, tmp_path: Path) -> None:
    lm = LanguageModelFiles(tmp_path / "gone.arpa", None, None, None, {})
    with pytest.raises(ModelError, match=r"gone\.arpa") as caught:
        attach_language_model(folder, VOCABULARY, lm)
    assert caught.value.code == "E_LM"
    assert attached_language_model(folder) is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("attrs.json", b"{", "not valid JSON"),
        ("attrs.json", b"[]", "not a JSON object"),
        ("attrs.json", b'{"alpha": 0.5, "unk_score_offset": -10.0}', "beta = None"),
        ("attrs.json", b'{"alpha": NaN, "beta": 1, "unk_score_offset": 0}', "alpha = nan"),
        ("attrs.json", b'{"alpha": "x", "beta": 1, "unk_score_offset": 0}', "alpha = 'x'"),
        ("unigrams.txt", b"\xff\n", "not UTF-8 at byte 0"),
        ("second.arpa", b"", "found lm.arpa, second.arpa"),
    ],
)
def test_broken_language_model_is_named(
    folder: Path, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    attach(folder, tmp_path)
    (folder / "language_model" / name).write_bytes(content)
    with pytest.raises(ModelError) as caught:
        attached_language_model(folder)
    assert words in caught.value.message
    assert caught.value.code == "E_LM"
    assert "language_model" in caught.value.message


def test_missing_part_is_named(folder: Path, tmp_path: Path) -> None:
    attach(folder, tmp_path)
    (folder / "language_model/unigrams.txt").unlink()
    with pytest.raises(ModelError, match=r"unigrams\.txt"):
        attached_language_model(folder)


def test_switch_is_written_where_newer_folders_keep_it(folder: Path, tmp_path: Path) -> None:
    # Processor.save_pretrained puts the feature extractor inside processor_config.json.
    extractor = json.loads((folder / "preprocessor_config.json").read_text(encoding="utf-8"))
    nested = {"processor_class": "Wav2Vec2Processor", "feature_extractor": extractor}
    (folder / "preprocessor_config.json").unlink()
    (folder / "processor_config.json").write_text(json.dumps(nested), encoding="utf-8")
    attach(folder, tmp_path)
    changed = json.loads((folder / "processor_config.json").read_text(encoding="utf-8"))
    assert changed["processor_class"] == "Wav2Vec2ProcessorWithLM"
    assert changed["feature_extractor"] == {
        **extractor,
        "processor_class": "Wav2Vec2ProcessorWithLM",
    }


def test_processors_open(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoProcessor, Wav2Vec2Processor, Wav2Vec2ProcessorWithLM

    attach(folder, tmp_path)
    assert Wav2Vec2Processor.from_pretrained(folder).tokenizer.pad_token == "<pad>"
    assert isinstance(AutoProcessor.from_pretrained(folder), Wav2Vec2ProcessorWithLM)
    processor = Wav2Vec2ProcessorWithLM.from_pretrained(folder)
    assert processor.language_model.beta == 2.0
    detach_language_model(folder)
    assert isinstance(AutoProcessor.from_pretrained(folder), Wav2Vec2Processor)


@pytest.fixture
def model(folder: Path) -> Any:
    """A model of a few hundred weights, random and sharp enough to say something."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    torch.manual_seed(5)
    config = Wav2Vec2Config(
        vocab_size=5,
        pad_token_id=0,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        conv_dim=(8, 8),
        conv_kernel=(400, 3),
        conv_stride=(160, 2),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
    )
    made = Wav2Vec2ForCTC(config).eval()
    with torch.no_grad():
        made.lm_head.weight.mul_(60)
    made.save_pretrained(folder)
    return made


def make_noise(seed: int) -> npt.NDArray[np.float32]:
    """Half a second of noise in bursts."""
    rng = np.random.default_rng(seed)
    envelope = np.repeat(rng.uniform(0, 1, 25), 320)
    return (rng.normal(0, 0.3, 8000) * envelope).astype(np.float32)


def compute_log_probabilities(model: Any, folder: Path, wave: Any) -> npt.NDArray[np.float32]:
    import torch
    from transformers import Wav2Vec2FeatureExtractor

    extractor = Wav2Vec2FeatureExtractor.from_pretrained(folder)
    inputs = extractor(wave, sampling_rate=16_000, return_tensors="pt").input_values
    with torch.no_grad():
        logits = model(inputs).logits[0]
    return np.asarray(torch.log_softmax(logits, dim=-1).numpy(), dtype=np.float32)


def test_pipeline_gives_the_texts_of_our_decoders(folder: Path, tmp_path: Path, model: Any) -> None:
    from transformers import pipeline

    lm = save_toy_lm(tmp_path)
    waves = [make_noise(seed) for seed in range(8)]
    emissions = [compute_log_probabilities(model, folder, wave) for wave in waves]

    greedy = pipeline("automatic-speech-recognition", model=str(folder))
    expected = [greedy(wave)["text"] for wave in waves]
    assert [greedy_text(item, VOCABULARY) for item in emissions] == expected
    assert len(set(expected)) > 3  # the noise says different things

    attach(folder, tmp_path, tuned=TUNED)
    with_lm = pipeline("automatic-speech-recognition", model=str(folder))
    assert with_lm.type == "ctc_with_lm"
    expected = [with_lm(wave)["text"] for wave in waves]
    options = DecodingOptions(alpha=0.75, beta=2.0, score_empty_word=True)
    decoder = build_decoder(VOCABULARY, lm=lm, options=options)
    assert [decoder.decode(item).text for item in emissions] == expected
    assert len(set(expected)) > 3

    detach_language_model(folder)
    assert pipeline("automatic-speech-recognition", model=str(folder)).type == "ctc"
