"""A few steps on real batches, to see what a run takes; nothing is learned and nothing stays."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import Trainer

from w2vctc.acoustic.memory_errors import is_out_of_memory
from w2vctc.acoustic.training.trainer import CtcTrainer

MOST_STEPS = 20
_FROZEN_STEPS = 5  # of them, where a run begins with a frozen encoder
_DEV_STEPS = 4
_PATIENCE_S = 60.0  # base takes minutes for each step on a small CPU


@dataclass(frozen=True)
class Probe:
    """Seconds of work per second of sound (padding counts), and the most memory that was taken.

    frozen: with a graph for the head alone; None where a run has no such steps. peak_bytes: of
    the GPU, or of the whole process on a CPU. fits: whether every batch found memory enough.
    """

    frozen: float | None
    learning: float | None
    dev: float | None
    n_steps: int
    seconds: float
    peak_bytes: int
    fits: bool = True


def probe_run(trainer: CtcTrainer, durations_s: Sequence[float], dev_s: Sequence[float]) -> Probe:
    """What some steps of the run take, the batch with the most sound and the longest clip first."""
    started = time.monotonic()
    stepper = _Stepper(trainer)
    order = choose_batches(trainer.plan, durations_s, n=MOST_STEPS)
    rates: dict[str, list[tuple[float, float]]] = {"learning": [], "frozen": [], "dev": []}
    fits = True
    n_frozen = min(_FROZEN_STEPS, len(order) // 3) if trainer.schedule.freeze_encoder_updates else 0
    kinds = ["learning"] * (len(order) - n_frozen) + ["frozen"] * n_frozen
    try:
        for kind, batch in zip(kinds, order, strict=True):
            late = time.monotonic() - started > _PATIENCE_S
            if late and len(rates[kind]) > (kind == "learning"):
                continue
            seconds = stepper.train(batch, frozen=kind == "frozen")
            rates[kind].append((seconds, padded_seconds(batch, durations_s)))
        for batch in choose_batches(trainer.dev_plan, dev_s, n=_DEV_STEPS):
            rates["dev"].append((stepper.listen(batch), padded_seconds(batch, dev_s)))
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        fits = False
    return Probe(
        frozen=_rate(rates["frozen"]),
        # The first step also makes room for everything that stays.
        learning=_rate(rates["learning"][1:] or rates["learning"]),
        dev=_rate(rates["dev"]),
        n_steps=sum(map(len, rates.values())),
        seconds=time.monotonic() - started,
        peak_bytes=_read_peak(trainer.args.device),
        fits=fits,
    )


def time_checkpoint(trainer: CtcTrainer, folder: Path) -> float | None:
    """Seconds that one checkpoint of the probed trainer takes to be written into `folder`.

    It goes into a temporary folder there, which is removed again; None where that fails.
    """
    trainer.create_scheduler(trainer.args.max_steps)
    before = trainer.args.output_dir
    try:
        with tempfile.TemporaryDirectory(prefix=".w2vctc-plan-", dir=folder) as place:
            trainer.args.output_dir = place
            started = time.monotonic()
            trainer._write_checkpoint(Path(place), trainer.model, None)
            return time.monotonic() - started
    # torch and safetensors put a refused write into errors of their own
    except (OSError, RuntimeError, SafetensorError):
        return None
    finally:
        trainer.args.output_dir = before


def choose_batches(
    plan: Sequence[list[int]], durations_s: Sequence[float], *, n: int
) -> list[list[int]]:
    """At most `n` different batches: the two that need most memory, then a fair sample of all."""
    by_sound = sorted(plan, key=lambda batch: padded_seconds(batch, durations_s))
    longest = max(plan, key=lambda batch: max(durations_s[row] for row in batch))
    wanted = [by_sound[-1], longest]
    step = max(1, len(by_sound) / n)
    wanted += [by_sound[int(step * (number + 0.5)) % len(by_sound)] for number in range(n)]
    seen: list[list[int]] = []
    for batch in wanted:
        if batch not in seen:
            seen.append(batch)
    return seen[:n]


def padded_seconds(batch: Sequence[int], durations_s: Sequence[float]) -> float:
    """The sound that a batch is for the network: as many clips as long as the longest."""
    return len(batch) * max(durations_s[row] for row in batch)


class _Stepper:
    """A Trainer's steps outside of its loop."""

    def __init__(self, trainer: CtcTrainer) -> None:
        self.trainer = trainer
        trainer.current_gradient_accumulation_steps = 1
        trainer.create_optimizer()
        self.model, self.optimizer = trainer.accelerator.prepare(trainer.model, trainer.optimizer)
        trainer.optimizer = self.optimizer
        if trainer.args.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(trainer.args.device)

    def train(self, batch: list[int], *, frozen: bool) -> float:
        """The seconds of one update."""
        trainer = self.trainer
        trainer.state.global_step = 0 if frozen else trainer.schedule.freeze_encoder_updates
        (indices,) = trainer.train_dataset.index_plan([batch])
        with self._timed(trainer.train_dataset, indices) as (items, read):
            # The loop's own step would cut a batch that does not fit, where this is to be told.
            Trainer.training_step(trainer, self.model, trainer.data_collator(items))
            trainer._clip_grad_norm(self.model)
            self.optimizer.step()
            self.model.zero_grad()
        return read()

    def listen(self, batch: list[int]) -> float:
        """The seconds of one batch of dev."""
        self.model.eval()
        with self._timed(self.trainer.eval_dataset, batch) as (items, read):
            self.trainer.prediction_step(self.model, self.trainer.data_collator(items), False)
        self.model.train()
        return read()

    @contextmanager
    def _timed(
        self, dataset: Any, indices: Sequence[int]
    ) -> Iterator[tuple[list[Any], Callable[[], float]]]:
        """The examples, and what reads the seconds afterwards.

        Reading counts where it is not the work of other processes, ahead of time.
        """
        items = [dataset[index] for index in indices] if self.trainer.n_workers else []
        started = time.monotonic()
        ended: list[float] = []
        yield items or [dataset[index] for index in indices], lambda: ended[0] - started
        if self.trainer.args.device.type == "cuda":
            torch.cuda.synchronize(self.trainer.args.device)
        ended.append(time.monotonic())


def _rate(steps: Sequence[tuple[float, float]]) -> float | None:
    return (
        sum(seconds for seconds, _ in steps) / sum(heard for _, heard in steps) if steps else None
    )


def _read_peak(device: Any) -> int:
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
