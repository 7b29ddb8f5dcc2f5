"""The best path through a lattice, against every path that there is."""

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from w2vctc.align.lattice import Lattice, Place, find_path


def make_lattice(
    columns: list[int],
    passes: list[bool] | None = None,
    skips: dict[int, tuple[int, float]] | None = None,
) -> Lattice:
    n = len(columns)
    found = [(skips or {}).get(state, (-1, 0.0)) for state in range(n)]
    return Lattice(
        np.array(columns, dtype=np.int32),
        np.array(passes or [False] * n, dtype=np.bool_),
        np.array([origin for origin, _ in found], dtype=np.int64),
        np.array([cost for _, cost in found], dtype=np.float64),
    )


def cost_of_move(lattice: Lattice, origin: int, target: int) -> float:
    """What the move between two frames costs at least; inf where there is none."""
    best = np.inf
    behind, cost = {origin: 0.0}, [origin]
    while cost:  # every state that skips lead to
        at = cost.pop()
        for state in np.flatnonzero(lattice.skips == at):
            total = behind[at] + float(lattice.costs[state])
            if total < behind.get(int(state), np.inf):
                behind[int(state)] = total
                cost.append(int(state))
    for state, paid in behind.items():
        step = target - state
        if step in (0, 1) or (step == 2 and lattice.passes[target]):
            best = min(best, paid)
    return float(best)


def total_of(scores: NDArray[np.float32], lattice: Lattice, path: tuple[int, ...]) -> float:
    moves = sum(cost_of_move(lattice, a, b) for a, b in pairwise(path))
    heard = sum(float(scores[t, lattice.columns[state]]) for t, state in enumerate(path))
    return heard - moves


def best_total(scores: NDArray[np.float32], lattice: Lattice) -> float:
    """By going through all paths from the first state to the last."""
    inner = product(range(len(lattice)), repeat=len(scores) - 2)
    paths = ((0, *states, len(lattice) - 1) for states in inner)
    return max(total_of(scores, lattice, path) for path in paths)


@st.composite
def problems(draw: st.DrawFn) -> tuple[NDArray[np.float32], Lattice]:
    n_states, n_frames = draw(st.integers(2, 5)), draw(st.integers(2, 5))
    values = st.integers(-8, 0)
    scores = [[draw(values) for _ in range(3)] for _ in range(n_frames)]
    columns = [draw(st.integers(0, 2)) for _ in range(n_states)]
    passes = [state > 1 and draw(st.booleans()) for state in range(n_states)]
    skips = {
        state: (draw(st.integers(0, state - 1)), float(draw(st.integers(0, 4))))
        for state in range(1, n_states)
        if draw(st.booleans())
    }
    return np.array(scores, dtype=np.float32), make_lattice(columns, passes, skips)


@settings(deadline=None, max_examples=150)
@given(problems(), st.sampled_from([1, 4, 1 << 20]))
def test_the_path_is_the_best_of_all_paths_however_it_is_parted(
    problem: tuple[NDArray[np.float32], Lattice], max_cells: int
) -> None:
    scores, lattice = problem
    wanted = best_total(scores, lattice)
    if wanted == -np.inf:
        with pytest.raises(ValueError, match="no path"):
            find_path(scores, lattice, max_cells=max_cells)
        return
    path = find_path(scores, lattice, max_cells=max_cells)
    assert total_of(scores, lattice, tuple(path.tolist())) == wanted


def test_the_path_goes_through_its_anchors() -> None:
    scores = np.zeros((9, 1), dtype=np.float32)
    lattice = make_lattice([0] * 5)
    path = find_path(scores, lattice, anchors=[Place(3, 1), Place(5, 3)])
    assert (path[3], path[5]) == (1, 3)
    assert path[0] == 0
    assert path[-1] == 4
    assert set(np.diff(path).tolist()) <= {0, 1}


def test_a_long_lattice_is_searched_in_pieces_with_the_same_total() -> None:
    generator = np.random.default_rng(3)
    scores = np.log(generator.dirichlet(np.ones(6), size=700)).astype(np.float32)
    columns = generator.integers(0, 6, 150).tolist()
    lattice = make_lattice(columns, skips={40: (12, 3.0), 90: (60, 9.0)})
    whole = find_path(scores, lattice)
    parted = find_path(scores, lattice, max_cells=2000)
    totals = [total_of(scores, lattice, tuple(path.tolist())) for path in (whole, parted)]
    assert totals[0] == pytest.approx(totals[1])
