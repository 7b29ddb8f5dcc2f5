"""The options of the beam search, each default with its reason."""

import math
from dataclasses import dataclass

from w2vctc.errors import UsageError
from w2vctc.lm.ngram import MAX_ORDER
from w2vctc.lm.settings import VOCABULARY_KINDS, SearchSettings, VocabularyKind, Way

# Measured with beam 100, WER with -5 and with -8: simulated Catalan 11.6 and 9.7 %, Kichwa dev 62.3
# and 60.9 %, in 2 to 4 times the time; -10, or 400 readings at three times the cost, gained little
# or nothing more (docs/benchmarks.md).
ACCURATE_MIN_LOGP = -8.0
"""What the verbs take for `token_min_logp` unless pyctcdecode is asked for."""

# With an n-gram of letters the spelling is the price of an unknown word.
SPELLED_OFFSET = 0.0
"""Where `unk_score_offset` starts with an `oov_order`."""


@dataclass(frozen=True)
class DecodingOptions:
    """Weights and limits of the beam search. Raises UsageError for values no search can use.

    The values of alpha and beta belong to natural logarithms per word, as pyctcdecode counts
    them; weights of flashlight-style decoders (alpha 2, beta -1) are on another scale.
    """

    # Where pyctcdecode starts; the best values depend on the n-gram, so tune them on dev.
    alpha: float = 0.5
    """Weight of the language model's log-probabilities; 0 keeps only the word bonus."""
    beta: float = 1.5
    """Added for each word, since every word makes the language model's score smaller."""

    # In log10 before the weight: with the default alpha an unknown word costs 11.5, so it wins
    # only where the sound leaves no other reading.
    unk_score_offset: float = -10.0
    """Added, in log10, to a word that the language model does not know."""

    oov_order: int = 0
    """Letters up to which an n-gram of letters looks back, which learns from the language model's
    words and adds the log10 of its probability for each unknown word; 0 is none, fast engine only.
    With it an `unk_score_offset` near 0 suits."""
    oov_weight: float = 1.0
    """Weight of the n-gram of letters, in log10 before alpha."""

    vocabulary: VocabularyKind = "open"
    """"closed" lets only the language model's words and the hotwords be found; fast engine only."""

    # Twice as many beams cost twice the time and rarely change a text.
    beam_width: int = 100
    """Readings kept after each frame."""

    # e^-10 of the best: wide enough that the next word can still turn the order round.
    beam_prune_logp: float = -10.0
    """Readings further than this from the best are dropped."""

    # e^-5 = 0.7 %: CTC outputs are peaked, and nearly all labels lie below that in each frame.
    token_min_logp: float = -5.0
    """Labels below this log-probability are not tried, except for the best one of a frame."""

    score_empty_word: bool = False
    """Score the nothing after a final word delimiter as an unknown word, as pyctcdecode alone
    does. That makes the same text cost more with the delimiter than without; only for comparing.
    """

    hotwords: tuple[str, ...] = ()
    """Words or phrases to expect, known to the language model or not; each word counts alone."""

    # pyctcdecode's: in natural logarithms, so a hotword wins against a reading e^10 as likely.
    hotword_weight: float = 10.0
    """Added for each hotword in a text, and in part for the beginning of one."""

    @property
    def way(self) -> Way:
        """The way with unknown words."""
        return Way(self.vocabulary, self.oov_order)

    @property
    def settings(self) -> SearchSettings:
        """What of these a language model's folder keeps."""
        return SearchSettings(
            alpha=self.alpha,
            beta=self.beta,
            unk_score_offset=self.unk_score_offset,
            vocabulary=self.vocabulary,
            oov_order=self.oov_order,
            oov_weight=self.oov_weight if self.oov_order else None,
        )

    def __post_init__(self) -> None:
        for name in ("alpha", "beta", "unk_score_offset", "oov_weight", "hotword_weight"):
            value = getattr(self, name)
            if not math.isfinite(value):
                raise UsageError(f"{name} = {value}: not a finite number", hint=f"set {name} anew")
        if self.vocabulary not in VOCABULARY_KINDS:
            raise UsageError(
                f"no vocabulary {self.vocabulary!r}", hint=f"choose {', '.join(VOCABULARY_KINDS)}"
            )
        if not 0 <= self.oov_order <= MAX_ORDER:
            raise UsageError(
                f"oov_order = {self.oov_order}: an n-gram of letters has 1 to {MAX_ORDER}",
                hint="use 3 to 6, or 0 for none",
            )
        if self.alpha < 0:
            raise UsageError(
                f"alpha = {self.alpha}: the language model cannot weigh less than nothing",
                hint="use 0 or more; `w2vctc tune` finds the value",
            )
        for name in ("beam_prune_logp", "token_min_logp"):
            value = getattr(self, name)
            if not value <= 0:
                raise UsageError(
                    f"{name} = {value}: not a limit for log-probabilities",
                    hint=f"{name} must be 0 or less",
                )
        if self.beam_width < 1:
            raise UsageError(
                f"beam_width = {self.beam_width}: at least one reading must be kept",
                hint="use 1 or more; the default is 100",
            )


def describe_options(options: DecodingOptions) -> str:
    """`alpha 0.70, beta 1.50, letters 6, offset 2`: what is worth a word of how the LM is used."""
    parts = [f"alpha {options.alpha:.2f}", f"beta {options.beta:.2f}"]
    kind = options.way.kind
    if kind != "open":
        parts.append(options.way.name)
    usual = SPELLED_OFFSET if kind == "letters" else DecodingOptions.unk_score_offset
    if kind != "closed" and options.unk_score_offset != usual:
        parts.append(f"offset {options.unk_score_offset:g}")
    if kind == "letters" and options.oov_weight != DecodingOptions.oov_weight:
        parts.append(f"weight of letters {options.oov_weight:g}")
    return ", ".join(parts)
