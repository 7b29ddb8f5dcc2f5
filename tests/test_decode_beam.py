"""Beam search: exact sums on small lattices, pyctcdecode's own results, and clear refusals."""

import gc
import itertools
import logging
import math
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from decode_material import VOCABULARY, random_emissions, save_toy_lm, spell_frames

from w2vctc.decode.beam import BeamDecoder, Hypothesis, Word, build_decoder
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import MachineError, ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

EXHAUSTIVE = DecodingOptions(beam_width=10_000, beam_prune_logp=-math.inf, token_min_logp=-math.inf)


def sum_all_paths(emissions: npt.NDArray[np.float32]) -> dict[str, float]:
    """The log-probability of every text, summed over all of its paths (Graves 2006, eq. 3)."""
    signs = ("", "⁇", " ", "a", "b")
    sums: dict[str, float] = {}
    for path in itertools.product(range(5), repeat=len(emissions)):
        log_p = sum(float(emissions[frame, label]) for frame, label in enumerate(path))
        text = "".join(signs[label] for label, _ in itertools.groupby(path))
        text = " ".join(text.split())
        sums[text] = float(np.logaddexp(sums.get(text, -math.inf), log_p))
    return sums


@pytest.mark.parametrize("seed", range(4))
def test_search_without_lm_sums_all_paths_of_each_text(seed: int) -> None:
    emissions = random_emissions(seed, n_frames=5)
    expected = sum_all_paths(emissions)
    found = build_decoder(VOCABULARY, options=EXHAUSTIVE).decode_nbest(emissions, 10_000)
    assert {item.text for item in found} == set(expected)
    for item in found:
        assert item.score == pytest.approx(expected[item.text], abs=1e-4)
        assert item.lm_score == 0.0
    assert found[0].text == max(expected, key=lambda text: expected[text])


@pytest.mark.parametrize("seed", range(3))
def test_search_with_lm_ranks_by_sound_plus_weighted_sentence(tmp_path: Path, seed: int) -> None:
    import kenlm

    lm = save_toy_lm(tmp_path)
    ngram = kenlm.Model(str(lm.ngram))
    emissions = random_emissions(seed, n_frames=5)
    expected = {}
    for text, acoustic in sum_all_paths(emissions).items():
        n_unknown = sum(word not in ("ab", "ba") for word in text.split())
        log10 = ngram.score(text, bos=True, eos=True) - 10.0 * n_unknown
        expected[text] = acoustic + 0.5 * math.log(10) * log10 + 1.5 * len(text.split())
    decoder = build_decoder(VOCABULARY, lm=lm, options=EXHAUSTIVE)
    found = decoder.decode_nbest(emissions, 10_000)
    assert len(found) == len(expected)
    for item in found:
        assert item.score == pytest.approx(expected[item.text], abs=1e-4)
        assert item.score == pytest.approx(item.acoustic_score + item.lm_score)
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)


def test_lm_decides_between_readings_that_sound_alike(tmp_path: Path) -> None:
    emissions = spell_frames("ab|bb", peak=0.98)
    emissions[4] = np.log([0.01, 0.01, 0.01, 0.47, 0.5])
    plain = build_decoder(VOCABULARY).decode(emissions)
    with_lm = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path)).decode(emissions)
    assert plain.text == "ab b"
    assert with_lm.text == "ab ba"


def test_words_carry_their_seconds(tmp_path: Path) -> None:
    decoder = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path))
    hypothesis = decoder.decode(spell_frames("__ab_|_|ba___", peak=0.999))
    assert hypothesis.words == (Word("ab", 0.04, 0.08), Word("ba", 0.16, 0.2))


@pytest.mark.parametrize("seed", range(6))
def test_stock_scoring_gives_pyctcdecodes_own_beams(tmp_path: Path, seed: int) -> None:
    # The transformers pipeline calls decode_beams with its defaults and takes the first text.
    from pyctcdecode import build_ctcdecoder

    lm = save_toy_lm(tmp_path)
    stock = build_ctcdecoder(list(VOCABULARY.labels), str(lm.ngram), list(lm.unigrams or ()))
    emissions = random_emissions(seed, n_frames=30)
    options = DecodingOptions(score_empty_word=True)
    ours = build_decoder(VOCABULARY, lm=lm, options=options).decode_nbest(emissions, 100)
    beams = stock.decode_beams(emissions)
    assert [item.text for item in ours] == [beam[0] for beam in beams]
    assert [item.score for item in ours] == [float(beam[-1]) for beam in beams]


def test_zero_frames_are_an_empty_text(tmp_path: Path) -> None:
    decoder = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path))
    assert decoder.decode(np.zeros((0, 5), dtype=np.float32)) == Hypothesis("")


def test_nan_is_an_error_with_a_message(tmp_path: Path) -> None:
    emissions = random_emissions(1, n_frames=5)
    emissions[2, 1] = np.nan
    with pytest.raises(ModelError, match="nan at frame 2"):
        build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path)).decode(emissions)


def test_vocabulary_of_another_model_is_refused() -> None:
    decoder = build_decoder(Vocabulary(("<pad>", "<unk>", "|", "a")))
    with pytest.raises(ModelError) as caught:
        decoder.decode(random_emissions(1, n_frames=5))
    assert caught.value.code == "E_VOCAB"


def test_no_hypothesis_asked_for_is_refused() -> None:
    with pytest.raises(UsageError):
        build_decoder(VOCABULARY).decode_nbest(random_emissions(1, n_frames=5), 0)


def test_set_weights_equals_a_decoder_built_with_them(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    changed = build_decoder(VOCABULARY, lm=lm)
    changed.set_weights(alpha=1, beta=0)  # whole numbers too
    built = build_decoder(VOCABULARY, lm=lm, options=DecodingOptions(alpha=1.0, beta=0.0))
    emissions = random_emissions(3, n_frames=20)
    assert changed.decode_nbest(emissions, 5) == built.decode_nbest(emissions, 5)
    assert changed.options == built.options


def test_set_weights_refuses_nan() -> None:
    with pytest.raises(UsageError, match="alpha"):
        build_decoder(VOCABULARY).set_weights(alpha=math.nan, beta=1.0)


def test_language_model_of_another_script_is_refused(tmp_path: Path) -> None:
    toy = save_toy_lm(tmp_path)
    lm = LanguageModelFiles(toy.ngram, ("AB", "BA", "ab"), None, None, {})
    with pytest.raises(ModelError) as caught:
        build_decoder(VOCABULARY, lm=lm)
    assert caught.value.code == "E_LM"


def test_partly_unspellable_language_model_is_warned_of(tmp_path: Path) -> None:
    toy = save_toy_lm(tmp_path)
    lm = LanguageModelFiles(toy.ngram, ("ab", "ba", "ça"), None, None, {})
    (warning,) = build_decoder(VOCABULARY, lm=lm).warnings
    assert "ça" in warning
    assert "toy.arpa" in warning


@pytest.mark.parametrize("unigrams", [None, ()])
def test_language_model_without_its_words_is_warned_of(
    tmp_path: Path, unigrams: tuple[str, ...] | None
) -> None:
    toy = save_toy_lm(tmp_path)
    decoder = build_decoder(VOCABULARY, lm=LanguageModelFiles(toy.ngram, unigrams, None, None, {}))
    (warning,) = decoder.warnings
    assert "unigrams.txt" in warning
    assert decoder.decode(spell_frames("ab|ba", peak=0.99)).text == "ab ba"


def test_small_language_model_is_no_news(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    decoder = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path))
    assert decoder.warnings == ()
    assert [record for record in caplog.records if record.name.startswith("pyctcdecode")] == []
    assert capfd.readouterr() == ("", "")


def test_missing_pyctcdecode_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyctcdecode", None)
    with pytest.raises(MachineError) as caught:
        build_decoder(VOCABULARY)
    assert "pip install" in caught.value.hint
    assert caught.value.exit_code == 5


def test_language_model_leaves_memory_with_its_decoder(tmp_path: Path) -> None:
    from pyctcdecode import BeamSearchDecoderCTC

    gc.collect()
    before = set(BeamSearchDecoderCTC.model_container)
    decoder: BeamDecoder | None = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path))
    assert set(BeamSearchDecoderCTC.model_container) != before
    del decoder
    gc.collect()
    assert set(BeamSearchDecoderCTC.model_container) == before
