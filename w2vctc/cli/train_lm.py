"""`w2vctc train-lm`: an n-gram from the training transcripts and any other text."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
    from w2vctc.lm.build import LmBuild
    from w2vctc.lm.recipe import LmRecipe
    from w2vctc.project import Project


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
    recipe: Annotated[
        str | None, typer.Option(help="A recipe's name or .toml file.  [default: by the text]")
    ] = None,
    order: Annotated[int | None, typer.Option(min=2, max=6, help="Words per n-gram.")] = None,
    engine: Annotated[
        str, typer.Option(help="auto, builtin or lmplz: both write the same n-gram.")
    ] = "auto",
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
        recipe=choose_recipe(recipe, order, has_text=bool(text)),
        engine=engine,
        normalize_text=not no_normalize,
        out=out,
    )
    show(trained, project, as_json=json)


@dataclass(frozen=True)
class TrainedLm:
    """What train-lm made: the n-gram's path, the build's figures, how it does on dev."""

    arpa: Path
    build: "LmBuild"  # lm.build.LmBuild
    n_transcripts: int
    n_lines: int
    n_held_out: int
    dev: Any | None  # lm.perplexity.TextScore
    attached: bool


def train_lm(
    project: "Project",
    *,
    text: Sequence[Path],
    recipe: "LmRecipe",
    engine: str = "auto",
    normalize_text: bool = True,
    out: Path | None = None,
) -> TrainedLm:
    """Builds the n-gram from transcripts and text, and attaches it to the project's model."""
    from w2vctc.cli.attach import BINARY_NAME, attach_if_there
    from w2vctc.cli.rows import make_normalizer, open_profile
    from w2vctc.lm.arpa import read_unigrams
    from w2vctc.lm.build import build_lm
    from w2vctc.lm.folder import save_lm_info, save_unigrams
    from w2vctc.lm.lmplz import find_build_binary, run_build_binary
    from w2vctc.lm.text import clean_sentences, drop_held_out, read_text_files

    normalize = make_normalizer(open_profile(project)) if normalize_text else _unchanged
    transcripts = _read_transcripts(project, normalize, has_text=bool(text))
    lines = list(clean_sentences(read_text_files(text), normalize))
    held_out = {*transcripts["dev"], *transcripts["test"]}
    sentences, n_held_out = drop_held_out([*transcripts["train"], *lines], held_out)
    _refuse_empty(sentences, project)
    arpa = out or project.lm / "lm.arpa"
    build = build_lm(sentences, recipe=recipe, engine=engine, arpa_path=arpa)  # type: ignore[arg-type]
    unigrams = read_unigrams(arpa)
    score = _score_dev(arpa, transcripts["dev"], unigrams)
    attached = False
    if out is None:
        save_unigrams(project.lm, unigrams)
        (project.lm / BINARY_NAME).unlink(missing_ok=True)
        if find_build_binary():
            run_build_binary(arpa, project.lm / BINARY_NAME)
        save_lm_info(project.lm, _describe(build, score, recipe))
        attached = attach_if_there(project)
    return TrainedLm(
        arpa, build, len(transcripts["train"]), len(lines), n_held_out, score, attached
    )


def _unchanged(text: str) -> str:
    return " ".join(text.split())


def choose_recipe(name: str | None, order: int | None, *, has_text: bool) -> "LmRecipe":
    from w2vctc.lm.recipe import load_recipe

    recipe = load_recipe(
        name or ("corpus-5gram" if has_text and not order else "transcripts-3gram")
    )
    if order is None:
        return recipe
    return replace(recipe, order=order, pruning=recipe.pruning[:order])


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


def _score_dev(arpa: Path, dev: Sequence[str], unigrams: Sequence[str]) -> Any:
    from w2vctc.lm.perplexity import measure_text

    return measure_text(arpa, dev, unigrams=unigrams) if dev else None


def _describe(build: "LmBuild", score: Any, recipe: "LmRecipe") -> dict[str, Any]:
    described = {
        "recipe": recipe.name,
        "engine": build.engine,
        "order": build.order,
        "ngram_counts": list(build.ngram_counts),
        "n_sentences": build.n_sentences,
        "n_tokens": build.n_tokens,
        "n_types": build.n_types,
        "fallback_orders": list(build.fallback_orders),
        "alpha": recipe.alpha,
        "beta": recipe.beta,
    }
    if score is not None:
        described |= {"dev_perplexity": score.perplexity, "dev_oov_rate": score.oov_rate}
    return described


def show(trained: TrainedLm, project: "Project", *, as_json: bool) -> None:
    from w2vctc.cli.screen import format_share, print_table, say, say_next, write_json

    build = trained.build
    if as_json:
        dev = asdict(trained.dev) if trained.dev else None
        write_json({"arpa": str(trained.arpa), **asdict(build), "dev": dev})
        return
    say(
        f"read {trained.n_transcripts:,} transcripts and {trained.n_lines:,} lines of text;"
        f" left out {trained.n_held_out:,} sentences that dev or test hold"
    )
    print_table(
        [("n-grams", "left"), ("count", "right"), ("discounts", "left")],
        [
            (f"{n}", f"{count:,}", _show_discount(build, n))
            for n, count in enumerate(build.ngram_counts, start=1)
        ],
    )
    say(
        f"{build.n_tokens:,} words, {build.n_types:,} different; engine {build.engine},"
        f" {build.seconds:.1f} s"
    )
    if trained.dev:
        say(
            f"dev: perplexity {trained.dev.perplexity:.1f},"
            f" unknown words {format_share(trained.dev.oov_rate)}"
        )
    say(f"made {trained.arpa}")
    next_verb = (
        f"tune {project.flags}" if trained.attached else f"decode --lm {trained.arpa} file.wav"
    )
    say_next(f"w2vctc {next_verb}")


def _show_discount(build: "LmBuild", n: int) -> str:
    if n in build.fallback_orders:
        return "fallback: too little text to estimate them"
    if n > len(build.discounts):
        return ""
    return "  ".join(f"{value:.3f}" for value in build.discounts[n - 1])
