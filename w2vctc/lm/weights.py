"""The weights of a mixture of language models, tuned on held-out text.

Expectation maximisation for linear interpolation: Jelinek and Mercer 1980, "Interpolated
Estimation of Markov Source Parameters from Sparse Data".
"""

from dataclasses import dataclass

import numpy as np

from w2vctc.lm.scoring import Doubles

_MOST_ROUNDS = 500
_SMALLEST_CHANGE = 1e-6


@dataclass(frozen=True)
class TunedWeights:
    """One weight per model, together 1, and the perplexity that the mixture has with them."""

    weights: tuple[float, ...]
    perplexity: float


def tune_weights(log10_probs: Doubles) -> TunedWeights:
    """The weights under which the mixture gives held-out tokens the highest probability.

    log10_probs: (n_models, n_tokens), what each model gives to each token. The likelihood has one
    summit only, so the way up from equal weights leads there.
    """
    n_models = len(log10_probs)
    best = log10_probs.max(axis=0, initial=-np.inf)
    # Relative to the best model of each token, so that nothing gets too small for a double.
    probs = 10.0 ** (log10_probs - best)
    weights = np.full(n_models, 1 / n_models)
    for _ in range(_MOST_ROUNDS):
        shares = weights[:, None] * probs
        better = (shares / shares.sum(axis=0)).mean(axis=1)
        change = np.abs(better - weights).max()
        weights = better
        if change < _SMALLEST_CHANGE:
            break
    mean_log10 = np.mean(best + np.log10(weights @ probs))
    return TunedWeights(tuple(weights.tolist()), float(10.0**-mean_log10))
