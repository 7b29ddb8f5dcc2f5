"""How fast people speak, and the clips whose transcript cannot belong to its sound."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from w2vctc.corpus.checks.result import CheckedRow, RateStatistics
from w2vctc.corpus.checks.spread import measure_spread
from w2vctc.corpus.fault import Fault

MIN_ROWS = 20  # with fewer nobody knows what is usual
# Of a normal distribution's standard deviations. Rates of real clips have longer tails than that,
# since pauses count: 3.5, the usual choice, called one clip in thirty of good recordings odd.
MAX_DEVIATIONS = 5.0
_MAD_TO_DEVIATION = 1.4826
# However alike the clips are, half or twice the usual rate is a way that people speak.
_MIN_FACTOR = 2.0
# A word of two letters in a clip of one second is slow by figures alone: pauses weigh more there.
MIN_SECONDS_OFF = 1.0


def measure_rate(row: CheckedRow) -> CheckedRow:
    """The row with its characters per second; as it is where either is missing."""
    n_characters = len(row.text.replace(" ", ""))
    duration_s = row.utterance.duration_s
    return replace(row, rate=n_characters / duration_s) if n_characters and duration_s else row


def judge_rates(rows: Sequence[CheckedRow]) -> RateStatistics | None:
    """How rates are spread and which are out of it, by median and median absolute deviation (MAD).

    On logarithms, as half the usual rate is as odd as twice. A rate is out of place beyond
    `MAX_DEVIATIONS` times 1.4826 MAD from the median (Iglewicz and Hoaglin 1993, How to Detect and
    Handle Outliers, for the scale) and beyond a factor of two, where at the usual rate the clip
    would be longer or shorter by more than `MIN_SECONDS_OFF`. None without any rate.
    """
    timed = [row for row in rows if row.rate]
    rates = [row.rate or 0.0 for row in timed]
    spread = measure_spread(rates)
    if spread is None:
        return None
    logs = np.log(rates)
    middle = float(np.median(logs))
    deviation = _MAD_TO_DEVIATION * float(np.median(np.abs(logs - middle)))
    reach = max(MAX_DEVIATIONS * deviation, math.log(_MIN_FACTOR))
    if len(timed) < MIN_ROWS:
        reach = math.inf
    distances = np.abs(logs - middle)
    outside = [
        index
        for index, row in enumerate(timed)
        if distances[index] > reach and _seconds_off(row, math.exp(middle)) > MIN_SECONDS_OFF
    ]
    outside.sort(key=lambda index: (-distances[index], timed[index].utterance.id))
    return RateStatistics(
        spread=spread,
        lowest=math.exp(middle - reach),
        highest=math.exp(min(middle + reach, 700.0)) if reach < math.inf else math.inf,
        outliers=tuple(timed[index] for index in outside),
    )


def _seconds_off(row: CheckedRow, usual: float) -> float:
    """How far the clip is from what its transcript takes at the usual rate, in seconds."""
    duration_s = row.utterance.duration_s or 0.0
    return abs(duration_s - duration_s * (row.rate or 0.0) / usual)


def tell_rate(row: CheckedRow, rates: RateStatistics) -> Fault:
    """W_RATE of an outlier, with what is usual."""
    rate, usual = row.rate or 0.0, rates.spread.median
    many = "many" if rate > usual else "few"
    return Fault(
        "W_RATE",
        f"{row.utterance.source}: {rate:.1f} characters a second, where {usual:.1f} are usual:"
        f" too {many} for {row.utterance.duration_s or 0.0:.2f} s",
        row.utterance,
    )
