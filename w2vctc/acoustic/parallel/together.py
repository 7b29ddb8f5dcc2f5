"""Training with several processes: the same updates as one process makes, shared among them.

Each process sums the gradients of its own share first; then all agree that everybody's memory was
enough, and only then is the mean made. torch's DistributedDataParallel (arXiv:2006.15704) exchanges
them while they are computed, which is faster, but a process that runs out of memory leaves the
others waiting there for ever: it makes all begin with the same weights, and no more.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list, gather_object
from transformers import set_seed
from transformers.trainer_utils import EvalLoopOutput, EvalPrediction

from w2vctc.acoustic.clips.dataset import CtcCollator
from w2vctc.acoustic.memory_errors import explain_memory
from w2vctc.acoustic.parallel.gathering import (
    WEIGHT,
    SharedCollator,
    SharedDataset,
    SharedLossRecord,
    average_gradients,
    merge_rows,
    random_file,
    read_random_state,
    seed_of,
)
from w2vctc.acoustic.parallel.processes import Processes, agree, fail, gather
from w2vctc.acoustic.parallel.shares import share_dev_plan, share_plan
from w2vctc.acoustic.training.stopping import StopOnSignal
from w2vctc.acoustic.training.trainer import CtcTrainer


class SharedTrainer(CtcTrainer):
    """A CtcTrainer that does its part of each update; only the leader writes."""

    def __init__(self, *, processes: Processes, collator: CtcCollator, **known: Any) -> None:
        super().__init__(collator=SharedCollator(collator), **known)
        self.processes = processes
        self.losses: SharedLossRecord = SharedLossRecord(len(self.train_dataset))
        set_seed(seed_of(self.args.seed, processes))  # the weights are made already
        self._anywhere: list[int] = []  # for each weight, whether any process has a gradient
        self._hopeless = False
        self.compute_metrics: Any = self.compute_metrics
        self._dev_losses: list[float] = []
        if self.is_fsdp_enabled:
            self.on_note("sharded weights (FSDP) are untested here: compare with an unsharded run")

    def train(self, *rest: Any, **known: Any) -> Any:
        result = super().train(*rest, **known)
        self.losses.meet()
        return result

    def get_train_dataloader(self) -> Any:
        shares = share_plan(
            self.train_dataset.index_plan(self.plan),
            accumulation=self.schedule.accumulation,
            processes=self.processes,
        )
        return self._place(self._make_loader(SharedDataset(self.train_dataset), shares))  # type: ignore[arg-type]

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        own, _ = share_dev_plan(self.dev_plan, self.processes)
        return self._place(self._make_loader(dataset, own))

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        weight = inputs.pop(WEIGHT, None)
        loss = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        return loss if weight is None or return_outputs else loss * weight

    def prediction_step(self, *rest: Any, **known: Any) -> Any:
        step = super().prediction_step(*rest, **known)
        self._dev_losses.append(float(step[0]))
        return step

    def evaluation_loop(self, dataloader: Any, *rest: Any, **known: Any) -> EvalLoopOutput:
        """Dev heard in parts by all, scored as a whole by the leader; all get its figures."""
        prefix = known.get("metric_key_prefix", "eval")
        score, self.compute_metrics = self.compute_metrics, None
        self.gather_function = lambda tensor: tensor
        self._dev_losses = []
        try:
            heard = super().evaluation_loop(dataloader, *rest, **known)
        finally:
            self.compute_metrics = score
        merged = self._merge(heard.predictions)
        metrics = {}
        if self.processes.leads:
            predictions, loss = merged
            metrics = score(EvalPrediction(predictions=predictions, label_ids=None))
            metrics = {f"{prefix}_{name}": value for name, value in metrics.items()}
            metrics[f"{prefix}_loss"] = loss
        metrics = broadcast_object_list([metrics])[0]
        return EvalLoopOutput(None, None, metrics, num_samples=len(self.eval_dataset))

    def _merge(self, predictions: Any) -> tuple[Any, float]:
        """The predictions of all dev rows in their order, and the mean loss of the batches."""
        own, n_batches = share_dev_plan(self.dev_plan, self.processes)
        rows = [row for batch in own[:n_batches] for row in batch]
        several = isinstance(predictions, tuple)  # labels alone, or something else beside them
        arrays = [array[: len(rows)] for array in (predictions if several else (predictions,))]
        parts = gather_object([(rows, arrays, self._dev_losses[:n_batches])])
        losses = [loss for _, _, part_losses in parts for loss in part_losses]
        pieces = [
            [(part_rows, part[place]) for part_rows, part, _ in parts]
            for place in range(len(arrays))
        ]
        merged = tuple(merge_rows(piece, n_rows=len(self.eval_dataset)) for piece in pieces)
        return merged if several else merged[0], sum(losses) / len(losses)

    def _compute_logits(self, model: Any, inputs: dict[str, Any]) -> Any:
        """Past torch's wrapper, which would exchange gradients while they are computed.

        A process whose memory is full would then leave the others waiting for its share.
        """
        return super()._compute_logits(
            model if self.is_fsdp_enabled else self.accelerator.unwrap_model(model), inputs
        )

    def _agree(self, update: Sequence[dict[str, Any]]) -> str:
        """Why all have to begin again, whichever of them it is that had no memory left."""
        own = super()._agree(update)
        weights = list_learning(self.model)
        refused, *self._anywhere = agree([bool(own), *(w.grad is not None for w in weights)])
        if not refused:
            return ""
        told = gather((own, bool(own) and self._cannot_cut(update)))
        self._hopeless = any(hopeless for _, hopeless in told)
        return next(reason for reason, _ in told if reason)

    def _cut(self, reason: str, update: Sequence[dict[str, Any]]) -> None:  # noqa: ARG002
        """As many parts in all processes; where one cannot, all of them end."""
        if self._hopeless:
            fail(explain_memory(f"update {self.state.global_step + 1:,}", reason))
        self._halve()

    def _clip_grad_norm(self, model: Any) -> Any:
        if not self.is_fsdp_enabled:
            average_gradients(list_learning(self.model), self._anywhere)
        return super()._clip_grad_norm(model)

    def _write_checkpoint(self, run_folder: Path, model: Any, trial: Any) -> None:
        self.losses.meet()
        super()._write_checkpoint(run_folder, model, trial)

    def _save_rng_state(self, output_dir: str) -> None:
        """The random states of all processes, written by the leader under the Trainer's names."""
        for rank, state in enumerate(gather_object([read_random_state()])):
            if self.processes.leads:
                torch.save(state, random_file(output_dir, rank))

    def _load_rng_state(self, checkpoint: str | None) -> None:
        """This process's own state; a new one where another number of processes has left theirs."""
        if checkpoint is None:
            return
        n = self.processes.count
        there = [random_file(checkpoint, rank).is_file() for rank in range(n + 1)]
        if there == [True] * n + [False]:
            super()._load_rng_state(checkpoint)
        else:
            set_seed(seed_of(self.args.seed, self.processes, step=self.state.global_step))

    def _load_best_model(self) -> None:
        if self.processes.leads:
            super()._load_best_model()


class StopTogether(StopOnSignal):
    """Stops all processes after the same update, whichever of them was told to."""

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        (self.signal,) = agree([self.signal])
        super().on_step_end(args, state, control, **known)

    def on_save(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        (self.signal,) = agree([self.signal])
        super().on_save(args, state, control, **known)


def list_learning(network: Any) -> list[Any]:
    """The weights that learn, in an order that all processes have."""
    return [weight for weight in network.parameters() if weight.requires_grad]


def choose_trainer(processes: Processes) -> Callable[..., CtcTrainer]:
    """What makes the Trainer of a run: of one process or of several."""
    return CtcTrainer if processes.count == 1 else partial(SharedTrainer, processes=processes)


def make_stopper(processes: Processes, on_note: Callable[[str], None]) -> StopOnSignal:
    """What ends the run on a signal: in one process or in all of them."""
    return StopOnSignal(on_note) if processes.count == 1 else StopTogether(on_note)
