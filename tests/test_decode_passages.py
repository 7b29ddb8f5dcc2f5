"""Segments become passages: cut at pauses, joined where the speaker goes on."""

import pytest
from decode_material import random_emissions
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.passages import make_passages, split_at_pauses
from w2vctc.decode.segments import Segment, SegmentOptions
from w2vctc.decode.transcript import Passage

OPTIONS = SegmentOptions(longest_s=10.0, patience_s=20.0, sentence_pause_s=1.0)
SEGMENT = Segment(0, random_emissions(0, n_frames=1), goes_on=False)


def read(*timed: tuple[str, float, float], score: float = -1.0) -> Hypothesis:
    words = tuple(Word(*one) for one in timed)
    return Hypothesis(" ".join(word.text for word in words), words, score, score, 0.0, state=1)


def passages(*found: tuple[Hypothesis, ...]) -> list[Passage]:
    return list(make_passages([(SEGMENT, one) for one in found], options=OPTIONS, speaker="left"))


def test_a_pause_ends_a_passage_inside_a_segment() -> None:
    found = passages((read(("a", 0.0, 0.5), ("b", 1.4, 2.0), ("c", 3.0, 3.5), score=-6.0),))
    told = [(one.start_s, one.end_s, one.hypothesis.text, one.speaker) for one in found]
    assert told == [(0.0, 2.0, "a b", "left"), (3.0, 3.5, "c", "left")]
    assert [one.hypothesis.score for one in found] == pytest.approx([-4.0, -2.0])


def test_a_passage_goes_on_in_the_next_segment_unless_it_gets_too_long() -> None:
    found = passages(
        (read(("a", 0.0, 4.0)),), (read(("b", 4.9, 9.0)),), (read(("c", 9.1, 11.0)),), (read(),)
    )
    assert [(one.start_s, one.end_s, one.hypothesis.text) for one in found] == [
        (0.0, 9.0, "a b"),
        (9.1, 11.0, "c"),
    ]
    assert found[0].hypothesis.score == -2.0


def test_other_readings_are_those_of_the_passage_and_of_another_text() -> None:
    found = passages(
        (
            read(("a", 0.0, 0.5), ("c", 3.0, 3.5), score=-1.0),
            read(("b", 0.1, 0.6), ("c", 3.0, 3.5), score=-2.0),
            read(("a", 0.0, 0.5), score=-3.0),
        )
    )
    assert [[other.text for other in one.alternatives] for one in found] == [["b"], [""]]


def test_readings_of_joined_segments_are_the_best_of_all_pairs() -> None:
    left = (read(("a", 0.0, 1.0), score=-1.0), read(("b", 0.0, 1.0), score=-1.5))
    right = (read(("c", 1.0, 2.0), score=-1.0), read(("d", 1.0, 2.0), score=-4.0))
    (found,) = passages(left, right)
    assert found.hypothesis.text == "a c"
    assert [(other.text, other.score) for other in found.alternatives] == [("b c", -2.5)]


def test_where_nobody_speaks_is_no_passage() -> None:
    assert passages((read(),), (read(),)) == []
    assert list(make_passages([])) == []


spans = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 100)), max_size=20)


@given(spans, st.integers(1, 4))
def test_no_word_is_lost_and_passages_are_apart(
    gaps: list[tuple[int, int]], n_segments: int
) -> None:
    words, at = [], 0
    for gap, length in gaps:
        words.append((str(at), (at + gap) / 50, (at + gap + length) / 50))
        at += gap + length
    parts = [words[start : start + n_segments] for start in range(0, len(words), n_segments)]
    found = passages(*((read(*part),) for part in parts))
    assert [word for one in found for word in one.hypothesis.words] == [Word(*one) for one in words]
    assert sum(one.hypothesis.score for one in found) == pytest.approx(-1.0 * len(parts))
    for one in found:
        assert one.end_s - one.start_s <= max(OPTIONS.longest_s, 4 * 3.0)
        inside = one.hypothesis.words
        assert len(split_at_pauses(inside, pause_s=1.0)) == 1
        assert (one.start_s, one.end_s) == (inside[0].start_s, inside[-1].end_s)
