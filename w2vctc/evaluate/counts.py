"""Error counts: hits, substitutions, deletions and insertions of words or of characters.

A corpus is scored by pooling: add the counts of its utterances, then take the rate. The mean of
the utterances' rates is another number and is computed nowhere here.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorCounts:
    """How a hypothesis differs from its reference in one cheapest alignment of the two."""

    hits: int = 0
    substitutions: int = 0
    deletions: int = 0
    insertions: int = 0

    @property
    def n_reference(self) -> int:
        """The number of words or characters that were really said."""
        return self.hits + self.substitutions + self.deletions

    @property
    def errors(self) -> int:
        """Substitutions, deletions and insertions together."""
        return self.substitutions + self.deletions + self.insertions

    @property
    def rate(self) -> float:
        """Errors per word or character of the reference, 0.0 and up; above 1.0 is possible.

        Against an empty reference each insertion counts as one, as jiwer has it: nothing is
        divided by zero and a transcript of silence is not free.
        """
        return self.errors / (self.n_reference or 1)

    def __add__(self, other: "ErrorCounts") -> "ErrorCounts":
        return ErrorCounts(
            self.hits + other.hits,
            self.substitutions + other.substitutions,
            self.deletions + other.deletions,
            self.insertions + other.insertions,
        )


def count_word_errors(reference: str, hypothesis: str) -> ErrorCounts:
    """The counts over words, which are what stands between white space in the NFC text."""
    return _count(_nfc(reference).split(), _nfc(hypothesis).split())


def count_character_errors(reference: str, hypothesis: str) -> ErrorCounts:
    """The counts over the code points of the NFC text, the single spaces between words included.

    A letter with an accent that Unicode composes is one character, whichever way it was typed.
    """
    return _count(" ".join(_nfc(reference).split()), " ".join(_nfc(hypothesis).split()))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _count(reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCounts:
    """Counts along the alignment of fewest edits (Levenshtein 1966)."""
    from rapidfuzz.distance import Levenshtein

    # Numbers in place of words: the library compares hashes, and hashes of text could collide.
    numbers: dict[str, int] = {}
    said = [numbers.setdefault(unit, len(numbers)) for unit in reference]
    heard = [numbers.setdefault(unit, len(numbers)) for unit in hypothesis]
    lengths = {"equal": 0, "replace": 0, "delete": 0, "insert": 0}
    for step in Levenshtein.opcodes(said, heard):
        lengths[step.tag] += max(
            step.src_end - step.src_start,
            step.dest_end - step.dest_start,
        )
    return ErrorCounts(
        hits=lengths["equal"],
        substitutions=lengths["replace"],
        deletions=lengths["delete"],
        insertions=lengths["insert"],
    )
