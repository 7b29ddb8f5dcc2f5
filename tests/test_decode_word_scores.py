"""The end of a sentence costs the same with and without a final word delimiter."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from decode_material import VOCABULARY, random_emissions, save_toy_lm, spell_frames

from w2vctc.decode.beam import BeamDecoder, build_decoder
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.word_scores import WordScores

LN_10 = math.log(10)


@pytest.fixture
def decoders(tmp_path: Path) -> tuple[BeamDecoder, BeamDecoder]:
    """Ours, and one that scores as pyctcdecode alone does."""
    lm = save_toy_lm(tmp_path)
    stock = DecodingOptions(score_empty_word=True)
    return (
        build_decoder(VOCABULARY, lm=lm),
        build_decoder(VOCABULARY, lm=lm, options=stock),
    )


def test_final_delimiter_changes_nothing_but_the_sound(
    decoders: tuple[BeamDecoder, BeamDecoder],
) -> None:
    ours, _ = decoders
    without = ours.decode(spell_frames("ab|ba", peak=0.99))
    with_delimiter = ours.decode(spell_frames("ab|ba|", peak=0.99))
    assert with_delimiter.text == without.text == "ab ba"
    assert with_delimiter.lm_score == pytest.approx(without.lm_score)
    # log10 P(ab | <s>) + P(ba | ab) + P(</s> | ba), and two words
    assert without.lm_score == pytest.approx(0.5 * LN_10 * (-0.2 - 0.3 - 0.2) + 2 * 1.5)


def test_stock_scoring_charges_an_unknown_word_for_the_delimiter(
    decoders: tuple[BeamDecoder, BeamDecoder],
) -> None:
    _, stock = decoders
    charged = stock.decode(spell_frames("ab|ba|", peak=0.99))
    # ... backoff of ba and P(<unk>) - 10, P(</s>) with nothing known before it, and a third word
    log10 = -0.2 - 0.3 + (-0.3 - 1.0 - 10.0) - 0.7
    assert charged.lm_score == pytest.approx(0.5 * LN_10 * log10 + 3 * 1.5)


def test_stock_scoring_hears_a_word_that_nobody_said(
    decoders: tuple[BeamDecoder, BeamDecoder],
) -> None:
    # One word, its delimiter, and then, a hundred times less likely, another word.
    ours, stock = decoders
    emissions = spell_frames("ab|__", peak=0.995)
    emissions[3] = np.log([0.897, 0.001, 0.001, 0.001, 0.1])
    emissions[4] = np.log([0.001, 0.001, 0.897, 0.1, 0.001])
    assert ours.decode(emissions).text == "ab"
    assert stock.decode(emissions).text == "ab ba"


def test_silence_is_an_empty_sentence_not_an_unknown_word(
    decoders: tuple[BeamDecoder, BeamDecoder],
) -> None:
    ours, stock = decoders
    silence = spell_frames("____", peak=0.99)
    # P(</s> | <s>) backs off: -0.3 - 0.7
    assert ours.decode(silence).lm_score == pytest.approx(0.5 * LN_10 * (-0.3 - 0.7))
    assert stock.decode(silence).lm_score == pytest.approx(
        0.5 * LN_10 * (-0.3 - 1.0 - 10.0 - 0.7) + 1.5
    )


@pytest.mark.parametrize("seed", range(8))
def test_scores_equal_stock_where_no_delimiter_is_possible(
    decoders: tuple[BeamDecoder, BeamDecoder], seed: int
) -> None:
    emissions = random_emissions(seed, n_frames=12)
    emissions[:, 2] = -30.0
    emissions[:, 0] = -30.0
    ours, stock = (decoder.decode_nbest(emissions, 10) for decoder in decoders)
    assert ours == stock


def test_weights_reach_the_sentence_end(tmp_path: Path) -> None:
    decoder = build_decoder(VOCABULARY, lm=save_toy_lm(tmp_path))
    decoder.set_weights(alpha=2.0, beta=0.0)
    assert decoder.decode(spell_frames("ab|", peak=0.99)).lm_score == pytest.approx(
        2.0 * LN_10 * (-0.2 - 0.9)
    )


def test_empty_word_before_the_end_costs_nothing() -> None:
    class Inner:
        order = 2
        score_partial_token = get_start_state = reset_params = None

    scores: Any = WordScores(Inner(), None)
    assert scores.score("state", "") == (0.0, "state")
    assert scores.order == 2
