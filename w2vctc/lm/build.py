"""From sentences to an ARPA file, through lmplz or through our own estimator."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from w2vctc.errors import MachineError
from w2vctc.lm.arpa import read_header, write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.lmplz import BUILD_HINT, find_lmplz, run_lmplz
from w2vctc.lm.ngram import Discount
from w2vctc.lm.recipe import LmRecipe

Engine = Literal["auto", "builtin", "lmplz"]


@dataclass(frozen=True)
class LmBuild:
    """What was built and from how much text.

    engine: "builtin" or "lmplz". n_tokens: words without sentence ends; n_types: different words.
    discounts: D1, D2, D3+ per order; fallback_orders: the orders (from 1) whose discounts the
    text was too small to give.
    """

    engine: str
    order: int
    ngram_counts: tuple[int, ...]
    n_sentences: int
    n_tokens: int
    n_types: int
    discounts: tuple[Discount, ...]
    fallback_orders: tuple[int, ...]
    seconds: float


def build_lm(
    sentences: Sequence[str], *, recipe: LmRecipe, engine: Engine, arpa_path: Path
) -> LmBuild:
    """Writes `arpa_path` and returns what is in it; both engines write the same bytes.

    "auto" takes lmplz where it is found. Raises MachineError E_LMPLZ when engine "lmplz" is not
    there, DataError E_EMPTY_TEXT or E_RESERVED for unusable text.
    """
    started = time.perf_counter()
    chosen = choose_engine(engine)
    if chosen == "lmplz":
        report = run_lmplz(sentences, recipe=recipe, arpa_path=arpa_path)
        counts = read_header(arpa_path).counts
        sizes = (report.n_sentences, report.n_tokens, report.n_types)
        discounts, fallback_orders = report.discounts, report.fallback_orders
    else:
        model = estimate_ngrams(
            sentences,
            order=recipe.order,
            pruning=recipe.pruning,
            discount_fallback=recipe.discount_fallback,
        )
        write_arpa(model, arpa_path)
        counts = model.ngram_counts
        sizes = (model.n_sentences, model.n_tokens, model.n_types)
        discounts, fallback_orders = model.discounts, model.fallback_orders
    return LmBuild(
        engine=chosen,
        order=recipe.order,
        ngram_counts=counts,
        n_sentences=sizes[0],
        n_tokens=sizes[1],
        n_types=sizes[2],
        discounts=discounts,
        fallback_orders=fallback_orders,
        seconds=time.perf_counter() - started,
    )


def choose_engine(engine: Engine) -> Literal["builtin", "lmplz"]:
    """The engine that will run. Raises MachineError when lmplz is asked for and not there."""
    if engine == "builtin":
        return "builtin"
    if find_lmplz() is not None:
        return "lmplz"
    if engine == "lmplz":
        raise MachineError(
            "lmplz is neither on the PATH nor in ~/.cache/w2vctc/bin",
            hint=f"{BUILD_HINT}; or --engine builtin",
            code="E_LMPLZ",
        )
    return "builtin"
