"""Sound that stays in memory comes back as it was, and never takes more room than it may."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from w2vctc.acoustic.clips.sound_memory import SoundMemory


@given(
    arrays(np.float32, st.integers(0, 40), elements=st.floats(-2, 2, width=32))
    | arrays(np.int16, st.integers(0, 40)).map(lambda steps: (steps / 32_768).astype(np.float32))
)
def test_what_is_kept_comes_back_bit_for_bit(waveform: NDArray[np.float32]) -> None:
    memory = SoundMemory()
    memory.keep(7, waveform)
    found = memory.find(7)
    assert found is not None
    assert found.dtype == np.float32
    assert found.tobytes() == waveform.tobytes()


def test_sound_of_16_bits_takes_two_bytes_a_sample_and_other_sound_four() -> None:
    memory = SoundMemory()
    memory.keep(0, np.array([-1 + 2**-15, 0.5, -0.25], np.float32))
    assert memory.n_bytes == 6
    memory.keep(1, np.array([0.1, 0.2], np.float32))
    assert memory.n_bytes == 14
    assert memory.find(2) is None


@pytest.mark.parametrize("limit_bytes", [0, 10, 100])
def test_it_never_takes_more_than_it_may_and_forgets_nothing(limit_bytes: int) -> None:
    memory = SoundMemory(limit_bytes)
    clips = {row: np.full(3, 0.1001 + 0.01 * row, np.float32) for row in range(20)}
    for _ in range(2):
        for row, clip in clips.items():
            memory.keep(row, clip)
    assert memory.n_bytes == limit_bytes // 12 * 12
    kept = [row for row in clips if memory.find(row) is not None]
    assert kept == list(range(limit_bytes // 12))
