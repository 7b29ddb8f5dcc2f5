"""An n-gram of letters: how likely the spelling of a word is in a language, known or not.

The unknown words of a language are spelled as its known ones are; in a language of long, composed
words most words of a new text are unknown. Each known word counts once: rare and new words
resemble the many rare ones, not the few frequent ones.
"""

import hashlib
import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.cache import cache_folder
from w2vctc.errors import MachineError, UsageError
from w2vctc.files import staged_file
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.ngram import MAX_ORDER, SENTENCE_END, SENTENCE_START, NgramModel

Array = npt.NDArray[Any]

# Behind all code points.
WORD_START, WORD_END = 0x110000, 0x110001


@dataclass(frozen=True)
class SpellingModel:
    """A trie of the n-grams, first letter first; node 0 is the root.

    keys, values: hash table of the children, as in `lm.table`; a letter is its code point.
    log10: (n_nodes, 2) float32, probability and back-off; the root's probability is that of a
    letter that no word has. shorter: per node that of the n-gram without its first letter.
    start: the node in which a word begins.
    """

    keys: Array
    values: Array
    log10: Array
    shorter: Array
    start: int


_ARRAYS = ("keys", "values", "log10", "shorter")


def load_spelling(words: Collection[str], *, order: int) -> SpellingModel:
    """The model of these words: the one kept from an earlier run, else a new one, then kept.

    Raises what `build_spelling` raises.
    """
    different = sorted(set(words))
    digest = hashlib.sha256("\n".join([f"1 {order}", *different]).encode()).hexdigest()
    kept = cache_folder() / "spellings" / f"{digest}.npz"
    try:
        return _read(kept)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        model = build_spelling(different, order=order)
    try:
        with staged_file(kept) as staging, staging.open("wb") as out:
            np.savez(out, start=model.start, **{name: getattr(model, name) for name in _ARRAYS})
    except (MachineError, OSError):
        pass  # what cannot be kept is made anew the next time
    return model


def build_spelling(words: Collection[str], *, order: int) -> SpellingModel:
    """The model of these words' letters, each word once.

    Raises UsageError for an order that is not 1 to 6, and where there is no word.
    """
    if not 1 <= order <= MAX_ORDER:
        raise UsageError(
            f"order {order} of the n-gram of letters: not 1 to {MAX_ORDER}",
            hint="4 or 5 suits most languages",
        )
    spelled = [" ".join(word) for word in sorted(set(words)) if word]
    if not spelled:
        raise UsageError(
            "an n-gram of letters without words to learn from",
            hint="give a language model with unigrams.txt, or leave --oov-order out",
        )
    ngrams = estimate_ngrams(spelled, order=order)
    return _grow(_code_points(ngrams.words), ngrams)


def _code_points(words: Sequence[str]) -> Array:
    special = {SENTENCE_START: WORD_START, SENTENCE_END: WORD_END}
    # <unk>, the first, is no part of any n-gram.
    return np.array([0, *(special.get(word) or ord(word) for word in words[1:])], np.int64)


def _grow(code_points: Array, ngrams: NgramModel) -> SpellingModel:
    from w2vctc.lm.table_loops import grow_trie

    # Shorter n-grams first: each adds just one node, behind its beginning's.
    rows = [tuple(row) for table in ngrams.tables for row in table.word_ids.tolist()][1:]
    nodes = {(): 0, **{row: node for node, row in enumerate(rows, start=1)}}
    letters = code_points[[letter for row in rows for letter in row]].astype(np.int32)
    ends = np.cumsum([len(row) for row in rows], dtype=np.int64)
    n_slots = 1 << (2 * len(nodes) - 1).bit_length()
    keys, values = np.full(n_slots, -1, np.int64), np.zeros(n_slots, np.int32)
    numbers = np.arange(1, len(nodes), dtype=np.int64)
    reached = np.zeros(len(nodes), np.int32)
    n_nodes = grow_trie(keys, values, letters, ends, numbers, reached)
    assert n_nodes == len(nodes) and (reached[1:] == numbers).all()
    start = nodes[1,] if ngrams.order > 1 else 0
    return SpellingModel(
        keys=keys,
        values=values,
        log10=_log10(ngrams),
        shorter=np.array([0, *(nodes[row[1:]] for row in rows)], np.int32),
        start=start,
    )


def _log10(ngrams: NgramModel) -> Array:
    """Both columns; <unk>, the first of all n-grams, has the root's place."""
    columns = []
    for table in ngrams.tables:
        backoff = table.log10_backoff
        columns.append(
            (table.log10_prob, np.zeros_like(table.log10_prob) if backoff is None else backoff)
        )
    log10 = np.stack([np.concatenate(column) for column in zip(*columns, strict=True)], axis=1)
    log10[0, 1] = 0
    return np.ascontiguousarray(log10, np.float32)


def _read(path: Path) -> SpellingModel:
    with np.load(path, allow_pickle=False) as kept:
        arrays = {name: np.ascontiguousarray(kept[name]) for name in _ARRAYS}
        return SpellingModel(**arrays, start=int(kept["start"]))
