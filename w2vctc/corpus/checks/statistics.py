"""Hours, words, speakers and levels: what rows amount to, whatever their order."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from w2vctc.corpus.checks.result import (
    CheckedRow,
    OovRate,
    SoundStatistics,
    SpeakerStatistics,
    SplitStatistics,
)
from w2vctc.corpus.checks.spread import Spread, measure_spread
from w2vctc.corpus.splits import SPLITS

_EXAMPLES = 10


def describe_splits(rows: Sequence[CheckedRow]) -> tuple[SplitStatistics, ...]:
    """Each split that has rows, in the order train, dev, test, and rows without one at the end."""
    by_split: dict[str, list[CheckedRow]] = defaultdict(list)
    for row in rows:
        by_split[row.utterance.split].append(row)
    train = count_words(row for row in by_split.get("train", []) if row.is_usable)
    return tuple(
        _describe_split(split, by_split[split], train if train and split != "train" else None)
        for split in (*SPLITS, "")
        if split in by_split
    )


def describe_speakers(rows: Iterable[CheckedRow]) -> tuple[SpeakerStatistics, ...]:
    """Each speaker of usable rows, most sound first."""
    by_speaker: dict[str, list[CheckedRow]] = defaultdict(list)
    for row in rows:
        if row.utterance.speaker and row.is_usable:
            by_speaker[row.utterance.speaker].append(row)
    speakers = [
        SpeakerStatistics(
            speaker,
            len(own),
            sum_durations(own),
            tuple(split for split in SPLITS if any(row.utterance.split == split for row in own)),
        )
        for speaker, own in by_speaker.items()
    ]
    return tuple(sorted(speakers, key=lambda one: (-one.duration_s, one.speaker)))


def describe_sound(rows: Sequence[CheckedRow]) -> SoundStatistics | None:
    """Levels and silence of decoded rows; None where none was decoded."""
    found = [row.sound for row in rows if row.sound is not None]
    if not found:
        return None
    levels = [sound.rms_dbfs for sound in found if math.isfinite(sound.rms_dbfs)]
    codes = Counter(remark.code for sound in found for remark in (*sound.faults, *sound.remarks))
    return SoundStatistics(
        levels_dbfs=measure_spread(levels),
        silent_share=measure_spread([sound.silent_share for sound in found]),
        n_clipped=codes["W_CLIPPED"],
        n_silent=codes["E_SILENT"],
    )


def measure_lengths(rows: Iterable[CheckedRow]) -> Spread | None:
    """How long clips are, in seconds."""
    return measure_spread([row.utterance.duration_s or 0.0 for row in rows])


def sum_durations(rows: Iterable[CheckedRow]) -> float:
    """Seconds of sound."""
    return math.fsum(row.utterance.duration_s or 0.0 for row in rows)


def count_words(rows: Iterable[CheckedRow]) -> Counter[str]:
    """How often each word of the normalized texts occurs."""
    return Counter(word for row in rows for word in row.text.split())


def measure_oov(train: Counter[str], held_out: Counter[str]) -> OovRate:
    """The words of held-out texts that the training texts do not have."""
    unseen = {word: count for word, count in held_out.items() if word not in train}
    ordered = sorted(unseen, key=lambda word: (-unseen[word], word))
    return OovRate(
        n_types=len(held_out),
        n_unseen_types=len(unseen),
        n_tokens=sum(held_out.values()),
        n_unseen_tokens=sum(unseen.values()),
        examples=tuple(ordered[:_EXAMPLES]),
    )


def _describe_split(
    split: str, rows: Sequence[CheckedRow], train: Counter[str] | None
) -> SplitStatistics:
    usable = [row for row in rows if row.is_usable]
    words = count_words(usable)
    return SplitStatistics(
        split=split,
        n_rows=len(rows),
        n_usable=len(usable),
        duration_s=sum_durations(usable),
        lengths=measure_lengths(usable),
        n_words=sum(words.values()),
        n_word_types=len(words),
        n_speakers=len({row.utterance.speaker for row in usable} - {""}),
        oov=measure_oov(train, words) if train is not None else None,
    )
