"""All that there is to tell of an evaluation: intervals, comparisons, parts, errors, choices."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import chain

from w2vctc.corpus.utterance import Utterance
from w2vctc.evaluate.breakdown import (
    Breakdown,
    KnownWords,
    break_down,
    break_down_by_length,
    break_down_by_unknown,
    count_known_words,
)
from w2vctc.evaluate.calibration import CalibrationTable, tabulate_confidences
from w2vctc.evaluate.choices import Choice, judge_split
from w2vctc.evaluate.confusions import Confusions, count_confusions, rank_worst
from w2vctc.evaluate.intervals import Interval, bound_rate
from w2vctc.evaluate.paired import Comparison, compare_rates
from w2vctc.evaluate.report import Evaluation, SystemResult
from w2vctc.evaluate.scored import ScoredText


@dataclass(frozen=True)
class Bounds:
    """95 % intervals of a system's rates; None where there are too few utterances."""

    words: Interval | None
    characters: Interval | None


@dataclass(frozen=True)
class Examination:
    """An evaluation looked at from all sides.

    main: the system that everything but the table of systems is about. bounds: one for each
    system. comparisons: main against each of the others. worst: places in `evaluation.rows`, the
    most misheard first. known_words: None without a list of words. n_shared: references that the
    language model's text holds, None where its folder does not tell. verdict: what the split's
    rates are worth after these choices. calibration: of main's confidences, None without any.
    """

    evaluation: Evaluation
    split: str
    main: SystemResult
    bounds: tuple[Bounds, ...]
    comparisons: tuple[Comparison, ...]
    breakdowns: tuple[Breakdown, ...]
    known_words: KnownWords | None
    confusions: Confusions
    worst: tuple[int, ...]
    choices: tuple[Choice, ...]
    verdict: str
    n_shared: int | None = None
    calibration: CalibrationTable | None = None

    @property
    def rows(self) -> tuple[Utterance, ...]:
        """The utterances, in the order of each system's texts."""
        return self.evaluation.rows


def examine(
    evaluation: Evaluation,
    *,
    split: str,
    main: str,
    by: Sequence[str] = (),
    known: Collection[str] | None = None,
    choices: tuple[Choice, ...] = (),
    n_shared: int | None = None,
) -> Examination:
    """The examination of an evaluation that has its rows and texts.

    main: the name of a system. by: columns of the table. known: words of the language model.
    """
    rows, systems = evaluation.rows, evaluation.systems
    own = next(system for system in systems if system.name == main)
    breakdowns = [break_down(rows, own.texts, name) for name in by]
    breakdowns.append(break_down_by_length(rows, own.texts))
    words = frozenset(known) if known is not None else None
    if words is not None:
        breakdowns.append(break_down_by_unknown(rows, own.texts, words))
    return Examination(
        evaluation=evaluation,
        split=split,
        main=own,
        bounds=tuple(_bound(system.texts) for system in systems),
        comparisons=tuple(_compare(own, one) for one in systems if one is not own),
        breakdowns=tuple(breakdowns),
        known_words=None if words is None else count_known_words(rows, own.texts, words),
        confusions=count_confusions(rows, own.texts),
        worst=tuple(rank_worst(own.texts)),
        choices=choices,
        verdict=judge_split(split, choices),
        n_shared=n_shared,
        calibration=_calibrate(own.texts),
    )


def _calibrate(texts: Sequence[ScoredText]) -> CalibrationTable | None:
    pairs = list(chain.from_iterable(text.confidences for text in texts))
    return tabulate_confidences(*map(list, zip(*pairs, strict=True))) if pairs else None


def _bound(texts: Sequence[ScoredText]) -> Bounds:
    return Bounds(
        words=bound_rate([text.words for text in texts]),
        characters=bound_rate([text.characters for text in texts]),
    )


def _compare(system: SystemResult, other: SystemResult) -> Comparison:
    return compare_rates(
        system.name,
        [text.words for text in system.texts],
        against=other.name,
        other_counts=[text.words for text in other.texts],
    )
