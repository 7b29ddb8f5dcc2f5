"""Batches that do not fit into memory are cut, and the run goes on with the same updates."""

import contextlib
import gc
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from transformers import Trainer

from w2vctc.errors import MachineError

PARTS = "batch_parts"  # in the Trainer's log, which every checkpoint holds
_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch says that the machine or its GPU has no memory left."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in said for sign in _SIGNS)


@contextlib.contextmanager
def memory_errors(run: str) -> Iterator[None]:
    """Turns what nobody could mend by cutting batches into a MachineError (E_MEMORY)."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise _too_little(run, str(error)) from error


def cut_batch(batch: dict[str, Any], n_parts: int) -> list[dict[str, Any]]:
    """The clips of a batch in at most `n_parts` smaller ones, nearly equal, in the same order.

    Widths stay: models with a group norm hear the padding too, so it must not change.
    """
    n_clips = count_clips(batch)
    n_parts = min(n_parts, n_clips)
    pieces = {
        name: value.tensor_split(n_parts)
        if isinstance(value, torch.Tensor) and value.dim() and len(value) == n_clips
        else [value] * n_parts
        for name, value in batch.items()
    }
    return [{name: piece[part] for name, piece in pieces.items()} for part in range(n_parts)]


def count_clips(batch: dict[str, Any]) -> int:
    """B, the clips in a batch."""
    return len(batch["labels"])


class CuttingTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose batches are cut in two, again and again, until they fit into memory.

    A batch in parts gives the gradients of the whole: each part weighs as much as it has clips,
    and the update comes after the last one. The update that ran out of memory begins again, with
    its random numbers: a backward pass that breaks off leaves gradients that are half summed.
    """

    on_note: Any
    n_parts = 1
    current_gradient_accumulation_steps: Any
    _update: Sequence[dict[str, Any]] = ()
    _n_begun = 0

    def get_batch_samples(self, *known: Any, **named: Any) -> Any:
        """The batches of one update; kept, because it may have to begin again."""
        batches, n_items = super().get_batch_samples(*known, **named)
        self._update = batches
        self._n_begun = 0
        return batches, n_items

    def training_step(self, model: Any, inputs: dict[str, Any], *known: Any, **named: Any) -> Any:
        if not self._n_begun:
            self._random = _read_random_states()
        self._n_begun += 1
        try:
            return self._train_in_parts(model, inputs, *known, **named)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            reason = str(error)
        # Not in the handler: while the error lives, so does all that its frames hold.
        return self._begin_again(reason, model, *known, **named)

    def _begin_again(self, reason: str, model: Any, *known: Any, **named: Any) -> Any:
        """Cuts until the update fits; the loss of its last batch so far."""
        while True:
            self._cut(reason)
            model.zero_grad()
            _free_memory()
            _restore_random_states(self._random)
            try:
                losses = [
                    self._train_in_parts(model, batch, *known, **named)
                    for batch in self._update[: self._n_begun]
                ]
                return losses[-1]
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                reason = str(error)

    def _train_in_parts(self, model: Any, batch: dict[str, Any], *known: Any, **named: Any) -> Any:
        """The loss of a batch, after the backward pass of each of its parts."""
        if self.n_parts == 1:
            return super().training_step(model, batch, *known, **named)
        parts = cut_batch(batch, self.n_parts)
        loss = torch.zeros((), device=self.args.device)
        accumulation = self.current_gradient_accumulation_steps
        try:
            for number, part in enumerate(parts, start=1):
                # Trainer divides each loss, a mean over its clips, by this.
                self.current_gradient_accumulation_steps = (
                    accumulation * count_clips(batch) / count_clips(part)
                )
                with self._last_alone_in_step(model, last=number == len(parts)):
                    loss += super().training_step(model, part, *known, **named)
        finally:
            self.current_gradient_accumulation_steps = accumulation
        return loss

    def _last_alone_in_step(self, model: Any, *, last: bool) -> Any:
        """Processes that train together exchange gradients once a batch, not once a part."""
        return contextlib.nullcontext() if last else self.accelerator.no_sync(model=model)

    def _cut(self, reason: str) -> None:
        n_clips = max(map(count_clips, self._update[: self._n_begun]), default=1)
        if self.n_parts >= n_clips or self.args.world_size > 1:
            raise _too_little(f"update {self.state.global_step + 1:,}", reason)
        self.n_parts *= 2
        step = self.state.global_step
        self.state.log_history.append({"step": step, PARTS: self.n_parts})
        self.on_note(
            f"out of memory in update {step + 1:,}: from here on each batch is trained on in"
            f" {self.n_parts} parts; the updates stay what they are, but take a little longer"
        )

    def _init_training_state(self, *known: Any, **named: Any) -> Any:
        start = super()._init_training_state(*known, **named)
        self.n_parts = max((entry.get(PARTS, 1) for entry in self.state.log_history), default=1)
        return start


def _too_little(where: str, reason: str) -> MachineError:
    first, *_ = reason.strip().splitlines() or ["out of memory"]
    return MachineError(
        f"{where}: not enough memory: {first}",
        hint="halve --batch-seconds and double --accumulation, leave long clips out with"
        " --max-duration, or take a smaller --model; then begin again with --overwrite",
        code="E_MEMORY",
    )


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _read_random_states() -> tuple[Any, ...]:
    cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None
    return random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda


def _restore_random_states(states: tuple[Any, ...]) -> None:
    python, numpy, cpu, cuda = states
    random.setstate(python)
    np.random.set_state(numpy)
    torch.set_rng_state(cpu)
    if cuda is not None:
        torch.cuda.set_rng_state(cuda)
