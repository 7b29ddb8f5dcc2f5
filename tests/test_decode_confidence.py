"""How sure a hypothesis is of its words."""

from typing import Any

import numpy as np
import pytest
from decode_material import VOCABULARY, random_emissions, save_toy_lm, spell_frames
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.beam import build_decoder
from w2vctc.decode.confidence import (
    LONGEST_COMPARED_S,
    N_READINGS,
    Calibration,
    Weights,
    add_confidence,
    confident_search,
    share_readings,
)
from w2vctc.decode.fast.decoder import build_fast_decoder
from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.hypothesis import Hypothesis, Word, place_word
from w2vctc.errors import ModelError

SURE = Calibration(Weights(bias=1.0, clear=2.0, known=0.5))
COMPARED = Calibration(SURE.alone, Weights(bias=0.0, clear=1.0, known=0.5, agreed=0.3))


def confidences(hypothesis: Hypothesis) -> list[float]:
    return [word.confidence if word.confidence is not None else -1.0 for word in hypothesis.words]


def test_without_a_calibration_it_is_what_the_frames_say() -> None:
    emissions = np.log(np.array([[0.1, 0.0001, 0.0999, 0.7, 0.1]], dtype=np.float32))
    found = add_confidence(decode_greedy(emissions, VOCABULARY), emissions, VOCABULARY)
    assert found.text == "a"
    assert confidences(found) == pytest.approx([0.7], rel=1e-5)


def test_a_clear_word_is_surer_than_a_mumbled_one() -> None:
    emissions = np.concatenate([spell_frames("_ab_|", peak=0.97), spell_frames("_ba_", peak=0.5)])
    clear, mumbled = confidences(
        add_confidence(decode_greedy(emissions, VOCABULARY), emissions, VOCABULARY, SURE)
    )
    assert 0.5 < clear < 1 / (1 + np.exp(-1.0))  # no more than the bias allows
    assert mumbled < clear


def test_a_word_of_the_language_model_is_surer() -> None:
    emissions = spell_frames("_ab_|_ba_", peak=0.8)
    heard = decode_greedy(emissions, VOCABULARY)
    known, unknown = confidences(
        add_confidence(heard, emissions, VOCABULARY, SURE, known_words={"ab"})
    )
    logit = np.log(known / (1 - known)) - np.log(unknown / (1 - unknown))
    assert logit == pytest.approx(0.5, abs=0.2)


def test_a_word_that_other_readings_lack_is_less_sure() -> None:
    emissions = spell_frames("_ab_|_ba_", peak=0.8)
    best = decode_greedy(emissions, VOCABULARY)
    other = Hypothesis("ab aa", (best.words[0], place_word("aa", 6, 8)), score=best.score - 0.5)
    first, second = confidences(
        add_confidence(best, emissions, VOCABULARY, COMPARED, alternatives=[other])
    )
    assert second < first - 0.2


def test_in_long_segments_other_readings_count_for_nothing() -> None:
    n_frames = round(LONGEST_COMPARED_S * 50) + 1
    emissions = np.concatenate([spell_frames("ab"), spell_frames("_" * (n_frames - 2))])
    best = decode_greedy(emissions, VOCABULARY)
    other = [Hypothesis("", score=best.score)]
    found = [
        confidences(add_confidence(best, cut, VOCABULARY, COMPARED, alternatives=alternatives))
        for cut, alternatives in (
            (emissions, other),
            (emissions, None),
            (emissions[1:], other),
        )
    ]
    assert found[0] == found[1] != found[2]


def test_a_word_with_an_unknown_letter_was_not_said() -> None:
    emissions = spell_frames("_a?_|ab")
    found = add_confidence(decode_greedy(emissions, VOCABULARY), emissions, VOCABULARY, SURE)
    assert [word.text for word in found.words] == ["a<unk>", "ab"]
    assert confidences(found)[0] == 0.0 < confidences(found)[1]


def test_without_frames_or_words_nothing_changes() -> None:
    empty = random_emissions(0, n_frames=0)
    assert add_confidence(Hypothesis(""), empty, VOCABULARY, SURE) == Hypothesis("")
    orphan = Hypothesis("ab", (Word("ab", 0.0, 0.1),))
    assert confidences(add_confidence(orphan, empty, VOCABULARY, SURE)) == [0.0]


def test_damaged_emissions_are_refused() -> None:
    emissions = spell_frames("ab")
    heard = decode_greedy(emissions, VOCABULARY)
    emissions[0, 0] = np.nan
    with pytest.raises(ModelError, match="frame 0") as error:
        add_confidence(heard, emissions, VOCABULARY, SURE)
    assert error.value.code == "E_EMISSIONS"


def test_readings_share_by_their_scores_and_only_where_they_overlap() -> None:
    best = Hypothesis("a a", (Word("a", 0.0, 0.2), Word("a", 1.0, 1.2)), score=np.log(0.5))
    same = Hypothesis("a b", (Word("a", 0.1, 0.3), Word("b", 1.0, 1.2)), score=np.log(0.3))
    none = Hypothesis("b", (Word("b", 0.0, 0.2),), score=np.log(0.2))
    assert share_readings([best, same, none]) == pytest.approx([0.8, 0.5])
    assert share_readings([best]) == pytest.approx([1.0, 1.0])


@given(st.integers(0, 999), st.integers(1, 40))
def test_confidence_is_a_probability_and_nothing_else_changes(seed: int, n_frames: int) -> None:
    emissions = random_emissions(seed, n_frames=n_frames)
    heard = decode_greedy(emissions, VOCABULARY)
    for calibration in (None, SURE):
        found = add_confidence(heard, emissions, VOCABULARY, calibration)
        assert all(0 <= confidence <= 1 for confidence in confidences(found))
        assert found.text == heard.text
        assert [(w.text, w.start_s, w.end_s) for w in found.words] == [
            (w.text, w.start_s, w.end_s) for w in heard.words
        ]


@pytest.mark.parametrize("build", [build_decoder, build_fast_decoder])
def test_a_search_gives_as_many_readings_as_wanted(build: Any, tmp_path: Any) -> None:
    decoder = build(VOCABULARY, lm=save_toy_lm(tmp_path))
    emissions = random_emissions(5, n_frames=12)
    for n in (1, 3):
        find = confident_search(
            decoder.decode_nbest, VOCABULARY, COMPARED, n=n, known_words={"ab", "ba"}
        )
        found = find(emissions, start_state=None)
        expected = decoder.decode_nbest(emissions, n)
        assert [reading.text for reading in found] == [reading.text for reading in expected]
        assert all(word.confidence is not None for word in found[0].words)


@pytest.mark.parametrize(("calibration", "asked"), [(None, 2), (SURE, 2), (COMPARED, N_READINGS)])
def test_no_more_is_searched_than_is_compared(calibration: Calibration | None, asked: int) -> None:
    wanted = []

    def decode_nbest(emissions: Any, n: int, *, start_state: Any) -> tuple[Hypothesis, ...]:
        wanted.append((len(emissions), n, start_state))
        return (Hypothesis("", state=7),)

    find = confident_search(decode_nbest, VOCABULARY, calibration, n=2)
    assert find(spell_frames("ab"), start_state=3) == (Hypothesis("", state=7),)
    assert wanted == [(2, asked, 3)]
