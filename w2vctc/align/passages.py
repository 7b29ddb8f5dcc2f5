"""Words in time gathered into passages: the text's lines, parted where they are long."""

from collections.abc import Sequence

from w2vctc.align.timing import TimedWord
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.transcript import Passage

_LONGEST_S = 15.0
_PAUSE_S = 1.0  # parts a passage however short it is


def gather_passages(
    timed: Sequence[TimedWord], *, speaker: str = "", longest_s: float = _LONGEST_S
) -> tuple[Passage, ...]:
    """A passage for each line; more where it pauses or holds what the text does not have.

    One that is longer than `longest_s` is parted at its widest gap between two words.
    """
    groups: list[list[TimedWord]] = []
    for one in timed:
        last = groups[-1][-1] if groups else None
        if last is None or _parts(last, one):
            groups.append([])
        groups[-1].append(one)
    parted = [part for group in groups for part in _part(group, longest_s)]
    return tuple(make_passage(group, speaker) for group in parted)


def make_passage(timed: Sequence[TimedWord], speaker: str = "") -> Passage:
    """The words as one passage, from the first one's start to the last one's end."""
    words = tuple(one.word for one in timed)
    text = " ".join(word.text for word in words)
    return Passage(words[0].start_s, words[-1].end_s, Hypothesis(text, words), speaker)


def gap_s(before: TimedWord, behind: TimedWord) -> float:
    """The silence between two words."""
    return behind.word.start_s - before.word.end_s


def _parts(before: TimedWord, behind: TimedWord) -> bool:
    return behind.apart or before.line != behind.line or gap_s(before, behind) >= _PAUSE_S


def _part(group: list[TimedWord], longest_s: float) -> list[list[TimedWord]]:
    waiting, done = [group], []
    while waiting:
        part = waiting.pop()
        if len(part) < 2 or part[-1].word.end_s - part[0].word.start_s <= longest_s:
            done.append(part)
            continue
        middle = len(part) / 2
        place = max(
            range(1, len(part)), key=lambda n: (gap_s(part[n - 1], part[n]), -abs(n - middle))
        )
        waiting += [part[place:], part[:place]]
    return done
