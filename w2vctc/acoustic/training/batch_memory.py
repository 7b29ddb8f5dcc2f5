"""Batches that do not fit into memory are cut, and the run goes on with the same updates."""

import gc
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import Trainer

from w2vctc.acoustic.memory_errors import explain_memory, is_out_of_memory

PARTS = "batch_parts"  # in the Trainer's log, which every checkpoint holds


def cut_batch(batch: dict[str, Any], n_parts: int) -> list[dict[str, Any]]:
    """The clips of a batch in at most `n_parts` smaller ones, nearly equal, in the same order.

    Widths stay: models with a group norm hear the padding too, so it must not change.
    """
    n_clips = count_clips(batch)
    n_parts = min(n_parts, n_clips)
    pieces = {name: _cut_value(value, n_clips, n_parts) for name, value in batch.items()}
    return [{name: piece[part] for name, piece in pieces.items()} for part in range(n_parts)]


def _cut_value(value: Any, n_clips: int, n_parts: int) -> Sequence[Any]:
    """What each part gets of one entry of a batch; all of it where it has no place per clip."""
    if isinstance(value, torch.Tensor) and value.dim() and len(value) == n_clips:
        return value.tensor_split(n_parts)
    if isinstance(value, list) and len(value) == n_clips:
        return [list(part) for part in np.array_split(np.array(value, object), n_parts)]
    return [value] * n_parts


def count_clips(batch: dict[str, Any]) -> int:
    """B, the clips in a batch."""
    return len(batch["labels"])


class CuttingTrainer(Trainer):  # type: ignore[misc]
    """A Trainer whose batches are cut in two, again and again, until they fit into memory.

    A batch in parts gives the gradients of the whole: each part weighs as much as it has clips,
    and the update comes after the last one. An update that runs out of memory begins again when
    all of its batches are there, with its random numbers: a backward pass that breaks off leaves
    gradients that are half summed, and processes that train together must all begin again.
    """

    on_note: Any
    n_parts = 1
    n_dev_parts = 1
    current_gradient_accumulation_steps: Any
    _update: Sequence[dict[str, Any]] = ()
    _n_begun = 0
    _refused = ""  # why a batch of this update did not fit
    _told: Any = 0.0  # the losses that the Trainer has got in this update

    def get_batch_samples(self, *known: Any, **named: Any) -> Any:
        """The batches of one update; kept, because it may have to begin again."""
        batches, n_items = super().get_batch_samples(*known, **named)
        self._update = batches
        self._n_begun = 0
        return batches, n_items

    def training_step(self, model: Any, inputs: dict[str, Any], *known: Any, **named: Any) -> Any:
        """The loss of a batch; the last one of an update brings what those before it owe."""
        update = self._update or [inputs]
        if not self._n_begun:
            self._begin_update()
        self._n_begun += 1
        loss = self._try(model, [] if self._refused else [inputs], *known, **named)
        if self._n_begun == len(update):
            self._n_begun = 0
            while reason := self._agree(update):
                self._cut(reason, update)
                self._take_back(model)
                loss = self._try(model, update, *known, **named) - self._told
        self._told = self._told + loss
        return loss

    def prediction_step(self, model: Any, inputs: dict[str, Any], *_: Any, **__: Any) -> Any:
        """What `_listen` says of a batch of dev, in parts where it does not fit into memory."""
        while True:
            parts = cut_batch(inputs, self.n_dev_parts)
            try:
                return _join([(count_clips(part), self._listen(model, part)) for part in parts])
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                reason = str(error)
            if self.n_dev_parts >= count_clips(inputs):
                raise explain_memory("listening to dev", reason)
            self.n_dev_parts *= 2
            _free_memory()
            self.on_note(
                f"out of memory while listening to dev: from here on its batches are heard in"
                f" {self.n_dev_parts} parts, with the same results"
            )

    def _listen(self, model: Any, inputs: dict[str, Any]) -> Any:
        """Loss, predictions and labels of a batch of dev."""
        return super().prediction_step(model, inputs, False)

    def _begin_update(self) -> None:
        self._random = _read_random_states()
        self._refused, self._told = "", 0.0

    def _take_back(self, model: Any) -> None:
        """Makes as if nothing of this update had been done."""
        model.zero_grad()
        _free_memory()
        _restore_random_states(self._random)

    def _agree(self, update: Sequence[dict[str, Any]]) -> str:  # noqa: ARG002
        """Why the update has to begin again, or "" where it need not."""
        reason, self._refused = self._refused, ""
        return reason

    def _try(self, model: Any, batches: Sequence[dict[str, Any]], *known: Any, **named: Any) -> Any:
        """The sum of the losses after the backward passes; 0 and `_refused` if one does not fit."""
        loss = torch.zeros((), device=self.args.device)
        try:
            for batch in batches:
                loss += self._train_in_parts(model, batch, *known, **named)
            return loss
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            self._refused = str(error) or "out of memory"
        # Not in the handler: while the error lives, so does all that its frames hold.
        _free_memory()
        return torch.zeros((), device=self.args.device)

    def _train_in_parts(self, model: Any, batch: dict[str, Any], *known: Any, **named: Any) -> Any:
        """The loss of a batch, after the backward pass of each of its parts."""
        if self.n_parts == 1:
            return super().training_step(model, batch, *known, **named)
        parts = cut_batch(batch, self.n_parts)
        loss = torch.zeros((), device=self.args.device)
        accumulation = self.current_gradient_accumulation_steps
        try:
            for part in parts:
                # Trainer divides each loss, a mean over its clips, by this.
                self.current_gradient_accumulation_steps = (
                    accumulation * count_clips(batch) / count_clips(part)
                )
                loss += super().training_step(model, part, *known, **named)
        finally:
            self.current_gradient_accumulation_steps = accumulation
        return loss

    def _cut(self, reason: str, update: Sequence[dict[str, Any]]) -> None:
        if self._cannot_cut(update):
            raise explain_memory(f"update {self.state.global_step + 1:,}", reason)
        self._halve()

    def _halve(self) -> None:
        self.n_parts *= 2
        step = self.state.global_step
        self.state.log_history.append({"step": step, PARTS: self.n_parts})
        self.on_note(
            f"out of memory in update {step + 1:,}: from here on each batch is trained on in"
            f" {self.n_parts} parts; the updates stay what they are, but take a little longer"
        )

    def _cannot_cut(self, update: Sequence[dict[str, Any]]) -> bool:
        """Whether each batch of the update is in parts of one clip already."""
        return self.n_parts >= max(map(count_clips, update))

    def _init_training_state(self, *known: Any, **named: Any) -> Any:
        start = super()._init_training_state(*known, **named)
        self.n_parts = max((entry.get(PARTS, 1) for entry in self.state.log_history), default=1)
        return start


def _join(answers: Sequence[tuple[int, Any]]) -> Any:
    """The answer for a batch of those for its parts, (clips, (loss, predictions, labels)) each."""
    if len(answers) == 1:
        return answers[0][1]
    n_clips = sum(n for n, _ in answers)
    losses, predictions, labels = zip(*(answer for _, answer in answers), strict=True)
    loss = sum(n / n_clips * part for (n, _), part in zip(answers, losses, strict=True))
    if isinstance(predictions[0], tuple):
        return loss, tuple(map(torch.cat, zip(*predictions, strict=True))), torch.cat(labels)
    return loss, torch.cat(predictions), torch.cat(labels)


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
