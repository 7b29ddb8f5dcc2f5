"""What train-lm tells: tables for people, figures for lm.json and --json."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from w2vctc.cli.screen import format_share, print_table, say, talk

if TYPE_CHECKING:
    from w2vctc.cli.lm_texts import LmTexts
    from w2vctc.cli.train_lm import TrainedLm
    from w2vctc.lm.build import LmBuild, PartBuild
    from w2vctc.lm.perplexity import TextScore
    from w2vctc.lm.recipe import LmRecipe
    from w2vctc.lm.trials import Trial


@contextmanager
def show_step(what: str) -> Iterator[Callable[[str], None]]:
    """A way to say what is being done; on a terminal it is shown until the next is said."""
    if not talk().is_terminal:
        yield lambda _step: None
        return
    with talk().status(what) as status:
        yield status.update


def describe_trained(trained: "TrainedLm") -> dict[str, Any]:
    """The JSON document of `train-lm --json`."""
    return {
        "arpa": str(trained.arpa),
        "recipe": trained.recipe,
        "n_transcripts": trained.texts.n_transcripts,
        "n_lines": trained.texts.n_lines,
        "n_held_out": trained.texts.n_held_out,
        "held_out_share": trained.texts.held_out_share,
        "kept_held_out": trained.texts.kept_held_out,
        **asdict(trained.build),
        "dev": asdict(trained.dev) if trained.dev else None,
    }


def describe_build(
    build: "LmBuild", score: "TextScore | None", recipe: "LmRecipe"
) -> dict[str, Any]:
    """What lm.json keeps of a build, and the weights that decoding begins with."""
    described: dict[str, Any] = {
        "recipe": recipe.name,
        "engine": build.engine,
        "order": build.order,
        "ngram_counts": list(build.ngram_counts),
        "n_sentences": build.n_sentences,
        "n_tokens": build.n_tokens,
        "n_types": build.n_types,
        "n_listed": build.n_listed,
        "share": build.share,
        "parts": [
            {
                "name": part.name,
                "n_sentences": part.n_sentences,
                "n_tokens": part.n_tokens,
                "weight": part.weight,
                "fallback_orders": list(part.fallback_orders),
            }
            for part in build.parts
        ],
        "alpha": recipe.alpha,
        "beta": recipe.beta,
    }
    if score is not None:
        described |= {"dev_perplexity": score.perplexity, "dev_oov_rate": score.oov_rate}
    return described


def show_trained(trained: "TrainedLm") -> None:
    """Tables of the n-gram on stdout, what it was made of and how it does on stderr."""
    build = trained.build
    for trials, what in ((build.share_trials, "share"), (build.order_trials, "order")):
        if trials:
            chosen = build.share if what == "share" else build.order
            say(
                f"{what} {chosen:g}, by the perplexity of dev's known words: {_list_trials(trials)}"
            )
    for note in build.notes:
        say(note)
    print_table(
        [
            ("n-grams", "left"),
            ("count", "right"),
            *((_head(part, build), "left") for part in build.parts),
        ],
        [
            (f"{n}", f"{count:,}", *(_show_discount(part, n) for part in build.parts))
            for n, count in enumerate(build.ngram_counts, start=1)
        ],
    )
    if len(build.parts) > 1:
        _show_parts(build)
    listed = f", {build.n_listed:,} of them from lists" if build.n_listed else ""
    say(
        f"{build.n_tokens:,} words, {build.n_types:,} different{listed}; engine {build.engine},"
        f" {build.seconds:.1f} s"
    )
    if trained.dev:
        say(
            f"dev: perplexity {trained.dev.perplexity:.1f},"
            f" of known words {trained.dev.perplexity_known:.1f},"
            f" unknown words {format_share(trained.dev.oov_rate)}"
        )
    say(f"made {trained.arpa}")


def tell_texts(texts: "LmTexts") -> str:
    """What was read, and what became of the sentences that dev or test hold."""
    read = f"read {texts.n_transcripts:,} transcripts and {texts.n_lines:,} lines of text"
    share = f" ({format_share(texts.held_out_share)})" if texts.n_held_out else ""
    if texts.kept_held_out and texts.n_held_out:
        return (
            f"{read}; {texts.n_held_out:,} sentences{share} are in dev or test too and were kept:"
            " what is measured there will look too good"
        )
    return f"{read}; left out {texts.n_held_out:,} sentences{share} that dev or test hold"


def _list_trials(trials: "tuple[Trial, ...]") -> str:
    return ", ".join(f"{trial.value:g}: {trial.perplexity:.1f}" for trial in trials)


def _head(part: "PartBuild", build: "LmBuild") -> str:
    return "discounts" if len(build.parts) == 1 else f"discounts of {part.name}"


def _show_parts(build: "LmBuild") -> None:
    print_table(
        [
            ("mixed of", "left"),
            *((heading, "right") for heading in ("sentences", "words", "different")),
            *((heading, "right") for heading in ("perplexity on dev", "weight")),
        ],
        [
            (
                part.name,
                f"{part.n_sentences:,}",
                f"{part.n_tokens:,}",
                f"{part.n_types:,}",
                "-" if part.perplexity is None else f"{part.perplexity:.1f}",
                f"{part.weight:.3f}",
            )
            for part in build.parts
        ],
    )


def _show_discount(part: "PartBuild", n: int) -> str:
    if n > len(part.discounts):
        return ""
    amounts = "  ".join(f"{value:.3f}" for value in part.discounts[n - 1])
    return f"{amounts} (fallback)" if n in part.fallback_orders else amounts
