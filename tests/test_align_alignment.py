"""Texts laid along emissions that say them, and others."""

from itertools import product

import numpy as np
import pytest
from align_material import plain_script, say_labels, say_text
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.align.alignment import align_words
from w2vctc.align.anchors import find_anchors
from w2vctc.align.chain import Tolerance, build_chain, score_columns
from w2vctc.align.lattice import find_path, score_path
from w2vctc.errors import ModelError
from w2vctc.vocab import Vocabulary

SMALL = Vocabulary(("<pad>", "|", "a", "b"))
TOLERANCE = Tolerance()


def test_letters_lie_where_they_are_said(tiny_vocabulary: Vocabulary) -> None:
    emissions = say_text("__bon dia__", tiny_vocabulary)
    found = align_words(emissions, plain_script("bon dia", tiny_vocabulary), tiny_vocabulary)
    assert [(word.start, word.end) for word in found.words] == [(2, 7), (10, 15)]
    assert [(one.text, one.start, one.end) for one in found.words[0].letters] == [
        ("b", 2, 3),
        ("o", 4, 5),
        ("n", 6, 7),
    ]
    assert found.words[0].confidence == pytest.approx(0.9, abs=1e-4)
    assert not found.missing
    assert not found.strays


def test_double_letters_need_a_blank_between_them() -> None:
    labels = [2, 2, 0, 2, 3, 3]
    found = align_words(say_labels(labels, 4), plain_script("aab", SMALL), SMALL)
    assert [(one.start, one.end) for one in found.words[0].letters] == [(0, 2), (3, 4), (4, 6)]


def test_words_that_nobody_says_are_missing(tiny_vocabulary: Vocabulary) -> None:
    emissions = say_text("__bon dia a tothom__", tiny_vocabulary)
    script = plain_script("bon vespre dia quinze a tothom", tiny_vocabulary)
    found = align_words(emissions, script, tiny_vocabulary)
    assert found.missing == (1, 3)
    assert [word.number for word in found.words] == [0, 2, 4, 5]


def test_sound_that_the_text_does_not_have_is_strayed_over(tiny_vocabulary: Vocabulary) -> None:
    emissions = say_text("bon vespre dia", tiny_vocabulary)
    found = align_words(emissions, plain_script("bon dia", tiny_vocabulary), tiny_vocabulary)
    assert [(word.start, word.end) for word in found.words] == [(0, 5), (22, 27)]
    (stray,) = found.strays
    assert (stray.start, stray.end) == (8, 19)
    assert not found.missing


def test_a_letter_without_a_label_is_anything(tiny_vocabulary: Vocabulary) -> None:
    emissions = say_text("bon dia", tiny_vocabulary)
    found = align_words(emissions, plain_script("boñ dia", tiny_vocabulary), tiny_vocabulary)
    assert [(word.start, word.end) for word in found.words] == [(0, 5), (8, 13)]
    assert found.words[0].letters[2].probability is None
    assert found.words[0].confidence == pytest.approx(0.9, abs=1e-4)


def test_a_word_of_a_letter_or_two_is_not_found_where_it_is_hardly_heard() -> None:
    """Leaving it out costs more than placing it on frames that say nearly nothing of it."""
    emissions = say_labels([2, 3, 1, 0, 1, 2, 3], 4)
    emissions[3] = np.log([0.955, 0.01, 0.005, 0.03])
    found = align_words(emissions, plain_script("ab b ab", SMALL), SMALL)
    assert found.missing == (1,)
    assert [word.number for word in found.words] == [0, 2]
    emissions[3] = np.log([0.90, 0.02, 0.01, 0.07])
    assert not align_words(emissions, plain_script("ab b ab", SMALL), SMALL).missing


def test_a_short_word_of_letters_that_the_model_lacks_may_be_anything() -> None:
    found = align_words(say_labels([2, 3, 1, 0, 1, 2, 3], 4), plain_script("ab ñ ab", SMALL), SMALL)
    assert not found.missing
    assert found.words[1].confidence == 0


@pytest.mark.parametrize(("said", "text"), [("", "bon dia"), ("bon", "")])
def test_without_sound_or_text_nothing_is_found(
    said: str, text: str, tiny_vocabulary: Vocabulary
) -> None:
    script = plain_script(text, tiny_vocabulary)
    found = align_words(say_text(said, tiny_vocabulary), script, tiny_vocabulary)
    assert not found.words
    assert found.missing == tuple(range(len(script)))


def test_more_letters_than_frames_are_no_crash(tiny_vocabulary: Vocabulary) -> None:
    script = plain_script("bona nit a tothom", tiny_vocabulary)
    found = align_words(say_text("b", tiny_vocabulary), script, tiny_vocabulary)
    assert len(found.words) + len(found.missing) == 4


def test_impossible_labels_are_fine_and_nan_is_refused() -> None:
    emissions = say_labels([2, 0, 3], 4)
    emissions[1, 3] = -np.inf
    assert len(align_words(emissions, plain_script("ab", SMALL), SMALL).words) == 1
    emissions[1, 3] = np.nan
    with pytest.raises(ModelError, match="nan"):
        align_words(emissions, plain_script("ab", SMALL), SMALL)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(["a", "ab", "aa", "aba"]), st.integers(1, 5), st.integers(0, 10_000))
def test_the_path_scores_as_well_as_the_best_of_all_ctc_paths(
    word: str, n_frames: int, seed: int
) -> None:
    generator = np.random.default_rng(seed)
    emissions = np.log(generator.dirichlet(np.ones(4), size=n_frames)).astype(np.float32)
    script = plain_script(word, SMALL)
    chain = build_chain(script, TOLERANCE)
    scores = score_columns(emissions, chain, SMALL, TOLERANCE)
    path = find_path(scores, chain.lattice)
    skipped = not (chain.letters[path] >= 0).any()
    paid = TOLERANCE.word_skip + TOLERANCE.letter_skip * len(word) if skipped else 0.0
    total = float(score_path(scores, chain.lattice, path).sum()) - paid
    assert total == pytest.approx(best_by_hand(emissions, word), abs=1e-4)


def best_by_hand(
    emissions: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]", word: str
) -> float:
    """The best of: a gap, labels that collapse to the word, a gap; or one gap and no word."""
    relative = emissions - emissions.max(axis=1, keepdims=True)
    gap = np.maximum(relative[:, :2].max(axis=1), -TOLERANCE.stray)
    best = float(gap.sum()) - TOLERANCE.word_skip - TOLERANCE.letter_skip * len(word)
    held = np.maximum(relative, -TOLERANCE.worst)
    n = len(emissions)
    for first in range(n):
        for last in range(first + 1, n + 1):
            outside = gap[:first].sum() + gap[last:].sum()
            for labels in product((0, 2, 3), repeat=last - first):
                if labels[0] == 0 or labels[-1] == 0 or collapse(labels) != word:
                    continue
                inside = held[np.arange(first, last), labels].sum()
                best = max(best, float(outside + inside))
    return best


def collapse(labels: tuple[int, ...]) -> str:
    kept = [label for n, label in enumerate(labels) if n == 0 or labels[n - 1] != label]
    return "".join(SMALL.labels[label] for label in kept if label != 0)


def test_anchors_lie_on_the_best_path(tiny_vocabulary: Vocabulary) -> None:
    generator = np.random.default_rng(5)
    words = ["".join(generator.choice(list("abcdefg"), size=6)) for _ in range(150)]
    emissions = say_text(" ".join(words[:70] + words[75:]), tiny_vocabulary, sure=0.6)
    script = plain_script(" ".join(words[:100] + words[110:]), tiny_vocabulary)
    chain = build_chain(script, TOLERANCE)
    scores = score_columns(emissions, chain, tiny_vocabulary, TOLERANCE)
    whole = find_path(scores, chain.lattice)
    anchors = find_anchors(emissions, script, chain, tiny_vocabulary)
    assert len(anchors) > 5
    assert all(whole[place.frame] == place.state for place in anchors)
    assert find_path(scores, chain.lattice, anchors=anchors).tolist() == whole.tolist()
