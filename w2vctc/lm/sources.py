"""The texts that a language model is made of, and the words they hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from w2vctc.lm.counts import split_words
from w2vctc.lm.ngram import SPECIAL_WORDS
from w2vctc.lm.recipe import LmRecipe

TRANSCRIPTS, TEXT = "transcripts", "text"


@dataclass(frozen=True)
class LmSources:
    """Normalized sentences: the training set's transcripts, other text, dev's; and lists of words.

    dev is never learned from: it decides on order, share and weights.
    """

    transcripts: Sequence[str] = ()
    text: Sequence[str] = ()
    words: Sequence[str] = ()
    dev: Sequence[str] = ()

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """<unk>, <s>, </s>, then every word of the texts and lists as it first appears."""
        seen = dict.fromkeys(SPECIAL_WORDS)
        for sentences in (self.transcripts, self.text, self.words):
            for sentence in sentences:
                seen.update(dict.fromkeys(split_words(sentence)))
        return tuple(seen)


@dataclass(frozen=True)
class Part:
    """One text that becomes one model: its name, its sentences, and how it is pruned."""

    name: str
    sentences: Sequence[str]
    pruning: tuple[int, ...] = ()


def divide(sources: LmSources, recipe: LmRecipe) -> tuple[Part, ...]:
    """Transcripts and other text, as two parts where they are to be mixed, else as one."""
    if recipe.mix and sources.transcripts and sources.text and sources.dev:
        # Transcripts are few and all of them are of use: they keep every n-gram.
        return (
            Part(TRANSCRIPTS, sources.transcripts),
            Part(TEXT, sources.text, recipe.pruning),
        )
    named = {TRANSCRIPTS: sources.transcripts, TEXT: sources.text}
    name = " and ".join(name for name, sentences in named.items() if sentences)
    return (Part(name, [*sources.transcripts, *sources.text], recipe.pruning),)
