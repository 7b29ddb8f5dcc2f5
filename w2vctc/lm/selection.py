"""The part of a large text that is most like the transcripts.

Moore and Lewis 2010, "Intelligent Selection of Language Model Training Data" (P10-2041): each
sentence is measured by how much better a model of the transcripts predicts it than a model of
as much text, drawn at random.
"""

from collections.abc import Sequence

import numpy as np

from w2vctc.lm.counts import Ids
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.mixture import with_words
from w2vctc.lm.scoring import Doubles, EncodedText, encode_text, number_words, score_tokens

_ORDER = 3


def measure_distance(
    transcripts: Sequence[str], text: Sequence[str], *, vocabulary: Sequence[str], seed: int = 0
) -> Doubles:
    """Per sentence of the text, how far it is from the transcripts.

    That is the difference of its cross-entropies, log10 per word: below 0 where the transcripts'
    model predicts it better. Two samples are drawn, so that no sentence is measured by the model
    of a sample that holds it. vocabulary: all words, after <unk>, <s> and </s>.
    """
    encoded = encode_text(text, number_words(vocabulary))
    lengths = encoded.sum_by_sentence(encoded.predicted.astype(np.float64))
    wanted = sum(len(line.split()) + 1 for line in transcripts)
    first, second = _draw_samples(lengths, wanted, seed=seed)
    near = _score_sentences(encoded, transcripts, vocabulary)
    far = _score_sentences(encoded, [text[row] for row in first], vocabulary)
    if len(second):
        far[first] = _score_sentences(encoded, [text[row] for row in second], vocabulary)[first]
    return np.asarray((far - near) / lengths)


def take_nearest(text: Sequence[str], distances: Doubles, *, share: float) -> list[str]:
    """The sentences nearest to the transcripts that make up `share` of the words, in old order."""
    order = np.argsort(distances, kind="stable")
    n_words = np.array([len(line.split()) for line in text])[order]
    n_kept = int(np.searchsorted(np.cumsum(n_words), share * n_words.sum())) + 1
    return [text[row] for row in np.sort(order[:n_kept])]


def _draw_samples(lengths: Doubles, wanted: float, *, seed: int) -> tuple[Ids, Ids]:
    """Rows of two samples without a sentence in common, each of about so many tokens."""
    shuffled = np.random.default_rng(seed).permutation(len(lengths))
    total = np.cumsum(lengths[shuffled])
    wanted = min(wanted, total[-1] / 2)
    middle, end = np.searchsorted(total, [wanted, 2 * wanted])
    return shuffled[: middle + 1], shuffled[middle + 1 : end + 1]


def _score_sentences(
    encoded: EncodedText, sentences: Sequence[str], vocabulary: Sequence[str]
) -> Doubles:
    """log10 of each encoded sentence's probability under a model of `sentences`."""
    model = estimate_ngrams(sentences, order=_ORDER, vocabulary_size=len(vocabulary))
    scores = score_tokens(with_words(model, vocabulary), encoded)
    return encoded.sum_by_sentence(scores)
