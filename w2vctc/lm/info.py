"""What there is to know of a finished n-gram: its sizes, and how its words suit a model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from w2vctc.errors import ModelError
from w2vctc.lm.arpa import check_arpa
from w2vctc.lm.folder import BINARY_SUFFIXES
from w2vctc.lm.loading import GOOD_SPELLABLE, LEAST_SPELLABLE, load_kenlm
from w2vctc.lm.reading import read_arpa, sum_unigrams
from w2vctc.lm.sums import SOUND, sum_histories

N_EXAMPLES = 20


@dataclass(frozen=True)
class NgramInfo:
    """The sizes of an n-gram file.

    format: "ARPA" or "KenLM binary", which says its order and nothing else. unigram_sum: of the
    probabilities of all words; history_sums: the least and the largest after any history; all 1 in
    a sound model. None where only KenLM can complete the file.
    """

    path: Path
    format: Literal["ARPA", "KenLM binary"]
    n_bytes: int
    order: int
    ngram_counts: tuple[int, ...] = ()
    unigram_sum: float | None = None
    history_sums: tuple[float, float] | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing that is known of the sums says otherwise."""
        known = [self.unigram_sum, *(self.history_sums or ())]
        return all(abs(total - 1) <= SOUND for total in known if total is not None)


@dataclass(frozen=True)
class Spelling:
    """How many of an n-gram's words the letters of a model can spell.

    verdict: "refused" by decoding where it is under half, "warned" of under 95 %, else "fine".
    examples: words that cannot be spelled, and so never be heard.
    """

    n_words: int
    n_unspellable: int
    share: float
    verdict: Literal["fine", "warned", "refused"]
    examples: tuple[str, ...]


def examine_ngram(path: Path) -> NgramInfo:
    """The sizes of an ARPA file whose every line was looked at, or of a KenLM binary.

    Raises ModelError E_LM for a file that is broken.
    """
    n_bytes = path.stat().st_size
    if path.suffix in BINARY_SUFFIXES:
        return NgramInfo(path, "KenLM binary", n_bytes, int(load_kenlm(path).order))
    header = check_arpa(path)
    return NgramInfo(
        path,
        "ARPA",
        n_bytes,
        header.order,
        header.counts,
        unigram_sum=sum_unigrams(path),
        history_sums=_sum_histories(path),
    )


def _sum_histories(path: Path) -> tuple[float, float] | None:
    try:
        return sum_histories(read_arpa(path, trusted=True))
    except ModelError as error:
        if error.code != "E_LM_GAPS":
            raise
        return None


def examine_spelling(words: Sequence[str], can_spell: Callable[[str], bool]) -> Spelling:
    """How the words suit a model that spells what `can_spell` says."""
    unspellable = [word for word in words if not can_spell(word)]
    share = 1 - len(unspellable) / len(words) if words else 0.0
    verdict: Literal["fine", "warned", "refused"] = "fine"
    if share < GOOD_SPELLABLE:
        verdict = "refused" if share < LEAST_SPELLABLE else "warned"
    return Spelling(
        n_words=len(words),
        n_unspellable=len(unspellable),
        share=share,
        verdict=verdict,
        examples=tuple(unspellable[:N_EXAMPLES]),
    )
