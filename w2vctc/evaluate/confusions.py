"""What is mistaken for what: characters, words, and the utterances that went worst."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from w2vctc.corpus.utterance import Utterance
from w2vctc.evaluate.alignment import Kind, Step, align_characters, align_words
from w2vctc.evaluate.scored import ScoredText


@dataclass(frozen=True)
class Confusion:
    """What was said, what was heard instead, and how often; "" for nothing.

    n_reference: how often what was said occurs in the references, right or wrong; 0 for nothing.
    """

    kind: Kind
    reference: str
    hypothesis: str
    count: int
    n_reference: int


@dataclass(frozen=True)
class Confusions:
    """All confusions of a set, most frequent first; what is equally frequent by its text."""

    characters: tuple[Confusion, ...]
    words: tuple[Confusion, ...]


def count_confusions(rows: Sequence[Utterance], texts: Sequence[ScoredText]) -> Confusions:
    """The confusions along each utterance's alignment; a space among characters is " "."""
    pairs = [(row.text, text.text) for row, text in zip(rows, texts, strict=True)]
    return Confusions(
        characters=_count(step for pair in pairs for step in align_characters(*pair)),
        words=_count(step for pair in pairs for step in align_words(*pair)),
    )


def rank_worst(texts: Sequence[ScoredText]) -> list[int]:
    """The places of utterances with an error, the most misheard first.

    By the rate of character errors, which tells a misspelled word from a missed one, then by
    their number; of equal ones the earlier first. A rate above 1 counts as 1: otherwise the
    shortest references would lead whatever was heard.
    """
    wrong = [index for index, text in enumerate(texts) if text.characters.errors]
    return sorted(
        wrong,
        key=lambda index: (
            -min(texts[index].characters.rate, 1.0),
            -texts[index].characters.errors,
            index,
        ),
    )


def _count(steps: Iterable[Step]) -> tuple[Confusion, ...]:
    counts: Counter[Step] = Counter()
    said: Counter[str] = Counter()
    for step in steps:
        said[step.reference] += bool(step.reference)
        if step.kind != "hit":
            counts[step] += 1
    found = [
        Confusion(step.kind, step.reference, step.hypothesis, count, said[step.reference])
        for step, count in counts.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.count, one.reference, one.hypothesis)))
