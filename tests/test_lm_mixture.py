"""A mixture written as one back-off model: exact where n-grams were seen, and summing to one."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lmplz_oracle import make_corpus

from w2vctc.errors import UsageError
from w2vctc.lm.arpa import check_arpa, write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.loading import load_kenlm
from w2vctc.lm.mixture import interpolate_ngrams, with_words
from w2vctc.lm.ngram import SPECIAL_WORDS, NgramModel
from w2vctc.lm.scoring import encode_text, number_words, score_tokens
from w2vctc.lm.sources import LmSources

WORDS = st.sampled_from(["la", "mar", "sol", "cel", "ça", "l'illa"])
SENTENCES = st.lists(st.lists(WORDS, max_size=5).map(" ".join), min_size=1, max_size=12).filter(any)


def estimate_all(
    texts: list[list[str]], orders: list[int], *, words: tuple[str, ...] = ()
) -> list[NgramModel]:
    """Models of several texts over the words of all of them."""
    known = LmSources(list(itertools.chain(*texts)), words=words).vocabulary
    return [
        with_words(estimate_ngrams(text, order=order, vocabulary_size=len(known)), known)
        for text, order in zip(texts, orders, strict=True)
    ]


def prob(model: NgramModel, history: list[str], word: str) -> float:
    """The probability of a word after the history, by the back-off rule on lists of words."""
    numbers = {word: n for n, word in enumerate(model.words)}
    ids = tuple(numbers.get(one, 0) for one in [*history[-model.order + 1 :], word])
    if model.order == 1:
        ids = ids[-1:]
    for length in range(len(ids), 0, -1):
        table = model.tables[length - 1]
        rows = {tuple(gram): row for row, gram in enumerate(table.word_ids.tolist())}
        found = rows.get(ids[-length:])
        if found is not None:
            total = float(table.log10_prob[found])
            for shorter in range(length, len(ids)):
                context = ids[-shorter - 1 : -1]
                lower = model.tables[len(context) - 1]
                lower_rows = {tuple(gram): row for row, gram in enumerate(lower.word_ids.tolist())}
                if context in lower_rows and lower.log10_backoff is not None:
                    total += float(lower.log10_backoff[lower_rows[context]])
            return float(10**total)
    raise AssertionError("every word is a unigram")


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(SENTENCES, min_size=2, max_size=3),
    orders=st.lists(st.integers(1, 4), min_size=3, max_size=3),
    weight=st.floats(0.05, 0.9),
    data=st.data(),
)
def test_seen_ngrams_are_the_weighted_mean_and_every_history_sums_to_one(
    texts: list[list[str]], orders: list[int], weight: float, data: st.DataObject
) -> None:
    models = estimate_all(texts, orders[: len(texts)])
    rest = (1 - weight) / (len(models) - 1)
    weights = [weight, *[rest] * (len(models) - 1)]
    mixed = interpolate_ngrams(models, weights)
    assert mixed.order == max(model.order for model in models)
    for table in mixed.tables:
        for gram, log10_prob in zip(table.word_ids.tolist(), table.log10_prob, strict=True):
            *history, word = (mixed.words[number] for number in gram)
            if word != "<s>":
                direct = sum(
                    share * prob(model, history, word)
                    for share, model in zip(weights, models, strict=True)
                )
                assert 10 ** float(log10_prob) == pytest.approx(direct, rel=1e-5)
    history = data.draw(st.lists(st.one_of(WORDS, st.just("<s>"), st.just("unseen")), max_size=4))
    total = sum(prob(mixed, history, word) for word in mixed.words if word != "<s>")
    assert total == pytest.approx(1, abs=1e-5)


def test_a_mixture_of_large_texts_sums_to_one_in_kenlms_own_eyes(tmp_path: Path) -> None:
    texts = [make_corpus(300, seed=1), make_corpus(900, seed=2)]
    mixed = interpolate_ngrams(estimate_all(texts, [3, 4]), [0.3, 0.7])
    write_arpa(mixed, tmp_path / "mixed.arpa")
    assert check_arpa(tmp_path / "mixed.arpa").counts == mixed.ngram_counts
    import kenlm

    query = load_kenlm(tmp_path / "mixed.arpa")
    state, after = kenlm.State(), kenlm.State()
    for sentence in texts[0][:3]:
        query.BeginSentenceWrite(state)
        for word in sentence.split():
            query.BaseScore(state, word, after)
            state, after = after, kenlm.State()
            predicted = (10 ** query.BaseScore(state, w, kenlm.State()) for w in mixed.words[2:])
            unknown = 10 ** query.BaseScore(state, "<unk>", kenlm.State())
            assert sum(predicted) + unknown == pytest.approx(1, abs=2e-5)


def test_kenlm_reads_the_same_probabilities_as_we_score(tmp_path: Path) -> None:
    texts = [make_corpus(200, seed=1), make_corpus(400, seed=2)]
    mixed = interpolate_ngrams(estimate_all(texts, [2, 3]), [0.4, 0.6])
    write_arpa(mixed, tmp_path / "mixed.arpa")
    heard = make_corpus(40, seed=3)
    text = encode_text(heard, number_words(mixed.words))
    query = load_kenlm(tmp_path / "mixed.arpa")
    expected = [score for line in heard for score, _, _ in query.full_scores(line)]
    assert score_tokens(mixed, text)[text.predicted] == pytest.approx(expected, abs=1e-5)


def test_one_model_alone_stays_what_it_is() -> None:
    (model,) = estimate_all([make_corpus(200, seed=5)], [3])
    mixed = interpolate_ngrams([model], [1.0])
    assert mixed.ngram_counts == model.ngram_counts
    for mine, old in zip(mixed.tables, model.tables, strict=True):
        np.testing.assert_array_equal(mine.word_ids, old.word_ids)
        np.testing.assert_allclose(mine.log10_prob, old.log10_prob, atol=1e-6)
        if old.log10_backoff is not None and mine.log10_backoff is not None:
            np.testing.assert_allclose(mine.log10_backoff, old.log10_backoff, atol=2e-4)


def test_a_model_over_more_words_gives_the_new_ones_the_unknown_word_s_probability() -> None:
    (model,) = estimate_all([["la mar", "la mar", "sol"]], [2], words=("cel", "blau"))
    assert model.words == (*SPECIAL_WORDS, "la", "mar", "sol", "cel", "blau")
    # By hand as in lm/README.md, with the half that is left over spread over seven words.
    probs = (10.0 ** model.tables[0].log10_prob.astype(float)).tolist()
    floor = 0.5 / 7
    assert probs == pytest.approx(
        [floor, 1, 0.2 + floor, 0.1 + floor, 0.1 + floor, 0.1 + floor, floor, floor], rel=1e-6
    )


def test_weights_that_do_not_sum_to_one_are_refused() -> None:
    models = estimate_all([["la mar"], ["sol"]], [2, 2])
    for weights in ([0.5, 0.6], [1.0], [1.5, -0.5]):
        with pytest.raises(UsageError, match="that sum to 1"):
            interpolate_ngrams(models, weights)
