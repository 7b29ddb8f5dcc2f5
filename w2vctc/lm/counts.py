"""N-gram counts as sorted integer arrays, without a Python loop over n-grams."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2vctc.errors import DataError
from w2vctc.lm.ngram import RESERVED_WORDS, SENTENCE_END, SENTENCE_START, UNKNOWN

Ids = npt.NDArray[np.int64]

UNKNOWN_ID, START_ID, END_ID = 0, 1, 2

# lmplz's own word boundaries. str.split() would also take VT, FF, NBSP and the like, which can be
# part of a word there.
_WORD = re.compile(r"[^\0\t\n\r ]+")


@dataclass(frozen=True)
class OrderCounts:
    """The different n-grams of one order k, in suffix order (last word first), as columns.

    first: the first word of each n-gram.
    suffix: the row of its last k-1 words among the (k-1)-grams; context: that of its first k-1.
    raw: how often it stands in the text. adjusted: how many different words stand before it, or
    raw where nothing can (n-grams that start with <s>, and the highest order).
    """

    first: Ids
    suffix: Ids
    context: Ids
    raw: Ids
    adjusted: Ids


@dataclass(frozen=True)
class NgramCounts:
    """Counts of every order from 1 up; `words[id]` spells a word."""

    words: tuple[str, ...]
    orders: tuple[OrderCounts, ...]
    n_sentences: int
    n_tokens: int


def count_ngrams(sentences: Iterable[str], *, order: int) -> NgramCounts:
    """Counts of all n-grams up to `order`; each sentence stands between <s> and </s>.

    An empty sentence counts as `<s> </s>`. Raises DataError E_EMPTY_TEXT when there is no word at
    all, E_RESERVED when a word is <s>, </s> or <unk>.
    """
    words, token_ids, sentence_lengths = _number_words(sentences)
    position = np.arange(len(token_ids)) - np.repeat(
        np.cumsum(sentence_lengths) - sentence_lengths, sentence_lengths
    )
    tables = _count_orders(token_ids, position, n_words=len(words), order=order)
    n_sentences = len(sentence_lengths)
    return NgramCounts(
        words=words,
        orders=_adjust(tables),
        n_sentences=n_sentences,
        n_tokens=len(token_ids) - 2 * n_sentences,
    )


class _Numbering(dict[str, int]):
    """Word to id, in the order of first appearance."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


def _number_words(sentences: Iterable[str]) -> tuple[tuple[str, ...], Ids, Ids]:
    """The words by id, all token ids with <s> and </s>, and the tokens per sentence."""
    numbers = _Numbering()
    # The reserved spellings get ids that no word has, and are put right after the text is read.
    specials = [UNKNOWN, SENTENCE_START, SENTENCE_END]
    for special in specials:
        numbers[special]
    token_ids: list[int] = []
    lengths: list[int] = []
    for text in sentences:
        for line in text.split("\n"):
            words = _WORD.findall(line)
            if "<" in line:
                refuse_reserved(words, where=f"sentence {len(lengths) + 1}", line=line)
            token_ids.append(START_ID)
            token_ids.extend(map(numbers.__getitem__, words))
            token_ids.append(END_ID)
            lengths.append(len(words) + 2)
    if len(numbers) == len(specials):
        raise DataError(
            f"no text for the language model: {len(lengths)} sentences without a word",
            hint="give a text file with --text, or transcripts that are not empty",
            code="E_EMPTY_TEXT",
        )
    return tuple(numbers), np.array(token_ids, dtype=np.int64), np.array(lengths, dtype=np.int64)


def refuse_reserved(words: Iterable[str], *, where: str, line: str) -> None:
    """Raises DataError E_RESERVED when a word is one that an n-gram keeps for itself."""
    for word in words:
        if word in RESERVED_WORDS:
            raise DataError(
                f"{where}: {word} is a sign of the language model, not a word: {line.strip()!r}",
                hint=f"take {word} out of the text; sentence ends are added by themselves",
                code="E_RESERVED",
            )


@dataclass(frozen=True)
class _RawTable:
    first: Ids
    suffix: Ids
    context: Ids
    raw: Ids


def _count_orders(token_ids: Ids, position: Ids, *, n_words: int, order: int) -> list[_RawTable]:
    """One table per order, each built on the one below.

    `row[i]` is the row of the n-gram that ends at token i. Since rows are numbered in suffix
    order, the pair (row of the k-1 last words, word before them) sorts k-grams in suffix order.
    """
    unigram_counts = np.bincount(token_ids, minlength=n_words)
    unigram_counts[START_ID] = 0  # <s> is never predicted
    ids = np.arange(n_words)
    nothing = np.zeros(n_words, dtype=np.int64)
    tables = [_RawTable(ids, nothing, nothing, unigram_counts)]
    row = token_ids
    for length in range(2, order + 1):
        ends = np.flatnonzero(position >= length - 1)
        keys = row[ends] * n_words + token_ids[ends - length + 1]
        different, first_seen, ngram_row, raw = np.unique(
            keys, return_index=True, return_inverse=True, return_counts=True
        )
        suffix, first = np.divmod(different, n_words)
        context = row[ends[first_seen] - 1] if len(ends) else suffix
        tables.append(_RawTable(first, suffix, context, raw))
        row = np.zeros_like(token_ids)
        row[ends] = ngram_row
    return tables


def _adjust(tables: list[_RawTable]) -> tuple[OrderCounts, ...]:
    """Adds Kneser-Ney's counts: the different left neighbours of each n-gram below the top."""
    adjusted_tables = []
    for table, longer in zip(tables, [*tables[1:], None], strict=True):
        adjusted = table.raw
        if longer is not None:
            n_left = np.bincount(longer.suffix, minlength=len(table.raw))
            adjusted = np.where(table.first == START_ID, table.raw, n_left)
        adjusted_tables.append(
            OrderCounts(table.first, table.suffix, table.context, table.raw, adjusted)
        )
    return tuple(adjusted_tables)
