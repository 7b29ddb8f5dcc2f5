"""How text is broken into lines, and how wide it is."""

import math
import unicodedata
from collections.abc import Sequence
from itertools import combinations, pairwise

_SENTENCE_ENDS = ".!?…。！？｡؟۔।॥።"
_CLAUSE_ENDS = ",;:、，；：،؛፣፤–—"
_CLOSING = "\"'”’»)]}」』"
_EVEN_COLUMNS = 10  # that lines may be less even to be cut behind a comma


def text_width(text: str) -> int:
    """The columns of a text: 2 for wide characters, none for combining and invisible ones."""
    return sum(_character_width(character) for character in text)


def break_lines(words: Sequence[str], *, width: int, n_lines: int) -> tuple[str, ...]:
    """The words on as few lines as hold them, these as even as can be, the last rather longer.

    A line is wider than `width` only where a word is, or where `n_lines` do not hold the text.
    """
    n_most = min(n_lines, len(words))
    for n in range(1, n_most + 1):
        if lines := _break_evenly(words, n, width):
            return lines
    return _break_evenly(words, n_most, None)


def harshness(before: str) -> float:
    """How harsh a cut is behind this word: 0 after a sentence, 1 after no sign at all."""
    sign = before.rstrip(_CLOSING)[-1:]
    if sign and sign in _SENTENCE_ENDS:
        return 0.0
    return 0.5 if sign and sign in _CLAUSE_ENDS else 1.0


def _break_evenly(words: Sequence[str], n_lines: int, width: int | None) -> tuple[str, ...]:
    """The words on so many lines; none where a line of several words is wider than `width`."""
    best: tuple[str, ...] = ()
    least = (math.inf, 0)
    for cuts in combinations(range(1, len(words)), n_lines - 1):
        edges = (0, *cuts, len(words))
        lines = tuple(" ".join(words[first:last]) for first, last in pairwise(edges))
        widths = [text_width(line) for line in lines]
        if width is not None and any(
            wide > width and " " in line for wide, line in zip(widths, lines, strict=True)
        ):
            continue
        smooth = sum(harshness(words[cut - 1]) < 1 for cut in cuts)
        uneven = (max(widths) - min(widths) - _EVEN_COLUMNS * smooth, -widths[-1])
        if uneven < least:
            least, best = uneven, lines
    return best


def _character_width(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
