"""The learning curve as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.files import staged_file

_LOSS_COLOUR = "#8a8f98"
_DEV_LOSS_COLOUR = "#3d434d"
_WER_COLOUR = "#0b6e99"
_LM_COLOUR = "#5a4fa2"
_CER_COLOUR = "#c2571a"
_GRID_COLOUR = "#e6e8eb"


def save_curve(events: Sequence[TrainingEvent], path: Path, *, title: str) -> None:
    """Writes a PNG: error rates on dev in percent with the best one marked, below them the losses.

    Where the loss of dev rises while that of training falls, the model learns by heart.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    rates, losses = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    looks = [event for event in events if event.dev_wer is not None]
    _draw_rates(rates, looks)
    _draw_losses(losses, events, looks)
    for axis in (rates, losses):
        _tidy(axis)
    losses.set_xlabel("update")
    losses.xaxis.set_major_formatter(lambda step, _: f"{step:,.0f}")
    rates.set_title(title.replace("$", r"\$"), loc="left")
    with staged_file(path) as staging:
        figure.savefig(staging, dpi=120)


def _draw_rates(axis: Any, looks: Sequence[TrainingEvent]) -> None:
    steps = [event.step for event in looks]
    for name, colour, shares in (
        ("WER", _WER_COLOUR, [event.dev_wer for event in looks]),
        ("WER with the LM", _LM_COLOUR, [event.dev_lm_wer for event in looks]),
        ("CER", _CER_COLOUR, [event.dev_cer for event in looks]),
    ):
        if any(share is not None for share in shares):
            percent = [float("nan") if share is None else 100 * share for share in shares]
            axis.plot(steps, percent, color=colour, marker="o", markersize=4, label=name)
    highest = max((100 * (event.dev_wer or 0.0) for event in looks), default=100.0)
    axis.set_ylim(0, 1.08 * max(highest, 1.0))
    axis.set_ylabel("errors on dev, %")
    if looks:
        _mark_best(axis, min(looks, key=lambda e: (e.dev_wer or 0.0, e.dev_cer or 0.0)))
        _add_legend(axis)


def _mark_best(axis: Any, best: TrainingEvent) -> None:
    share = 100 * (best.dev_wer or 0.0)
    axis.plot([best.step], [share], "o", markersize=9, fillstyle="none", color=_WER_COLOUR)
    low = share < 0.25 * axis.get_ylim()[1]
    axis.annotate(
        f"best {share:.1f} %",
        (best.step, share),
        textcoords="offset points",
        xytext=(0, 10 if low else -10),
        va="bottom" if low else "top",
        ha="center",
        color=_WER_COLOUR,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
    )


def _draw_losses(
    axis: Any, events: Sequence[TrainingEvent], looks: Sequence[TrainingEvent]
) -> None:
    losses = [(event.step, event.loss) for event in events if event.loss is not None]
    dev = [(event.step, event.dev_loss) for event in looks if event.dev_loss is not None]
    if losses:
        axis.plot(*zip(*losses, strict=True), color=_LOSS_COLOUR, linewidth=1, label="training")
    if dev:
        axis.plot(
            *zip(*dev, strict=True), color=_DEV_LOSS_COLOUR, marker="o", markersize=4, label="dev"
        )
    axis.set_ylabel("loss")
    if losses or dev:
        usual = sorted(loss for _, loss in losses)[: max(int(0.98 * len(losses)), 1)]
        axis.set_ylim(0, 1.08 * max(*usual, *(loss for _, loss in dev), 1e-3, 0.0))
        _add_legend(axis)


def _add_legend(axis: Any) -> None:
    """Above the axes: no corner inside is free in every run."""
    axis.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, frameon=False, borderaxespad=0.2)


def _tidy(axis: Any) -> None:
    axis.spines[["top", "right"]].set_visible(False)
    axis.grid(axis="y", color=_GRID_COLOUR)
    axis.set_axisbelow(True)
