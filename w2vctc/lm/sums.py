"""Whether what may follow adds up to one, after every history of an n-gram."""

import numpy as np

from w2vctc.lm.counts import START_ID
from w2vctc.lm.index import index_ngrams
from w2vctc.lm.ngram import NgramModel

SOUND = 1e-3  # what numbers of seven digits and their rounding may be away from one


def sum_histories(model: NgramModel) -> tuple[float, float]:
    """The least and the largest sum over all words, after no history and after each that is kept.

    A history's sum is that of the words that the model has after it, and the rest of the shorter
    history's sum (taken for 1) by its back-off. Both are 1 in a sound model, but for rounding.
    """
    index = index_ngrams(model)
    probs = [10.0 ** table.log10_prob.astype(np.float64) for table in model.tables]
    probs[0][START_ID] = 0  # stands there by custom and never follows anything
    least = largest = float(probs[0].sum())
    for length, table in enumerate(model.tables[1:], start=2):
        below = model.tables[length - 2]
        context, suffix = index.find(table.word_ids[:, :-1]), index.find(table.word_ids[:, 1:])
        n_contexts = len(below.word_ids)
        said = np.bincount(context, probs[length - 1], minlength=n_contexts)
        lower = np.bincount(context, probs[length - 2][suffix], minlength=n_contexts)
        backoff = np.zeros(n_contexts) if below.log10_backoff is None else below.log10_backoff
        sums = said + 10.0 ** np.asarray(backoff, dtype=np.float64) * (1 - lower)
        least, largest = min(least, float(sums.min())), max(largest, float(sums.max()))
    return least, largest
