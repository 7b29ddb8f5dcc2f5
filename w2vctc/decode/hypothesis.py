"""What a decoder returns: a text, its words in time, and its scores."""

from dataclasses import dataclass, field
from typing import Any

from w2vctc.acoustic.frames import FRAME_SHIFT_S


@dataclass(frozen=True)
class Word:
    """A word and the seconds, from the start of the emissions, between which it was spoken.

    confidence: 0 to 1, how sure it is that this is what was said; None where nobody asked.
    `characters` are its letters in time, where they are known.
    """

    text: str
    start_s: float
    end_s: float
    confidence: float | None = None
    characters: tuple["Word", ...] = ()


@dataclass(frozen=True)
class Hypothesis:
    """One transcript of one recording.

    Scores are natural logarithms, higher is better. `score` orders the hypotheses and is the sum
    of `acoustic_score`, the log-probability of the paths that spell the text, and `lm_score`, the
    weighted language model with its word bonus (0.0 without a language model). `state` is where
    the language model stands after the text: a sentence that goes on is decoded from there, by
    the engine that gave it.
    """

    text: str
    words: tuple[Word, ...] = ()
    score: float = 0.0
    acoustic_score: float = 0.0
    lm_score: float = 0.0
    state: Any = field(default=None, compare=False, repr=False)


def place_word(text: str, start_frame: int, end_frame: int) -> Word:
    """The word with frames `[start_frame, end_frame)` turned into seconds, to the millisecond."""
    return Word(text, round(start_frame * FRAME_SHIFT_S, 3), round(end_frame * FRAME_SHIFT_S, 3))
