"""The error surface over alpha and beta as text: what was decoded, and nothing in between."""

from collections.abc import Sequence

from w2vctc.decode.plateau import Range
from w2vctc.decode.tune import Tuning
from w2vctc.decode.weight_search import Trial

_BLOCKS = "▁▂▃▄▅▆▇█"
_MOST_COLUMNS = 11  # as many as fit into 100 characters
_TALLEST = 0.1  # WER above the best one from which all blocks are alike
_NAMES = {"unk_score_offset": "offset of unknown words"}

BEST, SAME, GIVEN_UP, OTHER = "*", "=", "~", " "
LEGEND = (
    f"{BEST} fewest errors   {SAME} no difference that dev can tell   {GIVEN_UP} given up early"
)


def trials_on_surface(tuning: Tuning) -> list[tuple[Trial, str]]:
    """The trials of the best way with unknown words, each with its mark.

    Of those that differ in the offset of unknown words only, the best one.
    """
    found: dict[tuple[float, float], tuple[Trial, str]] = {}
    for trial, same in zip(tuning.trials, tuning.same, strict=True):
        if trial.way != tuning.best.way:
            continue
        mark = SAME if same else OTHER if trial.share == 1 else GIVEN_UP
        place = trial.alpha, trial.beta
        if place in found and _rank(found[place][0]) <= _rank(trial):
            continue
        found[place] = trial, BEST if trial == tuning.best else mark
    found[tuning.alpha, tuning.beta] = tuning.best, BEST
    return list(found.values())


def _rank(trial: Trial) -> tuple[bool, int]:
    return trial.share < 1, trial.word_errors


def draw_surface(tuning: Tuning) -> str:
    """Lines of a table: alpha across, beta down, WER in percent with a block as tall as it is bad.

    Where there are too many values of alpha, those nearest to the best one are shown.
    """
    cells = {(trial.alpha, trial.beta): (trial, mark) for trial, mark in trials_on_surface(tuning)}
    alphas = _nearest({alpha for alpha, _ in cells}, tuning.best.alpha)
    betas = sorted({beta for alpha, beta in cells if alpha in alphas}, reverse=True)
    span = min(max(trial.wer for trial, _ in cells.values()) - tuning.best.wer, _TALLEST)
    lines = [" beta \\ alpha" + " ".join(f"{alpha:7.3f}" for alpha in alphas)]
    for beta in betas:
        row = [_cell(cells.get((alpha, beta)), tuning.best.wer, span) for alpha in alphas]
        lines.append(f"{beta:10.2f}   {''.join(row)}".rstrip())
    offsets = {trial.unk_score_offset for trial, _ in cells.values()}
    if len(offsets) > 1:
        lines.append(" each with the best offset of unknown words that was tried there")
    return "\n".join([*lines, f" WER in %   {LEGEND}"]) + "\n"


def describe_plateau(plateau: Sequence[Range]) -> str:
    """`alpha between 0.25 and 0.75, beta 1.50 only`: what makes no difference that dev can tell."""
    return ", ".join(_describe(span) for span in plateau)


def _describe(span: Range) -> str:
    name = _NAMES.get(span.name, span.name)
    if span.low == span.high and not (span.low_open or span.high_open):
        return f"{name} {span.low:.2f} only"
    low = f"{span.low:.2f}{' or less' if span.low_open else ''}"
    return f"{name} between {low} and {span.high:.2f}{' or more' if span.high_open else ''}"


def _nearest(values: set[float], centre: float) -> list[float]:
    return sorted(sorted(values, key=lambda value: (abs(value - centre), value))[:_MOST_COLUMNS])


def _cell(found: tuple[Trial, str] | None, best_wer: float, span: float) -> str:
    if found is None:
        return " " * 8
    trial, mark = found
    height = (trial.wer - best_wer) / span if span > 0 else 0.0
    block = _BLOCKS[min(round(height * (len(_BLOCKS) - 1)), len(_BLOCKS) - 1)]
    return f"{100 * trial.wer:5.1f}{block}{mark} "
