"""Long recordings, decoded segment by segment."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.decode.greedy import decode_greedy, greedy_text
from w2vctc.decode.hypothesis import Hypothesis, Word
from w2vctc.decode.segments import (
    Segment,
    SegmentOptions,
    cut_segments,
    decode_segments,
    join_hypotheses,
)
from w2vctc.vocab import build_vocabulary

VOCABULARY = build_vocabulary(["ab"])
BLANK, SPACE = VOCABULARY.blank_id, VOCABULARY.delimiter_id
A, B = VOCABULARY.encode("ab")
SHORT = SegmentOptions(longest_s=1.0, patience_s=2.0, sentence_pause_s=0.5)  # 50, 100, 25 frames


def emit(labels: list[int]) -> NDArray[np.float32]:
    """Emissions of which each frame's best label is given."""
    emissions = np.full((len(labels), len(VOCABULARY.labels)), -9.0, dtype=np.float32)
    emissions[np.arange(len(labels)), labels] = -0.1
    return emissions


def cut(labels: list[int], size: int = 7, first: int = 0) -> list[Segment]:
    emissions = emit(labels)
    pieces = [(first + at, emissions[at : at + size]) for at in range(0, len(labels), size)]
    return list(cut_segments(pieces, VOCABULARY, SHORT))


def greedy(emissions: NDArray[np.float32], *, start_state: Any) -> Hypothesis:  # noqa: ARG001
    return decode_greedy(emissions, VOCABULARY)


words = st.lists(
    st.tuples(
        st.lists(st.sampled_from([A, B, BLANK]), min_size=1, max_size=30),
        st.integers(0, 6),
        st.integers(1, 3),
        st.integers(0, 6),
    ),
    min_size=1,
    max_size=12,
)


@given(words, st.integers(1, 80), st.integers(0, 500))
def test_segments_hold_every_frame_and_cut_no_word(
    spoken: list[tuple[list[int], int, int, int]], size: int, first: int
) -> None:
    labels = [
        label
        for word, before, spaces, behind in spoken
        for label in [*word, *[BLANK] * before, *[SPACE] * spaces, *[BLANK] * behind]
    ]
    found = cut(labels, size, first)
    assert np.array_equal(np.concatenate([one.emissions for one in found]), emit(labels))
    assert [one.first_frame for one in found[1:]] == [one.last_frame for one in found[:-1]]
    assert found[0].first_frame == first
    whole = greedy_text(emit(labels), VOCABULARY)
    parts = [hypothesis for _, hypothesis in decode_segments(found, greedy)]
    assert join_hypotheses(parts).text.split() == whole.split()
    for one in found[:-1]:
        assert one.emissions.argmax(axis=1)[-1] == SPACE  # no word of 30 frames needs more


def test_a_segment_ends_at_the_widest_gap() -> None:
    word = [A, B] * 4
    labels = [*word, SPACE] * 3 + [BLANK, BLANK, SPACE, BLANK] + [*word, SPACE] * 4
    first, *_ = cut(labels)
    assert first.last_frame == 30


def test_without_a_gap_it_waits_for_one() -> None:
    first, second = cut([A, B] * 40 + [SPACE] + [B] * 10)
    assert (len(first.emissions), len(second.emissions)) == (81, 10)


def test_where_no_gap_comes_it_is_cut_in_the_longest_blank() -> None:
    first, *rest = cut([A, B] * 20 + [BLANK] * 4 + [A, B] * 80)
    assert len(first.emissions) == 42
    assert all(len(one.emissions) <= 101 + 7 for one in rest)


@pytest.mark.parametrize(("pause", "goes_on"), [(1, True), (24, True), (25, False), (500, False)])
def test_a_long_pause_ends_the_sentence(pause: int, goes_on: bool) -> None:
    pieces = [(3, emit([A, A])), (5, emit([B])), (6 + pause, emit([B]))]
    found = list(cut_segments(pieces, VOCABULARY, SHORT))
    assert [(one.first_frame, len(one.emissions), one.goes_on) for one in found] == [
        (3, 3, False),
        (6 + pause, 1, goes_on),
    ]


def test_the_language_model_goes_on_where_the_sentence_does() -> None:
    heard: list[Any] = []
    words = (Word("a", 0.02, 0.06),)

    def decode(emissions: NDArray[np.float32], *, start_state: Any) -> Hypothesis:
        heard.append(start_state)
        return Hypothesis("a" * len(emissions[:1]), words, score=-1.0, state=len(heard))

    segments = [
        Segment(0, emit([A, A]), False),
        Segment(10, emit([A, A]), True),
        Segment(100, emit([A]), False),
    ]
    found = [hypothesis for _, hypothesis in decode_segments(segments, decode)]
    assert heard == [None, 1, None]
    whole = join_hypotheses(found)
    assert whole.text == "a a a"
    assert [(word.start_s, word.end_s) for word in whole.words] == [
        (0.02, 0.06),
        (0.22, 0.26),
        (2.02, 2.06),
    ]
    assert (whole.score, whole.state) == (-3.0, 3)


def test_nothing_is_nothing() -> None:
    assert list(cut_segments([], VOCABULARY)) == []
    assert join_hypotheses([]) == Hypothesis("")


def test_segments_come_as_soon_as_they_are_complete() -> None:
    asked: list[int] = []

    def pieces() -> Any:
        for at in range(0, 1_000, 10):
            asked.append(at)
            yield at, emit([A] * 9 + [SPACE])

    segments = cut_segments(pieces(), VOCABULARY, SHORT)
    ends = [(next(segments).last_frame, asked[-1]) for _ in range(5)]
    assert all(latest - end < 60 for end, latest in ends)
    assert all(a < b for (a, _), (b, _) in pairwise(ends))
