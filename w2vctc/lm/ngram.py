"""An estimated n-gram as plain arrays, ready to be written or queried."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAX_ORDER = 6  # what the kenlm module on PyPI is compiled for
UNKNOWN, SENTENCE_START, SENTENCE_END = "<unk>", "<s>", "</s>"
SPECIAL_WORDS = (UNKNOWN, SENTENCE_START, SENTENCE_END)  # the first three ids, in this order
# kenlm reads <UNK> as <unk>, so a word of that spelling would take over the unknown word's place.
RESERVED_WORDS = (*SPECIAL_WORDS, "<UNK>")

Discount = tuple[float, float, float]
"""What is taken from n-grams seen once, twice, and three times or more."""


@dataclass(frozen=True)
class OrderTable:
    """The n-grams of one order, sorted by last word, then the word before it, and so on.

    word_ids: (n, order) int32, indexes into the model's words.
    log10_prob: (n,) float32, at most 0.
    log10_backoff: (n,) float32, None at the highest order.
    """

    word_ids: npt.NDArray[np.int32]
    log10_prob: npt.NDArray[np.float32]
    log10_backoff: npt.NDArray[np.float32] | None


@dataclass(frozen=True)
class NgramModel:
    """A smoothed back-off model and what its estimation saw.

    words: every word by its id; 0 is <unk>, 1 is <s>, 2 is </s>.
    tables: one per order, the unigrams first.
    discounts: one triple per order; fallback_orders names those (from 1) that the data could not
    give, so that the fixed fallback stands in.
    n_tokens: words of the text without </s>; n_types: different words, without the three above.
    """

    words: tuple[str, ...]
    tables: tuple[OrderTable, ...]
    discounts: tuple[Discount, ...]
    fallback_orders: tuple[int, ...]
    n_sentences: int
    n_tokens: int
    n_types: int

    @property
    def order(self) -> int:
        return len(self.tables)

    @property
    def ngram_counts(self) -> tuple[int, ...]:
        return tuple(len(table.word_ids) for table in self.tables)
