"""Alpha and beta tuned on dev: true decodes, each one counted, and never worse than before."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.decode.engines import Decoder, Engine, open_decoder
from w2vctc.decode.greedy import greedy_text
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.plateau import Bootstrap, Interval, Range, find_plateau
from w2vctc.decode.race import CountErrors, Race
from w2vctc.decode.weight_search import Trial, Weights, WeightSearch
from w2vctc.decode.workers import DecodePool, decode_pool
from w2vctc.errors import UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

# Both lie in the valley that goes from small weights to large ones: a longer word bonus makes up
# for a heavier language model.
FURTHER_STARTS = (Weights(0.25, 0.0), Weights(1.0, 4.0))
_PLATEAU_SHARE = 0.25  # of the budget is kept to find out what makes no difference


@dataclass(frozen=True)
class Tuning:
    """What the search found. `trials` come in the order in which they were decoded.

    n_decodes: how often dev was decoded, parts of it counted as such. same: which of the trials
    dev cannot tell from the best one, by the interval of the paired difference. The intervals
    are of 95 %; `gain` is of the WER that tuning saves against the default on the same utterances.
    """

    best: Trial
    default: Trial
    trials: tuple[Trial, ...]
    greedy_errors: int
    n_workers: int
    notes: tuple[str, ...]
    n_decodes: float
    same: tuple[bool, ...]
    plateau: tuple[Range, ...]
    greedy_interval: Interval
    default_interval: Interval
    best_interval: Interval
    gain: Interval

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
    tune_unk: bool = False,
    engine: Engine = "auto",
    on_news: Callable[[str], None] | None = None,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuning:
    """The weights with the fewest word errors, for which dev was decoded up to `budget` times.

    `WeightSearch` says which are tried, `Race` when a trial is given up; a quarter of the budget
    goes to the plateau. The result is never worse than `start`, stays with it unless something is
    gained, and does not depend on `n_workers`. `on_trial` hears each trial, `on_news` which engine
    it is that decodes.

    Raises UsageError when there is nothing to tune on or `budget` < 1, and what decoding raises.
    """
    start = start or DecodingOptions()
    if len(emissions) != len(references):
        raise ValueError(f"{len(emissions)} emissions for {len(references)} references")
    if not references:
        raise UsageError("no utterances to tune on", hint="name a dev set that is not empty")
    if budget < 1:
        raise UsageError(f"budget = {budget}: nothing may be decoded", hint="use 1 or more")

    def open_one(options: DecodingOptions) -> Decoder:
        news = on_news if options == start else None
        decoder = open_decoder(vocabulary, lm=lm, options=options, engine=engine, on_news=news)
        if news:
            for warning in decoder.warnings:
                news(warning)
        return decoder

    with ExitStack() as stack:
        pools = _Pools(stack, open_one, start, emissions, n_workers)
        race = Race(pools.decode, references, count_errors, on_trial=on_trial)
        search = WeightSearch(
            race.measure,
            Weights(start.alpha, start.beta, start.unk_score_offset),
            budget=max(1, budget - round(_PLATEAU_SHARE * budget)),
            further_starts=FURTHER_STARTS,
            tune_unk=tune_unk,
        )
        search.run()
        search.budget = budget
        texts = [greedy_text(item, vocabulary) for item in emissions]
        greedy = [count_errors(*pair)[0] for pair in zip(references, texts, strict=True)]
        return _conclude(search, race, np.array(greedy), pools.first, tune_unk=tune_unk)


class _Pools:
    """A pool for each offset of unknown words: that one a decoder cannot change."""

    def __init__(
        self,
        stack: ExitStack,
        open_one: Callable[[DecodingOptions], Decoder],
        start: DecodingOptions,
        emissions: Sequence[npt.NDArray[Any]],
        n_workers: int,
    ) -> None:
        self._stack = stack
        self._open_one = open_one
        self._start = start
        self._emissions = emissions
        self._n_workers = n_workers
        self._pools: dict[float, DecodePool] = {}

    @property
    def first(self) -> DecodePool:
        return next(iter(self._pools.values()))

    def decode(self, weights: Weights, part: Sequence[int]) -> list[str]:
        """The texts of these utterances."""
        alpha, beta, offset = weights
        if offset not in self._pools:
            decoder = self._open_one(replace(self._start, unk_score_offset=offset))
            pool = decode_pool(decoder, self._emissions, n_workers=self._n_workers)
            self._pools[offset] = self._stack.enter_context(pool)
        return self._pools[offset].decode_all(alpha=alpha, beta=beta, part=part)


def _conclude(
    search: WeightSearch,
    race: Race,
    greedy: npt.NDArray[np.int64],
    pool: DecodePool,
    *,
    tune_unk: bool,
) -> Tuning:
    """The plateau found, where better weights may yet turn up, and everything with intervals."""
    bootstrap = Bootstrap(race.n_words)
    while True:
        best = search.best()
        errors = race.errors[best.weights]

        def is_same(trial: Trial, base: npt.NDArray[np.int64] = errors) -> bool:
            if trial.share < 1:
                return False
            return bootstrap.rate(race.errors[trial.weights] - base).low <= 0

        plateau = find_plateau(best, probe=search.probe, is_same=is_same, tune_unk=tune_unk)
        if search.best() == best:
            break
    default = search.trials[0]
    started = race.errors[default.weights]
    return Tuning(
        best=best,
        default=default,
        trials=tuple(search.trials),
        greedy_errors=int(greedy.sum()),
        n_workers=pool.n_workers,
        notes=pool.notes,
        n_decodes=search.n_decodes,
        same=tuple(map(is_same, search.trials)),
        plateau=plateau,
        greedy_interval=bootstrap.rate(greedy),
        default_interval=bootstrap.rate(started),
        best_interval=bootstrap.rate(errors),
        gain=bootstrap.rate(started - errors),
    )
