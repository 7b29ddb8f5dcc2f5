"""Rows that hold the same sound, in one split or in two.

Files are the same by content; pieces of one content are when they share more than half of the
shorter one. With decoded sound at hand, a WAV and its FLAC are the same too.
"""

import hashlib
import os
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.splits import SPLITS
from w2vctc.corpus.utterance import Utterance
from w2vctc.files import hash_file

_SAMPLE_BYTES = 4096
_SHARED_PART = 0.5

Span = tuple[float, float]


def find_same_sound(
    rows: Sequence[Utterance], sounds: Mapping[int, str] | None = None
) -> list[list[int]]:
    """Groups of indices of measured rows that hold the same sound, each of two rows or more.

    `sounds` are the hashes of decoded sound of the rows that have one.
    """
    union = _Union(len(rows))
    by_content: dict[Hashable, dict[Span, list[int]]] = defaultdict(lambda: defaultdict(list))
    contents = identify_contents(row.audio for row in rows)
    for index, row in enumerate(rows):
        content = contents.get(row.audio)
        if content is not None and row.duration_s:
            by_content[content][row.start_s, row.start_s + row.duration_s].append(index)
    for spans in by_content.values():
        for group in spans.values():
            union.join(group)
        for one, other in _find_overlapping(list(spans)):
            union.join([spans[one][0], spans[other][0]])
    by_sound: dict[str, list[int]] = defaultdict(list)
    for index, sound in (sounds or {}).items():
        by_sound[sound].append(index)
    for group in by_sound.values():
        union.join(group)
    return union.groups()


def identify_contents(paths: Iterable[Path]) -> dict[Path, Hashable]:
    """For each file something that is equal where the contents are; gone files are left out.

    Only files that agree in size, and then in a few bytes, are read to the end.
    """
    inodes: dict[Path, Hashable] = {}
    by_size: dict[Hashable, dict[Hashable, Path]] = defaultdict(dict)
    for path in dict.fromkeys(paths):
        try:
            status = path.stat()
        except OSError:
            continue
        inodes[path] = (status.st_dev, status.st_ino)
        by_size[status.st_size].setdefault(inodes[path], path)
    contents: dict[Hashable, Hashable] = {}
    for files in by_size.values():
        contents.update(_tell_apart(files))
    return {path: contents[inode] for path, inode in inodes.items() if inode in contents}


def _tell_apart(files: Mapping[Hashable, Path]) -> dict[Hashable, Hashable]:
    """The content of each file of one size, by the cheapest test that tells it from the others."""
    if len(files) == 1:
        return {inode: inode for inode in files}
    by_sample: dict[Hashable, dict[Hashable, Path]] = defaultdict(dict)
    for inode, path in files.items():
        sample = _try_reading(_hash_middle, path)
        if sample is not None:
            by_sample[sample][inode] = path
    contents: dict[Hashable, Hashable] = {}
    for alike in by_sample.values():
        for inode, path in alike.items():
            contents[inode] = inode if len(alike) == 1 else _try_reading(hash_file, path) or inode
    return contents


def _hash_middle(path: Path) -> str:
    """Of some bytes around the middle: headers and silent beginnings agree too often."""
    with path.open("rb") as stream:
        stream.seek(max(os.fstat(stream.fileno()).st_size // 2 - _SAMPLE_BYTES // 2, 0))
        return hashlib.sha256(stream.read(_SAMPLE_BYTES)).hexdigest()


def _try_reading(read: Callable[[Path], str], path: Path) -> str | None:
    try:
        return read(path)
    except OSError:
        return None  # told as a fault of the file elsewhere


def _find_overlapping(spans: list[Span]) -> Iterable[tuple[Span, Span]]:
    """The pairs of different stretches of one recording with much in common."""
    open_spans: list[Span] = []
    for span in sorted(spans):
        open_spans = [one for one in open_spans if one[1] > span[0]]
        for other in open_spans:
            shared = min(other[1], span[1]) - span[0]
            shorter = min(other[1] - other[0], span[1] - span[0])
            if shared > _SHARED_PART * shorter:
                yield other, span
        open_spans.append(span)


class _Union:
    """Which of so many items belong together (union-find)."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def join(self, items: Sequence[int]) -> None:
        roots = sorted({self._find(item) for item in items})
        for root in roots[1:]:
            self._parents[root] = roots[0]

    def groups(self) -> list[list[int]]:
        """Those of two items or more, each in ascending order."""
        found: dict[int, list[int]] = defaultdict(list)
        for item in range(len(self._parents)):
            found[self._find(item)].append(item)
        return [group for group in found.values() if len(group) > 1]

    def _find(self, item: int) -> int:
        while self._parents[item] != item:
            self._parents[item] = self._parents[self._parents[item]]
            item = self._parents[item]
        return item


def tell_same_sound(group: Sequence[Utterance]) -> list[Fault]:
    """The faults of rows with the same sound: E_LEAK across splits, W_DUP_AUDIO within one.

    The rows of the rarest kind stay: those of test, then dev. What leaks into them is at fault in
    train, where one row less costs least.
    """
    ordered = sorted(group, key=lambda row: (-_rank(row.split), row.id))
    kept = ordered[0]
    firsts: dict[int, Utterance] = {}
    faults = []
    for row in ordered:
        first = firsts.setdefault(_rank(row.split), row)
        if _rank(row.split) != _rank(kept.split):
            message = f"{row.source}: the same sound as {kept.source} in {kept.split}"
            faults.append(Fault("E_LEAK", message + _compare(row, kept), row))
        elif first is not row:
            message = f"{row.source}: the same sound as {first.source}"
            faults.append(Fault("W_DUP_AUDIO", message + _compare(row, first), row))
    return faults


def _compare(row: Utterance, other: Utterance) -> str:
    same = row.text.split() == other.text.split()
    return "" if same else ", with another transcript"


def _rank(split: str) -> int:
    """Rows that no split is known of count as training rows."""
    return SPLITS.index(split) if split in SPLITS else 0
