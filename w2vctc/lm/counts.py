"""N-gram counts as sorted integer arrays, without a Python loop over n-grams."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2vctc.errors import DataError
from w2vctc.lm.ngram import RESERVED_WORDS, SPECIAL_WORDS

Ids = npt.NDArray[np.int64]

UNKNOWN_ID, START_ID, END_ID = 0, 1, 2

# lmplz's own word boundaries. str.split() would also take VT, FF, NBSP and the like, which can be
# part of a word there.
_LINE_END = "\n"
_LINES_AT_ONCE = 1 << 16
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
    return CountedText(sentences).up_to(order)


class CountedText:
    """A text whose n-grams are counted order by order, each order once and when it is asked for.

    words: by id; n_tokens: without <s> and </s>. Raises what `count_ngrams` raises.
    """

    def __init__(self, sentences: Iterable[str]) -> None:
        self.words, self._token_ids, lengths = _number_words(sentences)
        self.n_sentences = len(lengths)
        self.n_tokens = len(self._token_ids) - 2 * self.n_sentences
        self._position = positions_within(lengths)
        self._row = self._token_ids
        self._tables = [_count_words(self._token_ids, n_words=len(self.words))]

    def up_to(self, order: int) -> NgramCounts:
        """The counts of all n-grams up to `order`."""
        while len(self._tables) < order:
            self._tables.append(self._count_longer())
        return NgramCounts(
            words=self.words,
            orders=_adjust(self._tables[:order]),
            n_sentences=self.n_sentences,
            n_tokens=self.n_tokens,
        )

    def _count_longer(self) -> "_RawTable":
        """The n-grams one word longer than the longest so far.

        `row[i]` is the row of the n-gram that ends at token i. Since rows are numbered in suffix
        order, the pair (row of the k-1 last words, word before them) sorts k-grams in suffix order.
        """
        length, n_words, row = len(self._tables) + 1, len(self.words), self._row
        ends = np.flatnonzero(self._position >= length - 1)
        keys = row[ends] * n_words + self._token_ids[ends - length + 1]
        different, seen, ngram_row, raw = _count_equal(keys)
        suffix, first = np.divmod(different, n_words)
        context = row[ends[seen] - 1] if len(ends) else suffix
        self._row = np.zeros_like(row)
        self._row[ends] = ngram_row
        return _RawTable(first, suffix, context, raw)


def _count_equal(keys: Ids) -> tuple[Ids, Ids, Ids, Ids]:
    """Different keys in order, a place of each, each key's row among them, how often they stand.

    np.unique would look for the first place of each, for which it needs a slower sort.
    """
    order = np.argsort(keys)
    ordered = keys[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = ordered[1:] != ordered[:-1]
    rows = np.empty(len(keys), dtype=np.int64)
    rows[order] = np.cumsum(is_new) - 1
    starts = np.flatnonzero(is_new)
    return ordered[starts], order[starts], rows, np.diff(starts, append=len(keys))


def positions_within(lengths: Ids) -> Ids:
    """For sentences of so many tokens, laid end to end: each token's place in its own, from 0."""
    return np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)


def split_words(line: str) -> list[str]:
    """The words of a line, divided where lmplz divides them."""
    return _WORD.findall(line)


def _number_words(sentences: Iterable[str]) -> tuple[tuple[str, ...], Ids, Ids]:
    """The words by id, all token ids with <s> and </s>, and the tokens per sentence."""
    lines = [line for text in sentences for line in text.split("\n")]
    different, tokens = _encode_tokens(lines)
    _refuse_reserved_lines(lines, different)
    words = (*SPECIAL_WORDS, *(word for word in different if word != _LINE_END))
    if len(words) == len(SPECIAL_WORDS):
        raise DataError(
            f"no text for the language model: {len(lines)} sentences without a word",
            hint="give a text file with --text, or transcripts that are not empty",
            code="E_EMPTY_TEXT",
        )
    line_end = different.index(_LINE_END)
    ends = tokens == line_end
    ids = tokens + len(SPECIAL_WORDS) - (tokens > line_end)
    # Each line end becomes </s> and the <s> of the next line; the last one opens none.
    ids[ends] = END_ID
    places = np.where(ends, 2, 1)
    ids = np.repeat(ids, places)
    ids[np.cumsum(places)[ends] - 1] = START_ID
    ids = np.concatenate([[START_ID], ids[:-1]])
    return words, ids, np.diff(np.flatnonzero(ids == START_ID), append=len(ids))


def _encode_tokens(lines: list[str]) -> tuple[list[str], Ids]:
    """Different tokens in the order of first appearance, and all tokens as numbers of theirs.

    Line ends are tokens too. Arrow divides and numbers them; nothing here loops over words.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    blocks = []
    for start in range(0, len(lines), _LINES_AT_ONCE):
        text = f" {_LINE_END} ".join(lines[start : start + _LINES_AT_ONCE]) + f" {_LINE_END}"
        for sign in "\0\t\r":
            text = text.replace(sign, " ")
        tokens = pc.list_flatten(pc.split_pattern(pa.array([text], pa.large_string()), " "))
        blocks.append(tokens.filter(pc.greater(pc.binary_length(tokens), 0)))
    numbered = pa.chunked_array(blocks, pa.large_string()).dictionary_encode().unify_dictionaries()
    if not numbered.num_chunks:
        return [], np.zeros(0, dtype=np.int64)
    indices = [chunk.indices.to_numpy() for chunk in numbered.chunks]
    different: list[str] = numbered.chunk(0).dictionary.to_pylist()
    return different, np.concatenate(indices).astype(np.int64)


def _refuse_reserved_lines(lines: Iterable[str], different: Iterable[str]) -> None:
    """Raises DataError E_RESERVED that shows the first line with a word kept for the n-gram."""
    if not set(RESERVED_WORDS).isdisjoint(different):
        for number, line in enumerate(lines, start=1):
            refuse_reserved(split_words(line), where=f"sentence {number}", line=line)


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


def _count_words(token_ids: Ids, *, n_words: int) -> _RawTable:
    raw = np.bincount(token_ids, minlength=n_words)
    raw[START_ID] = 0  # <s> is never predicted
    nothing = np.zeros(n_words, dtype=np.int64)
    return _RawTable(np.arange(n_words), nothing, nothing, raw)


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
