"""`w2vctc demo`: the whole story on the bundled speech, in a folder of its own."""

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel
    from w2vctc.evaluate.report import Evaluation
    from w2vctc.lm.folder import LanguageModelFiles
    from w2vctc.project import Project

EXAMPLE = ("examples", "ca-numbers")


def demo_cli(
    folder: Annotated[Path, typer.Argument(help="Where to play it.")] = Path("demo"),
    seed: Annotated[int, typer.Option(help="For weights and batches.")] = 1,
) -> None:
    """Fine-tune, train an n-gram, tune, evaluate and decode the bundled Catalan numbers."""
    demo(folder, seed=seed)


def demo(folder: Path, *, seed: int = 1) -> "Evaluation":
    """Plays every verb in `folder` as a person would type them; the final Evaluation."""
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.cli import build_vocab, finetune, train_lm
    from w2vctc.cli.evaluate import evaluate, show_evaluation
    from w2vctc.cli.screen import Stopwatch, format_time, say
    from w2vctc.cli.transcribe import find_lm, open_model, search_options
    from w2vctc.cli.tune import show_tuning, tune
    from w2vctc.project import find_project

    watch = Stopwatch()
    project = find_project(lang="ca", root=folder)
    _lay_out(project.data)
    _head("build-vocab --lang ca")
    build_vocab.show(build_vocab.build_vocab(project, overwrite=True), as_json=False)
    # the example's clips are cut tightly: a model of those alone stumbles over every pause
    _head("finetune --lang ca --model tiny --augment pauses")
    options = FinetuneOptions(model="tiny", augment="pauses", seed=seed)
    finetune.finish(
        project, finetune.finetune_project(project, options, overwrite=True), as_json=False
    )
    _head("train-lm --lang ca")
    recipe = train_lm.choose_recipe(None, None, has_text=False)
    train_lm.show(train_lm.train_lm(project, text=[], recipe=recipe), project, as_json=False)
    _head("tune --lang ca")
    model = open_model(project.model, device=None, allow_pickle=None)
    show_tuning(tune(project, model, n_workers=os.cpu_count() or 1), project, as_json=False)
    _head("evaluate --lang ca")
    lm = find_lm(project, None)
    evaluation = evaluate(project, model, lm, search_options(lm), split="test")
    show_evaluation(evaluation, split="test", as_json=False)
    _read_one(project, model, lm)
    say(f"\nall of it took {format_time(watch.seconds)}; the folder is {folder}")
    say("your own language: put train.tsv, dev.tsv and test.tsv into data/LANG and type the same")
    return evaluation


def _lay_out(data: Path) -> None:
    """Copies the bundled tables and audio to where a person's own data would be."""
    from w2vctc.errors import MachineError
    from w2vctc.resources import find_resource

    example = find_resource(*EXAMPLE)
    if example is None:
        raise MachineError(
            "the bundled example is missing from this installation",
            hint="install w2vctc again, or run from a checkout",
        )
    if not (data / "test.tsv").exists():
        shutil.copytree(example, data, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py"))


def _read_one(project: "Project", model: "AcousticModel", lm: "LanguageModelFiles | None") -> None:
    """The first test recording, decoded as `w2vctc decode` would."""
    from w2vctc.cli.decode import decode
    from w2vctc.cli.decoding.request import Request
    from w2vctc.cli.rows import open_corpus
    from w2vctc.cli.screen import say
    from w2vctc.cli.transcribe import search_options
    from w2vctc.decode.transcript import Transcript

    row = open_corpus(project).rows("test")[0]
    _head(f"decode --lang ca {row.audio}")
    request = Request(lm, search_options(lm), greedy=False)
    for result in decode(model, [row.audio], request):
        if isinstance(result, Transcript):
            say(f"heard:   {result.text}")
    say(f"written: {row.text}")


def _head(command: str) -> None:
    from w2vctc.cli.screen import say

    say(f"\n$ w2vctc {command}")
