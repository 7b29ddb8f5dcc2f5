"""Hotwords as a trie over the signs of the labels, with the scores that pyctcdecode gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class HotTrie:
    """Node 0 is the empty beginning; see `arena.Rules` for the arrays."""

    child: npt.NDArray[np.int32]
    words: npt.NDArray[np.int32]


def build_hot_trie(hotwords: Sequence[str], signs: Mapping[str, int]) -> HotTrie:
    """The trie of all words of the hotwords, which may be phrases.

    signs: the number of each character that the labels can spell. A beginning is compared with
    the first word that pyctcdecode's trie finds below it: from letter to letter the one that came
    first among the words sorted by length.
    """
    words = sorted((word for phrase in hotwords for word in phrase.split()), key=len)
    prefixes: dict[str, int] = {"": 0}
    first_child: dict[str, str] = {}
    for word in words:
        for end in range(1, len(word) + 1):
            prefix = word[:end]
            first_child.setdefault(prefix[:-1], prefix)
            prefixes.setdefault(prefix, len(prefixes))
    whole = set(words)
    child = np.zeros((len(prefixes), max(len(signs), 1)), np.int32)
    ends = np.zeros((len(prefixes), 2), np.int32)
    for prefix, node in prefixes.items():
        ends[node] = _length_below(prefix, first_child, whole) if words else 0, prefix in whole
        if prefix and prefix[-1] in signs:
            child[prefixes[prefix[:-1]], signs[prefix[-1]]] = node
    return HotTrie(child, ends)


def _length_below(prefix: str, first_child: Mapping[str, str], whole: "set[str]") -> int:
    while prefix not in whole:
        prefix = first_child[prefix]
    return len(prefix)
