"""Error counts: hits, substitutions, deletions and insertions of words or of characters.

A corpus is scored by pooling: add the counts of its utterances, then take the rate. The mean of
the utterances' rates is another number and is computed nowhere here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from w2vctc.evaluate.alignment import list_characters, match_units, split_words


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
    return _count(split_words(reference), split_words(hypothesis))


def count_character_errors(reference: str, hypothesis: str) -> ErrorCounts:
    """The counts over the code points of the NFC text, the single spaces between words included."""
    return _count(list_characters(reference), list_characters(hypothesis))


def pool_counts(counts: Iterable[ErrorCounts]) -> ErrorCounts:
    """The sum of all counts; all zero for none."""
    return sum(counts, ErrorCounts())


def _count(reference: Sequence[str], hypothesis: Sequence[str]) -> ErrorCounts:
    """Counts along the alignment of fewest edits."""
    lengths = {"hit": 0, "substitution": 0, "deletion": 0, "insertion": 0}
    for kind, said, heard in match_units(reference, hypothesis):
        lengths[kind] += max(len(said), len(heard))
    return ErrorCounts(
        hits=lengths["hit"],
        substitutions=lengths["substitution"],
        deletions=lengths["deletion"],
        insertions=lengths["insertion"],
    )
