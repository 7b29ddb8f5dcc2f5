"""`w2vctc train-lm`: an n-gram from the training transcripts and any other text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
    from w2vctc.cli.lm_texts import LmTexts
    from w2vctc.lm.build import LmBuild
    from w2vctc.lm.perplexity import TextScore
    from w2vctc.lm.recipe import LmRecipe
    from w2vctc.project import Project


# Beyond it a mixture of unpruned models is larger than its worth.
LARGE_TEXT_BYTES = 20_000_000


def train_lm_cli(
    lang: flags.Lang = None,
    text: Annotated[
        list[Path] | None,
        typer.Option(help="Text file, or folder of .txt files; may be given several times."),
    ] = None,
    data: flags.Data = None,
    format: flags.Format = None,
    tier: flags.Tier = None,
    allow_outside: flags.AllowOutside = None,
    model: flags.ModelFolder = None,
    profile: flags.Profile = None,
    words: Annotated[
        list[Path] | None,
        typer.Option(help="List of words or names to know beside those of the text."),
    ] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help="transcripts, mixed, corpus-5gram, or a .toml file.  [default: by the text]"
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(help="Words per n-gram, 2 to 6, or auto: by dev.  [default: the recipe's]"),
    ] = None,
    prune: Annotated[
        str | None,
        typer.Option(help='Leave out what occurs at most so often, per order: "0 0 1".'),
    ] = None,
    mix: Annotated[
        bool | None,
        typer.Option(
            "--mix/--no-mix",
            help="Transcripts and text as two models weighed on dev, or as one text.",
        ),
    ] = None,
    share: Annotated[
        str | None,
        typer.Option(help="Of the text, the part most like the transcripts: 0.25, auto: by dev."),
    ] = None,
    keep_held_out: Annotated[
        bool,
        typer.Option("--keep-held-out", help="Learn from sentences that dev or test hold, too."),
    ] = False,
    engine: Annotated[
        str, typer.Option(help="auto, builtin or lmplz: both write the same n-gram.")
    ] = "auto",
    memory: Annotated[
        float | None,
        typer.Option(min=0.4, help="GB that it may take.  [default: most of the machine's]"),
    ] = None,
    no_normalize: Annotated[
        bool, typer.Option("--no-normalize", help="Take the text as it is, line by line.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write this ARPA file and nothing else.")] = None,
    json: flags.Json = False,
) -> None:
    """Train a word n-gram for the decoder; held-out sentences are left out of its text."""
    from w2vctc.cli.lm_texts import count_bytes
    from w2vctc.errors import UsageError
    from w2vctc.project import UNDETERMINED, find_project, names_language

    if engine not in ("auto", "builtin", "lmplz"):
        raise UsageError(f"no engine {engine!r}", hint="choose auto, builtin or lmplz")
    chosen = choose_recipe(
        recipe,
        order,
        has_text=bool(text),
        n_bytes=count_bytes(text or []),
        prune=prune,
        mix=mix,
        share=share,
    )
    alone = bool(text) and lang is None and data is None and not names_language()
    project = find_project(
        lang=lang or (UNDETERMINED if alone else None),
        data=data,
        format=format,
        tier=tier,
        allow_outside=allow_outside,
        model=model,
        profile=profile,
    )
    if alone:
        out = out or Path("lm.arpa")
    trained = train_lm(
        project,
        text=text or [],
        words=words or [],
        recipe=chosen,
        engine=engine,
        memory_gb=memory,
        normalize_text=not no_normalize,
        keep_held_out=keep_held_out,
        out=out,
        on_news=(lambda _news: None) if json else None,
    )
    show(trained, project, as_json=json)


@dataclass(frozen=True)
class TrainedLm:
    """What train-lm made: the n-gram's path, the build's figures, how it does on dev."""

    arpa: Path
    recipe: str
    texts: "LmTexts"
    build: "LmBuild"
    dev: "TextScore | None"
    attached: bool


def train_lm(
    project: "Project",
    *,
    text: Sequence[Path],
    recipe: "LmRecipe",
    words: Sequence[Path] = (),
    engine: str = "auto",
    memory_gb: float | None = None,
    normalize_text: bool = True,
    keep_held_out: bool = False,
    out: Path | None = None,
    on_news: Callable[[str], None] | None = None,
) -> TrainedLm:
    """Builds the n-gram from transcripts and text, and attaches it to the project's model.

    `on_news` hears what was read; without it stderr does.
    """
    from w2vctc.cli.lm_screen import show_step, tell_texts
    from w2vctc.cli.lm_texts import gather_texts
    from w2vctc.cli.screen import say
    from w2vctc.lm.arpa import read_unigrams
    from w2vctc.lm.build import build_lm
    from w2vctc.lm.memory import GIB

    with show_step("reading") as step:
        texts = gather_texts(
            project,
            recipe,
            text=text,
            words=words,
            normalize=normalize_text,
            keep_held_out=keep_held_out,
        )
        (on_news or say)(tell_texts(texts))
        arpa = out or project.lm / "lm.arpa"
        build = build_lm(
            texts.sources,
            recipe=recipe,
            engine=engine,  # type: ignore[arg-type]
            arpa_path=arpa,
            memory_bytes=None if memory_gb is None else int(memory_gb * GIB),
            on_step=step,
        )
        step("measuring it on dev")
        unigrams = read_unigrams(arpa)
        score = _score_dev(arpa, texts.sources.dev, unigrams)
        trained = TrainedLm(arpa, recipe.name, texts, build, score, attached=False)
        if out is None:
            step("saving")
            _save(project, trained, recipe, unigrams)
    return trained if out else replace(trained, attached=_attach(project))


def _save(project: "Project", trained: TrainedLm, recipe: "LmRecipe", unigrams: list[str]) -> None:
    """Writes what stands beside the n-gram in the project's folder of it."""
    from w2vctc.cli.attach import BINARY_NAME
    from w2vctc.cli.lm_screen import describe_build
    from w2vctc.decode.known_sentences import save_known_sentences
    from w2vctc.lm.folder import save_lm_info, save_unigrams
    from w2vctc.lm.lmplz import find_build_binary, run_build_binary

    sources = trained.texts.sources
    save_unigrams(project.lm, unigrams)
    (project.lm / BINARY_NAME).unlink(missing_ok=True)
    if find_build_binary():
        run_build_binary(trained.arpa, project.lm / BINARY_NAME)
    save_lm_info(project.lm, describe_build(trained.build, trained.dev, recipe))
    save_known_sentences(project.lm, [*sources.transcripts, *sources.text])


def _attach(project: "Project") -> bool:
    from w2vctc.cli.attach import attach_if_there

    return attach_if_there(project)


def choose_recipe(
    name: str | None,
    order: str | None,
    *,
    has_text: bool,
    n_bytes: int = 0,
    prune: str | None = None,
    mix: bool | None = None,
    share: str | None = None,
) -> "LmRecipe":
    """The recipe of that name, or the one that suits the text, with the flags in place of its own.

    order, share: a number or "auto"; prune: numbers. Raises UsageError for what is neither.
    """
    from w2vctc.lm.recipe import check_recipe, load_recipe

    by_itself = "transcripts"
    if has_text:
        by_itself = "corpus-5gram" if n_bytes > LARGE_TEXT_BYTES else "mixed"
    recipe = load_recipe(name or by_itself)
    if order is not None:
        number = _number_or_auto("--order", order, low=2, high=6)
        recipe = replace(recipe, auto_order=number is None)
        if number is not None:
            recipe = replace(recipe, order=int(number), pruning=recipe.pruning[: int(number)])
    if prune is not None:
        recipe = replace(recipe, pruning=_thresholds(prune))
    if share is not None:
        number = _number_or_auto("--share", share, low=0, high=1)
        recipe = replace(recipe, auto_share=number is None, share=number or 1.0)
    recipe = recipe if mix is None else replace(recipe, mix=mix)
    check_recipe(recipe)
    return recipe


def _number_or_auto(flag: str, given: str, *, low: int, high: int) -> float | None:
    """The number that a flag was given, None for "auto". Orders, from 2 up, are whole numbers."""
    from w2vctc.errors import UsageError
    from w2vctc.lm.recipe import AUTO

    if given == AUTO:
        return None
    try:
        number: float = int(given) if low else float(given)
    except ValueError:
        number = -1
    wanted = f"{low} to {high}" if low else f"above {low}, at most {high},"
    if not low <= number <= high or number == 0:
        raise UsageError(f"{flag} {given}: wanted {wanted} or auto", hint=f"leave {flag} out")
    return number


def _thresholds(given: str) -> tuple[int, ...]:
    from w2vctc.errors import UsageError

    try:
        return tuple(int(number) for number in given.replace(",", " ").split())
    except ValueError as error:
        raise UsageError(
            f"--prune {given!r}: wanted whole numbers, one per order",
            hint='--prune "0 0 1" leaves out 3-grams and longer ones that occur once',
        ) from error


def _score_dev(arpa: Path, dev: Sequence[str], unigrams: Sequence[str]) -> "TextScore | None":
    from w2vctc.lm.perplexity import measure_text

    return measure_text(arpa, dev, unigrams=unigrams) if dev else None


def show(trained: TrainedLm, project: "Project", *, as_json: bool) -> None:
    """Tells what was made, on stdout and stderr."""
    from w2vctc.cli.lm_screen import describe_trained, show_trained
    from w2vctc.cli.screen import say_next, write_json

    if as_json:
        write_json(describe_trained(trained))
        return
    show_trained(trained)
    next_verb = (
        f"tune {project.flags}" if trained.attached else f"decode --lm {trained.arpa} file.wav"
    )
    say_next(f"w2vctc {next_verb}")
