"""From sentences to an ARPA file: one text or a mixture, through lmplz or our own estimator."""

import itertools
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from w2vctc.errors import MachineError
from w2vctc.lm.arpa import read_header, write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.lmplz import BUILD_HINT, LmplzReport, find_lmplz, programs_folder, run_lmplz
from w2vctc.lm.memory import needed_bytes, refuse_large_mixture, refuse_too_large, usable_bytes
from w2vctc.lm.mixture import interpolate_ngrams, with_words
from w2vctc.lm.ngram import MAX_ORDER, SPECIAL_WORDS, Discount, NgramModel
from w2vctc.lm.reading import read_arpa
from w2vctc.lm.recipe import LmRecipe
from w2vctc.lm.sources import LmSources, Part, divide
from w2vctc.lm.trials import (
    ORDER_OF_SHARES,
    Trial,
    best_order,
    choose_order,
    choose_share,
    weigh_models,
)

Engine = Literal["auto", "builtin", "lmplz"]


@dataclass(frozen=True)
class PartBuild:
    """One of the models that a language model consists of.

    n_tokens: words without sentence ends; n_types: different words. weight: in the mixture; 1
    where there is only this one. perplexity: of dev's known words, None without dev.
    discounts: D1, D2, D3+ per order; fallback_orders: the orders (from 1) whose discounts the
    text was too small to give.
    """

    name: str
    n_sentences: int
    n_tokens: int
    n_types: int
    discounts: tuple[Discount, ...]
    fallback_orders: tuple[int, ...]
    weight: float = 1.0
    perplexity: float | None = None


@dataclass(frozen=True)
class LmBuild:
    """What was built and from how much text.

    engine: "builtin" or "lmplz". n_sentences, n_tokens: of all parts; n_types: the words that the
    model knows, n_listed of them from lists only. share: how much of the other text was taken.
    order_trials, share_trials: what dev said, empty where it was not asked. notes: where something
    else was done than the recipe says, and why.
    """

    engine: str
    order: int
    ngram_counts: tuple[int, ...]
    n_sentences: int
    n_tokens: int
    n_types: int
    n_listed: int
    share: float
    parts: tuple[PartBuild, ...]
    order_trials: tuple[Trial, ...]
    share_trials: tuple[Trial, ...]
    notes: tuple[str, ...]
    seconds: float


def build_lm(
    sources: LmSources,
    *,
    recipe: LmRecipe,
    engine: Engine,
    arpa_path: Path,
    memory_bytes: int | None = None,
    on_step: Callable[[str], None] | None = None,
) -> LmBuild:
    """Writes `arpa_path` and returns what is in it; both engines write the same bytes.

    `on_step` hears what is being done.

    "auto" takes lmplz where it is found and one text is all there is, or where a mixture does not
    fit into `memory_bytes` (None: most of the machine's). Raises MachineError E_LMPLZ
    when engine "lmplz" is not there, E_MEMORY when the text is too large for our own estimator;
    DataError E_EMPTY_TEXT or E_RESERVED for unusable text.
    """
    limit = usable_bytes() if memory_bytes is None else memory_bytes
    started = time.perf_counter()
    tell = on_step or (lambda _step: None)
    if (recipe.share < 1 or recipe.auto_share) and sources.text:
        _refuse_too_large(divide(sources, recipe), order=ORDER_OF_SHARES, limit=limit)
    n_listed = _count_listed(sources) if sources.words else 0
    sources, share, share_trials = choose_share(sources, recipe, on_step=tell)
    parts = divide(sources, recipe)
    notes = _note_without_dev(sources, recipe)
    order_trials: list[Trial] = []
    if recipe.auto_order and sources.dev:
        longest = _longest_order(parts, limit=limit)
        order_trials = choose_order(parts, sources, recipe, longest=longest, on_step=tell)
        if order_trials:
            recipe = replace(recipe, order=best_order(order_trials))
        if longest < MAX_ORDER and recipe.order >= longest:
            notes.append(f"order {recipe.order}: trying longer ones needs more --memory")
    tell(f"estimating, order {recipe.order}")
    recipe = replace(recipe, pruning=recipe.pruning[: recipe.order])
    if len(parts) > 1 or sources.words:
        chosen, built = _build_mixture(parts, sources, recipe, engine, arpa_path, limit=limit)
    else:
        chosen, built = _build_alone(parts[0], recipe, engine, arpa_path, limit=limit)
    counts = read_header(arpa_path).counts
    n_types = counts[0] - len(SPECIAL_WORDS)
    return LmBuild(
        engine=chosen,
        order=recipe.order,
        ngram_counts=counts,
        n_sentences=sum(part.n_sentences for part in built),
        n_tokens=sum(part.n_tokens for part in built),
        n_types=n_types,
        n_listed=n_listed,
        share=share,
        parts=built,
        order_trials=tuple(order_trials),
        share_trials=share_trials,
        notes=tuple(notes),
        seconds=time.perf_counter() - started,
    )


def _note_without_dev(sources: LmSources, recipe: LmRecipe) -> list[str]:
    """What the recipe leaves to dev and nobody can decide without one."""
    if sources.dev:
        return []
    notes = []
    both = bool(sources.transcripts and sources.text)
    if recipe.mix and both:
        notes.append("one model of transcripts and text: there is no dev to weigh two by")
    if recipe.auto_share and both:
        notes.append("all of the text is taken: there is no dev to choose a share by")
    if recipe.auto_order:
        notes.append(f"order {recipe.order}: there is no dev to choose by")
    return notes


def _build_alone(
    part: Part, recipe: LmRecipe, engine: Engine, arpa_path: Path, *, limit: int
) -> tuple[str, tuple[PartBuild, ...]]:
    """Writes the n-gram of one text."""
    chosen = choose_engine(engine)
    if chosen == "lmplz":
        report = run_lmplz(part.sentences, recipe=recipe, arpa_path=arpa_path, memory_bytes=limit)
        return chosen, (_describe(part, report),)
    _refuse_too_large([part], order=recipe.order, limit=limit)
    model = estimate_ngrams(
        part.sentences,
        order=recipe.order,
        pruning=recipe.pruning,
        discount_fallback=recipe.discount_fallback,
    )
    write_arpa(model, arpa_path)
    return chosen, (_describe(part, model),)


def _build_mixture(
    parts: Sequence[Part],
    sources: LmSources,
    recipe: LmRecipe,
    engine: Engine,
    arpa_path: Path,
    *,
    limit: int,
) -> tuple[str, tuple[PartBuild, ...]]:
    """Writes the mixture of several texts, or of one whose vocabulary is larger than its own.

    All models are in memory, and lmplz would have to write them to disk and have them read back:
    "auto" stands for our own estimator here, as long as the text fits.
    """
    chosen = choose_engine(engine)
    if engine == "auto" and _needed(parts, order=recipe.order) <= limit:
        chosen = "builtin"
    if chosen == "builtin":
        _refuse_too_large(parts, order=recipe.order, limit=limit)
    models, built = [], []
    for part in parts:
        model, described = _estimate(part, sources, recipe, chosen, limit=limit)
        models.append(model)
        built.append(described)
    if chosen == "lmplz":
        refuse_large_mixture(sum(sum(model.ngram_counts) for model in models), limit)
    weights: tuple[float, ...] = (1.0,)
    if sources.dev:
        weights = weigh_models(models, sources).weights
        built = [
            replace(part, weight=weight, perplexity=weigh_models([model], sources).perplexity)
            for part, model, weight in zip(built, models, weights, strict=True)
        ]
    models = [with_words(model, sources.vocabulary) for model in models]
    mixed = models[0] if len(models) == 1 else interpolate_ngrams(models, weights)
    write_arpa(mixed, arpa_path)
    return chosen, tuple(built)


def _longest_order(parts: Sequence[Part], *, limit: int) -> int:
    """The highest order that our own estimator has the memory for, 1 where it has none."""
    orders = range(2, MAX_ORDER + 1)
    return max((n for n in orders if _needed(parts, order=n) <= limit), default=1)


def _needed(parts: Sequence[Part], *, order: int) -> int:
    """The most that the models of all parts and their mixture take."""
    sentences = itertools.chain.from_iterable(part.sentences for part in parts)
    return needed_bytes(sentences, order=order, mixed=len(parts) > 1)


def _refuse_too_large(parts: Sequence[Part], *, order: int, limit: int) -> None:
    refuse_too_large(_needed(parts, order=order), limit, order=order)


def _estimate(
    part: Part, sources: LmSources, recipe: LmRecipe, engine: str, *, limit: int
) -> tuple[NgramModel, PartBuild]:
    """The model of one text for a vocabulary that is larger than its own."""
    size = len(sources.vocabulary)
    pruning = part.pruning[: recipe.order]
    if engine == "lmplz":
        with tempfile.TemporaryDirectory(prefix="w2vctc-") as folder:
            arpa = Path(folder, "part.arpa")
            report = run_lmplz(
                part.sentences,
                recipe=replace(recipe, pruning=pruning),
                arpa_path=arpa,
                vocabulary_size=size,
                memory_bytes=limit,
            )
            refuse_large_mixture(sum(read_header(arpa).counts), limit)
            return read_arpa(arpa, trusted=True), _describe(part, report)
    model = estimate_ngrams(
        part.sentences,
        order=recipe.order,
        pruning=pruning,
        discount_fallback=recipe.discount_fallback,
        vocabulary_size=size,
    )
    return model, _describe(part, model)


def _describe(part: Part, figures: NgramModel | LmplzReport) -> PartBuild:
    return PartBuild(
        name=part.name,
        n_sentences=figures.n_sentences,
        n_tokens=figures.n_tokens,
        n_types=figures.n_types,
        discounts=figures.discounts,
        fallback_orders=figures.fallback_orders,
    )


def _count_listed(sources: LmSources) -> int:
    """How many words stand in lists only."""
    return len(sources.vocabulary) - len(replace(sources, words=()).vocabulary)


def choose_engine(engine: Engine) -> Literal["builtin", "lmplz"]:
    """The engine that will run. Raises MachineError when lmplz is asked for and not there."""
    if engine == "builtin":
        return "builtin"
    if find_lmplz() is not None:
        return "lmplz"
    if engine == "lmplz":
        raise MachineError(
            f"lmplz is neither on the PATH nor in {programs_folder()}",
            hint=f"{BUILD_HINT}; or --engine builtin",
            code="E_LMPLZ",
        )
    return "builtin"
