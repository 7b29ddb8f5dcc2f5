"""How well an n-gram predicts a text: perplexity and out-of-vocabulary rate."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from w2vctc.errors import DataError
from w2vctc.lm.loading import load_kenlm


@dataclass(frozen=True)
class TextScore:
    """Scores of a text of n_tokens words (sentence ends not counted) in n_sentences.

    oov_rate = n_oov / n_tokens, where a word is out of vocabulary when the n-gram or the given
    unigrams lack it.
    perplexity = 10 ** (-sum of log10 p / (n_tokens + n_sentences)): each </s> is a prediction too,
    and an unknown word counts with the probability of <unk>.
    perplexity_known leaves out-of-vocabulary words out of sum and count; they still stand in the
    history of the next word. NaN where nothing is left.
    """

    n_sentences: int
    n_tokens: int
    n_oov: int
    oov_rate: float
    perplexity: float
    perplexity_known: float


def measure_text(
    ngram: Path, sentences: Iterable[str], *, unigrams: Collection[str] | None = None
) -> TextScore:
    """The score of normalized sentences under the n-gram file `ngram`.

    Raises ModelError E_LM for an unusable n-gram, DataError E_EMPTY_TEXT without a sentence.
    """
    model = load_kenlm(ngram)
    known = None if unigrams is None else frozenset(unigrams)
    n_sentences = n_tokens = n_oov = 0
    total = total_oov = 0.0
    for sentence in sentences:
        words = sentence.split()
        scores = model.full_scores(" ".join(words))
        for word, (log10_prob, _, unknown) in zip([*words, None], scores, strict=True):
            total += log10_prob
            if unknown or (known is not None and word is not None and word not in known):
                n_oov += 1
                total_oov += log10_prob
        n_sentences += 1
        n_tokens += len(words)
    if not n_sentences:
        raise DataError(
            "no sentence to measure the language model on",
            hint="give a dev set with transcripts",
            code="E_EMPTY_TEXT",
        )
    n_predicted = n_tokens + n_sentences
    return TextScore(
        n_sentences=n_sentences,
        n_tokens=n_tokens,
        n_oov=n_oov,
        oov_rate=n_oov / n_tokens if n_tokens else 0.0,
        perplexity=_perplexity(total, n_predicted),
        perplexity_known=_perplexity(total - total_oov, n_predicted - n_oov),
    )


def _perplexity(log10_total: float, n_predicted: int) -> float:
    return 10 ** (-log10_total / n_predicted) if n_predicted else math.nan
