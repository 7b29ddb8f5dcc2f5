"""What `test_together.py` starts several times at once: small runs that the processes share."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_data, train_small

from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.parallel import together
from w2vctc.acoustic.parallel.processes import find_processes, leave
from w2vctc.acoustic.parallel.together import StopTogether
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.batch_memory import count_clips
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.errors import MachineError

# Nothing draws random numbers, so that any number of processes can make the same updates.
STILL = replace(
    SHORT_SCHEDULE,
    updates=8,
    mask_time_prob=0.0,
    mask_feature_prob=0.0,
    activation_dropout=0.0,
    freeze_encoder_updates=3,
)
SCHEDULES: dict[str, Schedule] = {
    "clips": STILL,  # one batch an update: its clips are dealt out
    "batches": replace(STILL, accumulation=2, batch_s=2.0),
    "odd": replace(STILL, accumulation=3, batch_s=1.5),
    "single": replace(STILL, batch_s=0.1),  # one clip a batch: one process has nothing to hear
}
TWICE = replace(STILL, accumulation=4, batch_s=4.0)  # two passes of each process in an update
MASKED = replace(SHORT_SCHEDULE, updates=8)  # masks are drawn, other ones in each process
STOP_AT = 5


def make_same_data(folder: Path) -> TrainingData:
    """The same clips in every process; the folder must be another one for each."""
    return make_data(folder, n_train=9, n_dev=5)


def train(data: TrainingData, folder: Path, name: str, *, source: Path, **known: Any) -> Any:
    """One run by SCHEDULES[name], or MASKED: what it told while it ran, and what it came to."""
    events: list[TrainingEvent] = []
    result = train_small(
        data,
        folder,
        source=source,
        schedule={**SCHEDULES, "twice": TWICE}.get(name, MASKED),
        on_event=events.append,
        **known,
    )
    return {
        "losses": [event.loss for event in events if event.loss is not None],
        "dev": [(e.dev_wer, e.dev_cer, e.dev_loss) for e in events if e.dev_wer is not None],
        "epochs": [event.epoch for event in events],
        "steps": result.steps,
        "interrupted": result.interrupted,
    }


class ToldToStop(StopTogether):
    """A stopper whose process gets a signal during one update."""

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        if state.global_step == STOP_AT:
            signal.raise_signal(signal.SIGTERM)
        super().on_step_end(args, state, control, **known)


@contextmanager
def told_to_stop(is_told: bool) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        if is_told:
            patch.setattr(together, "StopTogether", ToldToStop)
        yield


@contextmanager
def out_of_memory(when: bool, *, n_clips: int, after: int = 0, dev: bool = False) -> Iterator[None]:
    """Batches of more clips run out of memory, in the midst of the backward pass; dev's too."""
    original, n_seen = CtcTrainer.compute_loss, 0
    listen = CtcTrainer._listen

    def compute_loss(self: Any, model: Any, inputs: Any, *known: Any) -> Any:
        nonlocal n_seen
        n_seen += 1
        loss = original(self, model, inputs, *known)
        if n_seen > after and count_clips(inputs) > n_clips:
            loss.backward()
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return loss

    def refuse(self: Any, model: Any, inputs: Any) -> Any:
        if dev and count_clips(inputs) > n_clips:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return listen(self, model, inputs)

    with pytest.MonkeyPatch.context() as patch:
        if when:
            patch.setattr(CtcTrainer, "compute_loss", compute_loss)
            patch.setattr(CtcTrainer, "_listen", refuse)
        yield


def train_without_memory(source: Path, folder: Path) -> None:
    """A run in which the second process has no memory for a single clip."""
    rank = find_processes().rank
    data = make_same_data(folder / f"sounds{rank}")
    with out_of_memory(rank == 1, n_clips=0, after=1):
        try:
            train(data, folder / "hopeless", "batches", source=source)
        except MachineError as error:
            sys.stderr.write(f"{error.code} {error.message}\n")
            raise SystemExit(error.exit_code) from None


def main(source: Path, folder: Path) -> None:
    rank = find_processes().rank
    data = make_same_data(folder / f"sounds{rank}")
    told = {name: train(data, folder / name, name, source=source) for name in SCHEDULES}
    train(data, folder / "masked", "masked", source=source)
    with told_to_stop(rank == 1):  # one is: all of them stop after the same update
        told["stopped"] = train(data, folder / "stopped", "clips", source=source)
        train(data, folder / "resumed", "masked", source=source)
    train(data, folder / "resumed", "masked", source=source, resume=True)
    notes: list[str] = []
    with out_of_memory(rank == 1, n_clips=1, after=9, dev=True):
        told["cut"] = train(
            data, folder / "cut", "twice", source=source, on_note=notes.append, eval_every=3
        )
    told["cut"]["notes"] = notes
    told["whole"] = train(data, folder / "whole", "twice", source=source, eval_every=3)
    (folder / f"told{rank}.json").write_text(json.dumps(told), encoding="utf-8")
    leave()


if __name__ == "__main__":
    torch.set_num_threads(1)
    what = train_without_memory if sys.argv[3:] == ["hopeless"] else main
    what(Path(sys.argv[1]), Path(sys.argv[2]))
