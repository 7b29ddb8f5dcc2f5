"""Alpha and beta tuned on dev: true decodes, each one counted, and never worse than before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from w2vctc.decode.engines import Engine, open_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.weight_search import Trial, WeightSearch
from w2vctc.decode.workers import decode_pool
from w2vctc.errors import UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

CountErrors = Callable[[str, str], tuple[int, int]]
"""Reference and hypothesis in; errors and reference words out."""


@dataclass(frozen=True)
class Tuning:
    """What the search found. `trials` come in the order in which they were decoded."""

    best: Trial
    default: Trial
    trials: tuple[Trial, ...]
    greedy_errors: int
    n_workers: int
    notes: tuple[str, ...] = ()

    @property
    def alpha(self) -> float:
        """The weight of the language model that made the fewest errors."""
        return self.best.alpha

    @property
    def beta(self) -> float:
        """The word bonus that made the fewest errors."""
        return self.best.beta

    @property
    def greedy_wer(self) -> float:
        """The word error rate of the best path without search and language model."""
        return self.greedy_errors / (self.default.n_words or 1)


def tune_weights(
    emissions: Sequence[npt.NDArray[Any]],
    references: Sequence[str],
    vocabulary: Vocabulary,
    lm: LanguageModelFiles,
    *,
    count_errors: CountErrors,
    start: DecodingOptions | None = None,
    n_workers: int = 1,
    budget: int = 24,
    engine: Engine = "auto",
    on_news: Callable[[str], None] | None = None,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuning:
    """The weights with the fewest word errors among up to `budget` decodes of all emissions.

    `WeightSearch` says which are tried. The result is never worse than `start`, stays with it
    unless something is gained, and does not depend on `n_workers`. `on_trial` hears each decode,
    `on_news` which engine it is that decodes.

    Raises UsageError when there is nothing to tune on or `budget` < 1, and what decoding raises.
    """
    start = start or DecodingOptions()
    if len(emissions) != len(references):
        raise ValueError(f"{len(emissions)} emissions for {len(references)} references")
    if not references:
        raise UsageError("no utterances to tune on", hint="name a dev set that is not empty")
    if budget < 1:
        raise UsageError(f"budget = {budget}: nothing may be decoded", hint="use 1 or more")
    decoder = open_decoder(vocabulary, lm=lm, options=start, engine=engine, on_news=on_news)
    with decode_pool(decoder, emissions, n_workers=n_workers) as pool:

        def measure(alpha: float, beta: float) -> Trial:
            texts = pool.decode_all(alpha=alpha, beta=beta)
            trial = Trial(alpha, beta, *_sum_errors(references, texts, count_errors))
            if on_trial:
                on_trial(trial)
            return trial

        search = WeightSearch(measure, start, budget)
        best = search.run()
        greedy = [greedy_text(item, vocabulary) for item in emissions]
        return Tuning(
            best=best,
            default=search.trials[0],
            trials=tuple(search.trials),
            greedy_errors=_sum_errors(references, greedy, count_errors)[0],
            n_workers=pool.n_workers,
            notes=pool.notes,
        )


def _sum_errors(
    references: Sequence[str], texts: Sequence[str], count_errors: CountErrors
) -> tuple[int, int]:
    counted = [count_errors(*pair) for pair in zip(references, texts, strict=True)]
    return sum(errors for errors, _ in counted), sum(words for _, words in counted)
