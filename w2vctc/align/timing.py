"""From frames to seconds: where the words of a text begin and end in the sound."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from w2vctc.acoustic.frames import FRAME_SHIFT_S
from w2vctc.align.alignment import Alignment, PlacedWord
from w2vctc.align.script import ScriptWord
from w2vctc.decode.hypothesis import Word
from w2vctc.speech.activity import ActivityOptions, Stretch

SOUNDING = ActivityOptions(pause_s=0.1, margin_s=0.0)
"""How stretches of sound are told from the pauses between words."""

# A model names a letter at one moment of it: in the demo's test clips the last one ended 0.03 s
# before the sound did, and the first one began with it.
_TAIL_S = 0.3
_STRAY_S = 0.5


@dataclass(frozen=True)
class TimedWord:
    """A word of the text with its place in the sound.

    apart: whether something stands between it and the word before that one of the two does not
    have: words of the text that are not heard, or sound that is no part of the text.
    """

    word: Word
    line: int
    spoken: str
    apart: bool


def time_words(
    script: Sequence[ScriptWord],
    alignment: Alignment,
    sounding: Sequence[Stretch] = (),
    *,
    offset_s: float = 0.0,
) -> list[TimedWord]:
    """The words that were found, in seconds; `offset_s` is where the emissions begin.

    sounding: the stretches of sound, from the start of the emissions. A word begins with its first
    letter and ends where the sound does or the next word begins, at the latest 0.3 s after its
    last letter.
    """
    starts = [stretch.start_s for stretch in sounding]
    strays = [stray for stray in alignment.strays if _seconds(stray.end - stray.start) >= _STRAY_S]
    timed: list[TimedWord] = []
    for n, placed in enumerate(alignment.words):
        before = alignment.words[n - 1] if n else None
        behind = alignment.words[n + 1] if n + 1 < len(alignment.words) else None
        limit = _seconds(placed.end) + _TAIL_S
        limit = min(limit, _seconds(behind.start)) if behind else limit
        limit = min([limit, *(_seconds(s.start) for s in strays if s.start >= placed.end)])
        end_s = _find_end(_seconds(placed.end), limit, sounding, starts)
        first = before.end if before else 0
        skipped = placed.number - (before.number if before else -1) > 1
        apart = skipped or any(first <= stray.start < placed.start for stray in strays)
        owner = script[placed.number]
        timed.append(
            TimedWord(_make_word(placed, owner, end_s, offset_s), owner.line, owner.spoken, apart)
        )
    return timed


def _find_end(
    spoken_s: float, limit_s: float, sounding: Sequence[Stretch], starts: Sequence[float]
) -> float:
    """Where the stretch of sound ends in which the last letter is; `limit_s` without stretches."""
    number = bisect_right(starts, spoken_s) - 1
    if not sounding:
        return limit_s
    heard_until = sounding[number].end_s if number >= 0 else 0.0
    return min(max(heard_until, spoken_s), limit_s)


def _make_word(placed: PlacedWord, owner: ScriptWord, end_s: float, offset_s: float) -> Word:
    letters = placed.letters
    ends_s = [_seconds(letter.start) for letter in letters[1:]] + [end_s]
    characters = tuple(
        Word(
            letter.text,
            _shift(_seconds(letter.start), offset_s),
            _shift(letter_end_s, offset_s),
            None if letter.probability is None else round(letter.probability, 4),
        )
        for letter, letter_end_s in zip(letters, ends_s, strict=True)
    )
    return Word(
        owner.written,
        _shift(_seconds(placed.start), offset_s),
        _shift(end_s, offset_s),
        round(placed.confidence, 4),
        characters,
    )


def _seconds(frame: int) -> float:
    return frame * FRAME_SHIFT_S


def _shift(at_s: float, offset_s: float) -> float:
    return round(at_s + offset_s, 3)
