"""Subtitles: which words are shown together, how long, and on which of two lines.

The limits are those that subtitlers agree on: two lines of about 42 letters, read at about 17 a
second, on the screen between one and seven seconds. All the ways to cut what a speaker says are
weighed against each other and the cheapest is taken (dynamic programming, as for the lines of a
paragraph in Knuth and Plass, "Breaking Paragraphs into Lines", 1981): few rules of thumb, and no
cut that looks good when it is made and costs dearly three cues later.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from w2vctc.decode.hypothesis import Word
from w2vctc.decode.line_breaks import break_lines, harshness, text_width
from w2vctc.decode.one_line import clean_text
from w2vctc.decode.transcript import Passage, Transcript, in_order
from w2vctc.errors import UsageError

_DASH_WIDTH = 2  # "- " before what a new speaker says

# What a cut, or its absence, costs; one cue more costs 1.
_BREATHLESS_CUT = 2.0  # between two words without a pause
_FREE_PAUSE_S = 0.5  # a cut at a pause as long as this costs nothing
_PASSAGE_INSIDE, _SENTENCE_INSIDE = 1.5, 0.7  # two in one cue
_SILENCE_INSIDE = 1.0  # for a second of silence under text, four times that for two
_SHORT, _FAST = 6.0, 4.0  # for no time at all; for twice the reading speed
_SECOND_LINE = 0.15

_CHAINED_S = 0.5  # shorter gaps flicker: the text stays until the next one comes


@dataclass(frozen=True)
class SubtitleOptions:
    """What subtitles may be; all but the width of a single long word is held.

    line_width: letters on a line; those of Chinese, Japanese and Korean count two. letters_per_s:
    the speed that a reader keeps up with, which fast speech goes beyond. gap_s: what the eye needs
    to see that the text has changed, two frames of film.
    """

    line_width: int = 42
    n_lines: int = 2
    shortest_s: float = 1.0
    longest_s: float = 7.0
    letters_per_s: float = 17.0
    gap_s: float = 0.08

    def __post_init__(self) -> None:
        """Raises UsageError where no subtitle could be like that."""
        faults = [
            f"{name} = {getattr(self, name)}"
            for name in ("line_width", "n_lines", "shortest_s", "longest_s", "letters_per_s")
            if not 0 < getattr(self, name) < math.inf
        ]
        if not 0 <= self.gap_s < math.inf:
            faults.append(f"gap_s = {self.gap_s}")
        if self.longest_s < self.shortest_s:
            faults.append(f"longest_s = {self.longest_s}, shorter than {self.shortest_s}")
        if faults:
            raise UsageError(
                f"no subtitles with {', '.join(faults)}", hint="leave it out for the usual"
            )


@dataclass(frozen=True)
class Cue:
    """Lines of text on the screen, in seconds of the recording.

    turn: whether somebody else spoke before.
    """

    start_s: float
    end_s: float
    lines: tuple[str, ...]
    speaker: str = ""
    turn: bool = False


@dataclass(frozen=True)
class _Spoken:
    """A word with what a cut before it depends on.

    pause_s: before it. harshness: what part of a breathless cut's cost is left by the signs before.
    """

    word: Word
    width: int
    pause_s: float
    new_passage: bool
    harshness: float


@dataclass(frozen=True)
class _Draft:
    """A cue, and until when its words are spoken."""

    cue: Cue
    spoken_until_s: float


def make_cues(transcript: Transcript, options: SubtitleOptions | None = None) -> tuple[Cue, ...]:
    """The subtitles of a recording, in order of their start.

    No cue is longer or wider than the options say, but for a single word that is: words are never
    cut. Cues of one speaker never overlap; those of speakers who interrupt each other do.
    """
    options = options or SubtitleOptions()
    speakers = transcript.speakers
    drafts = [
        draft
        for speaker in speakers
        for draft in _cut_speech(transcript.said_by(speaker), options, dashed=len(speakers) > 1)
    ]
    drafts.sort(key=lambda draft: draft.cue.start_s)
    cues = _yield_to_others(drafts, transcript.duration_s, options)
    speakers_before = [None, *(cue.speaker for cue in cues)]
    return tuple(
        replace(cue, turn=before not in (None, cue.speaker))
        for cue, before in zip(cues, speakers_before, strict=False)
    )


def spread_words(passage: Passage) -> tuple[Word, ...]:
    """The passage's words; where they have no times, the passage's time shared by their length."""
    hypothesis = passage.hypothesis
    texts = hypothesis.text.split()
    if hypothesis.words or not texts:
        return in_order(hypothesis.words)
    n_letters = sum(map(len, texts))
    edges = [0]
    for text in texts:
        edges.append(edges[-1] + len(text))
    letter_s = (passage.end_s - passage.start_s) / n_letters
    return tuple(
        Word(text, passage.start_s + first * letter_s, passage.start_s + last * letter_s)
        for text, (first, last) in zip(texts, pairwise(edges), strict=True)
    )


def _cut_speech(
    passages: Sequence[Passage], options: SubtitleOptions, *, dashed: bool
) -> Iterator[_Draft]:
    """One speaker's cues; with `dashed` there is room left for a dash."""
    options = replace(options, line_width=options.line_width - _DASH_WIDTH * dashed)
    spoken = list(_list_spoken(passages))
    for first, last in pairwise(_find_cuts(spoken, options)):
        words = [one.word for one in spoken[first:last]]
        texts = [word.text for word in words]
        end_s = _show_until(spoken, first, last, text_width(" ".join(texts)), options)
        lines = break_lines(texts, width=options.line_width, n_lines=options.n_lines)
        cue = Cue(words[0].start_s, end_s, lines, passages[0].speaker)
        yield _Draft(cue, spoken_until_s=max(word.end_s for word in words))


def _list_spoken(passages: Sequence[Passage]) -> Iterator[_Spoken]:
    """What one speaker says, in order of time."""
    words = [
        (replace(word, text=text), number == 0)
        for passage in passages
        for number, word in enumerate(spread_words(passage))
        if (text := clean_text(word.text))
    ]
    words.sort(key=lambda one: one[0].start_s)
    before = Word("", -math.inf, -math.inf)
    for word, new_passage in words:
        pause_s = max(word.start_s - before.end_s, 0.0)
        yield _Spoken(word, text_width(word.text), pause_s, new_passage, harshness(before.text))
        before = word


def _find_cuts(spoken: Sequence[_Spoken], options: SubtitleOptions) -> list[int]:
    """The numbers of the words that begin a cue, then the number of all words.

    The cheapest way to say the first `last` words is the cheapest over their last cue, which
    begins at `first`.
    """
    best = [0.0] + [math.inf] * len(spoken)
    begins = [0] * (len(spoken) + 1)
    for last in range(1, len(spoken) + 1):
        for first, cost in _weigh_cues(spoken, last, options):
            if best[first] + cost < best[last]:
                best[last], begins[last] = best[first] + cost, first
    cuts = [len(spoken)]
    while cuts[-1]:
        cuts.append(begins[cuts[-1]])
    return cuts[::-1]


def _weigh_cues(
    spoken: Sequence[_Spoken], last: int, options: SubtitleOptions
) -> Iterator[tuple[int, float]]:
    """(first word, cost) of each cue that may end before word `last`, the shortest first."""
    cut = _cost_of_cut(spoken[last]) if last < len(spoken) else 0.0
    inside = 0.0
    letters, n_lines, line = 0, 1, 0
    for first in range(last - 1, -1, -1):
        word = spoken[first]
        # filled from the bottom up, lines are as few as from the top down
        line += word.width + (line > 0)
        if line > options.line_width and line > word.width:
            n_lines, line = n_lines + 1, word.width
        letters += word.width + (first < last - 1)
        too_long = spoken[last - 1].word.end_s - word.word.start_s > options.longest_s
        if first < last - 1:
            if too_long or n_lines > options.n_lines:
                return
            inside += _cost_inside(spoken[first + 1])
        end_s = _show_until(spoken, first, last, letters, options)
        shown_s = max(end_s - word.word.start_s, 1e-3)
        yield (
            first,
            1.0 + cut + inside + _SECOND_LINE * (n_lines - 1) + _cost(shown_s, letters, options),
        )


def _cost(shown_s: float, letters: int, options: SubtitleOptions) -> float:
    """Of a time that is too short for any text, or for so much."""
    missing = max(1 - shown_s / options.shortest_s, 0.0)
    too_fast = max(letters / (options.letters_per_s * shown_s) - 1, 0.0)
    return _SHORT * missing + _FAST * too_fast


def _cost_of_cut(after: _Spoken) -> float:
    if after.new_passage:
        return 0.0
    breathless = max(1 - after.pause_s / _FREE_PAUSE_S, 0.0)
    return _BREATHLESS_CUT * breathless * after.harshness


def _cost_inside(after: _Spoken) -> float:
    """Of the pause before a word that is shown together with the word before it."""
    ended = _PASSAGE_INSIDE * after.new_passage + _SENTENCE_INSIDE * (after.harshness < 0.5)
    return ended + _SILENCE_INSIDE * after.pause_s**2


def _show_until(
    spoken: Sequence[_Spoken], first: int, last: int, letters: int, options: SubtitleOptions
) -> float:
    """When a cue goes: after its words and the time to read them, but before the next one."""
    start_s = spoken[first].word.start_s
    needed_s = max(options.shortest_s, letters / options.letters_per_s)
    wanted_s = max(spoken[last - 1].word.end_s, start_s + needed_s)
    limit_s = start_s + options.longest_s
    if last < len(spoken):
        next_s = spoken[last].word.start_s - options.gap_s
        if next_s - wanted_s < _CHAINED_S:
            wanted_s = next_s
    return max(min(wanted_s, limit_s), start_s)


def _yield_to_others(
    drafts: Sequence[_Draft], duration_s: float, options: SubtitleOptions
) -> list[Cue]:
    """The cues, gone when somebody else begins or the recording ends, unless still spoken."""
    cues = []
    next_starts: dict[str, float] = {}  # of each speaker's next cue, seen from the end
    for draft in reversed(drafts):
        cue, until_s = draft.cue, draft.spoken_until_s
        others = [start for speaker, start in next_starts.items() if speaker != cue.speaker]
        next_s = min(others, default=math.inf)
        free_s = next_s - options.gap_s if until_s <= next_s else until_s
        end_s = min(cue.end_s, free_s, max(duration_s, until_s))
        # a cue that nobody could see still has its place in time
        cues.append(replace(cue, end_s=max(end_s, cue.start_s + 0.001)))
        next_starts[cue.speaker] = cue.start_s
    return cues[::-1]
