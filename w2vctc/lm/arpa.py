"""ARPA files: written, checked line by line, and their words read, never held in memory whole."""

import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.errors import ModelError
from w2vctc.files import staged_file
from w2vctc.lm.float32 import format_float32
from w2vctc.lm.ngram import (
    MAX_ORDER,
    RESERVED_WORDS,
    SENTENCE_END,
    SENTENCE_START,
    UNKNOWN,
    NgramModel,
    OrderTable,
)

_ROWS_AT_ONCE = 1 << 17
LONGEST_LINE_BYTES = 1 << 16
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_ROUNDING = 1e-6  # by so much may a probability of one be written as more than one
HINT = "build it again with train-lm, or mend that line"

_COUNT = re.compile(r"ngram +(\d+)=(-?\d+)\s*")
_SECTION = re.compile(r"\\(\d+)-grams:\r?")
# What KenLM's reader takes for a number: no underscores, no hexadecimal, no "infinity".
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


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
    lines = _Lines(path)
    for line in lines:
        if _SECTION.fullmatch(line):
            break
    else:
        raise lines.fault("no \\1-grams: section")
    for line in lines:
        if line.startswith("\\"):
            return words
        if _strip(line):
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

    lines = _Lines(path)
    counts = _read_counts(lines)
    if is_plain(path, counts):
        return ArpaHeader(order=len(counts), counts=counts)
    known: set[str] = set()
    seen = np.zeros(0, dtype=np.int64)
    for length, count in enumerate(counts, start=1):
        section = _check_section(lines, length, count, top=length == len(counts), known=known)
        _refuse_orphans(section, seen)
        _refuse_duplicates(section)
        seen = section.ngrams
    _check_end(lines)
    return ArpaHeader(order=len(counts), counts=counts)


def read_header(path: Path) -> ArpaHeader:
    """What the head of an ARPA file says; the body is not looked at."""
    counts = _read_counts(_Lines(path))
    return ArpaHeader(order=len(counts), counts=counts)


def _read_counts(lines: "_Lines") -> tuple[int, ...]:
    for line in lines:
        if _strip(line) and not line.startswith("#"):
            if line.removesuffix("\r") != "\\data\\":
                raise lines.fault(f"wanted \\data\\, found {_shorten(line)}")
            break
    else:
        raise lines.fault("no \\data\\ section")
    counts: list[int] = []
    for line in lines:
        if not _strip(line):
            break
        found = _COUNT.fullmatch(line)
        if found is None or int(found[1]) != len(counts) + 1:
            raise lines.fault(f"wanted `ngram {len(counts) + 1}=<count>`, found {_shorten(line)}")
        if int(found[2]) < 0:
            raise lines.fault(f"negative count {found[2]}")
        counts.append(int(found[2]))
        if len(counts) > MAX_ORDER:
            raise lines.fault(f"order above {MAX_ORDER}, which is what kenlm was built for")
    if not counts:
        raise lines.fault("no `ngram 1=<count>` line under \\data\\")
    return tuple(counts)


@dataclass(frozen=True)
class _Section:
    """Hash values of the n-grams of one length and of their first words, in file order."""

    lines: "_Lines"
    length: int
    first_line: int
    ngrams: npt.NDArray[np.int64]
    contexts: npt.NDArray[np.int64]


def _check_section(
    lines: "_Lines", length: int, count: int, *, top: bool, known: set[str]
) -> _Section:
    header = next((line for line in lines if _strip(line)), "")
    found = _SECTION.fullmatch(header)
    if found is None or int(found[1]) != length:
        raise lines.fault(f"wanted \\{length}-grams:, found {_shorten(header)}")
    first_line = lines.line_number + 1
    plain = _plain_line(length, top=top)
    # 16 bytes per n-gram in place of its text: a file may be larger than the memory.
    ngrams, contexts = array("q"), array("q")
    for line in lines:
        matched = plain.fullmatch(line)
        if matched is None and line.startswith("\\"):
            lines.put_back(line)
            break
        if matched is None and not _strip(line):
            break
        words = matched[1] if matched else _check_ngram(lines, line, length, top=top)
        if length == 1:
            words = UNKNOWN if words == "<UNK>" else words
            if words in known:
                raise lines.fault(f"a second {words!r} among the unigrams")
            known.add(words)
        else:
            context, _, last = words.rpartition(" ")
            if last not in known:
                raise lines.fault(f"{last!r} is not among the unigrams")
            contexts.append(hash(context))
        ngrams.append(hash(words))
    if len(ngrams) != count:
        raise lines.fault(f"{len(ngrams)} {length}-grams, but the head of the file says {count}")
    if length == 1:
        for word in (SENTENCE_START, SENTENCE_END):
            if word not in known:
                raise lines.fault(f"no {word} among the unigrams")
    return _Section(
        lines, length, first_line, np.array(ngrams, np.int64), np.array(contexts, np.int64)
    )


def _plain_line(length: int, *, top: bool) -> re.Pattern[str]:
    """What nearly every line looks like: one match in place of a dozen checks."""
    number = r"-?\d{1,9}(?:\.\d+)?"
    words = r" ".join([r"[^ \t\r\0]+"] * length)
    return re.compile(
        rf"(?:-\d{{1,9}}(?:\.\d+)?|0)\t({words})" + ("" if top else rf"(?:\t{number})?"), re.ASCII
    )


def _check_ngram(lines: "_Lines", line: str, length: int, *, top: bool) -> str:
    """The words of a line that is not plain, put together again by single spaces."""
    prob, words, backoff = lines.split_ngram(line, length)
    if lines.number_of(prob, "log-probability") > _ROUNDING:
        raise lines.fault(f"positive log-probability {prob}")
    if backoff is not None and lines.number_of(backoff, "back-off") != 0 and top:
        raise lines.fault(f"back-off {backoff} at the highest order")
    return " ".join(words)


def _refuse_orphans(section: _Section, shorter: npt.NDArray[np.int64]) -> None:
    """Raises for an n-gram whose first words are absent: no back-off weight could lead to it."""
    if section.length == 1:
        return
    orphans = np.flatnonzero(~np.isin(section.contexts, shorter))
    if len(orphans):
        raise section.lines.fault(
            f"the first words of this {section.length}-gram are no {section.length - 1}-gram",
            at=section.first_line + int(orphans[0]),
        )


def _refuse_duplicates(section: _Section) -> None:
    """Raises for an n-gram that stands twice."""
    values, counts = np.unique(section.ngrams, return_counts=True)
    doubled = values[counts > 1]
    if not len(doubled):
        return
    # Different texts can have the same hash value, if rarely: the texts decide.
    suspects = np.isin(section.ngrams, doubled)
    seen: set[str] = set()
    lines = _Lines(section.lines.path)
    for line in lines:
        row = lines.line_number - section.first_line
        if 0 <= row < len(suspects) and suspects[row]:
            words = " ".join(lines.split_ngram(line, section.length)[1])
            if words in seen:
                raise lines.fault(f"a second {_shorten(words)} among the {section.length}-grams")
            seen.add(words)


def _check_end(lines: "_Lines") -> None:
    closing = next((line for line in lines if _strip(line)), "")
    if closing.removesuffix("\r") != "\\end\\":
        raise lines.fault(f"wanted \\end\\, found {_shorten(closing)}")
    for line in lines:
        if _strip(line):
            raise lines.fault(f"text after \\end\\: {_shorten(line)}")


class _Lines:
    """The lines of a file one at a time, with the number of the last one for fault messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.line_number = 0
        self._lines = self._read()
        self._waiting: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        return self._waiting.pop() if self._waiting else next(self._lines)

    def put_back(self, line: str) -> None:
        """Lets the next reader see a line that ends this one's part."""
        self._waiting.append(line)

    def _read(self) -> Iterator[str]:
        try:
            with self.path.open("rb") as stream:
                while raw := stream.readline(LONGEST_LINE_BYTES):
                    self.line_number += 1
                    if len(raw) == LONGEST_LINE_BYTES:
                        raise self.fault("a line of more than 65,535 bytes: not an ARPA file")
                    yield self._decode(raw)
        except OSError as error:
            raise ModelError(
                f"{self.path}: {error.strerror}", hint="check the path", code="E_LM"
            ) from error

    def _decode(self, raw: bytes) -> str:
        try:
            return raw.rstrip(b"\n").decode("utf-8")
        except UnicodeDecodeError as error:
            raise self.fault(f"not UTF-8 at byte {error.start + 1} of the line") from error

    def fault(self, reason: str, *, at: int = 0) -> ModelError:
        """What is wrong with the last line, or with line `at`."""
        return ModelError(
            f"{self.path}, line {at or self.line_number}: {reason}", hint=HINT, code="E_LM"
        )

    def split_ngram(self, line: str, length: int) -> tuple[str, list[str], str | None]:
        """Log-probability, words and back-off (None without one) of an n-gram line."""
        prob, *rest = line.removesuffix("\r").split("\t")
        words = rest[0].split(" ") if rest else []
        odd = "\r" in line.removesuffix("\r") or "\0" in line  # KenLM takes both for spaces
        if len(words) != length or "" in words or len(rest) > 2 or odd:
            plural = "word" if length == 1 else "words"
            raise self.fault(f"wanted a number, a tab and {length} {plural}: {_shorten(line)}")
        return prob, words, rest[1] if len(rest) == 2 else None

    def number_of(self, text: str, what: str) -> float:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        # Beyond the range of single precision it becomes infinite in KenLM.
        if not abs(number) < _FLOAT32_MAX:
            raise self.fault(f"{what} {_shorten(text)} is not a finite number")
        return number


def _strip(line: str) -> str:
    """Without the blanks that KenLM knows: not those of Unicode, nor vertical tabs."""
    return line.strip(" \t\r")


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
