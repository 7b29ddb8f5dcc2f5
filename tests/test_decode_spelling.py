"""Unknown words scored by their spelling: the exact sum of sound, n-gram and letters."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from decode_material import VOCABULARY as FIVE
from decode_material import random_emissions, save_toy_lm, spell_frames
from fast_material import VOCABULARY, make_sentences, save_lm, speak
from test_decode_beam import sum_all_paths

from w2vctc.cli.transcribe import search_options
from w2vctc.decode.beam import build_decoder
from w2vctc.decode.engines import open_decoder
from w2vctc.decode.fast.decoder import build_fast_decoder
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import MachineError, UsageError
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.folder import LanguageModelFiles

SPELLING = DecodingOptions(oov_order=3, unk_score_offset=0.0)
EXHAUSTIVE = replace(
    SPELLING, beam_width=10_000, beam_prune_logp=-math.inf, token_min_logp=-math.inf
)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> LanguageModelFiles:
    return save_toy_lm(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], float]:
    """KenLM's own log10 P(letters of a word), by the n-gram of the toy words' letters."""
    import kenlm

    path = tmp_path_factory.mktemp("letters") / "letters.arpa"
    write_arpa(estimate_ngrams(["a b", "b a"], order=3), path)
    model = kenlm.Model(str(path))
    return lambda word: float(model.score(" ".join(word)))


@pytest.mark.parametrize(
    "options",
    [
        EXHAUSTIVE,
        replace(EXHAUSTIVE, unk_score_offset=-1.5, oov_weight=0.6),
        replace(EXHAUSTIVE, hotwords=("bb",)),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_without_limits_every_text_has_its_exact_score(
    toy: LanguageModelFiles, letters: Callable[[str], float], seed: int, options: DecodingOptions
) -> None:
    import kenlm

    hotwords = options.hotwords
    ngram = kenlm.Model(str(toy.ngram))
    emissions = random_emissions(seed, n_frames=6)
    expected = {}
    for text, acoustic in sum_all_paths(emissions).items():
        log10 = ngram.score(text, bos=True, eos=True)
        for word in text.split():
            if word not in ("ab", "ba"):
                log10 += options.unk_score_offset + options.oov_weight * letters(word)
        score = acoustic + 0.5 * math.log(10) * log10 + 1.5 * len(text.split())
        expected[text] = score + 10.0 * sum(word in hotwords for word in text.split())
    decoder = build_fast_decoder(FIVE, lm=toy, options=options)
    found = decoder.decode_nbest(emissions, 10_000)
    assert {item.text for item in found} == set(expected)
    for item in found:
        assert item.score == pytest.approx(expected[item.text], abs=1e-4)
    assert found[0].text == max(expected, key=lambda text: expected[text])


def test_likely_spelling_decides_between_unknown_words(tmp_path: Path) -> None:
    """Where the flat cost cannot: both readings sound alike and neither is known."""
    words = ["abab", "ababab", "babab", "baba"]
    path = tmp_path / "words.arpa"
    write_arpa(estimate_ngrams(words, order=2), path)
    lm = LanguageModelFiles(path, tuple(words), None, None, {})
    spoken = spell_frames("ababab_bb", peak=0.999)
    spoken[7] = np.log([0.0005, 0.0005, 0.0005, 0.48, 0.5185])
    flat = build_fast_decoder(FIVE, lm=lm, options=replace(SPELLING, oov_order=0))
    spelled = build_fast_decoder(FIVE, lm=lm, options=SPELLING)
    assert flat.decode(spoken).text == "abababb"
    assert spelled.decode(spoken).text == "abababab"


def test_known_words_cost_what_they_did(tmp_path: Path) -> None:
    lm = save_lm(tmp_path)
    spoken = speak(make_sentences(660)[5], seed=4, noise=0.2)
    plain = build_fast_decoder(VOCABULARY, lm=lm).decode(spoken)
    assert set(plain.text.split()) <= set(lm.unigrams or ())
    spelled = build_fast_decoder(VOCABULARY, lm=lm, options=SPELLING)
    found = {item.text: item.score for item in spelled.decode_nbest(spoken, 1000)}
    assert found[plain.text] == pytest.approx(plain.score, abs=1e-9)


def test_long_recording_outgrows_the_first_arena(tmp_path: Path) -> None:
    lm = save_lm(tmp_path)
    text = " ".join(make_sentences(660)[600:615])
    spoken = speak(text, seed=1, noise=1.5)[:250]
    decoder = build_fast_decoder(
        VOCABULARY, lm=lm, options=replace(SPELLING, token_min_logp=-9.0, beam_width=60)
    )
    best = decoder.decode(spoken)
    assert best.score == pytest.approx(best.acoustic_score + best.lm_score)
    assert decoder.decode(spoken) == best
    assert len(best.text.split()) > 10


def test_other_weights_equal_a_decoder_built_with_them(toy: LanguageModelFiles) -> None:
    emissions = random_emissions(7, n_frames=20)
    changed = build_fast_decoder(FIVE, lm=toy, options=SPELLING)
    changed.set_weights(alpha=1.1, beta=-0.5)
    built = build_fast_decoder(FIVE, lm=toy, options=replace(SPELLING, alpha=1.1, beta=-0.5))
    assert changed.decode_nbest(emissions, 50) == built.decode_nbest(emissions, 50)


def test_flag_takes_the_flat_cost_away_unless_that_is_given() -> None:
    assert search_options(None, oov_order=5).unk_score_offset == 0.0
    assert search_options(None, oov_order=5, unk_score_offset=-2.0).unk_score_offset == -2.0
    assert search_options(None, oov_order=0).unk_score_offset == -10.0
    assert search_options(None).oov_order == 0


@pytest.mark.parametrize("order", [-1, 7])
def test_orders_that_there_are_not_are_refused(order: int) -> None:
    with pytest.raises(UsageError, match=f"oov_order = {order}"):
        DecodingOptions(oov_order=order)


def test_letters_without_a_language_model_are_refused() -> None:
    with pytest.raises(UsageError, match="without a language model"):
        open_decoder(FIVE, options=SPELLING)


def test_pyctcdecode_is_not_for_an_n_gram_of_letters(toy: LanguageModelFiles) -> None:
    with pytest.raises(MachineError, match="no n-gram of letters") as caught:
        build_decoder(FIVE, lm=toy, options=SPELLING)
    assert caught.value.code == "E_ENGINE"
