"""Several n-grams made into one: linear interpolation, written down as a back-off model.

Every n-gram that one of the models holds gets the weighted mean of the probabilities that all of
them give to it; back-off weights are then worked out anew, so that each history sums to one
(static interpolation, Stolcke 2002, "SRILM - An Extensible Language Modeling Toolkit").
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from w2vctc.errors import UsageError
from w2vctc.lm.counts import START_ID, UNKNOWN_ID, Ids
from w2vctc.lm.index import NgramIndex, index_ngrams
from w2vctc.lm.ngram import SPECIAL_WORDS, NgramModel, OrderTable
from w2vctc.lm.scoring import Doubles

_LEAST_MASS = 1e-9  # what single-precision probabilities can tell from nothing
_LEAST_LOG10 = -99.0


def with_words(model: NgramModel, words: Sequence[str]) -> NgramModel:
    """The same model over `words`, numbered as they stand there.

    `words` begins with <unk>, <s> and </s>. Those that the model lacks get the probability of
    <unk>; it must have been estimated for a vocabulary of that size to sum to one.
    """
    numbers = {word: number for number, word in enumerate(words)}
    new_ids = np.array([numbers[word] for word in model.words], dtype=np.int32)
    tables = [_renumber(table, new_ids) for table in model.tables[1:]]
    unigrams = model.tables[0]
    # A word may stand in the text and yet not among the unigrams, from where it was pruned.
    known = new_ids[unigrams.word_ids[:, 0]]
    prob = np.full(len(words), unigrams.log10_prob[UNKNOWN_ID], dtype=np.float32)
    prob[known] = unigrams.log10_prob
    backoff = None
    if unigrams.log10_backoff is not None:
        backoff = np.zeros(len(words), dtype=np.float32)
        backoff[known] = unigrams.log10_backoff
    ids = np.arange(len(words), dtype=np.int32)[:, None]
    return NgramModel(
        words=tuple(words),
        tables=(OrderTable(ids, prob, backoff), *tables),
        discounts=model.discounts,
        fallback_orders=model.fallback_orders,
        n_sentences=model.n_sentences,
        n_tokens=model.n_tokens,
        n_types=model.n_types,
    )


def _renumber(table: OrderTable, new_ids: npt.NDArray[np.int32]) -> OrderTable:
    word_ids = new_ids[table.word_ids]
    order = np.lexsort(word_ids.T)
    backoff = None if table.log10_backoff is None else table.log10_backoff[order]
    return OrderTable(word_ids[order], table.log10_prob[order], backoff)


def interpolate_ngrams(models: Sequence[NgramModel], weights: Sequence[float]) -> NgramModel:
    """One model that mixes several over the same words; its order is the highest of theirs.

    Exact for every n-gram that one of them holds. What none of them holds is backed off to, which
    a mixture of several cannot do exactly.
    """
    words = models[0].words
    if any(model.words != words for model in models):
        raise AssertionError("models of different words: call with_words first")
    if len(weights) != len(models) or abs(sum(weights) - 1) > 1e-6 or min(weights) < 0:
        raise UsageError(f"weights {weights}: wanted {len(models)} that sum to 1", hint="tune them")
    parts = [_Part(n, model, index_ngrams(model)) for n, model in enumerate(models)]
    level = _first_level(models, weights)
    tables: list[OrderTable] = []
    for length in range(2, max(model.order for model in models) + 1):
        longer = _next_level(parts, level, weights, n_words=len(words), length=length)
        tables.append(_table(level, backoff=_backoffs(longer, level)))
        level = longer
    tables.append(_table(level, backoff=None))
    return NgramModel(
        words=words,
        tables=tuple(tables),
        discounts=(),
        fallback_orders=(),
        n_sentences=sum(model.n_sentences for model in models),
        n_tokens=sum(model.n_tokens for model in models),
        n_types=len(words) - len(SPECIAL_WORDS),
    )


@dataclass(frozen=True)
class _Part:
    number: int
    model: NgramModel
    index: NgramIndex


@dataclass(frozen=True)
class _Level:
    """The n-grams of one length that any of the models holds, in suffix order.

    word_ids: (n, length). suffix, context: rows of the last and the first words one level below.
    keys: as in NgramIndex. rows_of: per model, where each of its own n-grams stands here.
    log10_probs: (n_models, n), what each model gives, through its back-off where it has to.
    log10_prob: (n,), that of the mixture.
    """

    word_ids: npt.NDArray[np.int32]
    suffix: Ids
    context: Ids
    keys: Ids
    rows_of: tuple[Ids, ...]
    log10_probs: Doubles
    log10_prob: Doubles


def _first_level(models: Sequence[NgramModel], weights: Sequence[float]) -> _Level:
    ids = models[0].tables[0].word_ids
    rows = np.arange(len(ids))
    probs = np.stack([model.tables[0].log10_prob.astype(np.float64) for model in models])
    mixed = _mix(probs, weights)
    mixed[START_ID] = 0.0  # by custom; it is never predicted
    nothing = np.zeros(len(ids), dtype=np.int64)
    return _Level(ids, nothing, nothing, rows, (rows,) * len(models), probs, mixed)


def _next_level(
    parts: Sequence[_Part], below: _Level, weights: Sequence[float], *, n_words: int, length: int
) -> _Level:
    keys_of = []
    for part, rows in zip(parts, below.rows_of, strict=True):
        own = part.index.keys[length - 2] if length <= part.model.order else _NONE
        keys_of.append(rows[own // n_words] * n_words + own % n_words)
    keys = np.unique(np.concatenate(keys_of))
    suffix, first = np.divmod(keys, n_words)
    # The context of "a b c" is "a b": a before the context of "b c".
    context = first
    if length > 2:
        context = np.searchsorted(below.keys, below.context[suffix] * n_words + first)
    rows_of = tuple(np.searchsorted(keys, own) for own in keys_of)
    probs = np.stack(
        [
            _probs_of(part, below, rows=rows, suffix=suffix, context=context, length=length)
            for part, rows in zip(parts, rows_of, strict=True)
        ]
    )
    word_ids = np.column_stack([first.astype(np.int32), below.word_ids[suffix]])
    return _Level(word_ids, suffix, context, keys, rows_of, probs, _mix(probs, weights))


_NONE = np.zeros(0, dtype=np.int64)


def _probs_of(
    part: _Part, below: _Level, *, rows: Ids, suffix: Ids, context: Ids, length: int
) -> Doubles:
    """What one model gives to each n-gram: its own probability, or that of its back-off."""
    model, backoff = part.model, np.zeros(len(below.word_ids))
    own_backoff = model.tables[length - 2].log10_backoff if length <= model.order else None
    if own_backoff is not None:
        backoff[below.rows_of[part.number]] = own_backoff
    probs = backoff[context] + below.log10_probs[part.number][suffix]
    if length <= model.order:
        probs[rows] = model.tables[length - 1].log10_prob
    return np.asarray(probs)


def _mix(log10_probs: Doubles, weights: Sequence[float]) -> Doubles:
    return np.asarray(np.log10(np.asarray(weights) @ 10.0**log10_probs))


def _backoffs(level: _Level, below: _Level) -> Doubles:
    """log10 of what each n-gram of the level below leaves over for words that never follow it."""
    n_contexts = len(below.word_ids)
    said = np.bincount(level.context, 10.0**level.log10_prob, minlength=n_contexts)
    lower = np.bincount(level.context, 10.0 ** below.log10_prob[level.suffix], minlength=n_contexts)
    has_any = np.bincount(level.context, minlength=n_contexts) > 0
    backoff = np.log10(np.maximum(1 - said, _LEAST_MASS) / np.maximum(1 - lower, _LEAST_MASS))
    return np.where(has_any, backoff, 0.0)


def _table(level: _Level, *, backoff: Doubles | None) -> OrderTable:
    return OrderTable(
        level.word_ids,
        np.minimum(level.log10_prob, 0.0).astype(np.float32),
        None if backoff is None else np.maximum(backoff, _LEAST_LOG10).astype(np.float32),
    )
