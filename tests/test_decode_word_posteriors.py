"""The probability that frames spell a word, against all paths written out."""

from itertools import groupby, product

import numpy as np
import pytest
from decode_material import VOCABULARY, random_emissions, spell_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.decode.hypothesis import Word, place_word
from w2vctc.decode.word_posteriors import list_spellings, measure_posteriors
from w2vctc.vocab import Vocabulary

DIGRAPHS = Vocabulary(("<pad>", "<unk>", "|", "l", "ll", "a"))


def sum_by_hand(emissions: NDArray[np.float32], vocabulary: Vocabulary, word: str) -> float:
    """The probability of all paths: blanks or spaces, then the word, then blanks or spaces."""
    blank, space = vocabulary.blank_id, vocabulary.delimiter_id
    total = 0.0
    for path in product(range(len(vocabulary.labels)), repeat=len(emissions)):
        inside = list(path)
        while inside and inside[0] in (blank, space):
            inside.pop(0)
        while inside and inside[-1] in (blank, space):
            inside.pop()
        spelled = "".join(vocabulary.labels[label] for label, _ in groupby(inside) if label > 0)
        if spelled == word:
            total += float(np.exp(emissions[range(len(path)), path].astype(np.float64).sum()))
    return total


@settings(max_examples=30)
@given(st.text("ab", min_size=1, max_size=3), st.integers(1, 5), st.integers(0, 999))
def test_a_word_is_as_likely_as_all_its_paths(word: str, n_frames: int, seed: int) -> None:
    emissions = random_emissions(seed, n_frames=n_frames)
    (found,) = measure_posteriors([place_word(word, 0, n_frames)], emissions, VOCABULARY)
    assert np.exp(found) == pytest.approx(sum_by_hand(emissions, VOCABULARY, word), rel=1e-4)


@pytest.mark.parametrize("word", ["ll", "lla", "all", "lll"])
def test_two_letters_and_one_label_of_both_spell_the_same(word: str) -> None:
    emissions = random_emissions(3, n_frames=5, n_labels=6)
    (found,) = measure_posteriors([place_word(word, 0, 5)], emissions, DIGRAPHS)
    assert np.exp(found) == pytest.approx(sum_by_hand(emissions, DIGRAPHS, word), rel=1e-4)


def test_every_way_to_spell_is_listed_and_no_more_than_a_few() -> None:
    assert sorted(list_spellings("lla", DIGRAPHS)) == [(3, 3, 5), (4, 5)]
    assert list_spellings("lya", DIGRAPHS) == []
    assert list_spellings("", DIGRAPHS) == []
    assert 0 < len(list_spellings("l" * 60, DIGRAPHS)) <= 16


def test_words_are_measured_each_in_its_own_frames() -> None:
    emissions = spell_frames("_ab__|__ba_|", peak=0.96)
    words = [place_word("ab", 1, 3), place_word("ba", 8, 10)]
    together = measure_posteriors(words, emissions, VOCABULARY)
    one = measure_posteriors(words[:1], emissions[:6], VOCABULARY)
    assert together[0] == pytest.approx(one[0])
    assert (together > np.log(0.7)).all()
    swapped = [place_word("ba", 1, 3), place_word("ab", 8, 10)]
    assert (measure_posteriors(swapped, emissions, VOCABULARY) < np.log(0.01)).all()


@pytest.mark.parametrize(
    ("word", "frames"),
    [
        (place_word("aa", 0, 2), "aa"),  # the second letter needs a blank before it
        (place_word("ax", 0, 2), "ab"),  # a letter without a label
        (place_word("<unk>", 0, 1), "?"),  # how the best path writes what it does not know
        (Word("a", 5.0, 6.0), "ab"),  # behind the end
        (place_word("a", 0, 0), ""),
    ],
)
def test_what_cannot_be_spelled_there_is_impossible(word: Word, frames: str) -> None:
    (found,) = measure_posteriors([word], spell_frames(frames), VOCABULARY)
    assert found == -np.inf


def test_impossible_labels_and_frames_that_do_not_sum_to_one_are_fine() -> None:
    emissions = np.full((3, 5), -np.inf, dtype=np.float32)
    emissions[[0, 1, 2], [3, 0, 4]] = 2.0
    words = [place_word("ab", 0, 3)]
    assert measure_posteriors(words, emissions, VOCABULARY) == pytest.approx([0.0], abs=1e-9)
    assert measure_posteriors([], emissions, VOCABULARY).shape == (0,)


@pytest.mark.parametrize("n_wrong", [3, 40, 400])
def test_however_unlikely_a_word_is_it_stays_a_number(n_wrong: int) -> None:
    emissions = np.full((n_wrong + 2, 5), -np.inf, dtype=np.float32)
    emissions[:, 4] = 0.0
    emissions[0] = spell_frames("a", peak=1 - 1e-6)[0]
    emissions[-1] = spell_frames("_", peak=1 - 1e-6)[0]
    (found,) = measure_posteriors([place_word("a", 0, n_wrong + 2)], emissions, VOCABULARY)
    # Behind the "a" each frame is a blank or a space, of 1e-15 each, or first some more of the "a".
    assert found == pytest.approx(n_wrong * np.log(2e-15), abs=1.0)
