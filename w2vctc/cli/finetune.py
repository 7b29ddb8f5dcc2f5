"""`w2vctc finetune`: from checked rows to a trained model folder."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import typer

from w2vctc.cli import flags, model_card, training_flags
from w2vctc.cli.interruption import remark_on_interruption
from w2vctc.cli.training_data import prepare_training

if TYPE_CHECKING:
    from w2vctc.acoustic.monitoring.progress import TrainingEvent
    from w2vctc.acoustic.monitoring.step_times import StepTimes
    from w2vctc.acoustic.presets import Schedule
    from w2vctc.acoustic.training.data import TrainingData
    from w2vctc.acoustic.training.finetuning import FinetuneResult
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.project import Project


def finetune_cli(
    lang: flags.Lang = None,
    data: training_flags.Data = None,
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
    dropout: training_flags.Dropout = None,
    eval_every: training_flags.EvalEvery = None,
    patience: training_flags.Patience = None,
    max_duration: training_flags.MaxDuration = None,
    seed: training_flags.Seed = None,
    sampling_exponent: training_flags.SamplingExponent = None,
    augment: training_flags.Augment = None,
    noise_folder: training_flags.NoiseFolder = None,
    augment_ramp: training_flags.AugmentRamp = None,
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
    given["more_data"] = tuple(map(str, data[1:])) if data else None
    from w2vctc.config import override
    from w2vctc.project import find_project

    project = find_project(
        lang=lang,
        data=data[0] if data else None,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        model=out,
        profile=profile,
    )
    from w2vctc.acoustic.training.options import FinetuneOptions

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
    from w2vctc.acoustic.parallel.processes import leave, share

    steps: list[int] = []  # that this command has made
    with remark_on_interruption(lambda: say_what_is_left(steps, options, resume=resume)):
        data, schedule = share(
            lambda: prepare_training(project, options, resume=resume, overwrite=overwrite),
            device=options.device,
        )
        result = _train(project, options, data, schedule, resume=resume, on_step=steps.append)
    leave()
    return result


def say_what_is_left(steps: Sequence[int], options: "FinetuneOptions", *, resume: bool) -> str:
    """What a signal outside of the updates has cost: nothing, since those save a checkpoint."""
    if steps:
        return "the checkpoints are whole: go on with --resume (and the same options)"
    if resume:
        return "no checkpoint was touched: go on with the same command"
    kept = "; features that were computed are kept" if options.cache_features else ""
    return f"no update was made yet, so nothing is lost{kept}: run the same command again"


def show_plan(project: "Project", options: "FinetuneOptions", *, as_json: bool) -> None:
    """Tells what the run would take; writes nothing."""
    from w2vctc.cli.training_plan import plan_run, render_plan, write_plan

    data, schedule = prepare_training(project, options, resume=False, overwrite=True, writes=False)
    forecast = plan_run(project, options, data, schedule)
    write_plan(forecast) if as_json else render_plan(forecast)


def _train(
    project: "Project",
    options: "FinetuneOptions",
    data: "TrainingData",
    schedule: "Schedule",
    *,
    resume: bool,
    on_step: Callable[[int], None],
) -> "FinetuneResult":
    from w2vctc.acoustic.monitoring.curve import save_curve
    from w2vctc.acoustic.monitoring.metrics import Scoring
    from w2vctc.acoustic.monitoring.progress import read_log
    from w2vctc.acoustic.parallel.processes import find_processes
    from w2vctc.acoustic.training.finetuning import finetune
    from w2vctc.acoustic.training.run import LOG_NAME, RUN_FOLDER
    from w2vctc.cli.screen import say
    from w2vctc.cli.training_screen import TrainingScreen
    from w2vctc.cli.training_search import open_training_search
    from w2vctc.decode.confidence_file import forget_calibrations
    from w2vctc.decode.model_folder import detach_language_model
    from w2vctc.evaluate.counts import count_character_errors, count_word_errors

    search = open_training_search(project, data.vocabulary, select=options.select)
    with TrainingScreen() as screen:

        def show(event: "TrainingEvent") -> None:
            on_step(event.step)
            screen.show(event)

        result = finetune(
            data,
            schedule=schedule,
            options=options,
            folder=project.model,
            scoring=Scoring(
                pair_counts(count_word_errors), pair_counts(count_character_errors), search
            ),
            resume=resume,
            on_event=show,
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
    forget_calibrations(project.model)  # of the weights that were there before
    return result


def pair_counts(count: Callable[[str, str], Any]) -> Callable[[str, str], tuple[int, int]]:
    def pair(reference: str, hypothesis: str) -> tuple[int, int]:
        counts = count(reference, hypothesis)
        return counts.errors, counts.n_reference

    return pair


def show_times(times: "StepTimes") -> None:
    """Where the updates' time went, as a table."""
    from w2vctc.acoustic.monitoring.step_times import render_times
    from w2vctc.cli.screen import say

    say(render_times(times))


def finish(
    project: "Project",
    result: "FinetuneResult",
    *,
    as_json: bool,
    push_to_hub: str | None = None,
) -> None:
    from w2vctc.acoustic.parallel.processes import find_processes
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
