"""An ARPA file read into arrays, without a loop over its lines."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.errors import ModelError
from w2vctc.lm.arpa import check_arpa, read_header
from w2vctc.lm.arpa_lines import HINT, LONGEST_LINE_BYTES
from w2vctc.lm.index import ABSENT, NgramIndex, index_ngrams
from w2vctc.lm.ngram import SENTENCE_START, SPECIAL_WORDS, UNKNOWN, NgramModel, OrderTable

MISSING_UNKNOWN = np.float32(-100)
"""What KenLM gives an unknown word that an ARPA file does not have."""

_MOST_BYTES = 1 << 30  # what is read at once, where it can be avoided


def read_arpa(path: Path, *, trusted: bool = False) -> NgramModel:
    """The model of an ARPA file; of its text it knows nothing, so that those figures are 0.

    Its words keep the file's order, after <unk>, <s> and </s>. A `trusted` file, just written by
    a program of ours, is not checked line by line. Raises ModelError: E_LM for a file that breaks
    the rules, E_LM_GAPS for one that only KenLM can complete (an n-gram whose last words are no
    n-gram of their own).
    """
    path = Path(path)
    counts = (read_header(path) if trusted else check_arpa(path)).counts
    return _assemble(path, _split_sections(path.read_bytes(), len(counts)), order=len(counts))


def is_plain(path: Path, counts: Sequence[int]) -> bool:
    """Whether a file has lmplz's own layout and keeps all rules, which is nearly always so.

    Any other file may be fine too, and has to be looked at line by line.
    """
    import pyarrow as pa

    if not sum(counts) or path.stat().st_size > _MOST_BYTES:
        return False
    content = path.read_bytes()
    try:
        sections = _split_plainly(content, counts)
        if sections is None or b"<UNK>" in content or b"\r" in content:
            return False
        model = _assemble(path, iter(sections), order=len(counts))
    except (pa.ArrowException, ModelError, KeyError):  # not UTF-8, an unknown word, a gap
        return False
    return model.ngram_counts == tuple(counts) and not _breaks_rules(model)


def _split_plainly(content: bytes, counts: Sequence[int]) -> list[bytes] | None:
    """The lines of each section, None where anything stands between them or is not plain."""
    lines = "".join(f"ngram {length}={count}\n" for length, count in enumerate(counts, start=1))
    position, head = 0, f"\\data\\\n{lines}"
    sections = []
    for length, count in enumerate(counts, start=1):
        head += f"\n\\{length}-grams:\n"
        if not content.startswith(head.encode(), position):
            return None
        position += len(head.encode())
        end = content.find(b"\n\\", position - 1) + 1
        body, head = content[position : end - 1], ""
        if not end or not _has_plain_lines(body, length, count, top=length == len(counts)):
            return None
        sections.append(body)
        position = end - 1
    return sections if content[position:] == b"\n\\end\\\n" else None


def _has_plain_lines(body: bytes, length: int, count: int, *, top: bool) -> bool:
    """Whether a section has so many lines, every one of them of the plainest form."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not count:
        return not body
    lines = pc.list_flatten(pc.split_pattern(_as_text(body.removesuffix(b"\n")), "\n"))
    number, word = r"-?\d{1,9}(\.\d+)?", r"[^ \t\x00]+"
    pattern = rf"^(-\d{{1,9}}(\.\d+)?|0)\t{' '.join([word] * length)}"
    pattern += "$" if top else rf"(\t{number})?$"
    if len(lines) != count or not body.endswith(b"\n"):
        return False
    longest = pc.max(pc.binary_length(lines.cast(pa.large_binary()))).as_py()
    return bool(
        longest < LONGEST_LINE_BYTES and pc.all(pc.match_substring_regex(lines, pattern)).as_py()
    )


def _breaks_rules(model: NgramModel) -> bool:
    """Whether an n-gram stands twice, or lacks its first words; no word does where it is read."""
    index = index_ngrams(model)
    return any(
        (np.diff(keys) == 0).any() or (index.find(table.word_ids[:, :-1]) == ABSENT).any()
        for keys, table in zip(index.keys, model.tables[1:], strict=True)
    )


def _assemble(path: Path, sections: Iterator[bytes], *, order: int) -> NgramModel:
    """The model whose n-grams stand in the sections."""
    words, unigrams = _read_unigrams(next(sections))
    index = NgramIndex(len(words), ())
    tables = [unigrams]
    for length, body in enumerate(sections, start=2):
        table, keys = _read_table(path, body, words, index, length=length, top=order)
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


def _as_text(body: bytes) -> Any:
    """One Arrow text. Raises ArrowInvalid where the bytes are not UTF-8."""
    import pyarrow as pa

    return pa.array([body], pa.large_binary()).cast(pa.large_string())


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

    lines = pc.list_flatten(pc.split_pattern(_as_text(body), "\n"))
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
    if len(rows) < len(spelled):
        raise ModelError("a word twice among the unigrams", hint=HINT, code="E_LM")
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
    found = pc.index_in(spelled, value_set=words)
    strange = spelled.filter(pc.and_(pc.is_null(found), pc.not_equal(spelled, "<UNK>")))
    if len(strange):
        raise ModelError(
            f"{path}: {strange[0].as_py()!r} is not among the unigrams", hint=HINT, code="E_LM"
        )
    ids = pc.fill_null(found, 0).to_numpy()  # <UNK> is <unk>
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
