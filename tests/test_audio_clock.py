"""Timestamps and samples: coarse ticks, cut frames, lost packets."""

import dataclasses

import pytest

from w2vctc.speech.av_clock import MAX_GAP_S, Clock

# MP4: a tick is a sample. The first frame is cut to 1000 samples by the encoder's delay.
FINE = Clock(44_100, 1.0, True, 0.0, 0, 1_024, 1_000)
# WebM: a tick is a millisecond. Opus frames of 20 ms, of which the first lost 312 samples.
COARSE = Clock(48_000, 48.0, True, 0.0, 0, 960, 648)


def test_milliseconds_fall_on_the_grid_of_frames() -> None:
    """The second frame starts at 13.5 ms, which the file calls 14, the third at 33.5."""
    assert [COARSE.place(ticks, 960, None) for ticks in (14, 33, 34, 1_014)] == [
        *(648, 648 + 960, 648 + 960, 648 + 50 * 960)
    ]


def test_the_first_frame_after_a_jump_may_be_cut_at_its_beginning() -> None:
    """The decoder drops its 312 samples once more, and moves the timestamp by 6.5 ms."""
    assert COARSE.place(1_001, 648, None) == 48_000


def test_jitter_is_no_gap_and_a_lost_packet_is_one() -> None:
    assert FINE.place(2_030, 1_024, 2_024) == 2_024
    assert FINE.place(2_024 + 1_024, 1_024, 2_024) == 3_048
    assert FINE.place(None, 1_024, 2_024) == 2_024


def test_a_jump_of_hours_is_damage() -> None:
    with pytest.raises(ValueError, match="its timestamps jump by 6"):
        FINE.place(round((MAX_GAP_S + 1) * 44_100), 1_024, 0)


def test_sound_behind_the_picture_is_moved_by_the_lead() -> None:
    late = dataclasses.replace(FINE, origin=22_050.0, lead=22_050)
    assert late.place(22_050, 1_000, None) == 22_050
    assert late.to_ticks(1.0) == 22_050 + 44_100
    assert late.find_end(22_050 + 44_100) == 22_050 + 44_100


@pytest.mark.parametrize(
    ("samples_per_tick", "frame_samples", "is_stamped", "exact"),
    [
        (1.0, 0, True, True),  # ticks of a sample
        (0.49, 0, True, True),  # MPEG's 90 kHz
        (2.0, 0, True, True),  # AAC of half the rate, doubled by the decoder
        (44.1, 1_024, True, True),  # milliseconds, frames all alike
        (48.0, 0, True, False),  # milliseconds, frames that differ: Vorbis
        (0.49, 1_536, False, False),  # times that FFmpeg adds up
        (0.0, 1_024, True, False),
    ],
)
def test_whether_a_timestamp_tells_the_sample(
    samples_per_tick: float, frame_samples: int, *, is_stamped: bool, exact: bool
) -> None:
    clock = Clock(44_100, samples_per_tick, is_stamped, 0.0, 0, frame_samples, 0)
    assert clock.is_exact == exact


def test_where_timestamps_tell_nothing_frames_follow_one_another() -> None:
    vorbis = dataclasses.replace(COARSE, frame_samples=0)
    assert vorbis.place(0, 576, None) == 0
    assert vorbis.place(990, 1_024, 576) == 576
