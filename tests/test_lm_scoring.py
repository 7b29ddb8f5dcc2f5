import numpy as np
import pytest

from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.index import ABSENT, index_ngrams
from w2vctc.lm.scoring import encode_text, number_words, score_tokens

TOY = ["la mar", "la mar", "sol"]  # its probabilities are worked out in lm/README.md


def test_the_toy_sentences_have_the_probabilities_worked_out_by_hand() -> None:
    model = estimate_ngrams(TOY, order=2)
    text = encode_text(["la mar", "sol", "sol mar", "la lluna"], number_words(model.words))
    probs = 10 ** text.sum_by_sentence(score_tokens(model, text))
    assert probs == pytest.approx([0.169, 0.52 / 3, 0.052 / 3, 0.0065], rel=1e-6)


def test_a_text_is_encoded_sentence_by_sentence() -> None:
    text = encode_text(["la mar", "", "cel"], {"<unk>": 0, "<s>": 1, "</s>": 2, "la": 3, "mar": 4})
    assert text.ids.tolist() == [1, 3, 4, 2, 1, 2, 1, 0, 2]
    assert text.position.tolist() == [0, 1, 2, 3, 0, 1, 0, 1, 2]
    assert text.predicted.sum() == 6
    assert text.unknown.tolist() == [False] * 7 + [True, False]
    assert text.sum_by_sentence(text.predicted.astype(np.float64)).tolist() == [3, 1, 2]


def test_words_are_divided_as_in_training() -> None:
    model = estimate_ngrams(["nul\0la cel\x0bblau"], order=2)
    assert model.words[3:] == ("nul", "la", "cel\x0bblau")
    text = encode_text(["nul\0la cel\x0bblau"], number_words(model.words))
    assert not text.unknown.any()


def test_an_index_finds_every_ngram_and_nothing_else() -> None:
    model = estimate_ngrams(["la mar blava", "el mar", "la mar", "blava la"], order=3)
    index = index_ngrams(model)
    for table in model.tables:
        rows = index.find(table.word_ids)
        assert rows.tolist() == list(range(len(table.word_ids)))
    ids = {word: number for number, word in enumerate(model.words)}
    absent = [[ids["mar"], ids["el"]], [0, ids["la"]], [ids["la"], 0]]
    assert index.find(np.array(absent)).tolist() == [ABSENT] * 3


def test_an_order_without_any_ngram_is_backed_off_from() -> None:
    model = estimate_ngrams(["la"], order=4)
    assert model.ngram_counts == (4, 2, 1, 0)
    text = encode_text(["la", "la la la la"], number_words(model.words))
    assert np.isfinite(score_tokens(model, text)).all()
