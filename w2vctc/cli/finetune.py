"""`w2vctc finetune`: from checked rows to a trained model folder."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from w2vctc.cli import flags, model_card, training_flags
from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.acoustic.options import FinetuneOptions
    from w2vctc.acoustic.presets import Schedule
    from w2vctc.acoustic.step_times import StepTimes
    from w2vctc.acoustic.training import FinetuneResult, TrainingData
    from w2vctc.corpus.corpus import Corpus
    from w2vctc.project import Project
    from w2vctc.vocab import Vocabulary


def finetune_cli(
    lang: flags.Lang = None,
    data: flags.Data = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    model: training_flags.Source = None,
    out: training_flags.Out = None,
    profile: flags.Profile = None,
    preset: training_flags.Preset = None,
    epochs: training_flags.Epochs = None,
    updates: training_flags.Updates = None,
    learning_rate: training_flags.LearningRate = None,
    batch_seconds: training_flags.BatchSeconds = None,
    accumulation: training_flags.Accumulation = None,
    freeze_encoder_updates: training_flags.FreezeEncoderUpdates = None,
    mask_time_prob: training_flags.MaskTimeProb = None,
    mask_feature_prob: training_flags.MaskFeatureProb = None,
    eval_every: training_flags.EvalEvery = None,
    patience: training_flags.Patience = None,
    max_duration: training_flags.MaxDuration = None,
    seed: training_flags.Seed = None,
    augment: training_flags.Augment = None,
    noise_folder: training_flags.NoiseFolder = None,
    peft: training_flags.Peft = None,
    layer_decay: training_flags.LayerDecay = None,
    short_first: training_flags.ShortFirst = None,
    average: training_flags.Average = None,
    select: training_flags.Select = None,
    device: flags.Device = None,
    precision: training_flags.Precision = None,
    workers: training_flags.Workers = None,
    cache_features: training_flags.CacheFeatures = None,
    step_times: training_flags.StepTimes = None,
    skip_bad: flags.SkipBad = None,
    allow_pickle: flags.AllowPickle = None,
    logger: training_flags.Logger = None,
    push_to_hub: training_flags.PushToHub = None,
    plan: training_flags.Plan = False,
    resume: training_flags.Resume = False,
    overwrite: training_flags.Overwrite = False,
    json: flags.Json = False,
) -> None:
    """Fine-tune a wav2vec2 CTC model on the training rows, watched on the dev rows."""
    given = dict(locals())  # each flag that has an option's name sets it
    from w2vctc.config import override
    from w2vctc.project import find_project

    project = find_project(
        lang=lang,
        data=data,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        model=out,
        profile=profile,
    )
    from w2vctc.acoustic.options import FinetuneOptions

    options = override(
        project.options(FinetuneOptions, "finetune"),
        **{field.name: given.get(field.name) for field in fields(FinetuneOptions)},
    )
    if plan:
        show_plan(project, options, as_json=json)
        return
    if push_to_hub:
        model_card.check_hub_first(push_to_hub)
    result = finetune_project(project, options, resume=resume, overwrite=overwrite)
    finish(project, result, as_json=json, push_to_hub=push_to_hub)


def finetune_project(
    project: "Project", options: "FinetuneOptions", *, resume: bool = False, overwrite: bool = False
) -> "FinetuneResult":
    """Trains the project's model; returns the FinetuneResult.

    Of several processes that train together, one reads the data for all.
    """
    from w2vctc.acoustic.processes import leave, share

    data, schedule = share(
        lambda: _prepare(project, options, resume=resume, overwrite=overwrite),
        device=options.device,
    )
    result = _train(project, options, data, schedule, resume=resume)
    leave()
    return result


def show_plan(project: "Project", options: "FinetuneOptions", *, as_json: bool) -> None:
    """Tells what the run would take; writes nothing."""
    from w2vctc.cli.training_plan import plan_run, render_plan, write_plan

    data, schedule = _prepare(project, options, resume=False, overwrite=True, writes=False)
    forecast = plan_run(project, options, data, schedule)
    write_plan(forecast) if as_json else render_plan(forecast)


def _prepare(
    project: "Project",
    options: "FinetuneOptions",
    *,
    resume: bool,
    overwrite: bool,
    writes: bool = True,
) -> "tuple[TrainingData, Schedule]":
    """What is trained on, and how, after everything that a person can get wrong was looked at.

    writes: whether a vocabulary and lists of bad rows may be written.
    """
    from w2vctc.acoustic.loggers import check_logger
    from w2vctc.acoustic.options import apply_options, check_options
    from w2vctc.acoustic.run import RUN_FOLDER
    from w2vctc.acoustic.stopping import refuse_locked
    from w2vctc.cli.rows import open_corpus
    from w2vctc.cli.screen import say
    from w2vctc.files import refuse_unwritable

    check_options(options)
    check_logger(options.logger)
    refuse_unwritable(project.model / RUN_FOLDER)
    refuse_locked(project.model / RUN_FOLDER)
    if not (resume or overwrite):
        _refuse_to_lose(project.model)
    corpus = open_corpus(project)
    vocabulary = _open_vocabulary(project, corpus, say, save=writes)
    from w2vctc.acoustic.model import load_config
    from w2vctc.acoustic.presets import choose_schedule

    config = load_config(options.model, allow_pickle=options.allow_pickle)
    data = _check_data(project, corpus, options, vocabulary, config, writes=writes)
    minutes = sum(row.duration_s or 0.0 for row in data.train) / 60
    schedule = apply_options(
        choose_schedule(
            model=options.model,
            hidden_size=config.hidden_size,
            minutes=minutes,
            preset=options.preset,
        ),
        options,
    )
    n_train, n_dev = numbered(len(data.train), "clip"), numbered(len(data.dev), "clip")
    say(f"{minutes:.0f} minutes in {n_train}; dev has {n_dev}")
    say(_describe(schedule))
    return data, schedule


def _refuse_to_lose(folder: Path) -> None:
    """Raises UsageError where a finished model or hours of an unfinished run would go."""
    from w2vctc.acoustic.checkpoints import list_checkpoints
    from w2vctc.acoustic.run import RUN_FOLDER
    from w2vctc.acoustic.source import is_trained
    from w2vctc.errors import UsageError

    if list_checkpoints(folder / RUN_FOLDER):
        raise UsageError(
            f"{folder / RUN_FOLDER}: a run that was broken off is there",
            hint="go on with it with --resume, or begin anew with --overwrite",
        )
    if is_trained(folder):
        raise UsageError(
            f"{folder}: a finished model is there",
            hint="give --out another folder, or train over it with --overwrite",
        )


def _train(
    project: "Project",
    options: "FinetuneOptions",
    data: "TrainingData",
    schedule: "Schedule",
    *,
    resume: bool,
) -> "FinetuneResult":
    from w2vctc.acoustic.curve import save_curve
    from w2vctc.acoustic.metrics import Scoring
    from w2vctc.acoustic.processes import find_processes
    from w2vctc.acoustic.progress import read_log
    from w2vctc.acoustic.run import LOG_NAME, RUN_FOLDER
    from w2vctc.acoustic.training import finetune
    from w2vctc.cli.screen import say
    from w2vctc.cli.training_screen import TrainingScreen
    from w2vctc.cli.training_search import open_training_search
    from w2vctc.decode.model_folder import detach_language_model
    from w2vctc.evaluate.counts import count_character_errors, count_word_errors

    search = open_training_search(project, data.vocabulary, select=options.select)
    with TrainingScreen() as screen:
        result = finetune(
            data,
            schedule=schedule,
            options=options,
            folder=project.model,
            scoring=Scoring(
                pair_counts(count_word_errors), pair_counts(count_character_errors), search
            ),
            resume=resume,
            on_event=screen.show,
            on_note=say,
        )
    if not find_processes().leads:
        return result
    run_folder = project.model / RUN_FOLDER
    save_curve(read_log(run_folder / LOG_NAME), run_folder / "curve.png", title=project.lang)
    if result.interrupted:
        return result
    model_card.write_card(project, options, data, result)
    if (project.model / "language_model").is_dir():
        detach_language_model(project.model)
    return result


def _open_vocabulary(
    project: "Project", corpus: "Corpus", say: Callable[[str], None], *, save: bool
) -> "Vocabulary":
    from w2vctc.cli.build_vocab import build_vocab
    from w2vctc.vocab import load_vocabulary

    if (project.model / "vocab.json").exists():
        return load_vocabulary(project.model)
    if save:
        say(f"no vocabulary in {project.model} yet: building it (w2vctc build-vocab shows it)")
    return build_vocab(project, corpus=corpus, save=save).vocabulary


def _check_data(
    project: "Project",
    corpus: "Corpus",
    options: "FinetuneOptions",
    vocabulary: "Vocabulary",
    config: Any,
    *,
    writes: bool,
) -> "TrainingData":
    """The checked rows of train and dev."""
    from w2vctc.acoustic.guards import check_spelling
    from w2vctc.acoustic.model import count_model_frames
    from w2vctc.acoustic.training import TrainingData
    from w2vctc.cli.rows import make_normalizer, open_profile, rows_of_split, take_rows
    from w2vctc.cli.screen import say
    from w2vctc.corpus.checks.rows import check_rows
    from w2vctc.errors import DataError

    profile = open_profile(project)
    normalize = make_normalizer(profile)
    splits = {}
    for split in ("train", "dev"):
        rows, faults = rows_of_split(corpus, split)
        checked = check_rows(
            rows,
            normalize=normalize,
            encode=vocabulary.encode,
            count_frames=lambda n_samples: count_model_frames(config, n_samples),
            max_duration_s=options.max_duration,
            profile=profile,
        ).with_faults(faults)
        reject_to = project.model / "training" if writes else None
        take_rows(checked, split, skip_bad=options.skip_bad, reject_to=reject_to)
        if not checked.kept:
            raise DataError(f"{split}: no row can be used", hint="see the reasons above")
        splits[split] = checked.kept
    check_spelling(splits["train"], vocabulary, on_note=say)
    return TrainingData(splits["train"], splits["dev"], vocabulary)


def _describe(schedule: "Schedule") -> str:
    length = f"{schedule.updates:,} updates" if schedule.updates else f"{schedule.epochs:g} epochs"
    frozen = (
        f", the encoder frozen for the first {schedule.freeze_encoder_updates:,}"
        if schedule.freeze_encoder_updates
        else ""
    )
    seconds = schedule.batch_s * schedule.accumulation
    return (
        f"schedule '{schedule.name}': {length} of {seconds:g} s,"
        f" learning rate {schedule.learning_rate:g}{frozen}"
    )


def pair_counts(count: Callable[[str, str], Any]) -> Callable[[str, str], tuple[int, int]]:
    def pair(reference: str, hypothesis: str) -> tuple[int, int]:
        counts = count(reference, hypothesis)
        return counts.errors, counts.n_reference

    return pair


def show_times(times: "StepTimes") -> None:
    """Where the updates' time went, as a table."""
    from w2vctc.acoustic.step_times import render_times
    from w2vctc.cli.screen import say

    say(render_times(times))


def finish(
    project: "Project",
    result: "FinetuneResult",
    *,
    as_json: bool,
    push_to_hub: str | None = None,
) -> None:
    from w2vctc.acoustic.processes import find_processes
    from w2vctc.cli.attach import attach_if_there
    from w2vctc.cli.screen import format_share, say, say_next, write_json
    from w2vctc.errors import INTERRUPTED, ModelError

    if not find_processes().leads:
        raise typer.Exit(INTERRUPTED if result.interrupted else 0)
    if result.interrupted:
        say(f"stopped at update {result.steps:,}; a checkpoint is saved")
        say_next(f"w2vctc finetune {project.flags} --resume (and the same options)")
        raise typer.Exit(INTERRUPTED)
    say(f"head: {result.head}")
    say(
        f"made {result.folder}: best dev WER {format_share(result.dev_wer)},"
        f" CER {format_share(result.dev_cer)}; curve and log in {result.folder / 'training'}"
    )
    if result.times is not None:
        show_times(result.times)
    try:
        attach_if_there(project)
    except ModelError as error:  # the model is made all the same; its n-gram can be made anew
        say(f"{project.lm} is not put into {result.folder}: {error.message}")
    if as_json:
        write_json(
            {
                "folder": str(result.folder),
                "head": result.head,
                "schedule": result.schedule.name,
                "updates": result.steps,
                "dev_wer": result.dev_wer,
                "dev_cer": result.dev_cer,
                **({"step_times": result.times.seconds} if result.times else {}),
            }
        )
    if push_to_hub:
        model_card.push(result.folder, push_to_hub)
    say_next(f"w2vctc train-lm {project.flags}")
