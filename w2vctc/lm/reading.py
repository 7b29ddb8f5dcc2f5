"""An ARPA file read into arrays, without a loop over its lines."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.errors import ModelError
from w2vctc.lm.arpa import check_arpa, read_header
from w2vctc.lm.index import ABSENT, NgramIndex
from w2vctc.lm.ngram import SENTENCE_START, SPECIAL_WORDS, UNKNOWN, NgramModel, OrderTable

MISSING_UNKNOWN = np.float32(-100)
"""What KenLM gives an unknown word that an ARPA file does not have."""


def read_arpa(path: Path, *, trusted: bool = False) -> NgramModel:
    """The model of an ARPA file; of its text it knows nothing, so that those figures are 0.

    Its words keep the file's order, after <unk>, <s> and </s>. A `trusted` file, just written by
    a program of ours, is not checked line by line. Raises ModelError: E_LM for a file that breaks
    the rules, E_LM_GAPS for one that only KenLM can complete (an n-gram whose last words are no
    n-gram of their own).
    """
    path = Path(path)
    counts = (read_header(path) if trusted else check_arpa(path)).counts
    sections = _split_sections(path.read_bytes(), len(counts))
    words, unigrams = _read_unigrams(next(sections))
    index = NgramIndex(len(words), ())
    tables = [unigrams]
    for length, body in enumerate(sections, start=2):
        table, keys = _read_table(path, body, words, index, length=length, top=len(counts))
        tables.append(table)
        index = NgramIndex(len(words), (*index.keys, keys))
    if len(tables) == 1:
        tables = [OrderTable(unigrams.word_ids, unigrams.log10_prob, None)]
    return NgramModel(
        words=tuple(words.to_pylist()),
        tables=tuple(tables),
        discounts=(),
        fallback_orders=(),
        n_sentences=0,
        n_tokens=0,
        n_types=len(words) - len(SPECIAL_WORDS),
    )


def sum_unigrams(path: Path) -> float:
    """The sum of the probabilities of all words, <unk> and </s>: 1 but for rounding."""
    content = Path(path).read_bytes()
    _, unigrams = _read_unigrams(next(_split_sections(content, read_header(path).order)))
    probs = 10.0 ** unigrams.log10_prob.astype(np.float64)
    return float(probs.sum() - probs[SPECIAL_WORDS.index(SENTENCE_START)])


def _split_sections(content: bytes, order: int) -> Iterator[bytes]:
    """The lines below each section's head. No n-gram begins with a backslash, but every head."""
    end = 0
    for length in range(1, order + 1):
        start = content.index(f"\n\\{length}-grams:".encode(), end)
        start = content.index(b"\n", start + 1) + 1
        # An empty section's next head follows at once.
        end = (
            start - 1 if content[start : start + 1] == b"\\" else content.index(b"\n\\", start - 1)
        )
        yield content[start : end + 1].replace(b"\r\n", b"\n")


def _read_columns(body: bytes) -> tuple[Any, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The n-grams as texts, log-probabilities, and back-offs (0 where there is none)."""
    import pyarrow as pa
    import pyarrow.compute as pc

    text = pa.array([body], pa.large_binary()).cast(pa.large_string())
    lines = pc.list_flatten(pc.split_pattern(text, "\n"))
    lines = lines.filter(pc.greater(pc.binary_length(pc.utf8_trim(lines, " \t")), 0))
    fields = pc.split_pattern(lines, "\t")
    values, n_fields = pc.list_flatten(fields), pc.list_value_length(fields).to_numpy()
    first = np.cumsum(n_fields) - n_fields
    backoff = np.zeros(len(first), dtype=np.float32)
    has_backoff = n_fields > 2
    backoff[has_backoff] = _to_float32(values.take(pa.array(first[has_backoff] + 2)))
    return values.take(pa.array(first + 1)), _to_float32(values.take(pa.array(first))), backoff


def _to_float32(texts: Any) -> npt.NDArray[np.float32]:
    import pyarrow as pa

    try:
        numbers = texts.cast(pa.float32()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:  # such as a plus sign
        numbers = np.array([float(text) for text in texts.to_pylist()], dtype=np.float32)
    return np.asarray(numbers, dtype=np.float32)


def _read_unigrams(body: bytes) -> tuple[Any, OrderTable]:
    """The words by their ids, an Arrow array, and the unigrams."""
    import pyarrow as pa

    texts, prob, backoff = _read_columns(body)
    spelled = [UNKNOWN if word == "<UNK>" else word for word in texts.to_pylist()]
    rows = {word: row for row, word in enumerate(spelled)}
    if UNKNOWN not in rows:
        rows[UNKNOWN] = len(spelled)
        prob, backoff = np.append(prob, MISSING_UNKNOWN), np.append(backoff, np.float32(0))
    words = [*SPECIAL_WORDS, *(word for word in spelled if word not in SPECIAL_WORDS)]
    order = np.array([rows[word] for word in words])
    ids = np.arange(len(words), dtype=np.int32)[:, None]
    return pa.array(words, pa.large_string()), OrderTable(
        ids, np.minimum(prob[order], np.float32(0)), backoff[order]
    )


def _read_table(
    path: Path, body: bytes, words: Any, index: NgramIndex, *, length: int, top: int
) -> tuple[OrderTable, npt.NDArray[np.int64]]:
    """The n-grams of one length in suffix order, and their keys."""
    import pyarrow.compute as pc

    grams, prob, backoff = _read_columns(body)
    spelled = pc.list_flatten(pc.split_pattern(grams, " "))
    ids = pc.fill_null(pc.index_in(spelled, value_set=words), 0).to_numpy()  # <UNK> is <unk>
    word_ids = ids.reshape(-1, length)
    suffix = index.find(word_ids[:, 1:])
    if (suffix == ABSENT).any():
        gram = grams[int(np.flatnonzero(suffix == ABSENT)[0])].as_py()
        raise ModelError(
            f"{path}: the last words of {gram!r} are no n-gram of their own",
            hint="KenLM reads such files; build it again with train-lm for everything else",
            code="E_LM_GAPS",
        )
    keys = suffix * len(words) + word_ids[:, 0]
    order = np.argsort(keys)
    prob = np.minimum(prob[order], np.float32(0))
    return OrderTable(word_ids[order], prob, None if length == top else backoff[order]), keys[order]
