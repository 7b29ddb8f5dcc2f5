"""Where somebody speaks in a recording."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from speech_material import SAMPLE_RATE_HZ, make_babble

from w2vctc.speech.activity import Stretch, find_loud, find_speech

Waveform = NDArray[np.float32]
HISS = 0.001


def make_hiss(duration_s: float, *, level: float = HISS, seed: int = 0) -> Waveform:
    random = np.random.default_rng(seed)
    hiss = level * random.standard_normal(round(duration_s * SAMPLE_RATE_HZ))
    return np.asarray(hiss, dtype=np.float32)


def with_voice(duration_s: float, *spoken: tuple[float, float], level: float = HISS) -> Waveform:
    """Hiss with babble between the given seconds."""
    sound = make_hiss(duration_s, level=level)
    for start_s, end_s in spoken:
        babble = make_babble(duration_s=end_s - start_s)
        first = round(start_s * SAMPLE_RATE_HZ)
        sound[first : first + len(babble)] += babble
    return sound


def rounded(stretches: list[Stretch]) -> list[tuple[float, float]]:
    return [(round(one.start_s, 1), round(one.end_s, 1)) for one in stretches]


@pytest.mark.parametrize("level", [0.0, HISS, 0.01])
def test_speech_is_found_with_its_margins(level: float) -> None:
    sound = with_voice(12.0, (1.0, 3.0), (3.2, 4.0), (7.0, 9.5), level=level)
    assert rounded(find_speech([sound])) == [(0.8, 4.2), (6.8, 9.7)]


def test_margins_end_where_the_recording_ends() -> None:
    assert rounded(find_speech([with_voice(3.0, (0.1, 2.9))])) == [(0.0, 3.0)]


def test_a_soft_voice_after_a_loud_one_is_heard() -> None:
    loud, soft = with_voice(60.0, (1.0, 55.0)), 0.1 * with_voice(60.0, (20.0, 25.0))
    found = rounded(find_speech([np.concatenate([loud, soft])]))
    assert (79.8, 85.2) in found


def test_a_click_is_no_speech() -> None:
    sound = with_voice(8.0, (1.0, 3.0), (5.0, 5.02))
    assert rounded(find_speech([sound])) == [(0.8, 3.2)]


@pytest.mark.parametrize("sound", [np.zeros(0, np.float32), np.zeros(50_000, np.float32)])
def test_nobody_speaks_in_digital_silence(sound: Waveform) -> None:
    assert find_speech([sound]) == []


@pytest.mark.parametrize("sound", [make_babble(duration_s=20.0), make_hiss(20.0, level=0.1)])
def test_where_all_is_as_loud_all_is_taken_for_speech(sound: Waveform) -> None:
    assert rounded(find_speech([sound])) == [(0.0, 20.0)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 40_000), min_size=1, max_size=20))
def test_blocks_do_not_matter(sizes: list[int]) -> None:
    sound = with_voice(5.0, (1.0, 2.0), (3.5, 4.2))
    edges = [min(int(edge), len(sound)) for edge in np.cumsum([0, *sizes])]
    blocks = [sound[a:b] for a, b in pairwise(edges)] + [sound[edges[-1] :]]
    assert find_speech(blocks) == find_speech([sound])


@given(st.lists(st.floats(-120, 0, width=32), max_size=400))
def test_stretches_are_in_order_and_inside(figures: list[float]) -> None:
    duration_s = len(figures) / 100
    found = find_loud(np.array(figures, dtype=np.float32), duration_s)
    edges = [edge for one in found for edge in (one.start_s, one.end_s)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= duration_s for edge in edges)
    assert all(one.duration_s > 0 for one in found)
    assert all(a.end_s < b.start_s for a, b in pairwise(found))
