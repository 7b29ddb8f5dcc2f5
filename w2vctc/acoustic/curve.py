"""The learning curve as a picture."""

from collections.abc import Sequence
from pathlib import Path

from w2vctc.acoustic.progress import TrainingEvent
from w2vctc.files import staged_file

_LOSS_COLOUR = "#8a8f98"
_WER_COLOUR = "#0b6e99"
_CER_COLOUR = "#c2571a"


def save_curve(events: Sequence[TrainingEvent], path: Path, *, title: str) -> None:
    """Writes a PNG: loss by update, and dev WER and CER in percent with the best one marked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    loss_axis = figure.add_subplot()
    losses = [(event.step, event.loss) for event in events if event.loss is not None]
    if losses:
        loss_axis.plot(*zip(*losses, strict=True), color=_LOSS_COLOUR, linewidth=1)
        most = sorted(loss for _, loss in losses)[int(0.98 * len(losses))]
        loss_axis.set_ylim(0, max(1.05 * most, 1e-3))
    loss_axis.set_xlabel("update")
    loss_axis.set_ylabel("training loss", color=_LOSS_COLOUR)
    rate_axis = loss_axis.twinx()
    looks = [event for event in events if event.dev_wer is not None]
    steps = [event.step for event in looks]
    for name, colour, shares in (
        ("dev WER", _WER_COLOUR, [100 * (event.dev_wer or 0.0) for event in looks]),
        ("dev CER", _CER_COLOUR, [100 * (event.dev_cer or 0.0) for event in looks]),
    ):
        rate_axis.plot(steps, shares, color=colour, marker="o", markersize=4, label=name)
    _mark_best(rate_axis, looks)
    rate_axis.set_ylabel("error rate on dev, %")
    rate_axis.set_ylim(0, max(105.0, *(105 * (event.dev_wer or 0.0) for event in looks), 0.0))
    rate_axis.legend(loc="upper right")
    loss_axis.set_title(title)
    with staged_file(path) as staging:
        figure.savefig(staging, dpi=120)


def _mark_best(axis: object, looks: Sequence[TrainingEvent]) -> None:
    if not looks:
        return
    best = min(looks, key=lambda event: (event.dev_wer or 0.0, event.dev_cer or 0.0))
    share = 100 * (best.dev_wer or 0.0)
    axis.annotate(  # type: ignore[attr-defined]
        f"best {share:.1f} %",
        (best.step, share),
        textcoords="offset points",
        xytext=(0, 8),
        ha="right",
        color=_WER_COLOUR,
    )
