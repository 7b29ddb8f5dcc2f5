"""Training clips that the model goes on to find improbable: often a transcript is another clip's.

The losses are those of training itself, so looking costs nothing: each clip's last `KEPT` losses
are remembered, and a clip is a suspect if all of them lie far above what the other clips have.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2vctc.corpus.utterance import Utterance
from w2vctc.files import save_text, staged_file

KEPT = 2  # hearings of a clip that must agree
LOSSES_NAME = "losses.npy"  # in a checkpoint
SUSPECTS_NAME = "suspects.tsv"
# Robust standard deviations. Twelve of 400 Kichwa clips with another one's words lay at 40 to 130
# after two epochs, with 4.7 and more per label.
_FAR = 6.0
_IMPROBABLE = 1.0  # per label: once most clips are learned by heart, any other lies far from them
_DEVIATIONS_PER_MAD = 1.4826  # of a normal distribution
_MOST_WAITING = 1_000  # batches that are noted without a look
_FEWEST = 20  # clips; of fewer nobody can say what is usual


@dataclass(frozen=True)
class Suspect:
    """A clip, how its loss per label stands out, and what the best path says it is."""

    utterance: Utterance
    loss: float
    heard: str = ""


class LossRecord:
    """The last losses per label of each training clip, (n_rows, KEPT), NaN where not yet heard."""

    def __init__(self, n_rows: int) -> None:
        self.losses: NDArray[np.float32] = np.full((n_rows, KEPT), np.nan, dtype=np.float32)
        self._waiting: list[tuple[Any, Any]] = []
        self._begun = 0  # in them, the first one of this update

    def add(self, rows: Any, losses: Any) -> None:
        """Notes the losses of a batch (tensors of shape (B,)) without waiting for the device."""
        self._waiting.append((rows, losses.detach()))

    def begin(self) -> None:
        """An update begins: `take_back` goes back to here."""
        if len(self._waiting) >= _MOST_WAITING:
            self.settle()
        self._begun = len(self._waiting)

    def take_back(self) -> None:
        """Forgets what was noted in this update."""
        del self._waiting[self._begun :]

    def settle(self) -> NDArray[np.float32]:
        """The losses with everything that was noted."""
        if self._waiting:
            # One transfer of all: each would wait for the device.
            all_rows = torch.cat([rows for rows, _ in self._waiting]).cpu().numpy()
            all_losses = torch.cat([losses.float() for _, losses in self._waiting]).cpu().numpy()
            ends = np.cumsum([len(rows) for rows, _ in self._waiting])[:-1]
            for at, losses in zip(
                np.split(all_rows, ends), np.split(all_losses, ends), strict=True
            ):
                self.losses[at, :-1] = self.losses[at, 1:]
                self.losses[at, -1] = losses
        self._waiting.clear()
        self._begun = 0
        return self.losses

    def save(self, folder: Path) -> None:
        """Into a checkpoint, so that a resumed run remembers."""
        losses = self.settle()
        with staged_file(folder / LOSSES_NAME) as staging, staging.open("wb") as stream:
            np.save(stream, losses, allow_pickle=False)

    def load(self, folder: Path) -> None:
        """From a checkpoint; one without the file, or for other clips, leaves all unheard."""
        path = folder / LOSSES_NAME
        if path.is_file():
            losses = np.load(path, allow_pickle=False)
            if losses.shape == self.losses.shape:
                self.losses = losses.astype(np.float32)


def find_outliers(losses: NDArray[np.float32]) -> list[int]:
    """The rows whose losses per label, (n_rows, KEPT), all stand out, the worst first.

    By the median and the median absolute deviation of each hearing: the outliers themselves do not
    move what is usual.
    """
    heard = np.isfinite(losses).all(axis=1)
    if heard.sum() < _FEWEST:
        return []
    known = losses[heard].astype(np.float64)
    middle = np.median(known, axis=0)
    spread = _DEVIATIONS_PER_MAD * np.median(np.abs(known - middle), axis=0)
    far = np.full(len(losses), -np.inf)
    far[heard] = ((known - middle) / np.maximum(spread, 1e-9)).min(axis=1)
    rows = np.flatnonzero((far > _FAR) & (losses.min(axis=1) > _IMPROBABLE))
    return [int(row) for row in rows[np.argsort(-far[rows], kind="stable")]]


def find_outliers_of_each(losses: NDArray[np.float32], sizes: Sequence[int]) -> list[int]:
    """The outliers of each dataset, `sizes` rows long, among its own clips.

    One that is harder as a whole, in another dialect or on the telephone, is no suspect for that.
    """
    return [
        end - size + row
        for size, end in zip(sizes, accumulate(sizes), strict=True)
        for row in find_outliers(losses[end - size : end])
    ]


def save_suspects(path: Path, suspects: Sequence[Suspect]) -> None:
    """A table for review, with how each clip's row is to be found; none leaves no file."""
    if not suspects:
        path.unlink(missing_ok=True)
        return
    text = io.StringIO()
    table = csv.writer(text, delimiter="\t", lineterminator="\n")
    table.writerow(["id", "source", "loss", "text", "heard"])
    for suspect in suspects:
        row = suspect.utterance
        table.writerow([row.id, row.source, f"{suspect.loss:.2f}", row.text, suspect.heard])
    save_text(path, text.getvalue())
