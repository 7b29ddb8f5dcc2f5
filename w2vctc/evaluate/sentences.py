"""Findings in words, for the screen and the written reports."""

from w2vctc.evaluate.breakdown import KnownWords
from w2vctc.evaluate.calibration import CalibrationTable
from w2vctc.evaluate.intervals import Interval
from w2vctc.evaluate.paired import Comparison

_SURE = 0.05


def format_rate(rate: float) -> str:
    """`12.3 %`."""
    return f"{100 * rate:.1f} %"


def format_interval(interval: Interval | None) -> str:
    """`11.2 to 13.5`, in percent; `-` for none."""
    return "-" if interval is None else f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"


def describe_comparison(one: Comparison) -> str:
    """`LM against greedy: 7.1 fewer errors in 100 words (95 %: 5.9 to 8.2, p 0.001)`."""
    if not one.saved and not one.n_better and not one.n_worse:
        return f"{one.system} against {one.against}: as many errors in every utterance"
    amount = f"{abs(100 * one.saved):.1f} {'fewer' if one.saved >= 0 else 'more'}"
    text = f"{one.system} against {one.against}: {amount} errors in 100 words"
    if one.interval is None or one.p_value is None:
        return f"{text}, of too few utterances to tell"
    sign = 1 if one.saved >= 0 else -1
    low, high = sorted((100 * sign * one.interval.low, 100 * sign * one.interval.high))
    text += f" (95 %: {low:.1f} to {high:.1f}, p {one.p_value:.3f})"
    return text if one.p_value < _SURE else f"{text}: chance may do as much"


def describe_known_words(known: KnownWords) -> str:
    """A sentence on words that the language model knows, and on the others."""
    n_words = known.n_known + known.n_unknown
    if not known.n_unknown:
        return f"the language model knows all {n_words:,} words said"
    share = format_rate(known.n_unknown / (n_words or 1))
    return (
        f"the language model does not know {known.n_unknown:,} of {n_words:,} words said ({share});"
        f" missed were {format_rate(known.known_rate)} of those it knows and"
        f" {format_rate(known.unknown_rate)} of the others"
    )


def describe_calibration(table: CalibrationTable) -> str:
    """A sentence on how far confidences can be believed."""
    sorting = ""
    if table.auc is not None:
        sorting = f"; of a right and a wrong word the right is surer in {format_rate(table.auc)}"
    return (
        f"confidence and share of right words differ by {format_rate(table.error)} on average"
        f" ({format_rate(table.chance)} by chance alone) over {table.n_words:,} words{sorting}"
    )
