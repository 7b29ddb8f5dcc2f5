"""Several datasets in one plan: the shares, who is heard how often, and nothing else changed."""

import math
from collections import Counter
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.acoustic.clips.batches import plan_epochs, plan_updates
from w2vctc.acoustic.clips.sampling import ClipSampler, DatasetPart, share_out

DATASETS_S = st.lists(
    st.lists(st.floats(0.1, 30.0), min_size=1, max_size=40), min_size=1, max_size=4
)
EXPONENT = st.floats(0.0, 1.0)
BATCH_S = st.floats(0.5, 60.0)
SEED = st.integers(0, 2**31)


def join(datasets_s: list[list[float]]) -> list[float]:
    return [duration_s for part in datasets_s for duration_s in part]


def make_sampler(
    datasets_s: list[list[float]], *, exponent: float, batch_s: float = 10.0, seed: int = 1
) -> ClipSampler:
    return ClipSampler(
        join(datasets_s),
        sizes=[len(part) for part in datasets_s],
        exponent=exponent,
        batch_s=batch_s,
        seed=seed,
    )


def split_rows(rows: list[int], datasets_s: list[list[float]]) -> list[list[int]]:
    """The rows of each dataset among those heard."""
    ends = list(accumulate(len(part) for part in datasets_s))
    starts = [0, *ends[:-1]]
    return [
        [row for row in rows if start <= row < end] for start, end in zip(starts, ends, strict=True)
    ]


@given(DATASETS_S, EXPONENT, BATCH_S, SEED, st.integers(1, 4))
@settings(deadline=None)
def test_each_dataset_is_heard_for_its_share_within_a_clip(
    datasets_s: list[list[float]], exponent: float, batch_s: float, seed: int, epochs: int
) -> None:
    durations_s = join(datasets_s)
    sampler = make_sampler(datasets_s, exponent=exponent, batch_s=batch_s, seed=seed)
    plan = plan_epochs(
        durations_s, epochs=epochs, batch_s=batch_s, seed=seed, short_first=False, sampler=sampler
    )
    weights = [sum(part) ** exponent for part in datasets_s]
    heard = split_rows([row for batch in plan for row in batch], datasets_s)
    for part, rows, weight in zip(datasets_s, heard, weights, strict=True):
        wanted_s = epochs * sum(durations_s) * weight / sum(weights)
        assert abs(sum(durations_s[row] for row in rows) - wanted_s) <= max(part) / 2 + 1e-6


@given(DATASETS_S, EXPONENT, BATCH_S, SEED)
@settings(deadline=None)
def test_after_every_round_the_clips_of_a_dataset_were_heard_equally_often_but_for_one(
    datasets_s: list[list[float]], exponent: float, batch_s: float, seed: int
) -> None:
    sampler = make_sampler(datasets_s, exponent=exponent, batch_s=batch_s, seed=seed)
    counts: Counter[int] = Counter(dict.fromkeys(range(len(join(datasets_s))), 0))
    for epoch in range(3):
        for rows in sampler.draw(epoch):
            counts.update(rows.tolist())
            for part in split_rows(list(counts), datasets_s):
                heard = [counts[row] for row in part]
                assert max(heard) - min(heard) <= 1


@given(DATASETS_S, EXPONENT, SEED)
@settings(deadline=None)
def test_no_clip_comes_twice_in_a_round_where_rounds_are_long_enough(
    datasets_s: list[list[float]], exponent: float, seed: int
) -> None:
    sampler = make_sampler(datasets_s, exponent=exponent, batch_s=1e-6, seed=seed)
    assert sampler.n_rounds == math.ceil(max(sampler.passes))
    for rows in (rows for epoch in range(3) for rows in sampler.draw(epoch)):
        assert len(set(rows.tolist())) == len(rows)


@given(DATASETS_S, BATCH_S, SEED, st.booleans(), st.sampled_from([1.0, 2.0, 2.4]))
@settings(deadline=None)
def test_with_the_exponent_1_the_plan_is_that_of_one_dataset(
    datasets_s: list[list[float]], batch_s: float, seed: int, short_first: bool, epochs: float
) -> None:
    durations_s = join(datasets_s)
    sampler = make_sampler(datasets_s, exponent=1.0, batch_s=batch_s, seed=seed)

    def plan(sampler: ClipSampler | None) -> list[list[int]]:
        return plan_epochs(
            durations_s,
            epochs=epochs,
            batch_s=batch_s,
            seed=seed,
            short_first=short_first,
            sampler=sampler,
        )

    assert plan(sampler) == plan(None)


@given(DATASETS_S, EXPONENT, BATCH_S, SEED, st.integers(1, 30))
@settings(deadline=None)
def test_the_plan_is_the_same_each_time_and_a_shorter_one_its_beginning(
    datasets_s: list[list[float]], exponent: float, batch_s: float, seed: int, n_batches: int
) -> None:
    def plan(n: int) -> list[list[int]]:
        sampler = make_sampler(datasets_s, exponent=exponent, batch_s=batch_s, seed=seed)
        return plan_updates(
            join(datasets_s),
            n_batches=n,
            batch_s=batch_s,
            seed=seed,
            short_first=False,
            sampler=sampler,
        )

    assert len(plan(n_batches)) == n_batches
    assert plan(n_batches) == plan(2 * n_batches)[:n_batches]


def test_the_shares_of_a_large_and_a_small_dataset_by_hand() -> None:
    """900 s and 100 s: the roots are 30 and 10, and an epoch has 1000 s."""
    durations_s = [9.0] * 100 + [5.0] * 20
    parts = [DatasetPart("large", 100), DatasetPart("small", 20)]
    large, small = share_out(durations_s, parts, 0.5)
    assert (large.name, large.n_clips, large.seconds) == ("large", 100, 900.0)
    assert (large.share, large.passes) == pytest.approx((0.75, 750 / 900))
    assert (small.share, small.passes) == pytest.approx((0.25, 2.5))
    shares = [one.share for one in share_out(durations_s, parts, 0)]
    assert shares == [0.5, 0.5]
    assert [one.passes for one in share_out(durations_s, parts, 1)] == [1.0, 1.0]

    sampler = ClipSampler(durations_s, sizes=[100, 20], exponent=0.5, batch_s=20, seed=3)
    assert sampler.n_rounds == 3
    rows = np.concatenate(sampler.draw(0))
    # 2.5 passes over 20 clips are 50 hearings; 750 s of clips of 9 s are 83 of them
    assert ((rows < 100).sum(), (rows >= 100).sum()) == (83, 50)


def test_short_first_goes_from_short_to_long_through_the_whole_first_epoch() -> None:
    durations_s = [10.0 - 0.1 * row for row in range(80)] + [10.0 - row for row in range(9)]
    sampler = ClipSampler(durations_s, sizes=[80, 9], exponent=0.0, batch_s=2, seed=1)
    assert sampler.n_rounds > 1
    plan = plan_epochs(durations_s, epochs=1, batch_s=2, seed=1, short_first=True, sampler=sampler)
    longest_s = [max(durations_s[row] for row in batch) for batch in plan]
    fifth = len(plan) // 5
    assert max(longest_s[:fifth]) < min(longest_s[-fifth:])
    assert sorted(row for batch in plan for row in batch) == sorted(
        row for rows in sampler.draw(0) for row in rows.tolist()
    )


def test_another_seed_draws_other_clips_first() -> None:
    datasets_s = [[1.0] * 40, [1.0] * 400]

    def first(seed: int) -> list[int]:
        rows: list[int] = np.concatenate(
            make_sampler(datasets_s, exponent=0, seed=seed).draw(0)
        ).tolist()
        return rows

    assert first(1) == first(1)
    assert first(1) != first(2)
