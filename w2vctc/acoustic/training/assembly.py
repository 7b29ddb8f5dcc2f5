"""A trainer with all that a run asks of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import Wav2Vec2FeatureExtractor
from transformers.trainer_callback import PrinterCallback

from w2vctc.acoustic.clips.augmentation import open_augmentation, parse_kinds
from w2vctc.acoustic.clips.augmented import make_dataset, make_training_set
from w2vctc.acoustic.clips.batches import plan_in_order
from w2vctc.acoustic.clips.dataset import CtcCollator
from w2vctc.acoustic.clips.feature_cache import keep_features
from w2vctc.acoustic.clips.sound_memory import SoundMemory
from w2vctc.acoustic.cpu_speed import speed_up
from w2vctc.acoustic.device import choose_device, choose_precision
from w2vctc.acoustic.model import count_model_frames, uses_attention_mask
from w2vctc.acoustic.monitoring.guards import GuardCallback
from w2vctc.acoustic.monitoring.metrics import Scoring, make_metrics
from w2vctc.acoustic.monitoring.progress import ProgressCallback, TrainingEvent
from w2vctc.acoustic.monitoring.step_times import StepClock
from w2vctc.acoustic.parallel.processes import Processes, share
from w2vctc.acoustic.parallel.together import choose_trainer
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.arguments import make_arguments
from w2vctc.acoustic.training.data import TrainingData, choose_eval_every, plan_run
from w2vctc.acoustic.training.layer_rates import set_layer_rates
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.acoustic.training.run import LOG_NAME
from w2vctc.acoustic.training.stopping import EarlyStopping, StopOnSignal
from w2vctc.acoustic.training.trainer import CtcTrainer


@dataclass(frozen=True)
class Surroundings:
    """Where a run writes, who works on it, who may stop it, and who hears of it."""

    run_folder: Path
    scoring: Scoring
    stopper: StopOnSignal
    processes: Processes
    on_event: Callable[[TrainingEvent], None]
    on_note: Callable[[str], None]


def make_trainer(
    network: Any,
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    around: Surroundings,
) -> CtcTrainer:
    """What trains the network as the schedule and the options say; nothing is written yet."""
    device = choose_device(options.device)
    _prepare_network(network, schedule, options, device)
    plan = plan_run(
        data.durations_s,
        schedule,
        seed=options.seed,
        parts=data.parts,
        exponent=options.sampling_exponent,
    )
    n_updates = len(plan) // schedule.accumulation
    n_workers = options.workers if options.workers is not None else 4 * (device.type == "cuda")
    collator = CtcCollator(make_extractor(network.config))
    feature_files = None
    if options.cache_features:
        keep = partial(keep_features, network, data.train, normalize=collator.normalize)
        feature_files = share(
            lambda: keep(device=device, on_note=around.on_note), device=options.device
        )
    trainer = choose_trainer(
        around.processes
    )(
        model=network,
        args=make_arguments(
            around.run_folder,
            schedule,
            options,
            device=device,
            n_updates=n_updates,
            eval_every=min(_eval_every(plan, data, options, n_updates), n_updates),
        ),
        train_dataset=make_training_set(
            data.train,
            data.vocabulary,
            open_augmentation(
                parse_kinds(options.augment), seed=options.seed, noise_folder=options.noise_folder
            ),
            count_frames=partial(count_model_frames, network.config),
            n_ramp_batches=round(options.augment_ramp * n_updates) * schedule.accumulation,
            memory=None if n_workers else SoundMemory(),  # each process would fill its own
            feature_files=feature_files,
        ),
        eval_dataset=make_dataset(data.dev, data.vocabulary),
        plan=plan[: n_updates * schedule.accumulation],
        dev_plan=plan_in_order(
            [row.duration_s or 0.0 for row in data.dev], batch_s=schedule.batch_s
        ),
        schedule=schedule,
        collator=collator,
        n_workers=n_workers,
        on_note=around.on_note,
        compute_metrics=make_metrics(
            [row.text for row in data.dev], data.vocabulary, around.scoring
        ),
    )
    trainer.n_averaged = options.average
    trainer.keeps_emissions = around.scoring.search is not None
    if schedule.layer_decay < 1:
        set_layer_rates(trainer, decay=schedule.layer_decay)
    if options.step_times:
        trainer.clock = StepClock(device)
        trainer.clock.attach(trainer)
    _add_callbacks(trainer, plan, data, schedule=schedule, options=options, around=around)
    return trainer


def make_extractor(config: Any) -> Any:
    """The feature extractor: zero mean and unit variance per clip, a mask where one is used."""
    return Wav2Vec2FeatureExtractor(return_attention_mask=uses_attention_mask(config))


def _prepare_network(
    network: Any, schedule: Schedule, options: FinetuneOptions, device: torch.device
) -> None:
    if schedule.freeze_feature_encoder:
        network.freeze_feature_encoder()
    if device.type == "cpu" and choose_precision(options.precision, device) == "fp32":
        speed_up(network)


def _eval_every(
    plan: Sequence[Sequence[int]], data: TrainingData, options: FinetuneOptions, n_updates: int
) -> int:
    if options.eval_every:
        return options.eval_every
    durations_s = data.durations_s
    heard_s = sum(durations_s[row] for batch in plan for row in batch)
    return choose_eval_every(n_updates, n_updates * sum(durations_s) / heard_s)


def _add_callbacks(
    trainer: CtcTrainer,
    plan: Sequence[Sequence[int]],
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    around: Surroundings,
) -> None:
    durations_s = data.durations_s
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(around.stopper)
    trainer.add_callback(GuardCallback(schedule, on_note=around.on_note))
    if around.processes.leads:
        trainer.add_callback(
            ProgressCallback(
                batch_durations_s=[sum(durations_s[row] for row in batch) for batch in plan],
                batches_per_update=schedule.accumulation,
                epoch_durations_s=sum(durations_s),
                log=around.run_folder / LOG_NAME,
                on_event=around.on_event,
            )
        )
    if options.patience:
        n_updates = len(plan) // schedule.accumulation
        first_step = max(schedule.freeze_encoder_updates, n_updates // 4)
        trainer.add_callback(EarlyStopping(patience=options.patience, first_step=first_step))
