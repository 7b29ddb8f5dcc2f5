"""The search of `w2vctc tune` for decoders of any kind."""

from collections.abc import Sequence
from typing import Any

from material import Material, count

from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.race import Race
from w2vctc.decode.tune import FURTHER_STARTS
from w2vctc.decode.weight_search import Weights, WeightSearch


def tune(decoder: Any, dev: Material, *, budget: int) -> tuple[float, float]:
    """The weights with the fewest word errors, which the decoder has afterwards.

    decoder: anything with `set_weights` and `decode`, so that all are tuned in the same way, which
    is the way of `w2vctc tune`. budget: how often dev may be decoded.
    """

    def decode(weights: Weights, part: Sequence[int]) -> list[str]:
        decoder.set_weights(alpha=weights.alpha, beta=weights.beta)
        return [decoder.decode(dev.emissions[index]).text for index in part]

    start = DecodingOptions()
    search = WeightSearch(
        Race(decode, dev.references, count).measure,
        Weights(start.alpha, start.beta),
        budget=budget,
        further_starts=FURTHER_STARTS,
    )
    best = search.run()
    decoder.set_weights(alpha=best.alpha, beta=best.beta)
    return best.alpha, best.beta
