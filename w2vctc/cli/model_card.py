"""The card of a model that `w2vctc finetune` has made, and the way of both to the hub."""

import platform
import shlex
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.acoustic.card import Card
    from w2vctc.acoustic.training.data import TrainingData
    from w2vctc.acoustic.training.finetuning import FinetuneResult
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.corpus.utterance import Utterance
    from w2vctc.project import Project

_LIBRARIES = ("torch", "transformers")


def write_card(
    project: "Project", options: "FinetuneOptions", data: "TrainingData", result: "FinetuneResult"
) -> None:
    """Writes README.md into the model's folder, beside a person's own one into training/."""
    from w2vctc.acoustic.card import CARD_NAME, save_card
    from w2vctc.acoustic.training.run import RUN_FOLDER
    from w2vctc.cli.screen import say

    own = project.model / CARD_NAME
    path = save_card(
        make_card(project, options, data, result),
        project.model,
        aside=project.model / RUN_FOLDER / CARD_NAME,
    )
    if path != own:
        say(f"{own} is your own: the card of this run is {path}")


def make_card(
    project: "Project", options: "FinetuneOptions", data: "TrainingData", result: "FinetuneResult"
) -> "Card":
    from w2vctc.acoustic.card import Card
    from w2vctc.acoustic.training.run import describe_rows

    return Card(
        language=project.lang,
        base=find_base(options.model),
        data=data.parts[0].name if data.parts else project.data.name,
        n_train=len(data.train),
        train_s=_sum(data.train),
        n_dev=len(data.dev),
        dev_s=_sum(data.dev),
        schedule=result.schedule.name,
        updates=result.steps,
        wer=result.dev_wer,
        cer=result.dev_cer,
        wer_bounds=result.dev_wer_bounds,
        command=write_command(project, options),
        versions=_list_versions(),
        fingerprint=str(describe_rows(data.train)["sha256"]),
        datasets=data.shares(options.sampling_exponent),
    )


def find_base(model: str) -> str:
    """The hub id that training began with; "" for a folder or none."""
    from w2vctc.acoustic.presets import SCRATCH, name_source

    source = name_source(model)
    return "" if model in SCRATCH or Path(source).exists() else source


def write_command(project: "Project", options: "FinetuneOptions") -> str:
    """What to type to train the same model again: every option that is not as it comes."""
    words = ["w2vctc", "finetune", *shlex.split(project.flags)]
    if options.more_data and "--data" not in words:
        words += ["--data", str(project.data)]
    for place in options.more_data:
        words += ["--data", place]
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name != "more_data" and value != field.default:
            words += _write_option(field.name.replace("_", "-"), value)
    return shlex.join(words)


def check_hub_first(repo: str) -> None:
    """Raises MachineError where the hub would refuse the model in the end."""
    from w2vctc.acoustic.hub import check_hub
    from w2vctc.acoustic.parallel.processes import find_processes

    if find_processes().leads:
        check_hub(repo)


def push(folder: Path, repo: str) -> None:
    """Puts the folder onto the hub and says where."""
    from w2vctc.acoustic.hub import push_model
    from w2vctc.cli.screen import say

    say(f"put {folder} onto the hub: {push_model(folder, repo)}")


def _write_option(name: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"--{name}" if value else f"--no-{name}"]
    return [f"--{name}", str(value)]


def _list_versions() -> dict[str, str]:
    from importlib.metadata import version

    from w2vctc import __version__

    return {
        "w2vctc": __version__,
        "Python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
    }


def _sum(rows: "Sequence[Utterance]") -> float:
    return sum(row.duration_s or 0.0 for row in rows)
