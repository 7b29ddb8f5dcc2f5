"""The lines of an ARPA file, and what is wrong with one of them."""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from w2vctc.errors import ModelError

LONGEST_LINE_BYTES = 1 << 16
HINT = "build it again with train-lm, or mend that line"

_FLOAT32_MAX = float(np.finfo(np.float32).max)
# What KenLM's reader takes for a number: no underscores, no hexadecimal, no "infinity".
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


class ArpaLines:
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
            raise self.fault(f"wanted a number, a tab and {length} {plural}: {shorten(line)}")
        return prob, words, rest[1] if len(rest) == 2 else None

    def number_of(self, text: str, what: str) -> float:
        number = float(text) if _NUMBER.fullmatch(text) else math.nan
        # Beyond the range of single precision it becomes infinite in KenLM.
        if not abs(number) < _FLOAT32_MAX:
            raise self.fault(f"{what} {shorten(text)} is not a finite number")
        return number


def strip_blanks(line: str) -> str:
    """Without the blanks that KenLM knows: not those of Unicode, nor vertical tabs."""
    return line.strip(" \t\r")


def shorten(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
