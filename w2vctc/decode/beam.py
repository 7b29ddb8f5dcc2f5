"""Beam search over emissions, with an n-gram where there is one; wraps pyctcdecode."""

import weakref
from typing import Any

import numpy.typing as npt

from w2vctc.decode.alphabet import decoder_labels
from w2vctc.decode.emissions_check import check_emissions
from w2vctc.decode.fit import fit_warnings
from w2vctc.decode.hypothesis import Hypothesis, Word, place_word
from w2vctc.decode.options import DecodingOptions
from w2vctc.decode.quiet import quiet_logger
from w2vctc.decode.word_scores import WordScores
from w2vctc.errors import MachineError, ModelError, UsageError
from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.lm.loading import load_kenlm
from w2vctc.vocab import Vocabulary

__all__ = ["BeamDecoder", "Hypothesis", "Word", "build_decoder"]

# pyctcdecode tells everybody with a small corpus that the corpus is small.
_NO_NEWS = ("unigrams passed as vocabulary", "No known unigrams provided")


class BeamDecoder:
    """A decoder for one vocabulary and one language model; made by `build_decoder`.

    `warnings` holds what a person should hear about the language model. Not for use from two
    threads while `set_weights` is called.
    """

    engine = "pyctcdecode"

    def __init__(
        self,
        search: Any,
        vocabulary: Vocabulary,
        options: DecodingOptions,
        warnings: tuple[str, ...],
    ) -> None:
        self.vocabulary = vocabulary
        self.options = options
        self.warnings = warnings
        self._search = search
        # pyctcdecode keeps every language model in a table of its class until told otherwise.
        weakref.finalize(self, search.cleanup)

    def decode(self, emissions: npt.NDArray[Any], *, start_state: Any = None) -> Hypothesis:
        """The best hypothesis; for zero frames the empty one.

        emissions: log-probabilities (n_frames, n_labels). `start_state` is the `state` of the
        hypothesis that goes on here, else a sentence begins. Raises ModelError
        (`check_emissions`).
        """
        return self.decode_nbest(emissions, 1, start_state=start_state)[0]

    def decode_nbest(
        self, emissions: npt.NDArray[Any], n: int, *, start_state: Any = None
    ) -> tuple[Hypothesis, ...]:
        """Up to `n` hypotheses of different text, best first; fewer when the beam holds fewer.

        Raises UsageError when n < 1, ModelError (`check_emissions`).
        """
        if n < 1:
            raise UsageError(f"n = {n}: no hypothesis asked for", hint="ask for 1 or more")
        checked = check_emissions(emissions, n_labels=len(self.vocabulary.labels))
        if len(checked) == 0:
            return (Hypothesis("", state=start_state),)
        # The call that the transformers pipeline makes: pyctcdecode's own `decode` prunes by
        # history besides, and its texts differ now and then.
        beams = self._search.decode_beams(
            checked,
            beam_width=self.options.beam_width,
            beam_prune_logp=self.options.beam_prune_logp,
            token_min_logp=self.options.token_min_logp,
            hotwords=self.options.hotwords,
            hotword_weight=self.options.hotword_weight,
            lm_start_state=start_state,
        )
        return tuple(_hypothesis(beam) for beam in beams[:n])

    def set_weights(self, *, alpha: float, beta: float) -> None:
        """Other weights for the same language model, which stays loaded.

        Raises UsageError for weights that are not finite or an alpha below 0.
        """
        values = {**vars(self.options), "alpha": float(alpha), "beta": float(beta)}
        self.options = DecodingOptions(**values)
        self._search.reset_params(alpha=float(alpha), beta=float(beta))


def build_decoder(
    vocabulary: Vocabulary,
    *,
    lm: LanguageModelFiles | None = None,
    options: DecodingOptions | None = None,
) -> BeamDecoder:
    """A decoder ready to use; without `lm` it sums the paths of each text and nothing else.

    The weights are those of `options`: what the language model's folder recommends is for the
    caller to put there. Raises ModelError (E_VOCAB, E_LM) when vocabulary or language model
    cannot be used or do not fit each other, MachineError when pyctcdecode is not installed or
    does not know an option (E_ENGINE).
    """
    options = options or DecodingOptions()
    _check_options(options)
    with quiet_logger("pyctcdecode") as lines:
        alphabet_class, search_class = _import_search()
        alphabet = alphabet_class(decoder_labels(vocabulary), is_bpe=False)
        scores = None if lm is None else _load_scores(lm, options)
        search = search_class(alphabet, scores)
    _check_width(search, vocabulary)
    warnings = [line for line in lines if not any(words in line for words in _NO_NEWS)]
    if lm is not None:
        warnings += fit_warnings(lm, vocabulary)
    return BeamDecoder(search, vocabulary, options, tuple(warnings))


def _check_options(options: DecodingOptions) -> None:
    unknown = [
        name
        for name, wanted in (
            ("closed vocabulary", options.vocabulary == "closed"),
            ("n-gram of letters (oov_order)", options.oov_order > 0),
        )
        if wanted
    ]
    if unknown:
        raise MachineError(
            f"pyctcdecode knows no {unknown[0]}",
            hint="decode with --engine fast and an ARPA file, or leave that out",
            code="E_ENGINE",
        )


def _import_search() -> tuple[Any, Any]:
    """pyctcdecode's Alphabet and BeamSearchDecoderCTC."""
    try:
        from pyctcdecode import Alphabet, BeamSearchDecoderCTC
    except ImportError as error:
        raise MachineError(
            f"beam search needs pyctcdecode: {error}",
            # Its pin numpy<2 keeps pip from installing it where numpy 1 has no wheels; only the
            # metadata says so, the code runs with numpy 2.
            hint="pip install pygtrie && pip install --no-deps pyctcdecode==0.5.0",
            code="E_PYCTCDECODE",
        ) from error
    return Alphabet, BeamSearchDecoderCTC


def _load_scores(lm: LanguageModelFiles, options: DecodingOptions) -> WordScores:
    from pyctcdecode import LanguageModel

    kenlm_model = load_kenlm(lm.ngram)
    inner = LanguageModel(
        kenlm_model,
        lm.unigrams or None,
        alpha=float(options.alpha),
        beta=float(options.beta),
        unk_score_offset=float(options.unk_score_offset),
    )
    return WordScores(inner, kenlm_model, score_empty_word=options.score_empty_word)


def _check_width(search: Any, vocabulary: Vocabulary) -> None:
    n_decoder = len(search._alphabet.labels)
    if n_decoder != len(vocabulary.labels):
        raise ModelError(
            f"the decoder has {n_decoder} labels, the vocabulary {len(vocabulary.labels)}",
            hint="vocab.json needs exactly one blank (the pad token)",
            code="E_VOCAB",
        )


def _hypothesis(beam: Any) -> Hypothesis:
    text, state, frames, acoustic_score, score = beam
    return Hypothesis(
        text=text,
        words=tuple(place_word(word, start, end) for word, (start, end) in frames),
        score=float(score),
        acoustic_score=float(acoustic_score),
        lm_score=float(score) - float(acoustic_score),
        state=state,
    )
