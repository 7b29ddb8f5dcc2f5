"""What two splits share: ids, sentences, speakers, sound."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import combinations

from w2vctc.corpus.checks.result import CheckedRow, Overlap
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.splits import SPLITS

_EXAMPLES = 3
_SHOWN_LENGTH = 60  # characters of a sentence


def find_overlaps(rows: Sequence[CheckedRow]) -> list[tuple[Overlap, list[Fault]]]:
    """Each thing that two splits share, with its faults: one per row, of speakers one for each.

    W_SPLIT_ID, W_SPLIT_SENTENCE, W_SPLIT_SPEAKER. The row at fault is the one of the later split.
    """
    by_split = {split: [row for row in rows if row.utterance.split == split] for split in SPLITS}
    found = []
    for first, second in combinations(SPLITS, 2):
        here, there = by_split[first], by_split[second]
        for find in (_share_ids, _share_sentences, _share_speakers):
            overlap, faults = find(here, there, (first, second))
            if overlap.count:
                found.append((overlap, faults))
    return found


def count_shared_sound(
    groups: Sequence[Sequence[CheckedRow]], rows: Sequence[CheckedRow]
) -> list[Overlap]:
    """How many rows of each later split hold sound that an earlier one has too."""
    totals = Counter(row.utterance.split for row in rows)
    overlaps = []
    for first, second in combinations(SPLITS, 2):
        shared = [
            row.utterance.source
            for group in groups
            if any(one.utterance.split == first for one in group)
            for row in group
            if row.utterance.split == second
        ]
        if shared:
            shown = tuple(shared[:_EXAMPLES])
            overlaps.append(Overlap("audio", (first, second), len(shared), totals[second], shown))
    return overlaps


Shared = tuple[Overlap, list[Fault]]
Splits = tuple[str, str]


def _share_ids(here: Sequence[CheckedRow], there: Sequence[CheckedRow], splits: Splits) -> Shared:
    return _share("id", lambda row: row.utterance.id, here, there, splits)


def _share_sentences(
    here: Sequence[CheckedRow], there: Sequence[CheckedRow], splits: Splits
) -> Shared:
    return _share("sentence", lambda row: row.text, here, there, splits)


def _share(
    kind: str,
    key_of: Callable[[CheckedRow], str],
    here: Sequence[CheckedRow],
    there: Sequence[CheckedRow],
    splits: Splits,
) -> Shared:
    """What rows share by a key; an empty key is shared with nobody."""
    sources: dict[str, str] = {}
    for row in here:
        sources.setdefault(key_of(row), row.utterance.source)
    shared = [row for row in there if key_of(row) and key_of(row) in sources]
    faults = [
        Fault(
            f"W_SPLIT_{kind.upper()}",
            f"{row.utterance.source}: the {kind} {_shorten(key_of(row))!r} stands in"
            f" {sources[key_of(row)]} too",
            row.utterance,
        )
        for row in shared
    ]
    examples = tuple(dict.fromkeys(key_of(row) for row in shared))[:_EXAMPLES]
    return Overlap(kind, splits, len(shared), len(there), examples), faults


def _share_speakers(
    here: Sequence[CheckedRow], there: Sequence[CheckedRow], splits: Splits
) -> Shared:
    counts = [Counter(row.utterance.speaker for row in rows) for rows in (here, there)]
    shared = sorted(speaker for speaker in counts[1] if speaker and speaker in counts[0])
    faults = [
        Fault(
            "W_SPLIT_SPEAKER",
            f"speaker {_shorten(speaker)!r} is heard in {splits[0]} ({counts[0][speaker]:,}) and"
            f" {splits[1]} ({counts[1][speaker]:,})",
        )
        for speaker in shared
    ]
    n_speakers = sum(1 for speaker in counts[1] if speaker)
    return Overlap("speaker", splits, len(shared), n_speakers, tuple(shared[:_EXAMPLES])), faults


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else text[: _SHOWN_LENGTH - 1] + "…"
