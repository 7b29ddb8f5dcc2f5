"""Language model scores as the beam search asks for them, with the end of the sentence mended.

The search asks for the score of a word when its delimiter arrives. At the end it asks once more,
for the part of a word that is still open, together with the sentence end. Where the sound ended
in a delimiter that part is empty, and pyctcdecode scores "" as an unknown word and the sentence
end after it: the same text loses some 12 to 16 against itself without the delimiter. Here the
empty word is no word: no score, no bonus, and the sentence end follows the last real word.
"""

import math
from typing import Any

_LN_10 = math.log(10.0)


class WordScores:
    """pyctcdecode's language model, asked word by word; `inner` holds the weights.

    Takes the place of `pyctcdecode.LanguageModel` in its decoder: the same four methods, the same
    numbers except for the empty word. `kenlm_model` is the n-gram that `inner` was made of.
    """

    def __init__(self, inner: Any, kenlm_model: Any, *, score_empty_word: bool = False) -> None:
        self._inner = inner
        self._kenlm = kenlm_model
        self._score_empty_word = score_empty_word
        # Asked once per partial word of each utterance: handed on without a call in between.
        self.score_partial_token = inner.score_partial_token
        self.get_start_state = inner.get_start_state
        self.reset_params = inner.reset_params

    @property
    def order(self) -> int:
        """The order of the n-gram."""
        return int(self._inner.order)

    def score(self, prev_state: Any, word: str, is_last_word: bool = False) -> tuple[float, Any]:
        """The weighted natural-log score of `word` after `prev_state`, and the state after it."""
        if word or self._score_empty_word:
            score, state = self._inner.score(prev_state, word, is_last_word=is_last_word)
            return float(score), state
        return (self._score_end(prev_state) if is_last_word else 0.0), prev_state

    def _score_end(self, state: Any) -> float:
        import kenlm

        log10_p = self._kenlm.BaseScore(state, "</s>", kenlm.State())
        return float(self._inner.alpha * log10_p * _LN_10)
