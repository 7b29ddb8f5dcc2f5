"""Training with several processes: the same updates as one process makes, shared among them.

Gradients go through torch's DistributedDataParallel (arXiv:2006.15704). What does not go through
its forward, such as a frozen encoder under a learning head, is averaged here.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from accelerate.data_loader import prepare_data_loader
from accelerate.utils import broadcast_object_list, gather_object
from transformers import set_seed
from transformers.trainer_utils import EvalLoopOutput, EvalPrediction

from w2vctc.acoustic.dataset import CtcCollator
from w2vctc.acoustic.gathering import (
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
from w2vctc.acoustic.processes import Processes
from w2vctc.acoustic.shares import share_dev_plan, share_plan
from w2vctc.acoustic.stopping import StopOnSignal
from w2vctc.acoustic.trainer import CtcTrainer


class SharedTrainer(CtcTrainer):
    """A CtcTrainer that does its part of each update; only the leader writes."""

    def __init__(self, *, processes: Processes, collator: CtcCollator, **known: Any) -> None:
        super().__init__(collator=SharedCollator(collator), **known)
        self.processes = processes
        self.losses: SharedLossRecord = SharedLossRecord(len(self.train_dataset))
        set_seed(seed_of(self.args.seed, processes))  # the weights are made already
        self._went_through_ddp = False
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

    def prediction_step(self, *rest: Any, **known: Any) -> tuple[Any, Any, Any]:
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

    def _place(self, loader: Any) -> Any:
        """The loader with its batches on this process's device; they are dealt out already."""
        return prepare_data_loader(
            loader,
            device=self.accelerator.device,
            num_processes=1,
            process_index=0,
            put_on_device=True,
            non_blocking=loader.pin_memory,
        )

    def _wrap_model(self, *rest: Any, **known: Any) -> Any:
        spec_embed = getattr(self.model.wav2vec2, "masked_spec_embed", None)
        if spec_embed is not None and not self.model.config.mask_time_prob:
            spec_embed.requires_grad_(
                False
            )  # DDP waits for the gradient of every weight that learns
        return super()._wrap_model(*rest, **known)

    def _compute_logits(self, model: Any, inputs: dict[str, Any]) -> Any:
        if isinstance(model, torch.nn.parallel.DistributedDataParallel):
            calls: list[None] = []
            with _watched(model, calls.append):
                logits = super()._compute_logits(model, inputs)
            self._went_through_ddp = bool(calls)
            return logits
        return super()._compute_logits(model, inputs)

    def _guard(self, loss: Any, inputs: dict[str, Any], model: Any) -> Any:
        """The loss as it is: nothing may be put in its place, since all wait for its gradient.

        Where it is not finite, no gradient of that update is: `_clip_grad_norm` drops them in all
        processes.
        """
        super()._guard(loss, inputs, model)
        return loss

    def _clip_grad_norm(self, model: Any) -> Any:
        if not self._went_through_ddp:
            average_gradients(model)
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

    def __init__(self, on_note: Callable[[str], None]) -> None:
        super().__init__(on_note)
        self._flags: Any = None

    def on_step_end(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        self._agree()
        super().on_step_end(args, state, control, **known)

    def on_save(self, args: Any, state: Any, control: Any, **known: Any) -> None:
        self._agree()
        super().on_save(args, state, control, **known)

    def _agree(self) -> None:
        if self._flags is None:
            self._flags = dist.new_group(backend="gloo")  # no GPU waits for it
        flag = torch.tensor(self.signal)
        dist.all_reduce(flag, op=dist.ReduceOp.MAX, group=self._flags)
        self.signal = int(flag)


class _watched:  # noqa: N801
    """While open, `tell` hears of every call of the module."""

    def __init__(self, module: Any, tell: Callable[[None], None]) -> None:
        self.module = module
        self.tell = tell

    def __enter__(self) -> None:
        self.hook = self.module.register_forward_pre_hook(lambda *_: self.tell(None))

    def __exit__(self, *_: object) -> None:
        self.hook.remove()


def choose_trainer(processes: Processes) -> Callable[..., CtcTrainer]:
    """What makes the Trainer of a run: of one process or of several."""
    return CtcTrainer if processes.count == 1 else partial(SharedTrainer, processes=processes)


def make_stopper(processes: Processes, on_note: Callable[[str], None]) -> StopOnSignal:
    """What ends the run on a signal: in one process or in all of them."""
    return StopOnSignal(on_note) if processes.count == 1 else StopTogether(on_note)
