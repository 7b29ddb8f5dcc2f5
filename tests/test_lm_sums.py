import dataclasses
from pathlib import Path

import numpy as np
import pytest
from lmplz_oracle import make_corpus
from test_arpa import GOOD

from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.mixture import interpolate_ngrams, with_words
from w2vctc.lm.ngram import NgramModel
from w2vctc.lm.reading import read_arpa
from w2vctc.lm.sources import LmSources
from w2vctc.lm.sums import SOUND, sum_histories


def change_backoff(model: NgramModel, length: int, row: int, added: float) -> NgramModel:
    tables = list(model.tables)
    backoff = tables[length - 1].log10_backoff
    assert backoff is not None
    backoff = backoff.copy()
    backoff[row] += added
    tables[length - 1] = dataclasses.replace(tables[length - 1], log10_backoff=backoff)
    return dataclasses.replace(model, tables=tuple(tables))


@pytest.mark.parametrize(
    ("order", "pruning"), [(1, ()), (2, ()), (3, ()), (3, (0, 0, 1)), (4, (0, 1))]
)
def test_our_own_models_are_sound(order: int, pruning: tuple[int, ...]) -> None:
    model = estimate_ngrams(make_corpus(500, seed=2), order=order, pruning=pruning)
    assert sum_histories(model) == pytest.approx((1, 1), abs=1e-5)


def test_mixtures_are_sound() -> None:
    texts = [make_corpus(100, seed=1), make_corpus(300, seed=2)]
    words = LmSources(*texts).vocabulary
    models = [
        with_words(estimate_ngrams(text, order=3, vocabulary_size=len(words)), words)
        for text in texts
    ]
    assert sum_histories(interpolate_ngrams(models, [0.3, 0.7])) == pytest.approx((1, 1), abs=1e-4)


def test_sums_as_worked_out_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "lm.arpa"
    path.write_text(GOOD, encoding="utf-8")
    # Without a history 0.82, after mar 0.97, after </s> 1.
    after_start = 10**-0.4 + 10**-0.3 * (1 - 10**-0.7)
    after_sol = 10**-0.2 + 10**-0.3 * (1 - 10**-0.7)
    assert sum_histories(read_arpa(path)) == pytest.approx((after_start, after_sol), rel=1e-5)


@pytest.mark.parametrize("length", [1, 2])
def test_one_wrong_back_off_is_seen(length: int) -> None:
    model = estimate_ngrams(make_corpus(300, seed=3), order=3)
    contexts = model.tables[length].word_ids[:, :-1]
    row = int(np.flatnonzero((model.tables[length - 1].word_ids == contexts[0]).all(axis=1))[0])
    least, largest = sum_histories(change_backoff(model, length, row, 0.3))
    assert least == pytest.approx(1, abs=SOUND)
    assert largest > 1 + SOUND
    least, largest = sum_histories(change_backoff(model, length, row, -0.3))
    assert least < 1 - SOUND
    assert largest == pytest.approx(1, abs=SOUND)
