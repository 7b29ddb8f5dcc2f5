"""Whether one system is better than another on the same recordings, or chance looks so."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from w2vctc.evaluate.counts import ErrorCounts
from w2vctc.evaluate.intervals import Interval, count_errors, draw_utterances


@dataclass(frozen=True)
class Comparison:
    """What a system saves against another on the same utterances.

    saved: errors per word of the reference, positive where the system is better, with its 95 %
    interval. p_value: how often drawn sets of utterances, moved to where both are as good, show a
    difference as large, two-sided; never below 1 / 1,001, since no more are drawn. n_better,
    n_worse: utterances with fewer and with more errors than the other system makes.
    """

    system: str
    against: str
    saved: float
    interval: Interval | None
    p_value: float | None
    n_better: int
    n_worse: int


def compare_rates(
    system: str,
    counts: Sequence[ErrorCounts],
    *,
    against: str,
    other_counts: Sequence[ErrorCounts],
) -> Comparison:
    """The paired test of two systems, utterance by utterance (Bisani and Ney 2004).

    Both sequences are of the same utterances in the same order. The p value is that of the
    bootstrap with its drawings shifted to no difference (Efron and Tibshirani 1993, "An
    Introduction to the Bootstrap", chapter 16).
    """
    if [one.n_reference for one in counts] != [one.n_reference for one in other_counts]:
        raise ValueError("counts of two systems over different references")
    saved = count_errors(other_counts) - count_errors(counts)
    rate = int(saved.sum()) / (sum(one.n_reference for one in counts) or 1)
    interval, p_value = None, None
    if len(counts) >= 2:
        bootstrap = draw_utterances(counts)
        interval = bootstrap.rate(saved)
        drawn = bootstrap.draw_rates(saved)
        n_as_large = int((np.abs(drawn - rate) >= abs(rate) - 1e-9).sum())
        p_value = (n_as_large + 1) / (len(drawn) + 1)
    return Comparison(
        system=system,
        against=against,
        saved=rate,
        interval=interval,
        p_value=p_value,
        n_better=int((saved > 0).sum()),
        n_worse=int((saved < 0).sum()),
    )
