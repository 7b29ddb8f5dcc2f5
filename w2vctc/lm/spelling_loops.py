"""The n-gram of letters as compiled code reads it: one letter after the other."""

# ruff: noqa: PLR0917 - compiled functions take what they need by its place

from typing import Any

from w2vctc.lm.compiled import Array, Int, compiled_inside, float64, int64
from w2vctc.lm.table_loops import find_child


@compiled_inside
def score_sign(
    keys: Array, values: Array, log10: Array, shorter: Array, node: Int, sign: Int
) -> Any:
    """log10 P(sign | what the node stands for), and the node after it.

    The arrays are those of `spelling.SpellingModel`.
    """
    log10_p = float64(0.0)
    child = find_child(keys, values, node, sign)
    while child < 0 and node != 0:
        log10_p += log10[node, 1]
        node = int64(shorter[node])
        child = find_child(keys, values, node, sign)
    child = max(child, int64(0))  # a sign that no word has leads to the root, which has its price
    return log10_p + log10[child, 0], child
