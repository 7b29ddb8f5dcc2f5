"""The probability that an n-gram in memory gives to each word of a text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2vctc.lm.counts import END_ID, START_ID, UNKNOWN_ID, Ids, positions_within, split_words
from w2vctc.lm.index import ABSENT, NgramIndex, index_ngrams
from w2vctc.lm.ngram import NgramModel

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EncodedText:
    """Sentences end to end as word ids, each between <s> and </s>; words not known are <unk>.

    position: each token's place in its sentence, from 0.
    """

    ids: Ids
    position: Ids

    @property
    def predicted(self) -> npt.NDArray[np.bool_]:
        """Which tokens a model has to predict: all but <s>."""
        return np.asarray(self.position > 0)

    @property
    def unknown(self) -> npt.NDArray[np.bool_]:
        """Which tokens are words that are not known."""
        return np.asarray(self.ids == UNKNOWN_ID)

    def sum_by_sentence(self, values: Doubles) -> Doubles:
        """One sum per sentence of what was measured at each token."""
        return np.add.reduceat(values, np.flatnonzero(self.position == 0))


def number_words(words: Iterable[str]) -> Mapping[str, int]:
    """The id of each word, by which texts are encoded."""
    return {word: number for number, word in enumerate(words)}


def encode_text(sentences: Iterable[str], numbers: Mapping[str, int]) -> EncodedText:
    """The sentences as ids of the words that `numbers` has."""
    ids: list[int] = []
    lengths: list[int] = []
    for sentence in sentences:
        words = split_words(sentence)
        ids.append(START_ID)
        ids.extend(numbers.get(word, UNKNOWN_ID) for word in words)
        ids.append(END_ID)
        lengths.append(len(words) + 2)
    return EncodedText(
        np.array(ids, dtype=np.int64), positions_within(np.array(lengths, dtype=np.int64))
    )


def score_tokens(model: NgramModel, text: EncodedText, index: NgramIndex | None = None) -> Doubles:
    """log10 of the probability of each token after those before it; 0 for <s>.

    The text must be encoded by the model's own words.
    """
    index = index or index_ngrams(model)
    total = model.tables[0].log10_prob[text.ids].astype(np.float64)
    row = text.ids
    for length, table in enumerate(model.tables[1:], start=2):
        ends = np.flatnonzero(text.position >= length - 1)
        longer = index.extend(row[ends], text.ids[ends - length + 1], length=length)
        backoff = backoffs_of(model, row[ends - 1], length=length - 1)
        total[ends] = np.where(
            longer == ABSENT, backoff + total[ends], pick(table.log10_prob, longer)
        )
        row = np.full_like(row, ABSENT)
        row[ends] = longer
    total[text.position == 0] = 0.0
    return total


def backoffs_of(model: NgramModel, rows: Ids, *, length: int) -> Doubles:
    """The log10 back-off weights of n-grams of one length; 0 for those that are absent."""
    column = model.tables[length - 1].log10_backoff if length <= model.order else None
    if column is None:
        return np.zeros(len(rows))
    return np.where(rows == ABSENT, 0.0, pick(column, rows))


def pick(column: npt.NDArray[np.float32], rows: Ids) -> Doubles:
    """The values at `rows`; anything where a row is ABSENT, 0 where there is nothing at all."""
    return column[rows].astype(np.float64) if len(column) else np.zeros(len(rows))
