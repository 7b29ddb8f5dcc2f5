"""The compiled search gives pyctcdecode's own beams: texts, scores to the last digit, frames."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from decode_material import VOCABULARY as FIVE
from decode_material import random_emissions, save_toy_lm, spell_frames
from fast_material import LETTERS, VOCABULARY, make_sentences, save_lm, speak
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_decode_beam import sum_all_paths

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.fast.decoder import FastDecoder, build_fast_decoder
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.options import DecodingOptions
from w2vctc.errors import ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

EXHAUSTIVE = DecodingOptions(beam_width=10_000, beam_prune_logp=-math.inf, token_min_logp=-math.inf)
NARROW = DecodingOptions(beam_width=25)


@pytest.fixture(scope="module")
def lm(tmp_path_factory: pytest.TempPathFactory) -> LanguageModelFiles:
    return save_lm(tmp_path_factory.mktemp("lm"))


def assert_same(
    vocabulary: Vocabulary,
    lm: LanguageModelFiles | None,
    options: DecodingOptions,
    emissions: "list[np.ndarray[tuple[int, int], np.dtype[np.float32]]]",
) -> None:
    """Whole lists of hypotheses are equal: every text, span and score."""
    ours = build_fast_decoder(vocabulary, lm=lm, options=options)
    theirs = build_decoder(vocabulary, lm=lm, options=options)
    for item in emissions:
        expected = theirs.decode_nbest(item, 1000)
        found = ours.decode_nbest(item, 1000)
        assert [one.text for one in found] == [one.text for one in expected]
        assert [one.words for one in found] == [one.words for one in expected]
        for attribute in ("score", "acoustic_score", "lm_score"):
            assert [getattr(one, attribute) for one in found] == pytest.approx(
                [getattr(one, attribute) for one in expected], abs=1e-9
            )


@pytest.mark.parametrize("order", [2, 3, 5])
def test_simulated_utterances_give_the_same_lists(tmp_path: Path, order: int) -> None:
    spoken = [speak(text, seed=k) for k, text in enumerate(make_sentences(660)[600:606])]
    assert_same(VOCABULARY, save_lm(tmp_path, order=order), NARROW, spoken)


def test_pruned_n_gram_gives_the_same_lists(tmp_path: Path) -> None:
    lm = save_lm(tmp_path, order=4, pruning=(0, 1, 1, 2))
    spoken = [speak(text, seed=k) for k, text in enumerate(make_sentences(660)[610:615])]
    assert_same(VOCABULARY, lm, NARROW, spoken)


@pytest.mark.parametrize(
    "options",
    [
        DecodingOptions(beam_width=1),
        DecodingOptions(beam_width=100, token_min_logp=-8.0),
        DecodingOptions(beam_width=25, beam_prune_logp=-3.0),
        DecodingOptions(beam_width=25, alpha=1.4, beta=-0.7, unk_score_offset=-3.5),
        DecodingOptions(beam_width=25, alpha=0.0),
        DecodingOptions(beam_width=25, score_empty_word=True),
        DecodingOptions(beam_width=25, hotwords=("kiba", "zzz", " lolo  un "), hotword_weight=6.5),
        DecodingOptions(beam_width=25, hotwords=("kibastod", "kina", "ki"), hotword_weight=-2.0),
    ],
)
def test_every_option_gives_the_same_lists(
    lm: LanguageModelFiles, options: DecodingOptions
) -> None:
    spoken = [speak(text, seed=k) for k, text in enumerate(make_sentences(660)[620:623])]
    assert_same(VOCABULARY, lm, options, spoken)
    assert_same(VOCABULARY, None, options, spoken)


@pytest.mark.parametrize("score_empty_word", [False, True])
@pytest.mark.parametrize("final", ["", " "])
def test_end_of_a_sentence_costs_the_same(
    lm: LanguageModelFiles, final: str, score_empty_word: bool
) -> None:
    options = replace(NARROW, score_empty_word=score_empty_word)
    texts = make_sentences(660)[630:633]
    assert_same(
        VOCABULARY, lm, options, [speak(text + final, seed=k) for k, text in enumerate(texts)]
    )


def test_words_known_to_the_n_gram_only_or_to_nobody(lm: LanguageModelFiles) -> None:
    spoken = [speak(text, seed=k) for k, text in enumerate(make_sentences(660)[640:643])]
    words = lm.unigrams or ()
    for unigrams in (words[::2], ("ababab", "tttt"), None):
        other = LanguageModelFiles(lm.ngram, unigrams, None, None, {})
        assert_same(VOCABULARY, other, NARROW, spoken)


def test_alphabet_without_a_space(lm: LanguageModelFiles) -> None:
    lm = LanguageModelFiles(lm.ngram, None, None, None, {})
    glued = Vocabulary(("<pad>", *LETTERS), word_delimiter="?")
    draw = np.random.default_rng(3)
    logits = draw.normal(0, 3, (30, len(glued.labels)))
    emissions = np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), np.float32)
    assert_same(glued, lm, NARROW, [emissions])


def test_labels_of_several_letters_meet_the_single_ones(lm: LanguageModelFiles) -> None:
    # "st" and "s", "t" spell the same word: their readings are one.
    digraphs = Vocabulary(("<pad>", "<unk>", "|", "st", "tan", *LETTERS))
    draw = np.random.default_rng(5)
    logits = draw.normal(0, 2, (30, len(digraphs.labels)))
    emissions = np.asarray(logits - np.log(np.exp(logits).sum(axis=1, keepdims=True)), np.float32)
    assert_same(digraphs, lm, NARROW, [emissions])


def test_long_recording_outgrows_the_first_arena(lm: LanguageModelFiles) -> None:
    text = " ".join(make_sentences(660)[600:640])
    options = DecodingOptions(beam_width=60, token_min_logp=-9.0)
    assert_same(VOCABULARY, lm, options, [speak(text, seed=1, noise=1.5)[:700]])


LOGITS = st.lists(
    st.lists(st.floats(-12, 3, width=32), min_size=5, max_size=5), min_size=1, max_size=9
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(logits=LOGITS, alpha=st.floats(0, 3), beta=st.floats(-3, 3), stock=st.booleans())
def test_any_small_lattice(
    toy: LanguageModelFiles,
    logits: list[list[float]],
    alpha: float,
    beta: float,
    stock: bool,
) -> None:
    options = DecodingOptions(
        alpha=alpha,
        beta=beta,
        token_min_logp=-6.0,
        beam_width=7,
        score_empty_word=stock,
        hotwords=("bab",),
    )
    emissions = [np.array(logits, np.float32)]
    assert_same(FIVE, toy, options, emissions)
    assert_same(FIVE, None, options, emissions)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> LanguageModelFiles:
    return save_toy_lm(tmp_path_factory.mktemp("toy"))


@pytest.mark.parametrize("seed", range(4))
def test_without_limits_and_lm_all_paths_are_summed(seed: int) -> None:
    emissions = random_emissions(seed, n_frames=5)
    expected = sum_all_paths(emissions)
    found = build_fast_decoder(FIVE, options=EXHAUSTIVE).decode_nbest(emissions, 10_000)
    assert {item.text for item in found} == set(expected)
    for item in found:
        assert item.score == pytest.approx(expected[item.text], abs=1e-4)
        assert item.lm_score == 0.0


@pytest.mark.parametrize("seed", range(3))
def test_without_limits_the_lm_scores_every_sentence(toy: LanguageModelFiles, seed: int) -> None:
    import kenlm

    ngram = kenlm.Model(str(toy.ngram))
    emissions = random_emissions(seed, n_frames=5)
    expected = {}
    for text, acoustic in sum_all_paths(emissions).items():
        n_unknown = sum(word not in ("ab", "ba") for word in text.split())
        log10 = ngram.score(text, bos=True, eos=True) - 10.0 * n_unknown
        expected[text] = acoustic + 0.5 * math.log(10) * log10 + 1.5 * len(text.split())
    found = build_fast_decoder(FIVE, lm=toy, options=EXHAUSTIVE).decode_nbest(emissions, 10_000)
    assert {item.text for item in found} == set(expected)
    for item in found:
        assert item.score == pytest.approx(expected[item.text], abs=1e-4)
    assert [item.score for item in found] == sorted((item.score for item in found), reverse=True)


def test_sentence_in_two_pieces_goes_on_where_it_stood(lm: LanguageModelFiles) -> None:
    first, second = (speak(text, seed=2) for text in make_sentences(660)[650:652])
    ours = build_fast_decoder(VOCABULARY, lm=lm, options=NARROW)
    theirs = build_decoder(VOCABULARY, lm=lm, options=NARROW)
    state, their_state = ours.decode(first).state, theirs.decode(first).state
    found = ours.decode_nbest(second, 50, start_state=state)
    assert found == theirs.decode_nbest(second, 50, start_state=their_state)
    assert found[0].score != ours.decode(second).score


def test_state_survives_a_piece_of_no_frames(toy: LanguageModelFiles) -> None:
    decoder = build_fast_decoder(FIVE, lm=toy)
    state = decoder.decode(spell_frames("ab", peak=0.99)).state
    nothing = decoder.decode(np.zeros((0, 5), np.float32), start_state=state)
    assert nothing == Hypothesis("")
    assert nothing.state == state


def test_words_carry_their_seconds(toy: LanguageModelFiles) -> None:
    hypothesis = build_fast_decoder(FIVE, lm=toy).decode(spell_frames("__ab_|_|ba___", peak=0.999))
    assert hypothesis.words == (Word("ab", 0.04, 0.08), Word("ba", 0.16, 0.2))


def test_threads_share_a_decoder(lm: LanguageModelFiles) -> None:
    decoder = build_fast_decoder(VOCABULARY, lm=lm, options=NARROW)
    spoken = [speak(text, seed=k) for k, text in enumerate(make_sentences(660)[600:630])]
    alone = [decoder.decode(item) for item in spoken]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(decoder.decode, spoken)) == alone


def test_set_weights_equals_a_decoder_built_with_them(lm: LanguageModelFiles) -> None:
    changed = build_fast_decoder(VOCABULARY, lm=lm)
    changed.set_weights(alpha=1, beta=0)
    built = build_fast_decoder(VOCABULARY, lm=lm, options=DecodingOptions(alpha=1.0, beta=0.0))
    emissions = speak(make_sentences(660)[655], seed=4)
    assert changed.decode_nbest(emissions, 5) == built.decode_nbest(emissions, 5)
    assert changed.options == built.options
    with pytest.raises(UsageError, match="alpha"):
        changed.set_weights(alpha=math.nan, beta=1.0)


def build_five() -> FastDecoder:
    return build_fast_decoder(FIVE)


def test_nan_is_an_error_with_a_message() -> None:
    emissions = random_emissions(1, n_frames=5)
    emissions[2, 1] = np.nan
    with pytest.raises(ModelError, match="nan at frame 2"):
        build_five().decode(emissions)


def test_no_hypothesis_asked_for_is_refused() -> None:
    with pytest.raises(UsageError):
        build_five().decode_nbest(random_emissions(1, n_frames=5), 0)


def test_impossible_labels_are_only_unlikely(toy: LanguageModelFiles) -> None:
    emissions = random_emissions(2, n_frames=12)
    emissions[:, 3] = -np.inf
    assert_same(FIVE, toy, DecodingOptions(token_min_logp=-40.0, beam_width=30), [emissions])


def test_label_with_a_space_is_refused() -> None:
    with pytest.raises(ModelError) as caught:
        build_fast_decoder(Vocabulary(("<pad>", "|", "a", "a\u00a0b")))
    assert caught.value.code == "E_VOCAB"
    assert "pyctcdecode" in caught.value.hint


def test_language_model_of_another_script_is_refused(toy: LanguageModelFiles) -> None:
    other = LanguageModelFiles(toy.ngram, ("AB", "BA", "ab"), None, None, {})
    with pytest.raises(ModelError) as caught:
        build_fast_decoder(FIVE, lm=other)
    assert caught.value.code == "E_LM"
