"""One utterance as one system heard it: the text, its errors, how sure the system was."""

from dataclasses import dataclass

from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.evaluate.alignment import align_words, list_right_words
from w2vctc.evaluate.counts import ErrorCounts, count_character_errors, count_word_errors


@dataclass(frozen=True)
class ScoredText:
    """A hypothesis with its error counts against the utterance's reference.

    confidences: for each word of the hypothesis (confidence, whether it is right); empty where the
    decoder tells none.
    """

    text: str
    words: ErrorCounts
    characters: ErrorCounts
    confidences: tuple[tuple[float, bool], ...] = ()


def score_text(reference: str, hypothesis: Hypothesis | str) -> ScoredText:
    """The hypothesis scored; both sides normalized alike, or the numbers mean nothing."""
    text = hypothesis if isinstance(hypothesis, str) else hypothesis.text
    return ScoredText(
        text=text,
        words=count_word_errors(reference, text),
        characters=count_character_errors(reference, text),
        confidences=() if isinstance(hypothesis, str) else _judge_words(reference, hypothesis),
    )


def _judge_words(reference: str, hypothesis: Hypothesis) -> tuple[tuple[float, bool], ...]:
    known = [word.confidence for word in hypothesis.words if word.confidence is not None]
    right = list_right_words(align_words(reference, hypothesis.text)) if known else []
    # A label that holds a space would make the counts differ: no pairs rather than wrong ones.
    return tuple(zip(known, right, strict=True)) if len(known) == len(right) else ()
