"""Dealing out batches: nothing twice, nothing left out, and the loss of one process alone."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.acoustic.parallel.processes import Processes, find_processes, share
from w2vctc.acoustic.parallel.shares import count_passes, share_dev_plan, share_plan


@st.composite
def runs(draw: st.DrawFn) -> tuple[list[list[int]], int, int]:
    """A plan whose rows are numbered anew, its accumulation, and a number of processes."""
    accumulation = draw(st.integers(1, 6))
    n_batches = accumulation * draw(st.integers(1, 4))
    sizes = draw(st.lists(st.integers(1, 5), min_size=n_batches, max_size=n_batches))
    starts = [sum(sizes[:n]) for n in range(n_batches)]
    plan = [list(range(start, start + n)) for start, n in zip(starts, sizes, strict=True)]
    return plan, accumulation, draw(st.integers(1, 9))


@given(runs())
def test_every_update_has_the_loss_that_one_process_would_have(
    run: tuple[list[list[int]], int, int],
) -> None:
    """Each clip's share of its update's gradient is worked out for any number of processes."""
    plan, accumulation, count = run
    n_passes = count_passes(accumulation, count)
    found: defaultdict[tuple[int, int], float] = defaultdict(float)
    for rank in range(count):
        batches = share_plan(plan, accumulation=accumulation, processes=Processes(rank, count))
        assert len(batches) == len(plan) // accumulation * n_passes
        for number, batch in enumerate(batches):
            assert len({weight for _, weight in batch}) == 1
            for row, weight in batch:
                # the mean over the clips of a pass, the passes of an update, and the processes
                found[number // n_passes, row] += weight / len(batch) / n_passes / count
    wanted = {
        (number // accumulation, row): 1 / len(batch) / accumulation
        for number, batch in enumerate(plan)
        for row in batch
    }
    heard = {key: value for key, value in found.items() if value}
    assert heard.keys() == wanted.keys()
    assert all(heard[key] == pytest.approx(wanted[key]) for key in wanted)


@given(runs())
def test_no_clip_is_trained_on_by_two_processes(run: tuple[list[list[int]], int, int]) -> None:
    plan, accumulation, count = run
    shares = [
        share_plan(plan, accumulation=accumulation, processes=Processes(rank, count))
        for rank in range(count)
    ]
    rows = [row for own in shares for batch in own for row, weight in batch if weight]
    assert sorted(rows) == [row for batch in plan for row in batch]


@given(runs())
def test_dev_is_heard_once_and_in_equally_many_batches(
    run: tuple[list[list[int]], int, int],
) -> None:
    plan, _, count = run
    parts = [share_dev_plan(plan, Processes(rank, count)) for rank in range(count)]
    assert len({len(batches) for batches, _ in parts}) == 1
    rows = [row for batches, n in parts for batch in batches[:n] for row in batch]
    assert sorted(rows) == [row for batch in plan for row in batch]


@pytest.mark.parametrize(
    ("accumulation", "count", "passes"), [(1, 8, 1), (8, 8, 1), (8, 2, 4), (3, 2, 3), (4, 6, 2)]
)
def test_batches_are_dealt_out_whole_as_far_as_they_go_round(
    accumulation: int, count: int, passes: int
) -> None:
    assert count_passes(accumulation, count) == passes


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, Processes(0, 1)),
        ({"RANK": "0", "WORLD_SIZE": "1"}, Processes(0, 1)),
        ({"RANK": "3", "WORLD_SIZE": "4"}, Processes(3, 4)),
    ],
)
def test_the_environment_says_which_process_this_is(
    environment: dict[str, str], found: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_processes() == found
    assert find_processes().leads == (found.rank == 0)


def test_one_process_alone_asks_nobody() -> None:
    assert share(lambda: 7, device="cpu") == 7
