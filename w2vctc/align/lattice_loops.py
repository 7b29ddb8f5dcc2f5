"""The best path through a lattice, in compiled code.

A path goes from frame to frame: it stays in its state, goes to the next one, or over one that may
be passed. Between two frames it may also skip, from the state where a skip begins to the one where
it ends, again and again. All scores are logarithms; a state's score at a frame is that of the best
path that ends there, this frame included.
"""

from typing import Any, NamedTuple

from w2vctc.lm.compiled import Array, Int, compiled, int64

STAY, STEP, PASS, SKIPPED = 0, 1, 2, 4


class States(NamedTuple):
    """States in a row; arrays of shape (n_states,), the last three of shape (n_skips,).

    columns: where each state's score stands in a frame's scores. passes: 0.0 where it may be
    entered from the state before the last one too, else -inf. A skip goes from `origins` to
    `targets` at `costs`, in order of the targets.
    """

    columns: Any
    passes: Any
    origins: Any
    targets: Any
    costs: Any


@compiled
def go_forward(scores: Array, states: States, first: Int, values: Array, back: Array) -> None:
    """Takes `values[0]`, the scores at frame `first`, on by as many frames as `back` has rows more.

    values: (2, n_states), the second row to work in. back notes each move, a byte for each state
    where it has columns: row t has the moves into frame first + t, and SKIPPED where a skip ends
    between that frame and the next.
    """
    columns, passes, targets = states.columns, states.passes, states.targets
    n_states, noted = len(columns), back.shape[1] > 0
    now, before = values[0], values[1]
    for row in range(1, len(back)):
        for k in range(len(targets)):
            origin, target = states.origins[k], targets[k]
            skipped = now[origin] - states.costs[k]
            if skipped > now[target]:
                now[target] = skipped
                if noted:
                    back[row - 1, target] |= SKIPPED
        for state in range(n_states):
            before[state] = now[state]
        heard = scores[first + row]
        now[0] = before[0] + heard[columns[0]]
        if n_states > 1:
            now[1] = max(before[0], before[1]) + heard[columns[1]]
        for state in range(n_states - 2):
            passed = before[state] + passes[state + 2]
            best = max(before[state + 1], before[state + 2], passed)
            now[state + 2] = best + heard[columns[state + 2]]
        if noted and n_states > 1:
            moves = back[row]
            moves[1] = STEP if before[0] > before[1] else STAY
            for state in range(n_states - 2):
                step, stay = before[state + 1], before[state + 2]
                passed = before[state] + passes[state + 2]
                move = STEP if step > stay else STAY
                moves[state + 2] = PASS if passed > max(step, stay) else move


@compiled
def go_backward(scores: Array, states: States, last: Int, n_frames: Int, values: Array) -> None:
    """Takes `values[0]`, what is to come after frame `last`, back by `n_frames` frames.

    values: as in `go_forward`.
    """
    columns, passes = states.columns, states.passes
    n_states = len(columns)
    now, after = values[0], values[1]
    for frame in range(last, last - n_frames, -1):
        heard = scores[frame]
        for state in range(n_states):
            after[state] = now[state] + heard[columns[state]]
        now[n_states - 1] = after[n_states - 1]
        if n_states > 1:
            now[n_states - 2] = max(after[n_states - 2], after[n_states - 1])
        for state in range(n_states - 2):
            passed = after[state + 2] + passes[state + 2]
            now[state] = max(after[state], after[state + 1], passed)
        for k in range(len(states.targets) - 1, -1, -1):
            origin = states.origins[k]
            now[origin] = max(now[origin], now[states.targets[k]] - states.costs[k])


@compiled
def trace_back(back: Array, origins: Array, path: Array) -> None:
    """Fills `path` with the state of each frame; the last one stands there already.

    origins: for each state, where the skip to it begins.
    """
    state = int64(path[len(path) - 1])
    for row in range(len(path) - 1, 0, -1):
        state -= back[row, state] & 3
        while back[row - 1, state] & SKIPPED:
            state = origins[state]
        path[row - 1] = state
