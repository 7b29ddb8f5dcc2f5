"""Whether a language model and a vocabulary fit each other."""

from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.loading import check_spelling
from w2vctc.vocab import Vocabulary


def fit_warnings(lm: LanguageModelFiles, vocabulary: Vocabulary) -> list[str]:
    """What to say about words that the vocabulary cannot spell; ModelError when most are such."""
    if not lm.unigrams:
        return [
            f"{lm.ngram}: no list of its words (unigrams.txt): unknown words cannot be told early, "
            "and results are much worse"
        ]
    _, warning = check_spelling(lm.unigrams, lambda word: not vocabulary.unspellable(word))
    return [f"{lm.ngram}: {warning}"] if warning else []
