"""Plans of batches: every clip once a pass, never too much sound, the same again for a seed."""

from collections import Counter
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from w2vctc.acoustic.clips.batches import PlannedBatches, plan_epochs, plan_in_order, plan_updates

DURATIONS_S = st.lists(st.floats(0.1, 30.0), min_size=1, max_size=60)
BATCH_S = st.floats(0.5, 120.0)
SEED = st.integers(0, 2**31)


def padded_s(batch: list[int], durations_s: list[float]) -> float:
    return len(batch) * max(durations_s[row] for row in batch)


@given(DURATIONS_S, BATCH_S, SEED, st.integers(1, 3), st.booleans())
@settings(deadline=None)
def test_every_row_comes_once_in_each_epoch(
    durations_s: list[float], batch_s: float, seed: int, epochs: int, short_first: bool
) -> None:
    plan = plan_epochs(
        durations_s, epochs=epochs, batch_s=batch_s, seed=seed, short_first=short_first
    )
    rows = [row for batch in plan for row in batch]
    assert Counter(rows) == dict.fromkeys(range(len(durations_s)), epochs)
    for epoch in range(epochs):  # and not only on average
        part = rows[epoch * len(durations_s) : (epoch + 1) * len(durations_s)]
        assert sorted(part) == list(range(len(durations_s)))


@given(DURATIONS_S, BATCH_S, SEED)
@settings(deadline=None)
def test_a_padded_batch_fits_unless_one_clip_alone_does_not(
    durations_s: list[float], batch_s: float, seed: int
) -> None:
    for plan in (
        plan_epochs(durations_s, epochs=1, batch_s=batch_s, seed=seed, short_first=False),
        plan_in_order(durations_s, batch_s=batch_s),
    ):
        assert all(len(batch) == 1 or padded_s(batch, durations_s) <= batch_s for batch in plan)


@given(DURATIONS_S, BATCH_S, SEED, st.integers(1, 40))
@settings(deadline=None)
def test_a_shorter_plan_is_the_beginning_of_a_longer_one(
    durations_s: list[float], batch_s: float, seed: int, n_batches: int
) -> None:
    def plan(n: int) -> list[list[int]]:
        return plan_updates(durations_s, n_batches=n, batch_s=batch_s, seed=seed, short_first=False)

    assert len(plan(n_batches)) == n_batches
    assert plan(n_batches) == plan(2 * n_batches)[:n_batches]


@given(DURATIONS_S, BATCH_S)
@settings(deadline=None)
def test_evaluation_keeps_the_order_of_the_rows(durations_s: list[float], batch_s: float) -> None:
    plan = plan_in_order(durations_s, batch_s=batch_s)
    assert [row for batch in plan for row in batch] == list(range(len(durations_s)))


def test_another_seed_and_another_epoch_mix_anew() -> None:
    durations_s = [1.0 + 0.05 * row for row in range(60)]

    def plan(seed: int) -> list[list[int]]:
        return plan_epochs(durations_s, epochs=2, batch_s=10, seed=seed, short_first=False)

    assert plan(1) == plan(1)
    assert plan(1) != plan(2)
    half = len(plan(1)) // 2
    assert plan(1)[:half] != plan(1)[half : 2 * half]


def test_short_first_orders_the_first_epoch_alone() -> None:
    durations_s = [10.0 - 0.1 * row for row in range(80)]

    def longest_s(epochs: int) -> list[float]:
        plan = plan_epochs(durations_s, epochs=epochs, batch_s=20, seed=1, short_first=True)
        return [max(durations_s[row] for row in batch) for batch in plan]

    def falls_back(batches_s: list[float]) -> bool:
        # noise of a tenth moves clips, so neighbours may swap
        return any(later < 0.8 * earlier for earlier, later in pairwise(batches_s))

    first, both = longest_s(1), longest_s(2)
    assert both[: len(first)] == first
    assert not falls_back(first)
    assert first[0] < 3
    assert first[-1] > 8
    assert falls_back(both[len(first) :])


def test_a_part_of_an_epoch_is_that_share_of_its_batches() -> None:
    durations_s = [1.0] * 40
    whole = plan_epochs(durations_s, epochs=1, batch_s=4, seed=1, short_first=False)
    half = plan_epochs(durations_s, epochs=0.5, batch_s=4, seed=1, short_first=False)
    more = plan_epochs(durations_s, epochs=1.3, batch_s=4, seed=1, short_first=False)
    assert len(whole) == 10
    assert half == whole[:5]
    assert len(more) == 13
    assert more[:10] == whole


def test_clips_of_like_length_meet() -> None:
    durations_s = [1.0, 10.0] * 30
    plan = plan_epochs(durations_s, epochs=1, batch_s=20, seed=5, short_first=False)
    mixed = [batch for batch in plan if len({durations_s[row] for row in batch}) > 1]
    assert len(mixed) <= 1  # where the short ones end and the long ones begin


def test_the_sampler_gives_the_plan_as_it_is() -> None:
    sampler = PlannedBatches([[2, 0], [1]])
    assert len(sampler) == 2
    assert list(sampler) == [[2, 0], [1]]
    assert list(sampler) == [[2, 0], [1]]
