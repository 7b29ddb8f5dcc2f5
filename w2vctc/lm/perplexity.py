"""How well an n-gram predicts a text: perplexity and out-of-vocabulary rate."""

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
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


@dataclass(frozen=True)
class SentenceScore:
    """One sentence under an n-gram; the fields mean what they mean in TextScore.

    log10_prob: of all its words and its end; log10_prob_unknown: the unknown words' part of it.
    """

    sentence: str
    n_tokens: int
    unknown: tuple[str, ...]
    log10_prob: float
    log10_prob_unknown: float

    @property
    def perplexity(self) -> float:
        return _perplexity(self.log10_prob, self.n_tokens + 1)


def score_sentences(
    ngram: Path, sentences: Iterable[str], *, unigrams: Collection[str] | None = None
) -> Iterator[SentenceScore]:
    """The score of each normalized sentence under the n-gram file `ngram`.

    Raises ModelError E_LM for an unusable n-gram.
    """
    model = load_kenlm(ngram)
    known = None if unigrams is None else frozenset(unigrams)
    for sentence in sentences:
        words = sentence.split()
        total = total_unknown = 0.0
        unknown_words: list[str] = []
        scores = model.full_scores(" ".join(words))
        for word, (log10_prob, _, unknown) in zip([*words, None], scores, strict=True):
            total += log10_prob
            if word is not None and (unknown or (known is not None and word not in known)):
                unknown_words.append(word)
                total_unknown += log10_prob
        yield SentenceScore(sentence, len(words), tuple(unknown_words), total, total_unknown)


def measure_text(
    ngram: Path, sentences: Iterable[str], *, unigrams: Collection[str] | None = None
) -> TextScore:
    """The score of normalized sentences under the n-gram file `ngram`.

    Raises ModelError E_LM for an unusable n-gram, DataError E_EMPTY_TEXT without a sentence.
    """
    return sum_scores(list(score_sentences(ngram, sentences, unigrams=unigrams)))


def sum_scores(scores: Sequence[SentenceScore]) -> TextScore:
    """A text's score from those of its sentences. Raises DataError E_EMPTY_TEXT without one."""
    if not scores:
        raise DataError(
            "no sentence to measure the language model on",
            hint="give a dev set with transcripts",
            code="E_EMPTY_TEXT",
        )
    n_tokens = sum(score.n_tokens for score in scores)
    n_oov = sum(len(score.unknown) for score in scores)
    total = math.fsum(score.log10_prob for score in scores)
    total_oov = math.fsum(score.log10_prob_unknown for score in scores)
    n_predicted = n_tokens + len(scores)
    return TextScore(
        n_sentences=len(scores),
        n_tokens=n_tokens,
        n_oov=n_oov,
        oov_rate=n_oov / n_tokens if n_tokens else 0.0,
        perplexity=_perplexity(total, n_predicted),
        perplexity_known=_perplexity(total - total_oov, n_predicted - n_oov),
    )


def _perplexity(log10_total: float, n_predicted: int) -> float:
    return 10 ** (-log10_total / n_predicted) if n_predicted else math.nan
