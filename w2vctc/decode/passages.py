"""What was found in a recording's segments as passages, which end where the speaker pauses."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import nlargest
from itertools import pairwise, product

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.segments import Segment, SegmentOptions, join_hypotheses
from w2vctc.decode.transcript import Passage

Readings = tuple[Hypothesis, ...]  # of the same sound, best first


def make_passages(
    found: Iterable[tuple[Segment, Sequence[Hypothesis]]],
    *,
    speaker: str = "",
    options: SegmentOptions | None = None,
) -> Iterator[Passage]:
    """A passage for each stretch of words without a pause of `sentence_pause_s` between two.

    found: segments with their readings, best first, words in seconds from the recording's start,
    as `decode_segments_nbest` gives them. A passage is from its first word's start to its last
    one's end; where a segment ends without a pause it goes on in the next one, as long as it stays
    within `longest_s`. Where nobody says a word there is none.
    """
    options = options or SegmentOptions()
    held: Readings = ()
    n_readings = 1
    for _, readings in found:
        n_readings = max(n_readings, len(readings))
        for piece in _split(tuple(readings), pause_s=options.sentence_pause_s):
            if held and _goes_on(held[0], piece[0], options):
                held = _join(held, piece, n_readings)
                continue
            if held:
                yield _make_passage(held, speaker)
            held = piece
    if held:
        yield _make_passage(held, speaker)


def split_at_pauses(words: Sequence[Word], *, pause_s: float) -> list[tuple[Word, ...]]:
    """The words in groups; one that starts `pause_s` or more behind the one before begins another.

    words: in order of time.
    """
    groups: list[list[Word]] = []
    for word in words:
        if not groups or round(word.start_s - groups[-1][-1].end_s, 3) >= pause_s:
            groups.append([])
        groups[-1].append(word)
    return [tuple(group) for group in groups]


def _split(readings: Readings, *, pause_s: float) -> list[Readings]:
    """The readings of each stretch between two pauses of the best one."""
    best = readings[0]
    groups = split_at_pauses(best.words, pause_s=pause_s)
    if len(groups) < 2:
        return [readings] if groups else []
    middles = [(before[-1].end_s + behind[0].start_s) / 2 for before, behind in pairwise(groups)]
    edges = [float("-inf"), *middles, float("inf")]
    return [
        _different(
            _cut(reading, start_s, end_s, share=len(group) / len(best.words))
            for reading in readings
        )
        for group, (start_s, end_s) in zip(groups, pairwise(edges), strict=True)
    ]


def _cut(whole: Hypothesis, start_s: float, end_s: float, *, share: float) -> Hypothesis:
    """The words between the two.

    Nobody knows what they score by themselves: the scores are a share of the whole's, so that
    those of all parts still add up.
    """
    words = tuple(
        word for word in whole.words if start_s <= (word.start_s + word.end_s) / 2 < end_s
    )
    return Hypothesis(
        text=" ".join(word.text for word in words),
        words=words,
        score=share * whole.score,
        acoustic_score=share * whole.acoustic_score,
        lm_score=share * whole.lm_score,
    )


def _goes_on(before: Hypothesis, behind: Hypothesis, options: SegmentOptions) -> bool:
    start_s, end_s = before.words[0].start_s, behind.words[-1].end_s
    pause_s = round(behind.words[0].start_s - before.words[-1].end_s, 3)
    return pause_s < options.sentence_pause_s and end_s - start_s <= options.longest_s


def _join(left: Readings, right: Readings, n: int) -> Readings:
    """The best `n` of all the ways to go on from a reading of the one to one of the other."""
    pairs = nlargest(n, product(left, right), key=lambda pair: pair[0].score + pair[1].score)
    return _different(join_hypotheses(pair) for pair in pairs)


def _different(readings: Iterable[Hypothesis]) -> Readings:
    """The first reading of each text."""
    by_text: dict[str, Hypothesis] = {}
    for reading in readings:
        by_text.setdefault(reading.text, reading)
    return tuple(by_text.values())


def _make_passage(readings: Readings, speaker: str) -> Passage:
    best, *others = (replace(reading, state=None) for reading in readings)
    start_s, end_s = best.words[0].start_s, best.words[-1].end_s
    return Passage(start_s, end_s, best, speaker, tuple(others))
