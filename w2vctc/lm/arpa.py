"""ARPA files: written, checked line by line, and their words read, never held in memory whole."""

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

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

_ROWS_AT_ONCE = 1 << 15
_LONGEST_LINE_BYTES = 1 << 16
_FLOAT32_MAX = float(np.finfo(np.float32).max)
_HINT = "build it again with train-lm, or mend that line"

_COUNT = re.compile(r"ngram +(\d+)=(-?\d+)\s*")
_SECTION = re.compile(r"\\(\d+)-grams:\s*")
# What KenLM's reader takes for a number: no underscores, no hexadecimal, no "infinity".
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class ArpaHeader:
    """Order and number of n-grams per order, as an ARPA file's head says and its body holds."""

    order: int
    counts: tuple[int, ...]


def write_arpa(model: NgramModel, path: Path) -> None:
    """Writes the model byte for byte in lmplz's layout, in one atomic step."""
    with staged_file(path) as staging, staging.open("w", encoding="utf-8", newline="\n") as out:
        out.write("\\data\\\n")
        for length, count in enumerate(model.ngram_counts, start=1):
            out.write(f"ngram {length}={count}\n")
        words = np.array(model.words, dtype=object)
        for length, table in enumerate(model.tables, start=1):
            out.write(f"\n\\{length}-grams:\n")
            for lines in _format_table(table, words):
                out.write(lines)
        out.write("\n\\end\\\n")


def _format_table(
    table: OrderTable, words: "np.ndarray[tuple[int], np.dtype[np.object_]]"
) -> Iterator[str]:
    probs = format_float32(table.log10_prob)
    backoffs = None if table.log10_backoff is None else format_float32(table.log10_backoff)
    for start in range(0, len(probs), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        grams = map(" ".join, zip(*(words[ids] for ids in table.word_ids[rows].T), strict=True))
        columns: list[Iterable[str]] = [probs[rows], grams]
        if backoffs is not None:
            columns.append(backoffs[rows])
        yield "".join("\t".join(fields) + "\n" for fields in zip(*columns, strict=True))


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
        if line.strip():
            word = lines.split_ngram(line, 1)[1][0]
            if word not in RESERVED_WORDS:
                words.append(word)
    raise lines.fault("the file ends within the unigrams")


def check_arpa(path: Path) -> ArpaHeader:
    """The header of an ARPA file whose every line has been looked at.

    Raises ModelError E_LM that names file and line for anything that KenLM refuses, crashes on or
    silently misreads: no \\data\\, counts that are negative or do not fit the body, no <s> or
    </s>, or two of a word, log-probabilities that are positive or no finite number, bytes that
    are not UTF-8, an order above 6. (Words that the unigrams lack are left to KenLM's own reader.)
    """
    lines = _Lines(path)
    counts = _read_counts(lines)
    known: set[str] = set()
    for length, count in enumerate(counts, start=1):
        _check_section(lines, length, count, top=length == len(counts), known=known)
    _check_end(lines)
    return ArpaHeader(order=len(counts), counts=counts)


def read_header(path: Path) -> ArpaHeader:
    """What the head of an ARPA file says; the body is not looked at."""
    counts = _read_counts(_Lines(path))
    return ArpaHeader(order=len(counts), counts=counts)


def _read_counts(lines: "_Lines") -> tuple[int, ...]:
    for line in lines:
        if line.strip() and not line.startswith("#"):
            if line.rstrip() != "\\data\\":
                raise lines.fault(f"wanted \\data\\, found {_shorten(line)}")
            break
    else:
        raise lines.fault("no \\data\\ section")
    counts: list[int] = []
    for line in lines:
        if not line.strip():
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


def _check_section(lines: "_Lines", length: int, count: int, *, top: bool, known: set[str]) -> None:
    header = next((line for line in lines if line.strip()), "")
    found = _SECTION.fullmatch(header)
    if found is None or int(found[1]) != length:
        raise lines.fault(f"wanted \\{length}-grams:, found {_shorten(header)}")
    n_seen = 0
    plain = _plain_line(length, top=top)
    for line in lines:
        if length == 1 or plain.fullmatch(line) is None:
            if line.startswith("\\"):
                lines.put_back(line)
                break
            if not line.strip():
                break
            _check_ngram(lines, line, length, top=top, known=known)
        n_seen += 1
    if n_seen != count:
        raise lines.fault(f"{n_seen} {length}-grams, but the head of the file says {count}")
    if length == 1:
        for word in (SENTENCE_START, SENTENCE_END):
            if word not in known:
                raise lines.fault(f"no {word} among the unigrams")


def _plain_line(length: int, *, top: bool) -> re.Pattern[str]:
    """What nearly every line looks like: one match in place of a dozen checks."""
    number = r"-?\d{1,9}(?:\.\d+)?"
    words = r" ".join([r"[^ \t\r]+"] * length)
    return re.compile(
        rf"(?:-\d{{1,9}}(?:\.\d+)?|0)\t{words}" + ("" if top else rf"(?:\t{number})?")
    )


def _check_ngram(lines: "_Lines", line: str, length: int, *, top: bool, known: set[str]) -> None:
    prob, words, backoff = lines.split_ngram(line, length)
    if lines.number_of(prob, "log-probability") > 0:
        raise lines.fault(f"positive log-probability {prob}")
    if backoff is not None and lines.number_of(backoff, "back-off") != 0 and top:
        raise lines.fault(f"back-off {backoff} at the highest order")
    if length == 1:
        word = UNKNOWN if words[0] == "<UNK>" else words[0]
        if word in known:
            raise lines.fault(f"a second {word!r} among the unigrams")
        known.add(word)


def _check_end(lines: "_Lines") -> None:
    closing = next((line for line in lines if line.strip()), "")
    if closing.rstrip() != "\\end\\":
        raise lines.fault(f"wanted \\end\\, found {_shorten(closing)}")
    for line in lines:
        if line.strip():
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
                while raw := stream.readline(_LONGEST_LINE_BYTES):
                    self.line_number += 1
                    if len(raw) == _LONGEST_LINE_BYTES:
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

    def fault(self, reason: str) -> ModelError:
        return ModelError(
            f"{self.path}, line {self.line_number}: {reason}", hint=_HINT, code="E_LM"
        )

    def split_ngram(self, line: str, length: int) -> tuple[str, list[str], str | None]:
        """Log-probability, words and back-off (None without one) of an n-gram line."""
        prob, *rest = line.removesuffix("\r").split("\t")
        words = rest[0].split(" ") if rest else []
        if len(words) != length or "" in words or len(rest) > 2:
            plural = "word" if length == 1 else "words"
            raise self.fault(f"wanted a number, a tab and {length} {plural}: {_shorten(line)}")
        return prob, words, rest[1] if len(rest) == 2 else None

    def number_of(self, text: str, what: str) -> float:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        # Beyond the range of single precision it becomes infinite in KenLM.
        if not abs(number) < _FLOAT32_MAX:
            raise self.fault(f"{what} {_shorten(text)} is not a finite number")
        return number


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
