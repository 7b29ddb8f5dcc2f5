"""`w2vctc finetune --plan`: what a run would take, and what to expect of it."""

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from w2vctc.words import numbered

if TYPE_CHECKING:
    from w2vctc.acoustic.planning.forecast import Forecast
    from w2vctc.acoustic.presets import Schedule
    from w2vctc.acoustic.training.data import TrainingData
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.project import Project

_WIDTH = 96
_LABEL = 10  # columns


def plan_run(
    project: "Project", options: "FinetuneOptions", data: "TrainingData", schedule: "Schedule"
) -> "Forecast":
    """The forecast, after some steps on real batches. Raises UsageError in several processes."""
    from w2vctc.acoustic.parallel.processes import find_processes
    from w2vctc.acoustic.planning.forecast import forecast_run
    from w2vctc.cli.screen import say
    from w2vctc.errors import UsageError

    if find_processes().count > 1:
        raise UsageError(
            "--plan is for one process",
            hint="run it without torchrun; docs/scale.md says what several make of its figures",
        )
    say("trying some steps on real batches, a minute or so")
    return forecast_run(data, schedule=schedule, options=options, folder=project.model, on_note=say)


def render_plan(forecast: "Forecast") -> None:
    """The forecast as lines on stdout."""
    from w2vctc.cli.screen import write

    write("".join(_line(label, text) for label, text in describe(forecast)))


def write_plan(forecast: "Forecast") -> None:
    """The forecast as JSON on stdout."""
    from w2vctc.cli.screen import write_json

    write_json({**asdict(forecast), "expect": list(forecast.expect)})


def describe(forecast: "Forecast") -> list[tuple[str, str]]:
    """Each subject with what there is to say of it."""
    return [
        ("model", _describe_model(forecast)),
        ("data", _describe_data(forecast)),
        *_describe_datasets(forecast),
        ("schedule", _describe_schedule(forecast)),
        ("time", _describe_time(forecast)),
        ("memory", _describe_memory(forecast)),
        ("disk", _describe_disk(forecast)),
        ("expect", f"{format_hours(forecast.train_s)} of speech. {' '.join(forecast.expect)}"),
    ]


def format_hours(seconds: float) -> str:
    """`1 h 12`, `12 min` or `40 s`."""
    minutes = round(seconds / 60)
    if minutes >= 60:
        return f"{minutes // 60:,} h {minutes % 60:02}"
    return f"{minutes} min" if seconds >= 90 else f"{seconds:.0f} s"


def format_bytes(n_bytes: float) -> str:
    """`3.2 GB` or `45 MB`."""
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"


def _describe_model(forecast: "Forecast") -> str:
    share = 100 * forecast.n_learning / forecast.n_parameters
    return (
        f"{_millions(forecast.n_parameters)} million parameters,"
        f" {_millions(forecast.n_learning)} million of them learn ({share:.1f} %)"
    )


def _describe_data(forecast: "Forecast") -> str:
    return (
        f"{format_hours(forecast.train_s)} in {numbered(forecast.n_train, 'clip')};"
        f" dev {format_hours(forecast.dev_rows_s)} in {numbered(forecast.n_dev, 'clip')}"
    )


def _describe_datasets(forecast: "Forecast") -> list[tuple[str, str]]:
    from w2vctc.cli.datasets import describe_shares

    return [("datasets", describe_shares(forecast.datasets))] if forecast.datasets else []


def _describe_schedule(forecast: "Forecast") -> str:
    schedule = forecast.schedule
    frozen = min(schedule.freeze_encoder_updates, forecast.n_updates)
    return (
        f"'{schedule.name}': {numbered(forecast.n_updates, 'update')}"
        f" of up to {schedule.batch_s * schedule.accumulation:g} s"
        + (f", the encoder frozen for the first {frozen:,}" if frozen else "")
        + f"; a look at dev every {forecast.eval_every:,}, {numbered(forecast.n_looks, 'time')}"
    )


def _describe_time(forecast: "Forecast") -> str:
    if forecast.training_s is None or forecast.dev_s is None:
        return "nobody can tell: the steps did not get far enough"
    steps = f"{numbered(forecast.probe.n_steps, 'step')} were tried"
    total_s = forecast.training_s + forecast.dev_s + (forecast.saving_s or 0.0)
    saving = (
        "without writing checkpoints, which could not be tried"
        if forecast.saving_s is None
        else f"{format_hours(forecast.saving_s)} writing checkpoints"
    )
    return (
        f"{format_hours(total_s)} on {forecast.device} if it does not stop early,"
        f" {format_hours(forecast.dev_s)} of it listening to dev, {saving};"
        f" {steps} in {forecast.probe.seconds:.0f} s"
    )


def _describe_memory(forecast: "Forecast") -> str:
    n_clips, clip_s = forecast.longest_batch
    longest = f"the largest batch has {numbered(n_clips, 'clip')} of up to {clip_s:.1f} s"
    if not forecast.probe.fits:
        schedule = forecast.schedule
        return (
            f"not enough: {longest}; --batch-seconds {schedule.batch_s / 2:g} --accumulation"
            f" {schedule.accumulation * 2} makes the same updates with half of it"
        )
    whose = "of the GPU" if forecast.device.startswith("cuda") else "of this machine"
    return f"{format_bytes(forecast.probe.peak_bytes)} {whose} at most; {longest}"


def _describe_disk(forecast: "Forecast") -> str:
    wanted, free = forecast.disk_bytes, forecast.free_bytes
    enough = "" if wanted < free else "not enough: "
    return (
        f"{enough}up to {format_bytes(wanted)} while it trains"
        f" ({forecast.n_checkpoints} checkpoints of {format_bytes(forecast.checkpoint_bytes)}),"
        f" then {format_bytes(forecast.model_bytes)}; {format_bytes(free)} are free"
    )


def _line(label: str, text: Any) -> str:
    lines = textwrap.wrap(text, _WIDTH - _LABEL, break_long_words=False, break_on_hyphens=False)
    indent = " " * _LABEL
    return f"{label:<{_LABEL}}" + f"\n{indent}".join(lines) + "\n"


def _millions(n: int) -> str:
    return f"{n / 1e6:.1f}" if n >= 1e5 else f"{n / 1e6:.3f}"
