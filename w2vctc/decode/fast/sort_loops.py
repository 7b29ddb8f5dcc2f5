"""The best of many scores in order, in compiled code; equal ones stay in the order they came."""

# ruff: noqa: PLR0917 - compiled functions take what they need by its place

from w2vctc.lm.compiled import (
    Array,
    Int,
    Real,
    compiled_inside,
    float64,
)


@compiled_inside
def keep_best(
    scores: Array, n: Int, width: Int, prune_logp: Real, order: Array, spare: Array
) -> Int:
    """Writes the rows of the best scores into `order`, best first; how many they are.

    Of the first `n` scores those count that are at most `-prune_logp` below the best, and of
    these at most `width`. `spare` is room to work in.
    """
    best = scores[0]
    for row in range(1, n):
        best = max(best, scores[row])
    limit = best + prune_logp
    n_kept = 0
    for row in range(n):
        if scores[row] >= limit:
            order[n_kept] = row
            n_kept += 1
    if n_kept > width:
        drop_worst(scores, n_kept, width, order, spare)
        n_kept = width
    for k in range(n_kept):
        spare[k] = scores[order[k]]
    sort_rows(spare, n_kept, order)
    return n_kept


@compiled_inside
def drop_worst(scores: Array, n: Int, width: Int, order: Array, spare: Array) -> None:
    """Moves the rows of the `width` best scores to the front of `order`; of ties the first stay."""
    for k in range(n):
        spare[k] = scores[order[k]]
    limit = find_kth(spare, n, width)
    n_ties = width
    for k in range(n):
        if scores[order[k]] > limit:
            n_ties -= 1
    n_kept = 0
    for k in range(n):
        row = order[k]
        stays = scores[row] > limit
        if scores[row] == limit and n_ties > 0:
            n_ties -= 1
            stays = True
        if stays:
            order[n_kept] = row
            n_kept += 1


@compiled_inside
def find_kth(values: Array, n: Int, k: Int) -> Real:
    """The k-th largest of the first n values, which are moved about (Hoare's FIND, 1961)."""
    low, high = 0, n - 1
    target = k - 1
    while low < high:
        pivot = values[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while values[i] > pivot:
                i += 1
            while values[j] < pivot:
                j -= 1
            if i <= j:
                value = values[i]
                values[i] = values[j]
                values[j] = value
                i += 1
                j -= 1
        if target <= j:
            high = j
        elif target >= i:
            low = i
        else:
            break
    return float64(values[target])


@compiled_inside
def sort_rows(scores: Array, n: Int, rows: Array) -> None:
    """Sorts the first n scores, the highest first and of equal ones the lowest row; rows follow.

    Shell 1959, "A high-speed sorting procedure", with gaps of Knuth's series 1, 4, 13, 40...
    """
    gap = 1
    while gap < n // 3:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, n):
            score, row = scores[k], rows[k]
            place = k
            while place >= gap:
                other = scores[place - gap]
                if other > score or (other == score and rows[place - gap] < row):
                    break
                scores[place], rows[place] = other, rows[place - gap]
                place -= gap
            scores[place], rows[place] = score, row
        gap //= 3
