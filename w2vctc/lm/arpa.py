"""ARPA files: written, checked line by line, and their words read, never held in memory whole."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from w2vctc.files import staged_file
from w2vctc.lm.arpa_lines import ArpaLines, shorten, strip_blanks
from w2vctc.lm.arpa_section import SECTION, check_section, refuse_duplicates, refuse_orphans
from w2vctc.lm.float32 import format_float32
from w2vctc.lm.ngram import MAX_ORDER, RESERVED_WORDS, NgramModel, OrderTable

_ROWS_AT_ONCE = 1 << 17

_COUNT = re.compile(r"ngram +(\d{1,18})=(-?\d{1,18})\s*", re.ASCII)


@dataclass(frozen=True)
class ArpaHeader:
    """Order and number of n-grams per order, as an ARPA file's head says and its body holds."""

    order: int
    counts: tuple[int, ...]


def write_arpa(model: NgramModel, path: Path) -> None:
    """Writes the model byte for byte in lmplz's layout, in one atomic step."""
    import pyarrow as pa

    words = pa.array(model.words, pa.large_string())
    with staged_file(path) as staging, staging.open("wb") as out:
        counts = enumerate(model.ngram_counts, start=1)
        head = "".join(f"ngram {length}={count}\n" for length, count in counts)
        out.write(f"\\data\\\n{head}".encode("ascii"))
        for length, table in enumerate(model.tables, start=1):
            out.write(f"\n\\{length}-grams:\n".encode("ascii"))
            for start in range(0, len(table.word_ids), _ROWS_AT_ONCE):
                rows = slice(start, start + _ROWS_AT_ONCE)
                out.write(_format_rows(table, rows, words))
        out.write(b"\n\\end\\\n")


def _format_rows(table: OrderTable, rows: slice, words: Any) -> Any:
    """The lines of some n-grams as bytes, put together by Arrow without a loop over them."""
    import pyarrow.compute as pc

    tab, space, newline = (_large_text(sign) for sign in "\t \n")
    grams = pc.binary_join_element_wise(*(words.take(ids) for ids in table.word_ids[rows].T), space)
    columns = [_large_text(format_float32(table.log10_prob[rows])), grams]
    if table.log10_backoff is not None:
        columns.append(_large_text(format_float32(table.log10_backoff[rows])))
    lines = pc.binary_join_element_wise(*columns, tab)
    lines = pc.binary_join_element_wise(lines, _large_text(""), newline)
    offsets = np.frombuffer(lines.buffers()[1], dtype=np.int64)
    return lines.buffers()[2].slice(0, int(offsets[len(lines)]))


def _large_text(value: Any) -> Any:
    """A text or an array of texts in the form that may exceed 2 GiB."""
    import pyarrow as pa

    kind = pa.large_string()
    return pa.scalar(value, kind) if isinstance(value, str) else value.cast(kind)


def read_unigrams(path: Path) -> list[str]:
    """The words of the unigram section in file order, without <s>, </s> and <unk>.

    Lines with and without a back-off column count alike; what follows the section is not read.
    """
    words: list[str] = []
    lines = ArpaLines(path)
    for line in lines:
        if SECTION.fullmatch(line):
            break
    else:
        raise lines.fault("no \\1-grams: section")
    for line in lines:
        if line.startswith("\\"):
            return words
        if strip_blanks(line):
            word = lines.split_ngram(line, 1)[1][0]
            if word not in RESERVED_WORDS:
                words.append(word)
    raise lines.fault("the file ends within the unigrams")


def check_arpa(path: Path) -> ArpaHeader:
    """The header of an ARPA file whose every line has been looked at.

    Raises ModelError E_LM that names file and line for anything that KenLM refuses, crashes on or
    silently misreads: no \\data\\, counts that are negative or do not fit the body, no <s> or
    </s>, an n-gram twice, words that the unigrams lack, an n-gram whose first words are no n-gram
    of their own, log-probabilities that are positive or no finite number, bytes that are not
    UTF-8, an order above 6.
    """
    from w2vctc.lm.reading import is_plain

    lines = ArpaLines(path)
    counts = _read_counts(lines)
    if is_plain(path, counts):
        return ArpaHeader(order=len(counts), counts=counts)
    known: set[str] = set()
    seen = np.zeros(0, dtype=np.int64)
    for length, count in enumerate(counts, start=1):
        section = check_section(lines, length, count, top=length == len(counts), known=known)
        refuse_orphans(section, seen)
        refuse_duplicates(section)
        seen = section.ngrams
    _check_end(lines)
    return ArpaHeader(order=len(counts), counts=counts)


def read_header(path: Path) -> ArpaHeader:
    """What the head of an ARPA file says; the body is not looked at."""
    counts = _read_counts(ArpaLines(path))
    return ArpaHeader(order=len(counts), counts=counts)


def _read_counts(lines: ArpaLines) -> tuple[int, ...]:
    for line in lines:
        if strip_blanks(line) and not line.startswith("#"):
            if line.removesuffix("\r") != "\\data\\":
                raise lines.fault(f"wanted \\data\\, found {shorten(line)}")
            break
    else:
        raise lines.fault("no \\data\\ section")
    counts: list[int] = []
    for line in lines:
        if not strip_blanks(line):
            break
        found = _COUNT.fullmatch(line)
        if found is None or int(found[1]) != len(counts) + 1:
            raise lines.fault(f"wanted `ngram {len(counts) + 1}=<count>`, found {shorten(line)}")
        if int(found[2]) < 0:
            raise lines.fault(f"negative count {found[2]}")
        counts.append(int(found[2]))
        if len(counts) > MAX_ORDER:
            raise lines.fault(f"order above {MAX_ORDER}, which is what kenlm was built for")
    if not counts:
        raise lines.fault("no `ngram 1=<count>` line under \\data\\")
    return tuple(counts)


def _check_end(lines: ArpaLines) -> None:
    closing = next((line for line in lines if strip_blanks(line)), "")
    if closing.removesuffix("\r") != "\\end\\":
        raise lines.fault(f"wanted \\end\\, found {shorten(closing)}")
    for line in lines:
        if strip_blanks(line):
            raise lines.fault(f"text after \\end\\: {shorten(line)}")
