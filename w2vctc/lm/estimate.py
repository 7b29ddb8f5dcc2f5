"""Interpolated modified Kneser-Ney estimation, number for number as KenLM's lmplz does it.

Chen and Goodman 1998, "An Empirical Study of Smoothing Techniques for Language Modeling";
Heafield et al. 2013, "Scalable Modified Kneser-Ney Language Model Estimation" (P13-2121).
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from w2vctc.errors import DataError, UsageError
from w2vctc.lm.counts import END_ID, START_ID, UNKNOWN_ID, CountedText, Ids, OrderCounts
from w2vctc.lm.float32 import Floats, log10_float32
from w2vctc.lm.ngram import MAX_ORDER, Discount, NgramModel, OrderTable

FALLBACK_DISCOUNT: Discount = (0.5, 1.0, 1.5)  # lmplz's own
_LEAST_LOG10 = np.float32(-99)  # ARPA's customary stand-in for the logarithm of zero

Mask = npt.NDArray[np.bool_]


def estimate_ngrams(
    sentences: Iterable[str] | CountedText,
    *,
    order: int,
    pruning: Sequence[int] = (),
    discount_fallback: bool = True,
    vocabulary_size: int = 0,
) -> NgramModel:
    """The n-gram of `order` 1 to 6 over sentences of space-separated words.

    pruning: per order, n-grams that occur at most so often are left out; the last value stands
    for all higher orders. Without `discount_fallback` a text too small or too regular to give
    discounts raises DataError E_DISCOUNT. vocabulary_size: of how many words, <unk>, <s> and </s>
    among them, the text is thought to be made, where that is more than it shows; each of those
    that it does not show has the probability of <unk> (lmplz's --vocab_pad).
    """
    thresholds = check_pruning(pruning, order=order)
    text = sentences if isinstance(sentences, CountedText) else CountedText(sentences)
    counts = text.up_to(order)
    kept = [_keep(table, limit) for table, limit in zip(counts.orders, thresholds, strict=True)]
    kept[0][: END_ID + 1] = True
    discounts, fallback_orders = _find_discounts(counts.orders, fallback=discount_fallback)
    n_words = max(vocabulary_size, int(kept[0].sum()))
    tables = _interpolate(counts.orders, kept, discounts, n_predicted=n_words - 1)
    words, tables = _leave_out_words(counts.words, tables, kept[0])
    return NgramModel(
        words=words,
        tables=tables,
        discounts=discounts,
        fallback_orders=fallback_orders,
        n_sentences=counts.n_sentences,
        n_tokens=counts.n_tokens,
        n_types=len(counts.words) - (END_ID + 1),
    )


def check_pruning(pruning: Sequence[int], *, order: int) -> tuple[int, ...]:
    """One threshold per order. Raises UsageError for what lmplz would refuse too."""
    if not 1 <= order <= MAX_ORDER:
        raise UsageError(
            f"order {order}: n-grams have 1 to {MAX_ORDER} words",
            hint="3 suits transcripts, 5 a large text",
        )
    falling = any(low > high for low, high in itertools.pairwise(pruning))
    if len(pruning) > order or falling or any(limit < 0 for limit in pruning):
        raise UsageError(
            f"pruning {' '.join(map(str, pruning))} for order {order}: wanted at most {order}"
            " thresholds, none negative, none smaller than the one before",
            hint="0 0 1 leaves out 3-grams and longer ones that occur once",
        )
    last = pruning[-1] if pruning else 0
    return (*pruning, *[last] * (order - len(pruning)))


def _keep(table: OrderCounts, limit: int) -> Mask:
    return np.asarray(table.raw > limit) if limit else np.ones(len(table.raw), dtype=bool)


def _find_discounts(
    orders: Sequence[OrderCounts], *, fallback: bool
) -> tuple[tuple[Discount, ...], tuple[int, ...]]:
    """The discounts of each order, and the orders (from 1) that got the fallback."""
    discounts: list[Discount] = []
    fallback_orders = []
    on_chain = True
    for length, table in enumerate(orders, start=1):
        adjusted = table.adjusted
        if on_chain and length < len(orders) and len(adjusted):
            # lmplz emits the very last n-gram of each lower order with its raw count. The chain
            # of suffixes that this holds for ends at an n-gram that starts with <s>.
            adjusted = adjusted.copy()
            adjusted[-1] = table.raw[-1]
            on_chain = table.first[-1] != START_ID
        estimated = _closed_form(adjusted)
        if estimated is None:
            if not fallback:
                raise _no_discounts(length)
            fallback_orders.append(length)
        discounts.append(estimated or FALLBACK_DISCOUNT)
    return tuple(discounts), tuple(fallback_orders)


def _closed_form(adjusted: Ids) -> Discount | None:
    """D1, D2, D3+ of Chen and Goodman's equation 26 in single precision, None where undefined."""
    n = np.bincount(np.minimum(adjusted, 5), minlength=6)[:5]
    if not n[1:4].all():
        return None
    number = n.astype(np.float32)
    y = number[1] / np.float32(n[1] + 2.0 * n[2])
    amounts = [
        np.float32(j) - np.float32(j + 1) * y * number[j + 1] / number[j] for j in range(1, 4)
    ]
    if any(not 0 <= amount <= j for j, amount in enumerate(amounts, start=1)):
        return None
    return float(amounts[0]), float(amounts[1]), float(amounts[2])


def _no_discounts(order: int) -> DataError:
    return DataError(
        f"the text is too small or too regular to estimate discounts for {order}-grams",
        hint="give more text, or allow fallback discounts (discount_fallback = true)",
        code="E_DISCOUNT",
    )


def _interpolate(
    orders: Sequence[OrderCounts],
    kept: Sequence[Mask],
    discounts: Sequence[Discount],
    *,
    n_predicted: int,
) -> tuple[OrderTable, ...]:
    """Probabilities from the unigrams up, each mixed with that of its suffix, and backoffs.

    n_predicted: how many words there are, <unk> and </s> among them, but not <s>.
    """
    shares = [_share(*parts) for parts in zip(orders, kept, discounts, strict=True)]
    lower = np.array([1.0 / np.float32(n_predicted)], dtype=np.float32)
    word_ids = np.zeros((1, 0), dtype=np.int32)
    tables = []
    for k, table in enumerate(orders):
        own, left_over = shares[k]
        mixed = own + left_over[table.context] * lower[table.suffix]
        if k == 0:
            mixed[START_ID] = 1.0  # so that <s> can be scored without a cost
        word_ids = np.column_stack([table.first.astype(np.int32), word_ids[table.suffix]])
        backoff = None
        if k + 1 < len(orders):
            backoff = _log10_backoff(shares[k + 1][1], word_ids[:, -1])[kept[k]]
        log10_prob = np.minimum(np.float32(0), log10_float32(mixed[kept[k]]))
        tables.append(OrderTable(word_ids[kept[k]], log10_prob, backoff))
        lower = mixed
    return tuple(tables)


def _leave_out_words(
    words: tuple[str, ...], tables: tuple[OrderTable, ...], kept: Mask
) -> tuple[tuple[str, ...], tuple[OrderTable, ...]]:
    """The words and tables without those that were pruned, numbered anew."""
    if kept.all():
        return words, tables
    new_ids = (np.cumsum(kept) - 1).astype(np.int32)
    renumbered = [replace(table, word_ids=new_ids[table.word_ids]) for table in tables]
    return tuple(itertools.compress(words, kept)), tuple(renumbered)


def _share(table: OrderCounts, kept: Mask, discount: Discount) -> tuple[Floats, Floats]:
    """Each n-gram's discounted share of its context, and what each context leaves over.

    The order of the single-precision operations is lmplz's. What pruning takes away goes to the
    left-over mass, so that every history still sums to one.
    """
    n_contexts = int(table.context.max(initial=-1)) + 1
    total = _sum_by(table.context, table.adjusted, n_contexts)
    amount = np.array([0.0, *discount], dtype=np.float32)
    level = np.minimum(table.adjusted, 3)
    own = (table.adjusted.astype(np.float32) - amount[level]) / total[table.context]
    left_over = np.zeros(n_contexts, dtype=np.float32)
    for j in range(1, 4):
        n_at_level = _sum_by(table.context, kept & (level == j), n_contexts)
        left_over += amount[j] * n_at_level
    left_over += _sum_by(table.context, np.where(kept, 0, table.adjusted), n_contexts)
    with np.errstate(invalid="ignore"):  # rows that are no context of anything: 0 / 0
        left_over /= total
    return own, left_over


def _sum_by(group: Ids, values: npt.NDArray[np.generic], n_groups: int) -> Floats:
    # Sums in float64 are exact for whole numbers up to 2**53, as lmplz's integers are.
    return np.bincount(group, weights=values, minlength=n_groups).astype(np.float32)


def _log10_backoff(left_over: Floats, last_word: npt.NDArray[np.int32]) -> Floats:
    """log10 of the left-over mass of each n-gram as a context; 0 where it is none."""
    backoff = np.ones(len(last_word), dtype=np.float32)
    backoff[: len(left_over)] = left_over
    backoff[(last_word == END_ID) | (last_word == UNKNOWN_ID)] = 1.0
    # A discount of exactly 0 can leave nothing over. lmplz then writes -inf, which no reader takes.
    return np.maximum(log10_float32(backoff), _LEAST_LOG10)
