"""`w2vctc lm-info`: what a language model holds, how it predicts a text, what a model can spell."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from w2vctc.cli import flags

if TYPE_CHECKING:
    from w2vctc.lm.info import NgramInfo, Spelling
    from w2vctc.lm.perplexity import SentenceScore, TextScore


def lm_info_cli(
    lm: Annotated[Path, typer.Argument(help="The language model's folder, ARPA file or binary.")],
    text: Annotated[
        list[Path] | None,
        typer.Option(help="Measure it on this text file, or folder of .txt files."),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Check its words against this model's letters.")
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option("--lang", "-l", help="Normalize the text as this language's is."),
    ] = None,
    profile: flags.Profile = None,
    worst: Annotated[
        int, typer.Option(min=0, help="How many of the worst predicted sentences to show.")
    ] = 10,
    json: flags.Json = False,
) -> None:
    """Show an n-gram's sizes, its perplexity on a text, and the words that cannot be spelled."""
    from w2vctc.cli.screen import write_json

    info = lm_info(lm, text=text or (), model=model, lang=lang, profile=profile, n_worst=worst)
    if json:
        write_json(describe(info))
    else:
        show(info)


@dataclass(frozen=True)
class LmInfo:
    """What lm-info found; None for what was not asked for."""

    ngram: "NgramInfo"
    n_words: int | None  # of the vocabulary that decoding takes, where it is known
    spelling: "Spelling | None"
    text: "TextScore | None"
    worst: "tuple[SentenceScore, ...]"


def lm_info(
    lm: Path,
    *,
    text: Sequence[Path] = (),
    model: Path | None = None,
    lang: str | None = None,
    profile: Path | None = None,
    n_worst: int = 10,
) -> LmInfo:
    """Examines a language model; the text is taken as it is where no language is given."""
    from w2vctc.errors import DataError
    from w2vctc.lm.folder import find_language_model
    from w2vctc.lm.info import examine_ngram, examine_spelling
    from w2vctc.lm.perplexity import score_sentences, sum_scores
    from w2vctc.lm.text import clean_sentences, read_text_files

    files = find_language_model(lm)
    ngram = examine_ngram(files.ngram)
    spelling = None
    if model is not None:
        if files.unigrams is None:
            raise DataError(
                f"{lm}: a binary without unigrams.txt beside it: its words are not known",
                hint="give the ARPA file that it was made of",
                code="E_LM",
            )
        spelling = examine_spelling(files.unigrams, _speller(model))
    scores: list[SentenceScore] = []
    if text:
        sentences = clean_sentences(read_text_files(text), _normalizer(lang, profile))
        scores = list(score_sentences(files.ngram, sentences, unigrams=files.unigrams))
    worst = sorted(scores, key=lambda score: -score.perplexity)[:n_worst]
    return LmInfo(
        ngram=ngram,
        n_words=None if files.unigrams is None else len(files.unigrams),
        spelling=spelling,
        text=sum_scores(scores) if text else None,
        worst=tuple(worst),
    )


def _speller(model: Path) -> Any:
    from w2vctc.vocab import load_vocabulary

    vocabulary = load_vocabulary(model)
    return lambda word: not vocabulary.unspellable(word)


def _normalizer(lang: str | None, profile: Path | None) -> Any:
    from w2vctc.cli.rows import make_normalizer
    from w2vctc.project import UNDETERMINED
    from w2vctc.text.profile import load_profile

    if lang is None and profile is None:
        return lambda line: " ".join(line.split())
    return make_normalizer(load_profile(lang or UNDETERMINED, path=profile))


def describe(info: LmInfo) -> dict[str, Any]:
    """The JSON document of `lm-info --json`."""
    return {
        "ngram": asdict(info.ngram)
        | {"path": str(info.ngram.path), "is_sound": info.ngram.is_sound},
        "n_words": info.n_words,
        "spelling": asdict(info.spelling) if info.spelling else None,
        "text": asdict(info.text) if info.text else None,
        "worst": [asdict(score) | {"perplexity": score.perplexity} for score in info.worst],
    }


def show(info: LmInfo) -> None:
    """The tables on stdout, one line for each other finding on stderr."""
    from w2vctc.cli.screen import format_share, print_table, say

    ngram = info.ngram
    say(f"{ngram.path}: {ngram.format}, {ngram.n_bytes / 1e6:.1f} MB, order {ngram.order}")
    if ngram.unigram_sum is not None:
        say(_tell_sums(ngram))
    if info.n_words is not None:
        say(f"{info.n_words:,} words")
    if ngram.ngram_counts:
        print_table(
            [("n-grams", "left"), ("count", "right")],
            [(f"{n}", f"{count:,}") for n, count in enumerate(ngram.ngram_counts, start=1)],
        )
    if info.spelling:
        _show_spelling(info.spelling)
    if info.text:
        text = info.text
        say(
            f"text: {text.n_sentences:,} sentences, {text.n_tokens:,} words; perplexity"
            f" {text.perplexity:.1f}, of known words {text.perplexity_known:.1f};"
            f" unknown words {format_share(text.oov_rate)}"
        )
    if info.worst:
        print_table(
            [("perplexity", "right"), ("unknown", "right"), ("worst sentences", "left")],
            [(f"{s.perplexity:,.1f}", str(len(s.unknown)), s.sentence) for s in info.worst],
        )


def _tell_sums(ngram: "NgramInfo") -> str:
    least, largest = ngram.history_sums or (math.nan, math.nan)
    sums = f"unigrams sum to {ngram.unigram_sum:.4f}"
    if ngram.history_sums:
        sums += f", what may follow a history to {least:.4f} to {largest:.4f}"
    if ngram.is_sound:
        return sums
    return f"{sums}: probabilities sum to 1; build it again with train-lm"


def _show_spelling(spelling: "Spelling") -> None:
    from w2vctc.cli.screen import format_share, say

    means = {
        "fine": "",
        "warned": "; the others are never found",
        "refused": ": under half, so that decoding refuses it",
    }
    line = (
        f"the model's letters can spell {format_share(spelling.share)} of the words"
        f"{means[spelling.verdict]}"
    )
    say(line)
    if spelling.examples:
        say(f"not, for instance: {', '.join(spelling.examples)}")
