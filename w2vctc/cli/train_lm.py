"""`w2vctc train-lm`: an n-gram from the training transcripts and any other text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
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
        str | None, typer.Option(help="A recipe's name or .toml file.  [default: by the text]")
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(help="Words per n-gram, 2 to 6, or auto: by dev.  [default: the recipe's]"),
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
        typer.Option(min=0.1, help="GB that it may take.  [default: most of the machine's]"),
    ] = None,
    no_normalize: Annotated[
        bool, typer.Option("--no-normalize", help="Take the text as it is, line by line.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write this ARPA file and nothing else.")] = None,
    json: flags.Json = False,
) -> None:
    """Train a word n-gram for the decoder; held-out sentences are left out of its text."""
    from w2vctc.errors import UsageError
    from w2vctc.project import UNDETERMINED, find_project, names_language

    if engine not in ("auto", "builtin", "lmplz"):
        raise UsageError(f"no engine {engine!r}", hint="choose auto, builtin or lmplz")
    chosen = choose_recipe(
        recipe, order, has_text=bool(text), n_bytes=count_bytes(text or []), mix=mix, share=share
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
    )
    show(trained, project, as_json=json)


@dataclass(frozen=True)
class TrainedLm:
    """What train-lm made: the n-gram's path, the build's figures, how it does on dev.

    n_held_out: sentences that dev or test hold too, left out unless `kept_held_out`; held_out_share
    of all that there were to learn from.
    """

    arpa: Path
    recipe: str
    build: "LmBuild"
    n_transcripts: int
    n_lines: int
    n_held_out: int
    held_out_share: float
    kept_held_out: bool
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
) -> TrainedLm:
    """Builds the n-gram from transcripts and text, and attaches it to the project's model."""
    from w2vctc.cli.attach import BINARY_NAME, attach_if_there
    from w2vctc.cli.lm_screen import describe_build
    from w2vctc.cli.rows import make_normalizer, open_profile
    from w2vctc.decode.known_sentences import save_known_sentences
    from w2vctc.lm.arpa import read_unigrams
    from w2vctc.lm.build import build_lm
    from w2vctc.lm.folder import save_lm_info, save_unigrams
    from w2vctc.lm.lmplz import find_build_binary, run_build_binary
    from w2vctc.lm.memory import GIB
    from w2vctc.lm.sources import LmSources
    from w2vctc.lm.text import clean_sentences, drop_held_out, read_text_files, read_word_lists

    normalize = make_normalizer(open_profile(project)) if normalize_text else _unchanged
    files = [*recipe.text, *text]
    transcripts = _read_transcripts(project, normalize, has_text=bool(files))
    lines = list(clean_sentences(read_text_files(files), normalize))
    held_out = {*transcripts["dev"], *transcripts["test"]}
    own, n_own = drop_held_out(transcripts["train"], held_out)
    other, n_other = drop_held_out(lines, held_out)
    if keep_held_out:
        own, other = transcripts["train"], lines
    _refuse_empty([*own, *other], project)
    listed = read_word_lists([*recipe.words, *words], normalize)
    sources = LmSources(own, other, listed, transcripts["dev"])
    arpa = out or project.lm / "lm.arpa"
    build = build_lm(
        sources,
        recipe=recipe,
        engine=engine,  # type: ignore[arg-type]
        arpa_path=arpa,
        memory_bytes=None if memory_gb is None else int(memory_gb * GIB),
    )
    unigrams = read_unigrams(arpa)
    score = _score_dev(arpa, transcripts["dev"], unigrams)
    attached = False
    if out is None:
        save_unigrams(project.lm, unigrams)
        (project.lm / BINARY_NAME).unlink(missing_ok=True)
        if find_build_binary():
            run_build_binary(arpa, project.lm / BINARY_NAME)
        save_lm_info(project.lm, describe_build(build, score, recipe))
        save_known_sentences(project.lm, [*own, *other])
        attached = attach_if_there(project)
    n_all = len(transcripts["train"]) + len(lines)
    return TrainedLm(
        arpa=arpa,
        recipe=recipe.name,
        build=build,
        n_transcripts=len(transcripts["train"]),
        n_lines=len(lines),
        n_held_out=n_own + n_other,
        held_out_share=(n_own + n_other) / n_all,
        kept_held_out=keep_held_out,
        dev=score,
        attached=attached,
    )


def _unchanged(text: str) -> str:
    return " ".join(text.split())


def count_bytes(paths: Sequence[Path]) -> int:
    """How large the text is; what is missing is found by those who read it."""
    from w2vctc.errors import DataError
    from w2vctc.lm.text import find_text_files

    try:
        return sum(file.stat().st_size for file in find_text_files(paths))
    except DataError:
        return 0


def choose_recipe(
    name: str | None,
    order: str | None,
    *,
    has_text: bool,
    n_bytes: int = 0,
    mix: bool | None = None,
    share: str | None = None,
) -> "LmRecipe":
    """The recipe of that name, or the one that suits the text, with the flags in place of its own.

    order, share: a number or "auto". Raises UsageError for what is neither.
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


def _read_transcripts(
    project: "Project", normalize: Any, *, has_text: bool
) -> dict[str, list[str]]:
    """The normalized transcripts of each split; none where there is other text and no data."""
    from w2vctc.cli.rows import open_corpus, usable_texts
    from w2vctc.corpus.splits import SPLITS

    if has_text and not project.data.exists():
        return {split: [] for split in SPLITS}
    corpus = open_corpus(project)
    texts = {split: map(normalize, usable_texts(corpus, split)) for split in SPLITS}
    return {split: [text for text in said if text] for split, said in texts.items()}


def _refuse_empty(sentences: Sequence[str], project: "Project") -> None:
    from w2vctc.errors import DataError

    if not sentences:
        raise DataError(
            "there is not one sentence to learn from",
            hint=f"give --text corpus.txt, or put train.tsv into {project.data}",
            code="E_EMPTY_TEXT",
        )


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
