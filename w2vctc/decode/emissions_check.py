"""The check that an array is what the decoders read: log-probabilities of the right labels."""

from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.errors import ModelError

Emissions = npt.NDArray[np.float32]

_SUM_TOLERANCE = 0.01


def check_emissions(emissions: npt.NDArray[Any], *, n_labels: int) -> Emissions:
    """The emissions as float32, shape (n_frames, n_labels); zero frames are fine.

    -inf stands for an impossible label. Rows need not be normalized to the last digit, but
    probabilities in place of their logarithms would be decoded into nonsense and are refused.

    Raises ModelError: E_VOCAB for another width than the vocabulary's, E_EMISSIONS for NaN,
    +inf, a frame in which nothing is possible, or probabilities.
    """
    if emissions.ndim != 2 or emissions.shape[1] != n_labels:
        raise ModelError(
            f"emissions of shape {emissions.shape}, but the vocabulary has {n_labels} labels",
            hint="decode with the vocabulary of the model that made these emissions",
            code="E_VOCAB",
        )
    checked = np.ascontiguousarray(emissions, dtype=np.float32)
    if checked.size == 0:
        return checked
    bad = ~(checked < np.inf) | ~np.isfinite(checked).any(axis=1, keepdims=True)
    if bad.any():
        frame, label = (int(index) for index in np.argwhere(bad)[0])
        raise ModelError(
            f"emissions: {checked[frame, label]} at frame {frame}, label {label}",
            hint="the model or its input holds NaN or infinite values; check its weights",
            code="E_EMISSIONS",
        )
    if checked.min() >= 0 and np.allclose(checked.sum(axis=1), 1, rtol=0, atol=_SUM_TOLERANCE):
        raise ModelError(
            "emissions: probabilities where log-probabilities are wanted",
            hint="pass their natural logarithm (log_softmax instead of softmax)",
            code="E_EMISSIONS",
        )
    return checked
