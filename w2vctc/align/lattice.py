"""The best path through a lattice of any size, in bounded memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from w2vctc.align.lattice_loops import States

MAX_CELLS = 1 << 26
"""States times frames whose moves are kept at once, a byte each."""


class Place(NamedTuple):
    """A state of the lattice at a frame."""

    frame: int
    state: int


@dataclass(frozen=True)
class Lattice:
    """States in a row; arrays of shape (n_states,).

    columns: where each state's score stands in a frame's scores. passes: whether it may be entered
    from the state before the last one too. skips: the earlier state from which it may be entered
    between two frames, at `costs` (0 or more), without anything between them being heard; -1 for
    none.
    """

    columns: NDArray[np.int32]
    passes: NDArray[np.bool_]
    skips: NDArray[np.int64]
    costs: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.columns)

    def part(self, first: int, last: int) -> "Lattice":
        """The states `first` to `last`, the latter included; skips from elsewhere are none."""
        skips = self.skips[first : last + 1] - first
        skips[skips < 0] = -1
        inside = slice(first, last + 1)
        return Lattice(self.columns[inside], self.passes[inside], skips, self.costs[inside])

    def states(self) -> "States":
        """The same as compiled code reads it."""
        from w2vctc.align.lattice_loops import States

        targets = np.flatnonzero(self.skips >= 0)
        return States(
            self.columns,
            np.where(self.passes, 0.0, -np.inf),
            self.skips[targets],
            targets,
            self.costs[targets],
        )


def find_path(
    scores: NDArray[np.float32],
    lattice: Lattice,
    *,
    anchors: Sequence[Place] = (),
    max_cells: int = MAX_CELLS,
) -> NDArray[np.int64]:
    """The state of each frame on the best path from the first state to the last, (n_frames,).

    scores: logarithms, shape (n_frames, n_columns). anchors: places that the path goes through, in
    order. What lies between two of them is searched whole where it has no more than `max_cells`,
    else parted at its middle frame, through the state that the best path has there: the same
    answer for about twice the time (Hirschberg 1975, "A linear space algorithm for computing
    maximal common subsequences"). Raises ValueError where no path reaches the last state.
    """
    path = np.zeros(len(scores), dtype=np.int64)
    ends = [Place(0, 0), *anchors, Place(len(scores) - 1, len(lattice) - 1)]
    for start, end in pairwise(ends):
        for first, last in _divide(scores, lattice, start, end, max_cells):
            path[first.frame : last.frame + 1] = _search(scores, lattice, first, last)
    return path


def score_path(
    scores: NDArray[np.float32], lattice: Lattice, path: NDArray[np.int64]
) -> NDArray[np.float64]:
    """What the path's state scores at each frame, costs of skips left out; shape (n_frames,)."""
    return np.asarray(scores[np.arange(len(path)), lattice.columns[path]], dtype=np.float64)


def _divide(
    scores: NDArray[np.float32], lattice: Lattice, start: Place, end: Place, max_cells: int
) -> Iterator[tuple[Place, Place]]:
    """Pieces of the way from `start` to `end`, in order, that are small enough."""
    waiting = [(start, end)]
    while waiting:
        first, last = waiting.pop()
        n_cells = (last.frame - first.frame + 1) * (last.state - first.state + 1)
        if n_cells <= max_cells or last.frame - first.frame < 2:
            yield first, last
            continue
        middle = _find_middle(scores, lattice, first, last)
        waiting += [(middle, last), (first, middle)]


def _find_middle(scores: NDArray[np.float32], lattice: Lattice, first: Place, last: Place) -> Place:
    """Where the best path is halfway; the moves are not kept."""
    from w2vctc.align.lattice_loops import go_backward, go_forward

    part = lattice.part(first.state, last.state)
    states, frame = part.states(), (first.frame + last.frame) // 2
    before, after = _only(len(part), 0), _only(len(part), -1)
    go_forward(scores, states, first.frame, before, _moves(frame - first.frame + 1, 0))
    go_backward(scores, states, last.frame, last.frame - frame, after)
    return Place(frame, first.state + int(np.argmax(before[0] + after[0])))


def _search(
    scores: NDArray[np.float32], lattice: Lattice, first: Place, last: Place
) -> NDArray[np.int64]:
    """The states from frame to frame, both ends included."""
    from w2vctc.align.lattice_loops import go_forward, trace_back

    part = lattice.part(first.state, last.state)
    n_frames = last.frame - first.frame + 1
    values, back = _only(len(part), 0), _moves(n_frames, len(part))
    go_forward(scores, part.states(), first.frame, values, back)
    if values[0, -1] == -np.inf:
        raise ValueError(f"no path from {first} to {last}")
    path = np.full(n_frames, len(part) - 1, dtype=np.int64)
    trace_back(back, part.skips, path)
    return path + first.state


def _only(n_states: int, place: int) -> NDArray[np.float64]:
    """A path that is in one state and in no other; a second row to work in."""
    values = np.full((2, n_states), -np.inf)
    values[0, place] = 0.0
    return values


def _moves(n_frames: int, n_states: int) -> NDArray[np.uint8]:
    return np.zeros((n_frames, n_states), dtype=np.uint8)
