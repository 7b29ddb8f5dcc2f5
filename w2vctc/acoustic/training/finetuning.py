"""One fine-tuning run, from checked rows to a finished model folder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from transformers import Wav2Vec2FeatureExtractor, set_seed
from transformers.trainer_callback import PrinterCallback

from w2vctc.acoustic.clips.augmentation import open_augmentation, parse_kinds
from w2vctc.acoustic.clips.augmented import make_dataset, make_training_set
from w2vctc.acoustic.clips.batches import plan_epochs, plan_in_order, plan_updates
from w2vctc.acoustic.clips.dataset import CtcCollator, changed_error
from w2vctc.acoustic.clips.feature_cache import keep_features
from w2vctc.acoustic.clips.sampling import ClipSampler, DatasetPart, DatasetShare, share_out
from w2vctc.acoustic.clips.sound_memory import SoundMemory
from w2vctc.acoustic.cpu_speed import speed_up
from w2vctc.acoustic.device import choose_device, choose_precision
from w2vctc.acoustic.export import save_model
from w2vctc.acoustic.memory_errors import memory_errors
from w2vctc.acoustic.model import (
    count_model_frames,
    make_model,
    quiet_transformers,
    uses_attention_mask,
)
from w2vctc.acoustic.monitoring.guards import GuardCallback
from w2vctc.acoustic.monitoring.metrics import Scoring, make_metrics
from w2vctc.acoustic.monitoring.progress import ProgressCallback, TrainingEvent
from w2vctc.acoustic.monitoring.step_times import StepClock, StepTimes
from w2vctc.acoustic.parallel.processes import Processes, find_processes, share
from w2vctc.acoustic.parallel.together import choose_trainer, make_stopper
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.adapters import adapt_network, describe_share
from w2vctc.acoustic.training.arguments import make_arguments
from w2vctc.acoustic.training.finishing import list_suspects, try_average
from w2vctc.acoustic.training.layer_rates import set_layer_rates
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.acoustic.training.run import LOG_NAME, RUN_FOLDER, describe_run, finish_run, prepare_run
from w2vctc.acoustic.training.stopping import EarlyStopping, StopOnSignal, locked
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, UsageError
from w2vctc.files import machine_errors
from w2vctc.vocab import Vocabulary


@dataclass(frozen=True)
class FinetuneResult:
    """What a run made."""

    folder: Path
    head: str
    schedule: Schedule
    steps: int
    dev_wer: float | None
    dev_cer: float | None
    interrupted: bool
    dev_wer_bounds: tuple[float, float] | None = None  # 95 % interval
    dev_lm_wer: float | None = None  # where `--select lm` asked for it
    times: StepTimes | None = None  # where `--step-times` did


@dataclass(frozen=True)
class TrainingData:
    """Checked rows, with durations and normalized text, and the labels that spell them.

    parts: the datasets that train consists of, where there are several.
    """

    train: Sequence[Utterance]
    dev: Sequence[Utterance]
    vocabulary: Vocabulary
    parts: Sequence[DatasetPart] = ()

    def shares(self, exponent: float) -> tuple[DatasetShare, ...]:
        """How much of each dataset is heard, where there are several."""
        return share_out([row.duration_s or 0.0 for row in self.train], self.parts, exponent)


def finetune(
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    folder: Path,
    scoring: Scoring,
    resume: bool,
    on_event: Callable[[TrainingEvent], None],
    on_note: Callable[[str], None],
) -> FinetuneResult:
    """Trains and writes the model folder.

    Raises UsageError when the folder is in use or `resume` finds another run's traces, and what
    the guards of the run raise.
    """
    run_folder = folder / RUN_FOLDER
    processes = find_processes()
    with locked(run_folder, needed=processes.leads), memory_errors(str(run_folder)):
        set_seed(options.seed)
        new = make_model(
            options.model, data.vocabulary, schedule, allow_pickle=options.allow_pickle
        )
        make_plain = adapt_network(new.network, options.peft)
        if options.peft != "full":
            on_note(describe_share(new.network, options.peft))
        stopper = make_stopper(processes, on_note)
        trainer = make_trainer(
            new.network,
            replace(data, dev=sorted(data.dev, key=lambda row: (row.duration_s or 0.0, row.id))),
            schedule=schedule,
            options=options,
            run_folder=run_folder,
            scoring=scoring,
            stopper=stopper,
            processes=processes,
            on_event=on_event,
            on_note=on_note,
        )
        fingerprint = describe_run(
            data.train,
            data.dev,
            data.vocabulary,
            schedule=schedule,
            options=options,
            parts=data.parts,
        )
        checkpoint = share(
            lambda: prepare_run(run_folder, fingerprint, resume=resume, on_note=on_note),
            device=options.device,
        )
        with stopper.listening(), quiet_transformers(), machine_errors(run_folder):
            _train(trainer, checkpoint)
        best = _best_evaluation(trainer.state)
        if not stopper.stopped:
            best = try_average(trainer, run_folder, options.average, best, on_note=on_note)
        if processes.leads and not stopper.stopped:
            list_suspects(trainer, data.vocabulary, run_folder, on_note=on_note, parts=data.parts)
            make_plain()
            save_model(new.network, data.vocabulary, folder)
            finish_run(run_folder, fingerprint)
        return FinetuneResult(
            folder=folder,
            head=new.head,
            schedule=schedule,
            steps=trainer.state.global_step,
            dev_wer=best.get("eval_wer"),
            dev_cer=best.get("eval_cer"),
            dev_wer_bounds=(best["eval_wer_low"], best["eval_wer_high"]) if best else None,
            dev_lm_wer=best.get("eval_lm_wer"),
            interrupted=stopper.stopped,
            times=trainer.clock.times() if trainer.clock else None,
        )


def _train(trainer: CtcTrainer, checkpoint: Path | None) -> None:
    if checkpoint:
        trainer.losses.load(checkpoint)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except DataError as error:
        if not error.code:  # it comes from a reading process: nothing but text is left of it
            raise changed_error(error.message) from error
        raise


def make_trainer(
    network: Any,
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    run_folder: Path,
    scoring: Scoring,
    stopper: StopOnSignal,
    processes: Processes,
    on_event: Callable[[TrainingEvent], None],
    on_note: Callable[[str], None],
) -> CtcTrainer:
    """What trains the network as the schedule and the options say; nothing is written yet."""
    if schedule.freeze_feature_encoder:
        network.freeze_feature_encoder()
    device = choose_device(options.device)
    if device.type == "cpu" and choose_precision(options.precision, device) == "fp32":
        speed_up(network)
    durations_s = [row.duration_s or 0.0 for row in data.train]
    plan = plan_run(
        durations_s,
        schedule,
        seed=options.seed,
        parts=data.parts,
        exponent=options.sampling_exponent,
    )
    n_updates = len(plan) // schedule.accumulation
    eval_every = options.eval_every or choose_eval_every(
        n_updates, n_updates * sum(durations_s) / sum(durations_s[row] for b in plan for row in b)
    )
    n_workers = options.workers if options.workers is not None else 4 * (device.type == "cuda")
    memory = None if n_workers else SoundMemory()  # each process would fill its own
    collator = CtcCollator(make_extractor(network.config))
    feature_files = None
    if options.cache_features:
        keep = partial(keep_features, network, data.train, normalize=collator.normalize)
        feature_files = share(lambda: keep(device=device, on_note=on_note), device=options.device)
    trainer = choose_trainer(processes)(
        model=network,
        args=make_arguments(
            run_folder,
            schedule,
            options,
            device=device,
            n_updates=n_updates,
            eval_every=min(eval_every, n_updates),
        ),
        train_dataset=make_training_set(
            data.train,
            data.vocabulary,
            open_augmentation(
                parse_kinds(options.augment), seed=options.seed, noise_folder=options.noise_folder
            ),
            count_frames=partial(count_model_frames, network.config),
            n_ramp_batches=round(options.augment_ramp * n_updates) * schedule.accumulation,
            memory=memory,
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
        on_note=on_note,
        compute_metrics=make_metrics([row.text for row in data.dev], data.vocabulary, scoring),
    )
    trainer.n_averaged = options.average
    trainer.keeps_emissions = scoring.search is not None
    if schedule.layer_decay < 1:
        set_layer_rates(trainer, decay=schedule.layer_decay)
    if options.step_times:
        trainer.clock = StepClock(device)
        trainer.clock.attach(trainer)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(stopper)
    trainer.add_callback(GuardCallback(schedule, on_note=on_note))
    if processes.leads:
        trainer.add_callback(
            ProgressCallback(
                batch_durations_s=[sum(durations_s[row] for row in batch) for batch in plan],
                batches_per_update=schedule.accumulation,
                epoch_durations_s=sum(durations_s),
                log=run_folder / LOG_NAME,
                on_event=on_event,
            )
        )
    if options.patience:
        first_step = max(schedule.freeze_encoder_updates, n_updates // 4)
        trainer.add_callback(EarlyStopping(patience=options.patience, first_step=first_step))
    return trainer


def plan_run(
    durations_s: Sequence[float],
    schedule: Schedule,
    *,
    seed: int,
    parts: Sequence[DatasetPart] = (),
    exponent: float = 1.0,
) -> list[list[int]]:
    """Every batch of the run, in order; of several datasets with shares by the exponent."""
    sampler = None
    if parts:
        sizes = [part.n_clips for part in parts]
        sampler = ClipSampler(
            durations_s, sizes=sizes, exponent=exponent, batch_s=schedule.batch_s, seed=seed
        )
    if schedule.updates:
        return plan_updates(
            durations_s,
            n_batches=schedule.updates * schedule.accumulation,
            batch_s=schedule.batch_s,
            seed=seed,
            short_first=schedule.short_first,
            sampler=sampler,
        )
    plan = plan_epochs(
        durations_s,
        epochs=schedule.epochs,
        batch_s=schedule.batch_s,
        seed=seed,
        short_first=schedule.short_first,
        sampler=sampler,
    )
    if len(plan) < schedule.accumulation:
        raise UsageError(
            f"{schedule.epochs:g} epochs of this data are less than one update",
            hint="train on more data, for more epochs, or with smaller --batch-seconds",
        )
    return plan


def choose_eval_every(n_updates: int, updates_per_epoch: float) -> int:
    """Updates between two looks at dev: about an epoch, 5 to 20 looks in all."""
    return max(1, n_updates // 20, min(round(updates_per_epoch), n_updates // 5))


def make_extractor(config: Any) -> Any:
    """The feature extractor: zero mean and unit variance per clip, a mask where one is used."""
    return Wav2Vec2FeatureExtractor(return_attention_mask=uses_attention_mask(config))


def _best_evaluation(state: Any) -> dict[str, float]:
    looks = [entry for entry in state.log_history if "eval_score" in entry]
    return min(looks, key=lambda entry: entry["eval_score"]) if looks else {}
