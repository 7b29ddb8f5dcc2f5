"""What is said in a recording: passages of speech, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from w2vctc.decode.hypothesis import Hypothesis, Word

Timed = TypeVar("Timed", "Passage", Word)


@dataclass(frozen=True)
class Passage:
    """What one speaker says in one go; seconds from the start of the recording.

    speaker: a name, as that of a channel; "" where nobody tells speakers apart. `alternatives` are
    the next best readings, best first.
    """

    start_s: float
    end_s: float
    hypothesis: Hypothesis
    speaker: str = ""
    alternatives: tuple[Hypothesis, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A recording's passages in order of their start; `seconds` is what making them took.

    file: the recording's name as the program was given it.
    """

    file: str
    duration_s: float
    passages: tuple[Passage, ...]
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """All that is said, on one line."""
        return " ".join(one.hypothesis.text for one in self.passages if one.hypothesis.text)

    @property
    def words(self) -> tuple[Word, ...]:
        """All words in order of their start."""
        return in_order(word for one in self.passages for word in one.hypothesis.words)

    @property
    def speakers(self) -> tuple[str, ...]:
        """The names in the order in which they are first heard; ("",) where none are told apart."""
        return tuple(dict.fromkeys(one.speaker for one in self.passages)) or ("",)

    def said_by(self, speaker: str) -> tuple[Passage, ...]:
        """The passages of one speaker."""
        return tuple(one for one in self.passages if one.speaker == speaker)


def in_order(timed: Iterable[Timed]) -> tuple[Timed, ...]:
    """By start; what starts together stays as it came."""
    return tuple(sorted(timed, key=lambda one: one.start_s))
