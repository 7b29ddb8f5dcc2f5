"""The Hugging Face Trainer with CTC's needs: planned batches, true lengths, guards."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.data_loader import prepare_data_loader
from torch.utils.data import DataLoader

from w2vctc.acoustic.clips.batches import PlannedBatches
from w2vctc.acoustic.clips.dataset import IGNORED_LABEL, CtcCollator, SpeechDataset
from w2vctc.acoustic.clips.feature_cache import given_features
from w2vctc.acoustic.model import count_model_frames, uses_attention_mask
from w2vctc.acoustic.monitoring.step_times import StepClock
from w2vctc.acoustic.monitoring.suspects import LossRecord
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.nonfinite import LossWatch, drop_update, explain_streak
from w2vctc.acoustic.training.sealing import SealingTrainer

_FINAL_SCALE = 0.05  # fairseq's final_lr_scale


class CtcTrainer(SealingTrainer):
    """Trains a Wav2Vec2ForCTC on planned batches."""

    def __init__(
        self,
        *,
        plan: Sequence[list[int]],
        dev_plan: Sequence[list[int]],
        schedule: Schedule,
        collator: CtcCollator,
        n_workers: int,
        on_note: Callable[[str], None],
        **trainer_arguments: Any,
    ) -> None:
        super().__init__(on_note=on_note, data_collator=collator, **trainer_arguments)
        # The loss below is a mean over the batch; Trainer must divide it by the accumulation.
        self.model_accepts_loss_kwargs = False
        self.plan = plan
        self.dev_plan = dev_plan
        self.schedule = schedule
        self.n_workers = n_workers
        self.watch = LossWatch()
        self.clock: StepClock | None = None  # where its times are wanted
        self.losses = LossRecord(len(self.train_dataset))
        self.keeps_emissions = False  # whether evaluation hands on the logarithms of all labels

    def get_train_dataloader(self) -> Any:
        plan = self.train_dataset.index_plan(self.plan)
        return self._place(self._make_loader(self.train_dataset, plan))

    def get_eval_dataloader(self, eval_dataset: Any = None) -> Any:
        dataset = self.eval_dataset if eval_dataset is None else eval_dataset
        return self._place(self._make_loader(dataset, self.dev_plan))

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002
    ) -> Any:
        logits = self._compute_logits(model, inputs)
        loss = self._ctc_loss(model, logits, inputs)
        if model.training:
            loss = self.watch.pass_over(loss, inputs["rows"], step=self.state.global_step)
        return (loss, {"logits": logits}) if return_outputs else loss

    def _listen(self, model: Any, inputs: dict[str, Any]) -> tuple[Any, Any, Any]:
        """Loss, the most probable label of each frame (-100 after the clip's end), labels."""
        inputs = self._prepare_inputs(inputs)
        with torch.no_grad(), self.compute_loss_context_manager():
            logits = self._compute_logits(model, inputs)
            loss = self._ctc_loss(model, logits, inputs)
        best = logits.argmax(dim=-1)
        frames = torch.arange(best.shape[1], device=best.device)
        ended = frames[None, :] >= self._count_frames(model, inputs)[:, None]
        heard = best.masked_fill(ended, IGNORED_LABEL)
        if self.keeps_emissions:
            heard = (heard, torch.log_softmax(logits, dim=-1, dtype=torch.float32).half())
        return loss.detach(), heard, inputs["labels"]

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        if getattr(self, "lr_scheduler", None) is None:
            self.lr_scheduler: Any = torch.optim.lr_scheduler.LambdaLR(
                optimizer or self.optimizer,
                lambda step: scale_learning_rate(step, num_training_steps, self.schedule),
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler

    def _make_loader(self, dataset: SpeechDataset, plan: Sequence[list[int]]) -> Any:
        return DataLoader(
            dataset,
            batch_sampler=PlannedBatches(plan),
            collate_fn=self.data_collator,
            num_workers=self.n_workers,
            pin_memory=self.args.device.type == "cuda",
        )

    def _place(self, loader: Any) -> Any:
        """The loader with its batches on this process's device, where the host need not wait."""
        return prepare_data_loader(
            loader,
            device=self.accelerator.device,
            num_processes=1,
            process_index=0,
            put_on_device=True,
            non_blocking=loader.pin_memory,
        )

    def _begin_update(self) -> None:
        super()._begin_update()
        self.losses.begin()
        self.watch.begin()

    def _take_back(self, model: Any) -> None:
        super()._take_back(model)
        self.losses.take_back()
        self.watch.take_back()

    def _compute_logits(self, model: Any, inputs: dict[str, Any]) -> Any:
        """Logits (B, T, V). While the encoder is frozen, only the head runs with a graph."""
        network = self.accelerator.unwrap_model(model)
        frozen = model.training and self.state.global_step < self.schedule.freeze_encoder_updates
        values, features = inputs["input_values"], inputs.get("features")
        arguments = {}
        # Features that were computed for each clip alone hold nothing of the padding.
        if uses_attention_mask(network.config) or features is not None:
            arguments["attention_mask"] = inputs["attention_mask"]
        with given_features(network, features), clamped_spans(network, values.shape[1]):
            if not frozen:
                return model(values, **arguments).logits
            with torch.no_grad():
                hidden = network.wav2vec2(values, **arguments).last_hidden_state
        return network.lm_head(network.dropout(hidden))

    def _count_frames(self, model: Any, inputs: dict[str, Any]) -> Any:
        """The frames of each clip without its padding, shape (B,).

        Also for group-norm models, which see no mask: their loss must not cover the padding.
        """
        network = self.accelerator.unwrap_model(model)
        return network._get_feat_extract_output_lengths(inputs["attention_mask"].sum(-1)).long()

    def _ctc_loss(self, model: Any, logits: Any, inputs: dict[str, Any]) -> Any:
        """CTC in float32 whatever the logits' precision: half precision overflows in the sums.

        torch wants the lengths on the host: from a GPU it would have to wait for them.
        """
        network = self.accelerator.unwrap_model(model)
        config, labels = network.config, inputs["labels"]
        n_samples, n_labels = (torch.tensor(inputs[name]) for name in ("n_samples", "n_labels"))
        scores = torch.log_softmax(logits, dim=-1, dtype=torch.float32).transpose(0, 1)
        with torch.backends.cudnn.flags(enabled=False):  # cuDNN's CTC does not repeat bit for bit
            losses = torch.nn.functional.ctc_loss(
                scores,
                labels.clamp_min(0),
                network._get_feat_extract_output_lengths(n_samples).long(),
                n_labels,
                blank=config.pad_token_id,
                reduction="none",
                zero_infinity=config.ctc_zero_infinity,
            )
        per_label = losses / (labels != IGNORED_LABEL).sum(-1).clamp_min(1)
        if model.training:
            self.losses.add(inputs["rows"], per_label)
        return per_label.mean()

    def _maybe_log_save_evaluate(self, *known: Any, **named: Any) -> None:
        """Logs, looks at dev and saves; before any of these the losses must have been numbers."""
        control = self.control
        if control.should_log or control.should_evaluate or control.should_save:
            streak = self.watch.find_streak()
            if streak is not None:
                raise explain_streak(streak, self.train_dataset.utterances)
        super()._maybe_log_save_evaluate(*known, **named)

    def _clip_grad_norm(self, model: Any) -> Any:
        """Gradients that are not finite are dropped: one of them would ruin every weight."""
        norm = super()._clip_grad_norm(model)
        if not drop_update(self.optimizer, norm) and not math.isfinite(float(norm)):
            model.zero_grad()
        return norm

    def _add_to_checkpoint(self, folder: Path) -> None:
        self.losses.save(folder)


class clamped_spans:  # noqa: N801
    """While open, SpecAugment's spans fit into `n_samples`: transformers raises otherwise."""

    def __init__(self, network: Any, n_samples: int) -> None:
        self.config = network.config
        self.span = self.config.mask_time_length
        self.clamped = max(1, min(self.span, count_model_frames(self.config, n_samples)))

    def __enter__(self) -> None:
        self.config.mask_time_length = self.clamped

    def __exit__(self, *_: object) -> None:
        self.config.mask_time_length = self.span


def scale_learning_rate(step: int, n_steps: int, schedule: Schedule) -> float:
    """The share of the peak learning rate at `step`, 0..1.

    tri_stage: linear warm-up, hold, exponential decay to 5 % (arXiv:2006.11477); cosine: linear
    warm-up, then half a cosine to 0.
    """
    warmup = schedule.warmup * n_steps
    if step < warmup:
        return (step + 1) / (warmup + 1)
    if schedule.shape == "cosine":
        return 0.5 * (1 + math.cos(math.pi * (step - warmup) / max(n_steps - warmup, 1)))
    hold = schedule.hold * n_steps
    if step < warmup + hold:
        return 1.0
    done = max(step - warmup - hold, 0.0) / max(n_steps - warmup - hold, 1)
    return float(_FINAL_SCALE ** min(done, 1.0))
