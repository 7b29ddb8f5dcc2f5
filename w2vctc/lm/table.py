"""An ARPA file as hash tables that compiled code reads, kept on disk under the file's hash."""

import json
import mmap
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.cache import cache_folder
from w2vctc.errors import MachineError, ModelError
from w2vctc.files import hash_file, staged_file
from w2vctc.lm.arpa import check_arpa
from w2vctc.lm.ngram import SENTENCE_END, SENTENCE_START, UNKNOWN

Array = npt.NDArray[Any]

UNKNOWN_ID = 0
_UNKNOWN_SPELLINGS = (UNKNOWN, "<UNK>")  # KenLM takes both for the unknown word
_MISSING_UNKNOWN = np.float32(-100)  # what KenLM gives an unknown word that an ARPA does not have

_MAGIC = b"w2vctc ngram 1\n\0"
_ALIGNMENT = 64
_HINT = "build it again with train-lm, or decode with --engine pyctcdecode"

GAPS = "E_LM_GAPS"
"""The code of an error about an n-gram file that KenLM completes when it loads it."""


@dataclass(frozen=True)
class NgramTable:
    """What `table_loops` reads; every array is read-only and may lie on the disk.

    keys, values: the trie of n-grams; log10_prob, log10_backoff: float32, per node of it.
    letter_keys, letter_values: the trie of words by their code points; word_of: the word's id per
    node of that one, -1 within words. The unknown word has the id 0 and no letters.
    """

    order: int
    n_words: int
    start_id: int
    end_id: int
    keys: Array
    values: Array
    log10_prob: Array
    log10_backoff: Array
    letter_keys: Array
    letter_values: Array
    word_of: Array


_SIZES = ("order", "n_words", "start_id", "end_id")
_ARRAYS = tuple(name for name in NgramTable.__dataclass_fields__ if name not in _SIZES)


def load_table(path: Path, *, on_news: Callable[[str], None] | None = None) -> NgramTable:
    """The table of an ARPA file: the one kept from an earlier run, else a new one, then kept.

    What is kept belongs to the file's content, not to its name or date. `on_news` hears when a
    table is made, and why an old one could not be used. Raises ModelError E_LM for a file that
    is no ARPA file or breaks its rules, E_LM_GAPS for one that only KenLM can complete.
    """
    tell = on_news or (lambda _news: None)
    try:
        if not path.is_file():  # opening a named pipe would wait for ever
            raise ModelError(f"{path}: not a regular file", hint="check the path", code="E_LM")
        digest = hash_file(path)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror}", hint="check the path", code="E_LM") from error
    kept = cache_folder() / "ngrams" / f"{digest}.ngram"
    try:
        return read_table(kept)
    except FileNotFoundError:
        tell(f"{path}: read once into a table for the decoder, kept in {kept.parent}")
    except (OSError, ValueError) as error:
        tell(f"{kept}: {error}; made anew from {path}")
    table = build_table(path)
    try:
        save_table(table, kept)
        return read_table(kept)
    except (MachineError, OSError, ValueError) as error:
        tell(f"the table cannot be kept: {error}")
        return table


def build_table(path: Path) -> NgramTable:
    """The table of an ARPA file, in memory. Raises ModelError (E_LM, E_LM_GAPS)."""
    from w2vctc.lm import table_loops

    counts = check_arpa(path).counts
    text = np.fromfile(path, dtype=np.uint8)
    unigrams = _Unigrams(text, counts[0])
    keys, values = _empty_slots(sum(counts[1:]))
    probs, backoffs = [unigrams.log10_prob], [unigrams.log10_backoff]
    n_nodes, position = unigrams.n_words, unigrams.end
    slots = np.full(_n_slots(counts[0]), -1, dtype=np.int32)
    table_loops.index_words(text, unigrams.starts, unigrams.ends, slots)
    words = (unigrams.starts, unigrams.ends, slots, unigrams.ids)
    for order, count in enumerate(counts[1:], start=2):
        position = _find_section(text, position, order)
        word_ids = np.empty((count, order), dtype=np.int32)
        numbers, spans = np.empty((count, 2)), np.empty((count, 4), dtype=np.int64)
        position, row, fault = table_loops.parse_ngrams(
            text, position, words, numbers, word_ids, spans
        )
        if fault:
            raise _fault(path, text, position, fault)
        _read_carefully(text, numbers, spans)
        row, fault = table_loops.add_ngrams(keys, values, word_ids, n_nodes)
        if fault:
            raise _fault(path, text, int(spans[row, 0]), fault)
        n_nodes += count
        probs.append(numbers[:, 0].astype(np.float32))
        backoffs.append(numbers[:, 1].astype(np.float32))
    letter_keys, letter_values, word_of = _letter_trie(unigrams.words, unigrams.ids)
    table = NgramTable(
        order=len(counts),
        n_words=unigrams.n_words,
        start_id=unigrams.id_of(SENTENCE_START),
        end_id=unigrams.id_of(SENTENCE_END),
        keys=keys,
        values=values,
        log10_prob=np.concatenate(probs),
        log10_backoff=np.concatenate(backoffs),
        letter_keys=letter_keys,
        letter_values=letter_values,
        word_of=word_of,
    )
    for name in _ARRAYS:
        getattr(table, name).flags.writeable = False
    return table


class _Unigrams:
    """The unigram section: words, where their bytes stand, their ids (0: unknown) and numbers."""

    def __init__(self, text: Array, count: int) -> None:
        position = _find_section(text, 0, 1)
        rest = text[position:].tobytes()
        self.words: list[str] = []
        starts, ends, numbers = [], [], []
        offset = 0
        for _ in range(count):
            stop = rest.find(b"\n", offset)
            line = rest[offset : stop if stop >= 0 else len(rest)].removesuffix(b"\r")
            prob, word, *backoff = line.split(b"\t")
            start = position + offset + len(prob) + 1
            starts.append(start)
            ends.append(start + len(word))
            numbers.append((float(prob), float(backoff[0]) if backoff else 0.0))
            self.words.append(word.decode("utf-8"))
            offset = stop + 1
        self.end = position + offset
        self.starts, self.ends = np.array(starts, np.int64), np.array(ends, np.int64)
        unknown = [row for row, word in enumerate(self.words) if word in _UNKNOWN_SPELLINGS]
        self.ids = np.arange(1, count + 1, dtype=np.int32)
        if unknown:
            self.ids[unknown[0]] = UNKNOWN_ID
            self.ids[unknown[0] + 1 :] -= 1
        self.n_words = count + (0 if unknown else 1)
        by_id = np.zeros((self.n_words, 2), dtype=np.float32)
        by_id[UNKNOWN_ID] = _MISSING_UNKNOWN, 0.0
        by_id[self.ids] = np.array(numbers, dtype=np.float64)
        self.log10_prob = np.ascontiguousarray(by_id[:, 0])
        self.log10_backoff = np.ascontiguousarray(by_id[:, 1])

    def id_of(self, word: str) -> int:
        return int(self.ids[self.words.index(word)])


def encode_words(words: Iterable[str]) -> tuple[Array, Array]:
    """The code points of all words on end, int32, and where each word ends, int64."""
    words = list(words)
    letters = np.frombuffer("".join(words).encode("utf-32-le"), dtype=np.int32)
    return letters, np.cumsum([len(word) for word in words], dtype=np.int64)


def _letter_trie(words: Sequence[str], ids: Array) -> tuple[Array, Array, Array]:
    from w2vctc.lm import table_loops

    spelled = [row for row, index in enumerate(ids.tolist()) if index != UNKNOWN_ID]
    letters, ends = encode_words(words[row] for row in spelled)
    keys, values = _empty_slots(len(letters))
    word_of = np.full(len(letters) + 1, -1, dtype=np.int32)
    n_nodes = table_loops.grow_trie(keys, values, letters, ends, ids[spelled], word_of)
    # Words share beginnings: the trie has a fraction of the nodes that the letters allowed for.
    small_keys, small_values = _empty_slots(n_nodes)
    word_of[:] = -1
    table_loops.grow_trie(small_keys, small_values, letters, ends, ids[spelled], word_of)
    return small_keys, small_values, word_of[:n_nodes].copy()


def _n_slots(n_entries: int) -> int:
    return int(1 << (2 * max(n_entries, 1) - 1).bit_length())


def _empty_slots(n_entries: int) -> tuple[Array, Array]:
    n_slots = _n_slots(n_entries)
    return np.full(n_slots, -1, dtype=np.int64), np.zeros(n_slots, dtype=np.int32)


def _find_section(text: Array, position: int, order: int) -> int:
    """The position of the line after the section's head."""
    head = f"\\{order}-grams:".encode()
    window = 1 << 16
    while True:
        found = text[position : position + window].tobytes().find(head)
        if found >= 0:
            break
        position += window - len(head)
    position += found
    return position + text[position : position + window].tobytes().index(b"\n") + 1


def _read_carefully(text: Array, numbers: Array, spans: Array) -> None:
    """Fills in the numbers that are no plain decimals."""
    for row, column in np.argwhere(np.isnan(numbers)).tolist():
        start, end = spans[row, 2 * column : 2 * column + 2].tolist()
        numbers[row, column] = float(text[start:end].tobytes())


def _fault(path: Path, text: Array, position: int, fault: int) -> ModelError:
    from w2vctc.lm import table_loops

    line_number = int(np.count_nonzero(text[:position] == ord("\n"))) + 1
    line = text[position : position + 200].tobytes().split(b"\n")[0].decode("utf-8", "replace")
    reasons = {
        table_loops.UNKNOWN_WORD: "a word that is not among the unigrams",
        table_loops.DOUBLED: "an n-gram that is there already",
        table_loops.NO_SUFFIX: "an n-gram whose last words are no n-gram of their own",
        table_loops.NO_CONTEXT: "an n-gram whose first words are no n-gram of their own",
    }
    return ModelError(
        f"{path}, line {line_number}: {reasons[fault]}: {line.strip()!r}",
        hint=_HINT,
        code=GAPS if fault == table_loops.NO_SUFFIX else "E_LM",
    )


def save_table(table: NgramTable, path: Path) -> None:
    """Writes the table to one file in one atomic step, with a checksum over the arrays."""
    arrays = {name: np.ascontiguousarray(getattr(table, name)) for name in _ARRAYS}
    layout, offset, checksum = {}, 0, 0
    for name, array in arrays.items():
        layout[name] = [array.dtype.str, len(array), offset]
        padded = _padding(array.nbytes)
        offset += array.nbytes + len(padded)
        checksum = zlib.crc32(padded, zlib.crc32(array.view(np.uint8).data, checksum))
    sizes = {name: getattr(table, name) for name in _SIZES}
    head = json.dumps({"sizes": sizes, "arrays": layout, "n_bytes": offset, "crc32": checksum})
    with staged_file(path) as staging, staging.open("wb") as out:
        start = _MAGIC + len(head).to_bytes(8, "little") + head.encode("ascii")
        out.write(start + _padding(len(start)))
        for array in arrays.values():
            out.write(array.view(np.uint8).data)
            out.write(_padding(array.nbytes))


def read_table(path: Path) -> NgramTable:
    """The table of a file, mapped into memory.

    Raises FileNotFoundError, and ValueError for a file that is damaged or of another version.
    """
    with path.open("rb") as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise ValueError("not a table of this version")
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _unpack(mapped)
    except (KeyError, TypeError) as error:
        raise ValueError("damaged") from error


def _unpack(mapped: mmap.mmap) -> NgramTable:
    start = len(_MAGIC) + 8
    n_head = int.from_bytes(mapped[len(_MAGIC) : start], "little")
    if n_head > len(mapped):
        raise ValueError("damaged")
    head = json.loads(mapped[start : start + n_head])
    start += n_head
    start += len(_padding(start))
    body = memoryview(mapped)[start:]
    if len(body) != head["n_bytes"] or zlib.crc32(body) != head["crc32"]:
        raise ValueError("damaged (its checksum differs)")
    arrays: dict[str, Any] = {
        name: np.frombuffer(body, dtype=dtype, count=count, offset=offset)
        for name, (dtype, count, offset) in head["arrays"].items()
    }
    sizes: dict[str, Any] = {name: int(head["sizes"][name]) for name in _SIZES}
    return NgramTable(**sizes, **arrays)


def _padding(n_bytes: int) -> bytes:
    return bytes(-n_bytes % _ALIGNMENT)
