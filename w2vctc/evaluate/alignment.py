"""Reference and hypothesis side by side: what was heard right, and what instead of what."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

Kind = Literal["hit", "substitution", "deletion", "insertion"]
_KINDS: dict[str, Kind] = {
    "equal": "hit",
    "replace": "substitution",
    "delete": "deletion",
    "insert": "insertion",
}

_MOST_PAIRS = 10_000  # of words that are compared by their characters


@dataclass(frozen=True)
class Step:
    """A word or character of the reference and what stands for it in the hypothesis.

    reference: "" for an insertion. hypothesis: "" for a deletion.
    """

    kind: Kind
    reference: str
    hypothesis: str


def align_words(reference: str, hypothesis: str) -> tuple[Step, ...]:
    """The steps of a cheapest alignment, in order; words are between white space of NFC text.

    Between two hits the words that are most alike stand for one another; how many substitutions,
    deletions and insertions there are is left as it is.
    """
    steps: list[Step] = []
    aligned = align_units(split_words(reference), split_words(hypothesis))
    for is_hit, steps_of_run in groupby(aligned, key=lambda step: step.kind == "hit"):
        run = list(steps_of_run)
        steps += run if is_hit else _pair_alike(run)
    return tuple(steps)


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


def _pair_alike(steps: Sequence[Step]) -> Sequence[Step]:
    """A run without hits with as many steps of each kind, substitutions between alike words."""
    said = [step.reference for step in steps if step.reference]
    heard = [step.hypothesis for step in steps if step.hypothesis]
    n_pairs = sum(step.kind == "substitution" for step in steps)
    # A cheapest alignment has no word left over on both sides; a huge run would take too long.
    if n_pairs != min(len(said), len(heard)) or len(said) * len(heard) > _MOST_PAIRS:
        return steps
    if len(said) <= len(heard):
        places = _match_alike(said, heard)
        pairs = dict(zip(places, said, strict=True))
        return [_make_step(pairs.get(place, ""), word) for place, word in enumerate(heard)]
    places = _match_alike(heard, said)
    pairs = dict(zip(places, heard, strict=True))
    return [_make_step(word, pairs.get(place, "")) for place, word in enumerate(said)]


def _match_alike(few: Sequence[str], many: Sequence[str]) -> list[int]:
    """For each word of `few` its place in `many`, in order, with the fewest edits of characters."""
    from rapidfuzz.distance import Levenshtein

    n_spare = len(many) - len(few)
    # costs[i][k]: the first i words placed, k of the others passed over
    costs = [[0.0] * (n_spare + 1)]
    for i, word in enumerate(few):
        row: list[float] = []
        for k in range(n_spare + 1):
            placed = costs[-1][k] + Levenshtein.distance(word, many[i + k])
            row.append(min(placed, row[-1]) if row else placed)
        costs.append(row)
    places, k = [], n_spare
    for i in range(len(few), 0, -1):
        while k and costs[i][k - 1] <= costs[i][k]:
            k -= 1
        places.append(i - 1 + k)
    return places[::-1]


def _make_step(reference: str, hypothesis: str) -> Step:
    if reference and hypothesis:
        return Step("substitution", reference, hypothesis)
    return Step("deletion" if reference else "insertion", reference, hypothesis)


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
