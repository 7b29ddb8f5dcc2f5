"""How well a system transcribes: pooled error counts, speed, and what it cannot spell."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from w2vctc.corpus.utterance import Utterance
from w2vctc.evaluate.counts import ErrorCounts, pool_counts
from w2vctc.evaluate.scored import ScoredText, score_text
from w2vctc.vocab import Vocabulary


@dataclass(frozen=True)
class SystemResult:
    """One way of decoding (greedy, with the language model, ...) over one set of recordings.

    words, characters: counts pooled over the set. audio_s: seconds of sound; seconds: what it
    took to transcribe them. n_utterances: how many recordings; n_exact: those without an error.
    settings: how it decoded, in words; "" where there is nothing to set. texts: what it heard in
    each recording, in the order of the set; empty where only the sums are kept.
    """

    name: str
    words: ErrorCounts
    characters: ErrorCounts
    audio_s: float = 0.0
    seconds: float = 0.0
    n_utterances: int = 0
    n_exact: int = 0
    settings: str = ""
    texts: tuple[ScoredText, ...] = ()

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work per second of sound, None without sound."""
        return self.seconds / self.audio_s if self.audio_s > 0 else None


@dataclass(frozen=True)
class Evaluation:
    """The systems that transcribed one set, and what in its references none of them could get.

    unseen: characters of the references that the vocabulary has no label for, with their counts,
    most frequent first; they stay in the references and count as errors. n_empty: references
    without a word, against which every word of a transcript is an insertion. rows: the recordings
    in the order of each system's texts; empty where only the sums are kept.
    """

    systems: tuple[SystemResult, ...]
    unseen: Mapping[str, int] = field(default_factory=dict)
    n_empty: int = 0
    rows: tuple[Utterance, ...] = ()


def evaluate_system(
    name: str,
    references: Sequence[str],
    hypotheses: Sequence[str],
    *,
    audio_s: float = 0.0,
    seconds: float = 0.0,
) -> SystemResult:
    """The result of one system: each hypothesis against the reference at the same place.

    Both sides normalized by the same normalizer beforehand, or the numbers mean nothing.
    """
    pairs = zip(references, hypotheses, strict=True)
    return sum_up(name, [score_text(*pair) for pair in pairs], audio_s=audio_s, seconds=seconds)


def sum_up(
    name: str,
    texts: Sequence[ScoredText],
    *,
    audio_s: float = 0.0,
    seconds: float = 0.0,
    settings: str = "",
) -> SystemResult:
    """The result of a system whose texts are scored already."""
    return SystemResult(
        name=name,
        words=pool_counts(text.words for text in texts),
        characters=pool_counts(text.characters for text in texts),
        audio_s=audio_s,
        seconds=seconds,
        n_utterances=len(texts),
        n_exact=sum(text.words.errors == 0 for text in texts),
        settings=settings,
        texts=tuple(texts),
    )


def evaluate_systems(
    systems: Sequence[SystemResult],
    references: Sequence[str],
    vocabulary: Vocabulary,
    *,
    rows: Sequence[Utterance] = (),
) -> Evaluation:
    """The results side by side, with the characters that the vocabulary cannot spell."""
    return Evaluation(
        systems=tuple(systems),
        unseen=count_unseen(references, vocabulary),
        n_empty=sum(not reference.split() for reference in references),
        rows=tuple(rows),
    )


def count_unseen(references: Iterable[str], vocabulary: Vocabulary) -> dict[str, int]:
    """Characters without a label and how often they occur, most frequent first, then by code."""
    counter = Counter(
        character for reference in references for character in vocabulary.unspellable(reference)
    )
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain dicts and lists; rates are fractions, not percent."""
    return {
        "systems": [system_to_json(system) for system in evaluation.systems],
        "unseen_characters": dict(evaluation.unseen),
        "n_empty_references": evaluation.n_empty,
    }


def system_to_json(system: SystemResult) -> dict[str, Any]:
    """The sums of a system, without its texts."""
    return {
        "name": system.name,
        "settings": system.settings,
        "wer": system.words.rate,
        "cer": system.characters.rate,
        "words": counts_to_json(system.words),
        "characters": counts_to_json(system.characters),
        "n_utterances": system.n_utterances,
        "n_exact": system.n_exact,
        "audio_s": system.audio_s,
        "seconds": system.seconds,
        "real_time_factor": system.real_time_factor,
    }


def counts_to_json(counts: ErrorCounts) -> dict[str, int]:
    """The counts with the number of words or characters that were said."""
    return {
        "n_reference": counts.n_reference,
        "hits": counts.hits,
        "substitutions": counts.substitutions,
        "deletions": counts.deletions,
        "insertions": counts.insertions,
    }
