"""Tracks searched side by side while their emissions arrive."""

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from decode_material import VOCABULARY, random_emissions, spell_frames
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.passages import make_passages
from w2vctc.decode.segments import cut_segments, decode_segments_nbest
from w2vctc.decode.tracks import TrackSearch

Emissions = NDArray[np.float32]


def find(emissions: Emissions, *, start_state: Any = None) -> Sequence[Hypothesis]:  # noqa: ARG001
    return (decode_greedy(emissions, VOCABULARY),)


def cut(emissions: Emissions, size: int) -> list[tuple[int, Emissions]]:
    return [(at, emissions[at : at + size]) for at in range(0, len(emissions), size)]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(0, 3_000), min_size=1, max_size=6),
    st.integers(50, 1_000),
    st.integers(1, 3),
    st.integers(1, 4),
)
def test_tracks_side_by_side_say_what_each_says_alone(
    lengths: list[int], size: int, n_threads: int, most_waiting: int
) -> None:
    sounds = [random_emissions(seed, n_frames=n) for seed, n in enumerate(lengths)]
    tracks = []
    with TrackSearch(find, VOCABULARY, n_threads=n_threads, most_waiting=most_waiting) as search:
        for seed, sound in enumerate(sounds):
            track = search.open_track(speaker=f"speaker {seed}")
            for piece in cut(sound, size):
                track.add(*piece)
            track.finish()
            tracks.append(track)
        found = [track.passages.result(timeout=60) for track in tracks]
    for seed, sound in enumerate(sounds):
        alone = decode_segments_nbest(cut_segments(cut(sound, size), VOCABULARY), find)
        assert found[seed] == tuple(make_passages(alone, speaker=f"speaker {seed}"))


def test_a_search_that_fails_is_told_where_its_result_is_asked_for() -> None:
    def fail_on_long_ones(emissions: Emissions, **known: Any) -> Sequence[Hypothesis]:
        if len(emissions) > 100:
            raise ValueError("too long for me")
        return find(emissions, **known)

    with TrackSearch(fail_on_long_ones, VOCABULARY, n_threads=1, most_waiting=2) as search:
        bad, good = search.open_track(), search.open_track()
        for piece in cut(random_emissions(0, n_frames=5_000), 100):
            bad.add(*piece)
        bad.finish()
        good.add(0, spell_frames("ab|ba"))
        good.finish()
        with pytest.raises(ValueError, match="too long for me"):
            bad.passages.result(timeout=60)
        (passage,) = good.passages.result(timeout=60)
    assert passage.hypothesis.text == "ab ba"


def test_no_more_waits_than_there_is_room_for() -> None:
    may_search, waiting, most = threading.Event(), 0, 0
    lock = threading.Lock()

    def wait_and_find(emissions: Emissions, **known: Any) -> Sequence[Hypothesis]:
        may_search.wait(60)
        return find(emissions, **known)

    def bring(track: Any) -> None:
        nonlocal waiting, most
        for first in range(0, 40_000, 2_000):  # far apart: each is a segment
            track.add(first, spell_frames("ab|ba"))
            with lock:
                waiting += 1
                most = max(most, waiting)
        track.finish()

    with TrackSearch(wait_and_find, VOCABULARY, n_threads=1, most_waiting=3) as search:
        track = search.open_track()
        bringer = threading.Thread(target=bring, args=(track,))
        bringer.start()
        bringer.join(0.3)
        with lock:
            assert most <= 3 + 2  # those that wait, the one in work and the one behind it
        may_search.set()
        bringer.join(60)
        assert len(track.passages.result(timeout=60)) == 20


def test_tracks_that_were_broken_off_do_not_hold_the_end_up() -> None:
    with pytest.raises(KeyboardInterrupt), TrackSearch(find, VOCABULARY, n_threads=2) as search:
        for _ in range(4):
            search.open_track().add(0, spell_frames("ab"))
        raise KeyboardInterrupt


def test_how_far_the_search_is() -> None:
    with TrackSearch(find, VOCABULARY, n_threads=1) as search:
        track = search.open_track()
        track.add(0, spell_frames("ab|ba"))
        track.add(500, spell_frames("ab|ba_____"))
        track.finish()
        track.passages.result(timeout=60)
    assert track.searched_s == pytest.approx(10.2)
