"""Single-precision logarithms by the million: a compiled loop over the C library's log10f."""

import math
from typing import Any

import numpy.typing as npt

from w2vctc.lm.compiled import compiled


@compiled
def fill_log10(values: npt.NDArray[Any], logs: npt.NDArray[Any]) -> None:
    """Puts the log10 of each float32 value into `logs`."""
    for row in range(len(values)):
        logs[row] = math.log10(values[row])
