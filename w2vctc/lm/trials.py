"""What dev says: the weights of models, the order of n-grams, the share of a large text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from w2vctc.lm.counts import CountedText
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.ngram import MAX_ORDER, SPECIAL_WORDS, NgramModel
from w2vctc.lm.recipe import LmRecipe
from w2vctc.lm.scoring import encode_text, number_words, score_tokens
from w2vctc.lm.selection import measure_distance, take_nearest
from w2vctc.lm.sources import LmSources, Part, divide
from w2vctc.lm.weights import TunedWeights, tune_weights

_ORDERS = range(2, MAX_ORDER + 1)
_SHARES = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16)
ORDER_OF_SHARES = 3  # in which shares of the text are compared
# A longer order costs size, a smaller share words: either must lower the perplexity by half a
# percent. From order 3 to 5 it fell by less than that in three of four mixtures measured.
_WORTH_IT = 0.995


@dataclass(frozen=True)
class Trial:
    """An order or a share that was tried, and the perplexity of dev's known words with it."""

    value: float
    perplexity: float


def weigh_models(models: Sequence[NgramModel], sources: LmSources) -> TunedWeights:
    """The weights under which dev's known words are most probable, and their perplexity.

    Words that no text holds are left out: no model predicts them, so they have no say.
    """
    text = encode_text(sources.dev, number_words(sources.vocabulary))
    heard = text.predicted & ~text.unknown
    scores = [
        score_tokens(model, encode_text(sources.dev, number_words(model.words)))[heard]
        for model in models
    ]
    return tune_weights(np.stack(scores))


def choose_order(
    parts: Sequence[Part],
    sources: LmSources,
    recipe: LmRecipe,
    *,
    longest: int = MAX_ORDER,
    on_step: Callable[[str], None] | None = None,
) -> list[Trial]:
    """The orders tried from 2 up to `longest`; `best_order` says which of them is chosen.

    The first that is no longer worth its size ends the trials. `on_step` hears what is tried.
    """
    tell = on_step or (lambda _step: None)
    if longest < _ORDERS[0]:
        return []
    texts = [CountedText(part.sentences) for part in parts]
    trials: list[Trial] = []
    for order in range(_ORDERS[0], longest + 1):
        tell(f"trying order {order}")
        trials.append(Trial(order, _try(texts, parts, sources, recipe, order=order)))
        if len(trials) > 1 and not _is_worth_it(trials[-1], trials[-2]):
            break
    return trials


def best_order(trials: Sequence[Trial]) -> int:
    """The last order that was worth its size."""
    ended = len(trials) > 1 and not _is_worth_it(trials[-1], trials[-2])
    return int(trials[-2 if ended else -1].value)


def choose_share(
    sources: LmSources, recipe: LmRecipe, *, on_step: Callable[[str], None] | None = None
) -> tuple[LmSources, float, tuple[Trial, ...]]:
    """The sources with the part of the text that is taken, its share, and what was tried.

    The words of what is left out stay in the vocabulary. `on_step` hears what is tried.
    """
    tell = on_step or (lambda _step: None)
    whole = recipe.share == 1 and not (recipe.auto_share and sources.dev)
    if whole or not (sources.text and sources.transcripts):
        return sources, 1.0, ()
    tell("measuring how near the text is to the transcripts")
    distances = measure_distance(sources.transcripts, sources.text, vocabulary=sources.vocabulary)

    def take(share: float) -> LmSources:
        text = take_nearest(sources.text, distances, share=share) if share < 1 else sources.text
        return replace(sources, text=text, words=sources.vocabulary[len(SPECIAL_WORDS) :])

    if not recipe.auto_share or not sources.dev:
        return take(recipe.share), recipe.share, ()
    trials: list[Trial] = []
    best = 0
    for share in _SHARES:
        tell(f"trying share {share:g}")
        parts = divide(take(share), recipe)
        texts = [CountedText(part.sentences) for part in parts]
        trial = Trial(share, _try(texts, parts, sources, recipe, order=ORDER_OF_SHARES))
        trials.append(trial)
        if _is_worth_it(trial, trials[best]):
            best = len(trials) - 1
    return take(trials[best].value), trials[best].value, tuple(trials)


def _try(
    texts: Sequence[CountedText],
    parts: Sequence[Part],
    sources: LmSources,
    recipe: LmRecipe,
    *,
    order: int,
) -> float:
    """The perplexity of dev under models of that order, mixed as well as they can be."""
    models = [
        estimate_ngrams(
            text,
            order=order,
            pruning=part.pruning[:order],
            discount_fallback=recipe.discount_fallback,
            vocabulary_size=len(sources.vocabulary),
        )
        for text, part in zip(texts, parts, strict=True)
    ]
    return weigh_models(models, sources).perplexity


def _is_worth_it(trial: Trial, other: Trial) -> bool:
    return trial.perplexity < _WORTH_IT * other.perplexity
