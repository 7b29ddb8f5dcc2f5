"""Weights, and the way with unknown words, tuned on dev: true decodes, each one counted."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.decode.calibrating import Calibrated
from w2vctc.decode.engines import Decoder, Engine, open_decoder
from w2vctc.decode.greedy import decode_greedy
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.plateau import Bootstrap, Interval, Range, find_plateau
from w2vctc.decode.race import CountErrors, Race
from w2vctc.decode.ways import leave_out_impossible, race_ways, start_weights
from w2vctc.decode.weight_search import Trial, Weights, WeightSearch
from w2vctc.decode.workers import DecodePool, decode_pool
from w2vctc.errors import UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.settings import PLAIN, Way
from w2vctc.vocab import Vocabulary

# Both lie in the valley that goes from small weights to large ones: a longer word bonus makes up
# for a heavier language model.
FURTHER_STARTS = (Weights(0.25, 0.0), Weights(1.0, 4.0))
_PLATEAU_SHARE = 0.25  # of the budget is kept to find out what makes no difference
_RACE_SHARE = 1 / 3  # of the budget may go to the choice among the ways
_WAY_SHARE = 2 / 3  # of what is left then, to tuning the best of the other ways


@dataclass(frozen=True)
class Tuning:
    """What the search found. `trials` come in the order in which they were decoded.

    n_decodes: how often dev was decoded, parts of it counted as such. same: which of the trials
    dev cannot tell from the best one, by the interval of the paired difference. The intervals
    are of 95 %; `gain` is of the WER that tuning saves against the default on the same utterances.

    options: all that the best one decodes with. ways: the best trial of each way with unknown
    words, or the one after which it was given up. way_gain: of the WER that the best of the other
    ways saves against the first one, both tuned; None where there was none to tune.

    greedy_confidence, confidence: how sure the best path, and the best trial, are of their words;
    None where nobody looked, or dev has too few words.
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
    options: DecodingOptions = field(default_factory=DecodingOptions)
    ways: tuple[Trial, ...] = ()
    way_gain: Interval | None = None
    greedy_confidence: Calibrated | None = field(default=None, compare=False)
    confidence: Calibrated | None = field(default=None, compare=False)

    @property
    def plain(self) -> Trial | None:
        """The best that any engine can do: each unknown word at the same cost."""
        return next((trial for trial in self.ways if trial.way == PLAIN), None)

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
    fallback: DecodingOptions | None = None,
    n_workers: int = 1,
    budget: int = 24,
    tune_unk: bool = False,
    ways: Sequence[Way] = (),
    engine: Engine = "auto",
    on_news: Callable[[str], None] | None = None,
    on_trial: Callable[[Trial], None] | None = None,
) -> Tuning:
    """The weights with the fewest word errors, for which dev was decoded up to `budget` times.

    `WeightSearch` says which are tried, `Race` when a trial is given up; a quarter of the budget
    goes to the plateau. The result is never worse than `start`, stays with it unless something is
    gained, and does not depend on `n_workers`. `on_trial` hears each trial, `on_news` which engine
    it is that decodes and which ways it cannot go.

    ways: those with unknown words to choose among, the first one, which is that of `start`,
    before all. They race at the weights of the start; then the first and the best of the others
    are tuned. That other one is taken only where the interval of the paired difference is all on
    its side: it has more to fit dev with. fallback: `start` where pyctcdecode has to decode.

    Raises UsageError when there is nothing to tune on or `budget` < 1, and what decoding raises.
    """
    start = start or DecodingOptions()
    if len(emissions) != len(references):
        raise ValueError(f"{len(emissions)} emissions for {len(references)} references")
    if not references:
        raise UsageError("no utterances to tune on", hint="name a dev set that is not empty")
    if budget < 1:
        raise UsageError(f"budget = {budget}: nothing may be decoded", hint="use 1 or more")
    tell = on_news or (lambda _news: None)
    decoder = open_decoder(
        vocabulary, lm=lm, options=start, fallback=fallback, engine=engine, on_news=tell
    )
    for warning in decoder.warnings:
        tell(warning)
    possible = leave_out_impossible(
        ways or (start.way,),
        engine=decoder.engine,
        known_words=frozenset(lm.unigrams or ()),
        references=references,
        on_news=tell,
    )
    with ExitStack() as stack:
        pools = _Pools(stack, decoder, lm, emissions, n_workers)
        race = Race(pools.decode, references, count_errors, on_trial=on_trial)
        starts = [start_weights(way, decoder.options, tune_unk=tune_unk) for way in possible]
        searches = _search_ways(race, starts, budget=budget, tune_unk=tune_unk)
        texts = [decode_greedy(item, vocabulary).text for item in emissions]
        greedy = [count_errors(*pair)[0] for pair in zip(references, texts, strict=True)]
        return _conclude(searches, race, np.array(greedy), pools, budget=budget, tune_unk=tune_unk)


def _search_ways(
    race: Race, starts: Sequence[Weights], *, budget: int, tune_unk: bool
) -> list[WeightSearch]:
    """The searches, at their end, of the first way and of the best of the others, if any."""
    for_plateau = round(_PLATEAU_SHARE * budget)
    most = max(1, budget - for_plateau)
    contender = race_ways(race, starts, budget=_RACE_SHARE * budget)
    chosen = [race.trials[0].weights] if contender is None else [contender.weights, starts[0]]
    by_weights = {trial.weights: trial for trial in race.trials}
    searches: list[WeightSearch] = []
    further = list(FURTHER_STARTS)
    for weights in chosen:
        left = most - race.n_decodes
        search = WeightSearch(
            race.measure,
            weights,
            budget=left if len(searches) == len(chosen) - 1 else _WAY_SHARE * left,
            further_starts=[
                Weights(start.alpha, start.beta, weights.unk_score_offset, weights.way)
                for start in further
            ],
            # A word that cannot be found costs nothing.
            tune_unk=tune_unk and weights.way.kind != "closed",
            known=[by_weights[weights]],
        )
        further.append(search.run().weights)
        searches.append(search)
    return searches[::-1]


class _Pools:
    """A pool for each way and offset of unknown words: these a decoder cannot change."""

    def __init__(
        self,
        stack: ExitStack,
        decoder: Decoder,
        lm: LanguageModelFiles,
        emissions: Sequence[npt.NDArray[Any]],
        n_workers: int,
    ) -> None:
        self._stack = stack
        self._first = decoder
        self._start = decoder.options
        self._engine: Engine = "fast" if decoder.engine == "fast" else "pyctcdecode"
        self._lm = lm
        self._emissions = emissions
        self._n_workers = n_workers
        self._pools: dict[tuple[float, Way], DecodePool] = {}

    @property
    def first(self) -> DecodePool:
        return next(iter(self._pools.values()))

    def options(self, weights: Weights) -> DecodingOptions:
        """All that these weights are decoded with."""
        return replace(
            self._start,
            alpha=weights.alpha,
            beta=weights.beta,
            unk_score_offset=weights.unk_score_offset,
            vocabulary=weights.way.vocabulary,
            oov_order=weights.way.oov_order,
        )

    def decode(self, weights: Weights, part: Sequence[int]) -> list[str]:
        """The texts of these utterances."""
        key = (weights.unk_score_offset, weights.way)
        if key not in self._pools:
            opened = decode_pool(self._open(weights), self._emissions, n_workers=self._n_workers)
            self._pools[key] = self._stack.enter_context(opened)
        return self._pools[key].decode_all(alpha=weights.alpha, beta=weights.beta, part=part)

    def _open(self, weights: Weights) -> Decoder:
        if not self._pools:
            return self._first
        return open_decoder(
            self._first.vocabulary,
            lm=self._lm,
            options=self.options(weights),
            engine=self._engine,
        )


def _conclude(
    searches: Sequence[WeightSearch],
    race: Race,
    greedy: npt.NDArray[np.int64],
    pools: _Pools,
    *,
    budget: int,
    tune_unk: bool,
) -> Tuning:
    """The way decided, its plateau found, and everything with intervals.

    Better weights may yet turn up on the plateau; then it is looked for round those.
    """
    bootstrap = Bootstrap(race.n_words)
    search = _decide(searches, _compare_ways(searches, race, bootstrap))
    search.budget = search.n_decodes + budget - race.n_decodes
    while True:
        best = search.best()
        errors = race.errors[best.weights]

        def is_same(trial: Trial, base: npt.NDArray[np.int64] = errors) -> bool:
            if trial.share < 1:
                return False
            return bootstrap.rate(race.errors[trial.weights] - base).low <= 0

        moves_offset = tune_unk and best.way.kind != "closed"
        plateau = find_plateau(best, probe=search.probe, is_same=is_same, tune_unk=moves_offset)
        if search.best() == best:
            break
    default = race.trials[0]
    started = race.errors[default.weights]
    return Tuning(
        best=best,
        default=default,
        trials=tuple(race.trials),
        greedy_errors=int(greedy.sum()),
        n_workers=pools.first.n_workers,
        notes=pools.first.notes,
        n_decodes=race.n_decodes,
        same=tuple(map(is_same, race.trials)),
        plateau=plateau,
        greedy_interval=bootstrap.rate(greedy),
        default_interval=bootstrap.rate(started),
        best_interval=bootstrap.rate(errors),
        gain=bootstrap.rate(started - errors),
        options=pools.options(best.weights),
        ways=_best_of_ways(searches, race),
        way_gain=_compare_ways(searches, race, bootstrap),
    )


def _compare_ways(
    searches: Sequence[WeightSearch], race: Race, bootstrap: Bootstrap
) -> Interval | None:
    """What the best of the other ways saves against the first one, both at their best."""
    if len(searches) == 1:
        return None
    first, other = (race.errors[search.best().weights] for search in searches)
    return bootstrap.rate(first - other)


def _decide(searches: Sequence[WeightSearch], gain: Interval | None) -> WeightSearch:
    """The search of the first way, unless another one is better beyond what chance does."""
    return searches[-1] if gain is not None and gain.low > 0 else searches[0]


def _best_of_ways(searches: Sequence[WeightSearch], race: Race) -> tuple[Trial, ...]:
    """One trial of each way, in the order in which they were first tried."""
    tuned = {search.best().way: search.best() for search in searches}
    raced: dict[Way, Trial] = {}
    for trial in race.trials:
        raced.setdefault(trial.way, trial)
    return tuple(tuned.get(way, trial) for way, trial in raced.items())
