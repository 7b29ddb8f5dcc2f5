"""What is known of somebody's data once it was checked: the facts, not how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from w2vctc.corpus.checks.spread import Spread
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.reasons import find_reason
from w2vctc.corpus.utterance import Utterance
from w2vctc.speech.inspection import AudioFindings
from w2vctc.text.characters import CharacterCount

_EXAMPLES = 3


@dataclass(frozen=True)
class CheckedRow:
    """One row with all that was found out about it."""

    utterance: Utterance  # text as written; duration_s as measured, None where it cannot be read
    text: str  # normalized
    faults: tuple[Fault, ...] = ()  # errors first
    rate: float | None = None  # characters of `text`, spaces left out, per second
    sound: AudioFindings | None = None  # of decoded sound; None unless it was asked for

    @property
    def is_usable(self) -> bool:
        """Whether training can take it."""
        return not any(fault.is_error for fault in self.faults)


@dataclass(frozen=True)
class ReasonCount:
    """How often one reason code was found; `title` and `remedy` are the registry's words."""

    code: str
    count: int
    title: str  # what it means, in plain words
    remedy: str  # what to do about it
    examples: tuple[str, ...]  # messages of the first ones

    @property
    def is_error(self) -> bool:
        return not self.code.startswith("W_")


@dataclass(frozen=True)
class OovRate:
    """The words of dev or test that train does not have; counts of different words, and of all."""

    n_types: int
    n_unseen_types: int
    n_tokens: int
    n_unseen_tokens: int
    examples: tuple[str, ...]  # most frequent first

    @property
    def type_rate(self) -> float:
        return self.n_unseen_types / self.n_types if self.n_types else 0.0

    @property
    def token_rate(self) -> float:
        return self.n_unseen_tokens / self.n_tokens if self.n_tokens else 0.0


@dataclass(frozen=True)
class SplitStatistics:
    """The rows of one split; seconds and words are those of usable rows."""

    split: str  # train, dev, test, or "" where the data is not divided
    n_rows: int
    n_usable: int
    duration_s: float
    lengths: Spread | None  # seconds
    n_words: int
    n_word_types: int
    n_speakers: int
    oov: OovRate | None = None  # against train; None for train itself


@dataclass(frozen=True)
class SpeakerStatistics:
    """One speaker's usable rows."""

    speaker: str
    n_rows: int
    duration_s: float
    splits: tuple[str, ...]


@dataclass(frozen=True)
class RateStatistics:
    """Characters per second of sound; rates beyond `lowest` and `highest` do not belong."""

    spread: Spread
    lowest: float
    highest: float
    outliers: tuple[CheckedRow, ...]  # farthest from the median first


@dataclass(frozen=True)
class Overlap:
    """What two splits share."""

    kind: str  # id, sentence, speaker or audio
    splits: tuple[str, str]  # such as ("train", "dev")
    count: int  # rows of the second split for sentence and audio; ids; speakers
    total: int  # of which `count` is a part
    examples: tuple[str, ...]


@dataclass(frozen=True)
class SoundStatistics:
    """What decoding all sound told."""

    levels_dbfs: Spread | None  # of clips that are not silent
    silent_share: Spread | None  # of each clip's windows of 10 ms, 0..1
    n_clipped: int
    n_silent: int


@dataclass(frozen=True)
class CheckResult:
    """All facts about one place's data; lists are in the order in which they should be read."""

    place: Path
    format: str  # in words
    language: str  # the profile's name
    note: str  # what was decided for the person
    n_rows: int  # those that no utterance could be made of among them
    rows: tuple[CheckedRow, ...]  # in an order that does not depend on that of the files
    faults: tuple[Fault, ...]  # of rows, of rows that could not be made, and of the whole
    reasons: tuple[ReasonCount, ...]  # worst first
    splits: tuple[SplitStatistics, ...]
    speakers: tuple[SpeakerStatistics, ...]  # most sound first; empty where none are known
    lengths: Spread | None  # seconds, of usable rows
    rates: RateStatistics | None
    characters: tuple[CharacterCount, ...]  # of normalized usable texts, marked
    dropped: tuple[CharacterCount, ...]  # what normalization throws away
    overlaps: tuple[Overlap, ...]
    sound: SoundStatistics | None = None  # None unless all sound was decoded
    advice: tuple[str, ...] = ()  # sentences: what it means for training

    @property
    def usable(self) -> tuple[CheckedRow, ...]:
        return tuple(row for row in self.rows if row.is_usable)

    @property
    def duration_s(self) -> float:
        """Of the usable rows."""
        return sum(split.duration_s for split in self.splits)

    @property
    def n_errors(self) -> int:
        return sum(reason.count for reason in self.reasons if reason.is_error)


def count_reasons(faults: Sequence[Fault]) -> tuple[ReasonCount, ...]:
    """The reasons of the faults: errors first, then the most frequent ones."""
    by_code: dict[str, list[Fault]] = {}
    for fault in faults:
        by_code.setdefault(fault.code, []).append(fault)
    counts = [_count_reason(code, found) for code, found in by_code.items()]
    return tuple(sorted(counts, key=lambda one: (not one.is_error, -one.count, one.code)))


def _count_reason(code: str, faults: Sequence[Fault]) -> ReasonCount:
    reason = find_reason(code)
    examples = tuple(fault.message for fault in faults[:_EXAMPLES])
    return ReasonCount(code, len(faults), reason.title, reason.remedy, examples)
