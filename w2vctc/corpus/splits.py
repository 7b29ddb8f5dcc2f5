"""Which utterances train, which choose, which judge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance

SPLITS = ("train", "dev", "test")
SPLIT_NAMES = {  # what other people call them, the usual name first
    "train": ("train",),
    "dev": ("dev", "validation", "valid", "val", "devel", "development"),
    "test": ("test", "eval"),
}


def name_split(name: str) -> str:
    """The split that a file or folder name means (`train-clean-100`, `dev_other`), or ""."""
    first = name.lower().replace("_", "-").split("-")[0]
    return next((split for split, names in SPLIT_NAMES.items() if first in names), "")


@dataclass(frozen=True)
class Division:
    """Rows with their split, those left out to keep the splits apart, and how it was done."""

    rows: tuple[Utterance, ...]
    left_out: tuple[Fault, ...]
    note: str


def split_rows(
    rows: Sequence[Utterance],
    *,
    normalize: Callable[[str], str],
    wanted: Sequence[str] = ("dev", "test"),
    seed: int = 0,
) -> Division:
    """The rows divided so that no sentence stands in two splits."""
    import hashlib

    divided = []
    for row in rows:
        digest = hashlib.sha256(f"{seed}:{normalize(row.text)}".encode()).digest()
        share = int.from_bytes(digest[:4], "big") / 2**32
        place = int(share * 10)
        divided.append(replace(row, split=wanted[place] if place < len(wanted) else "train"))
    return Division(tuple(divided), (), "divided by sentence")
