"""The error surface over alpha and beta as a picture."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from w2vctc.decode.surface import BEST, GIVEN_UP, SAME, trials_on_surface
from w2vctc.decode.tune import Tuning
from w2vctc.decode.weight_search import STEPS
from w2vctc.files import staged_file

_COLOURS = "viridis_r"
_N_CELLS = 160
_MOST_ABOVE = 0.1  # WER above the best one from which all colours are alike
_EDGES = {BEST: ("#d62728", 2.2), SAME: ("black", 1.4), GIVEN_UP: ("white", 0.6)}


def save_surface(tuning: Tuning, path: Path, *, title: str) -> None:
    """Writes a PNG: a dot with its WER per trial, and between them a paler guess.

    The cross is the plateau: along it dev can tell no difference.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    marked = trials_on_surface(tuning)
    points = np.array([(trial.alpha, trial.beta) for trial, _ in marked])
    rates = np.array([100 * trial.wer for trial, _ in marked])
    low = 100 * tuning.best.wer
    high = max(min(rates.max(), low + 100 * _MOST_ABOVE), low + 0.1)
    margin = np.array(STEPS[:2]) / 4
    (left, bottom), (right, top) = points.min(0) - margin, points.max(0) + margin
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axis = figure.add_subplot()
    scale: dict[str, Any] = {"cmap": _COLOURS, "vmin": low, "vmax": high}
    between = _interpolate(points, rates, (left, right), (bottom, top))
    box = (left, right, bottom, top)
    axis.imshow(between, origin="lower", extent=box, aspect="auto", alpha=0.5, **scale)
    _draw_cross(axis, tuning)
    for mark, (edge, width) in {"": ("0.4", 0.8), **_EDGES}.items():
        chosen = [place for place, (_, one) in enumerate(marked) if one.strip() == mark]
        x, y = points[chosen].T
        style = {"edgecolors": edge, "linewidths": width, **scale}
        dots = axis.scatter(x, y, c=rates[chosen], s=90, **style)
    for (x, y), rate in zip(points, rates, strict=True):
        axis.annotate(
            f"{rate:.1f}", (x, y), xytext=(0, 8), textcoords="offset points", ha="center", size=7
        )
    figure.colorbar(dots, ax=axis, label="word error rate on dev, %")
    axis.set_xlabel("alpha, the weight of the language model")
    axis.set_ylabel("beta, the bonus per word")
    axis.set_title(title)
    with staged_file(path) as staging:
        figure.savefig(staging, dpi=120)


def _draw_cross(axis: Any, tuning: Tuning) -> None:
    alpha, beta = tuning.plateau[:2]
    style = {"color": "#d62728", "linewidth": 3, "alpha": 0.6, "zorder": 1.5}
    axis.plot((alpha.low, alpha.high), (tuning.beta, tuning.beta), **style)
    axis.plot((tuning.alpha, tuning.alpha), (beta.low, beta.high), **style)


def _interpolate(
    points: npt.NDArray[Any],
    rates: npt.NDArray[Any],
    x: tuple[float, float],
    y: tuple[float, float],
) -> npt.NDArray[Any]:
    """Means of all trials, weighed by the inverse cube of the distance in steps of the search."""
    across, up = np.meshgrid(np.linspace(x[0], x[1], _N_CELLS), np.linspace(y[0], y[1], _N_CELLS))
    places = np.stack([across, up], axis=-1)[:, :, None, :]
    distances = np.linalg.norm((places - points) / np.array(STEPS[:2]), axis=-1)
    weights = 1 / np.maximum(distances, 1e-3) ** 3
    result: npt.NDArray[Any] = (weights * rates).sum(-1) / weights.sum(-1)
    return result
