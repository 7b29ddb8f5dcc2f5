"""Reference and hypothesis side by side: what was heard right, and what instead of what."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["hit", "substitution", "deletion", "insertion"]
_KINDS: dict[str, Kind] = {
    "equal": "hit",
    "replace": "substitution",
    "delete": "deletion",
    "insert": "insertion",
}


@dataclass(frozen=True)
class Step:
    """A word or character of the reference and what stands for it in the hypothesis.

    reference: "" for an insertion. hypothesis: "" for a deletion.
    """

    kind: Kind
    reference: str
    hypothesis: str


def align_words(reference: str, hypothesis: str) -> tuple[Step, ...]:
    """The steps of one cheapest alignment, in order; words are between white space of NFC text."""
    return align_units(split_words(reference), split_words(hypothesis))


def align_characters(reference: str, hypothesis: str) -> tuple[Step, ...]:
    """The same over the code points of the NFC text, single spaces between words included."""
    return align_units(list_characters(reference), list_characters(hypothesis))


def align_units(reference: Sequence[str], hypothesis: Sequence[str]) -> tuple[Step, ...]:
    """The steps of an alignment with the fewest edits (Levenshtein 1966)."""
    steps = []
    for tag, said, heard in match_units(reference, hypothesis):
        n_steps = max(len(said), len(heard))
        left = [reference[index] for index in said] or [""] * n_steps
        right = [hypothesis[index] for index in heard] or [""] * n_steps
        steps += [Step(tag, *pair) for pair in zip(left, right, strict=True)]
    return tuple(steps)


def match_units(
    reference: Sequence[str], hypothesis: Sequence[str]
) -> list[tuple[Kind, range, range]]:
    """Runs of one kind with where they lie in both; of substitutions both are as long."""
    from rapidfuzz.distance import Levenshtein

    # Numbers in place of words: the library compares hashes, and hashes of text could collide.
    numbers: dict[str, int] = {}
    said = [numbers.setdefault(unit, len(numbers)) for unit in reference]
    heard = [numbers.setdefault(unit, len(numbers)) for unit in hypothesis]
    return [
        (
            _KINDS[step.tag],
            range(step.src_start, step.src_end),
            range(step.dest_start, step.dest_end),
        )
        for step in Levenshtein.opcodes(said, heard)
    ]


def list_right_words(steps: Sequence[Step]) -> list[bool]:
    """For each word of the hypothesis whether it stands in the reference there."""
    return [step.kind == "hit" for step in steps if step.kind != "deletion"]


def split_words(text: str) -> list[str]:
    """What stands between white space in the NFC text."""
    return _nfc(text).split()


def list_characters(text: str) -> str:
    """The code points of the NFC text, with one space between words.

    A letter with an accent that Unicode composes is one character, whichever way it was typed.
    """
    return " ".join(split_words(text))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
