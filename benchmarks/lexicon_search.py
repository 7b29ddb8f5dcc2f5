"""The lexicon-constrained search of flashlight-text, with the weights on this project's scale."""

from typing import Any, NamedTuple

import numpy as np

from w2vctc.decode.options import DecodingOptions
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

# Its language model counts in log10; alpha belongs to natural logarithms.
LOG_10 = float(np.log(10))
BEAM_THRESHOLD = 25.0
"""How far from the best a reading may be; torchaudio, which is built on it, has 50."""


class Found(NamedTuple):
    text: str


class LexiconSearch:
    """Decodes into words of the n-gram only. Every label is tried in each frame, the n-gram's
    probability of the likeliest word of a beginning goes with it, and the best path counts, not
    the sum over paths.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        lm: LanguageModelFiles,
        options: DecodingOptions,
        *,
        beam_threshold: float = BEAM_THRESHOLD,
    ) -> None:
        from flashlight.lib.text.decoder import SmearingMode, Trie
        from flashlight.lib.text.decoder.kenlm import KenLM
        from flashlight.lib.text.dictionary import Dictionary

        words = [word for word in lm.unigrams or () if not vocabulary.unspellable(word)]
        self._vocabulary, self._options, self._threshold = vocabulary, options, beam_threshold
        self._words = Dictionary()
        for word in [*words, "<unk>"]:
            self._words.add_entry(word)
        self._model = KenLM(str(lm.ngram), self._words)
        self._trie = Trie(len(vocabulary.labels), vocabulary.delimiter_id)
        for word in words:
            index = self._words.get_index(word)
            _, score = self._model.score(self._model.start(False), index)
            spelling = [*vocabulary.encode(word), vocabulary.delimiter_id]
            self._trie.insert(spelling, index, score)
        self._trie.smear(SmearingMode.MAX)
        self.set_weights(alpha=options.alpha, beta=options.beta)

    def set_weights(self, *, alpha: float, beta: float) -> None:
        from flashlight.lib.text.decoder import (
            CriterionType,
            LexiconDecoder,
            LexiconDecoderOptions,
        )

        limits = LexiconDecoderOptions(
            beam_size=self._options.beam_width,
            beam_size_token=len(self._vocabulary.labels),
            beam_threshold=self._threshold,
            lm_weight=alpha * LOG_10,
            word_score=beta,
            unk_score=-np.inf,
            sil_score=0.0,
            log_add=False,
            criterion_type=CriterionType.CTC,
        )
        self._search = LexiconDecoder(
            limits,
            self._trie,
            self._model,
            self._vocabulary.delimiter_id,
            self._vocabulary.blank_id,
            self._words.get_index("<unk>"),
            [],
            False,
        )

    def decode(self, emissions: Any) -> Found:
        frames = np.ascontiguousarray(emissions)
        found = self._search.decode(frames.ctypes.data, *frames.shape)
        words = found[0].words if found else ()
        return Found(" ".join(self._words.get_entry(word) for word in words if word >= 0))
