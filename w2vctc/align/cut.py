"""Utterances of a long recording for training: what is surely said, from pause to pause."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from w2vctc.align.passages import gap_s
from w2vctc.align.timing import TimedWord
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance


@dataclass(frozen=True)
class CutOptions:
    """Seconds, and confidences from 0 to 1.

    A cut is made in the middle of a pause of at least `pause_s`, at most `margin_s` from the
    words. Neighbours are joined while they are no longer than `longest_s` together and pause no
    longer than `join_s`, beyond the end of a line only below `enough_s`.
    """

    shortest_s: float = 2.0
    longest_s: float = 15.0
    pause_s: float = 0.15
    join_s: float = 1.0
    enough_s: float = 6.0
    margin_s: float = 0.15
    tight_s: float = 0.06  # beside foreign sound or text a cut needs so much of a pause
    min_score: float = 0.5  # the mean of an utterance's words
    min_word: float = 0.05  # each word


@dataclass(frozen=True)
class Cuts:
    """The rows to train on and the others, each with its reason."""

    rows: tuple[Utterance, ...]
    faults: tuple[Fault, ...]


@dataclass
class _Phrase:
    """Words between two pauses, with the room round them in seconds.

    tight: whether something else is said right beside them.
    """

    words: list[TimedWord]
    before_s: float
    behind_s: float = 0.0
    tight: bool = False
    reason: str = ""

    @property
    def start_s(self) -> float:
        return self.words[0].word.start_s

    @property
    def end_s(self) -> float:
        return self.words[-1].word.end_s

    @property
    def score(self) -> float:
        return sum(one.word.confidence or 0.0 for one in self.words) / len(self.words)


def cut_utterances(
    timed: Sequence[TimedWord],
    audio: Path,
    *,
    duration_s: float,
    speaker: str = "",
    options: CutOptions | None = None,
) -> Cuts:
    """The utterances of one recording, as pieces of it; `extra` has each one's score.

    Faults: E_ALIGN for words that are not heard well enough or have no pause beside foreign
    sound, E_TOO_SHORT, E_TOO_LONG.
    """
    options = options or CutOptions()
    phrases = _find_phrases(timed, duration_s, options)
    for phrase in phrases:
        phrase.reason = _find_reason(phrase, options)
    kept, faults = [], []
    for phrase in _join(phrases, options):
        row = _make_row(phrase, audio, speaker, options)
        length_s = phrase.end_s - phrase.start_s
        message = f"{row.source}: "
        if phrase.reason:
            faults.append(Fault("E_ALIGN", message + phrase.reason, row))
        elif length_s > options.longest_s:
            faults.append(Fault("E_TOO_LONG", f"{message}{length_s:.1f} s without a pause", row))
        elif length_s < options.shortest_s:
            faults.append(Fault("E_TOO_SHORT", f"{message}{length_s:.1f} s", row))
        else:
            kept.append(row)
    return Cuts(tuple(kept), tuple(faults))


def _find_phrases(
    timed: Sequence[TimedWord], duration_s: float, options: CutOptions
) -> list[_Phrase]:
    """From pause to pause; what stands apart begins a new one, pause or not."""
    phrases: list[_Phrase] = []
    for n, one in enumerate(timed):
        room_s = gap_s(timed[n - 1], one) if n else one.word.start_s
        if phrases and not one.apart and room_s < options.pause_s:
            phrases[-1].words.append(one)
            continue
        tight = n > 0 and room_s < options.tight_s
        if phrases:
            phrases[-1].behind_s = room_s
            phrases[-1].tight |= tight
        phrases.append(_Phrase([one], room_s, tight=tight))
    if phrases:
        phrases[-1].behind_s = max(duration_s - phrases[-1].end_s, 0.0)
    return phrases


def _find_reason(phrase: _Phrase, options: CutOptions) -> str:
    """Why nobody should learn from a phrase."""
    worst = min(phrase.words, key=lambda one: one.word.confidence or 0.0).word
    if phrase.score < options.min_score:
        return f"score {phrase.score:.2f}, the least is {options.min_score:g}"
    if (worst.confidence or 0.0) < options.min_word:
        return f"{worst.text!r} scores {worst.confidence:.2f}, the least is {options.min_word:g}"
    if phrase.tight:
        return "no pause beside what the text does not say"
    return ""


def _join(phrases: Sequence[_Phrase], options: CutOptions) -> list[_Phrase]:
    """Neighbours together that are fit to be learnt from, as long as they may be."""
    joined: list[_Phrase] = []
    for phrase in phrases:
        last = joined[-1] if joined else None
        if last is not None and _belong(last, phrase, options):
            last.words.extend(phrase.words)
            last.behind_s = phrase.behind_s
        else:
            joined.append(replace(phrase, words=list(phrase.words)))
    return joined


def _belong(last: _Phrase, phrase: _Phrase, options: CutOptions) -> bool:
    length_s = last.end_s - last.start_s
    new_line = last.words[-1].line != phrase.words[0].line
    return (
        not (last.reason or phrase.reason or phrase.words[0].apart)
        and phrase.before_s <= options.join_s
        and phrase.end_s - last.start_s <= options.longest_s
        and not (new_line and length_s >= options.enough_s)
    )


def _make_row(phrase: _Phrase, audio: Path, speaker: str, options: CutOptions) -> Utterance:
    start_s = phrase.start_s - min(max(phrase.before_s, 0.0) / 2, options.margin_s)
    end_s = phrase.end_s + min(max(phrase.behind_s, 0.0) / 2, options.margin_s)
    return Utterance(
        id=f"{audio.stem}-{round(1000 * start_s):08d}",
        audio=audio,
        text=" ".join(one.word.text for one in phrase.words),
        start_s=round(start_s, 3),
        end_s=round(end_s, 3),
        speaker=speaker,
        split="train",
        duration_s=round(end_s - start_s, 3),
        source=f"{audio.name} {phrase.start_s:.2f}-{phrase.end_s:.2f} s",
        extra={"score": f"{phrase.score:.3f}"},
    )
