"""The lattice of a text: its words in a row, with gaps that take in what the text does not say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from w2vctc.align.lattice import Lattice
from w2vctc.align.script import ScriptWord
from w2vctc.decode.emissions_check import check_emissions
from w2vctc.vocab import Vocabulary

_GAP, _BLANK, _ANY = range(3)  # columns of every chain; the labels' own follow


@dataclass(frozen=True)
class Tolerance:
    """How much a text may differ from what is said; logarithms, all of them costs.

    In a gap between two words any label may stand, at `stray` for each frame of it that is neither
    blank nor space. A word of the text is left out at `word_skip` and `letter_skip` for each
    letter. No letter costs more than `worst`, however unlikely it is: one alone proves nothing.
    """

    stray: float = 1.0
    word_skip: float = 4.0
    letter_skip: float = 2.5
    worst: float = 10.0


@dataclass(frozen=True)
class Chain:
    """The lattice of a text's words and what its states are, arrays of shape (n_states,).

    words: the number of the word that a state belongs to; of a gap that of the word behind it.
    letters: the number of the letter within its word, -1 for a blank and -2 for a gap.
    used: the labels that the text is spelled with.
    """

    lattice: Lattice
    words: NDArray[np.int64]
    letters: NDArray[np.int64]
    used: tuple[int, ...]

    @property
    def gaps(self) -> NDArray[np.int64]:
        """The states that are gaps: before each word, and behind the last one."""
        return np.flatnonzero(self.letters == -2)


def build_chain(words: Sequence[ScriptWord], tolerance: Tolerance) -> Chain:
    """A gap, the first word, a gap, ... and a gap; every word may be skipped from gap to gap.

    Within a word it is CTC's own lattice: a blank between letters that may be passed where they
    differ (Graves et al. 2006, section 4.1).
    """
    ids = {letter.label_id for word in words for letter in word.letters}
    used = tuple(sorted(label for label in ids if label is not None))
    column_of: dict[int | None, int] = {label: 3 + n for n, label in enumerate(used)}
    column_of[None] = _ANY
    rows: list[tuple[int, bool, int, float, int, int]] = [(_GAP, False, -1, 0.0, 0, -2)]
    gap = 0
    for number, word in enumerate(words):
        before: int | None = -1
        for n, letter in enumerate(word.letters):
            if n > 0:
                rows.append((_BLANK, False, -1, 0.0, number, -1))
            may_pass = n > 0 and (letter.label_id is None or letter.label_id != before)
            rows.append((column_of[letter.label_id], may_pass, -1, 0.0, number, n))
            before = letter.label_id
        cost = tolerance.word_skip + tolerance.letter_skip * len(word.letters)
        rows.append((_GAP, False, gap, cost, number + 1, -2))
        gap = len(rows) - 1
    columns, passes, skips, costs, owners, letters = zip(*rows, strict=True)
    lattice = Lattice(
        np.array(columns, dtype=np.int32),
        np.array(passes, dtype=np.bool_),
        np.array(skips, dtype=np.int64),
        np.array(costs, dtype=np.float64),
    )
    return Chain(lattice, np.array(owners), np.array(letters), used)


def score_columns(
    emissions: NDArray[np.float32], chain: Chain, vocabulary: Vocabulary, tolerance: Tolerance
) -> NDArray[np.float32]:
    """The scores of the chain's columns, shape (n_frames + 2, n_columns), at most 0.

    A label's score is its log-probability less that of the frame's best label. The rows in front
    and behind are 0: there a path begins before the first gap and ends after the last one.
    Raises ModelError (see `check_emissions`).
    """
    checked = check_emissions(emissions, n_labels=len(vocabulary.labels))
    scores = np.zeros((len(checked) + 2, 3 + len(chain.used)), dtype=np.float32)
    if not len(checked):
        return scores
    best = checked.max(axis=1)
    blank = checked[:, vocabulary.blank_id] - best
    inner = scores[1:-1]
    inner[:, _BLANK] = blank
    inner[:, _ANY] = -tolerance.stray
    space = checked[:, vocabulary.delimiter_id] - best
    inner[:, _GAP] = np.maximum(np.maximum(blank, space), -tolerance.stray)
    inner[:, 3:] = checked[:, chain.used] - best[:, None]
    np.maximum(inner, -tolerance.worst, out=inner)
    return scores
