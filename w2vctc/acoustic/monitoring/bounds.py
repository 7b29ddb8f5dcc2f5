"""How sure dev is of an error rate."""

from collections.abc import Sequence

import numpy as np

_N_DRAWS = 1_000


def bound_rate(errors: Sequence[int], lengths: Sequence[int]) -> tuple[float, float]:
    """The 95 % interval of errors per unit of reference, by drawing utterances with replacement.

    Percentiles of the bootstrap (Bisani and Ney 2004, "Bootstrap estimates for confidence intervals
    in ASR performance evaluation"), the same draws every time. Utterances count as independent:
    where a few speakers say them all, the truth is wider.
    """
    counts = np.column_stack([errors, lengths]).astype(np.float64)
    n = len(counts)
    random = np.random.default_rng(0)
    drawn = np.stack([counts[random.integers(n, size=n)].sum(axis=0) for _ in range(_N_DRAWS)])
    low, high = np.percentile(drawn[:, 0] / np.maximum(drawn[:, 1], 1), (2.5, 97.5))
    return float(low), float(high)
