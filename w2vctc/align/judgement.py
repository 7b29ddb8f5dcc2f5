"""Whether a text is what is said in a recording, and a refusal where it is not."""

from collections.abc import Sequence
from dataclasses import dataclass

from w2vctc.align.alignment import Alignment
from w2vctc.align.script import ScriptWord
from w2vctc.errors import DataError

# Kichwa dev, 150 clips of a few words each, a model with 79.6 % WER and 18.2 % CER: the share of
# letters in words of at least this confidence was less with their own text for 2 clips, and more
# with another clip's text for 5.
HEARD_CONFIDENCE = 0.3
LEAST_HEARD = 0.3


@dataclass(frozen=True)
class Judgement:
    """Letters of a text, and those in words that are heard with HEARD_CONFIDENCE.

    n_unknown: letters that the model has no label for. confidence: the mean of the words that were
    found, 0 where none was.
    """

    n_letters: int
    n_heard: int
    n_unknown: int
    n_words: int
    n_missing: int
    confidence: float

    @property
    def heard_share(self) -> float:
        return self.n_heard / max(self.n_letters, 1)

    @property
    def fits(self) -> bool:
        """Whether the text may be what is said."""
        return self.heard_share >= LEAST_HEARD


def judge(script: Sequence[ScriptWord], alignment: Alignment) -> Judgement:
    """How much of the text is heard."""
    heard = [word for word in alignment.words if word.confidence >= HEARD_CONFIDENCE]
    sure = [word.confidence for word in alignment.words]
    return Judgement(
        n_letters=sum(len(word.letters) for word in script),
        n_heard=sum(len(word.letters) for word in heard),
        n_unknown=sum(letter.label_id is None for word in script for letter in word.letters),
        n_words=len(script),
        n_missing=len(alignment.missing),
        confidence=sum(sure) / len(sure) if sure else 0.0,
    )


def refuse_misfit(judgement: Judgement, *, recording: str, text: str) -> None:
    """Raises DataError E_ALIGN where the text is not what is said: no times are made up for it."""
    if judgement.fits:
        return
    if judgement.n_unknown > judgement.n_letters / 2:
        raise DataError(
            f"{text}: the model has no label for {judgement.n_unknown} of its"
            f" {judgement.n_letters} letters",
            hint="take a model of this language and script; --profile settles small and capital"
            " letters",
            code="E_ALIGN",
        )
    raise DataError(
        f"{recording}: this is not what {text} says: {judgement.heard_share:.0%} of its letters"
        f" are heard, {LEAST_HEARD:.0%} are the least",
        hint="see whether the text belongs to the recording, and whether the model knows its"
        " language",
        code="E_ALIGN",
    )
