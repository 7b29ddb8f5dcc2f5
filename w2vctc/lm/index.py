"""Finding n-grams in a model by the ids of their words, many at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2vctc.lm.counts import Ids
from w2vctc.lm.ngram import NgramModel

WordIds = npt.NDArray[np.int32] | npt.NDArray[np.int64]

ABSENT = -1
"""Stands for the row of an n-gram that is not there."""


@dataclass(frozen=True)
class NgramIndex:
    """The n-grams of each order as one ascending array of numbers.

    keys: for orders 2 and up, `row of the last words in the order below * n_words + first word`.
    Tables are in suffix order, so that a key's place among its order's keys is the n-gram's row.
    """

    n_words: int
    keys: tuple[Ids, ...]

    def extend(self, rows: Ids, first: WordIds, *, length: int) -> Ids:
        """Rows of the n-grams of `length` words that put `first` before those in `rows`.

        ABSENT where there is none, or where there was none before already.
        """
        if length - 2 >= len(self.keys) or not len(self.keys[length - 2]):
            return np.full(len(rows), ABSENT, dtype=np.int64)
        keys = self.keys[length - 2]
        wanted = rows * self.n_words + first
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((keys[at] == wanted) & (rows != ABSENT), at, ABSENT)

    def find(self, word_ids: WordIds) -> Ids:
        """The rows of n-grams that are given as an array (n, length) of word ids."""
        length = word_ids.shape[1]
        rows = word_ids[:, -1].astype(np.int64)
        for longer in range(2, length + 1):
            rows = self.extend(rows, word_ids[:, length - longer], length=longer)
        return rows


def index_ngrams(model: NgramModel) -> NgramIndex:
    """The index of a model in which the last words of each n-gram are an n-gram too."""
    return index_tables([table.word_ids for table in model.tables], n_words=len(model.words))


def index_tables(tables: Sequence[WordIds], *, n_words: int) -> NgramIndex:
    """The index of n-grams given as one array (n, length) of word ids per length, from 1 up.

    An n-gram whose last words are absent has a negative key.
    """
    index = NgramIndex(n_words, ())
    for word_ids in tables[1:]:
        keys = index.find(word_ids[:, 1:]) * n_words + word_ids[:, 0]
        index = NgramIndex(n_words, (*index.keys, keys))
    return index
