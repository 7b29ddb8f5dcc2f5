"""A dataset whose clips sound different each time they are heard."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from w2vctc.acoustic.clips.augmentation import Augmentation, count_needed_frames
from w2vctc.acoustic.clips.dataset import Example, SpeechDataset
from w2vctc.acoustic.clips.sound_memory import SoundMemory
from w2vctc.corpus.utterance import Utterance
from w2vctc.vocab import Vocabulary

LONGEST_JOINED_S = 20.0  # speech of two clips that are heard as one
_SECOND = 1 << 60  # in an index: this many times one more than the row of a pair's second clip


class AugmentedDataset(SpeechDataset):
    """A SpeechDataset whose index holds the visit too, how far the ramp is climbed, and a pair.

    Augmentation grows over the run's first `n_ramp_batches` batches, from nothing to all of it.
    Clips that are heard in pairs have the labels `between` (a word's end) between theirs.
    """

    def __init__(
        self,
        utterances: Sequence[Utterance],
        labels: Sequence[Sequence[int]],
        *,
        augmentation: Augmentation,
        count_frames: Callable[[int], int],
        n_ramp_batches: int = 0,
        between: Sequence[int] = (),
        memory: SoundMemory | None = None,
    ) -> None:
        super().__init__(utterances, labels, memory=memory)
        self.between = between
        self.n_ramp_batches = n_ramp_batches
        self.augmentation = augmentation
        self.count_frames = count_frames

    def __getitem__(self, index: int) -> Example:
        second, first = divmod(index, _SECOND)
        place, row = divmod(first, len(self))
        visit, climbed = divmod(place, self.n_ramp_batches + 1)
        example = self._read_pair(row, second - 1, visit) if second else self.read(row)
        needed = count_needed_frames(example.labels)
        heard = self.augmentation.apply(
            example.waveform,
            row=row,
            visit=visit,
            fits=lambda n_samples: self.count_frames(n_samples) >= needed,
            strength=self._strength(climbed),
        )
        return replace(example, waveform=heard)

    def index_plan(self, plan: Sequence[list[int]]) -> list[list[int]]:
        numbered = number_hearings(plan, n_rows=len(self), n_ramp_batches=self.n_ramp_batches)
        return [
            self._pair_up(indices)
            if self.augmentation.joins(number, strength=self._strength(number))
            else indices
            for number, indices in enumerate(numbered)
        ]

    def _strength(self, n_batches: int) -> float:
        """How far the ramp is climbed after so many batches."""
        return min(n_batches / self.n_ramp_batches, 1.0) if self.n_ramp_batches else 1.0

    def _pair_up(self, indices: list[int]) -> list[int]:
        """The clips of a batch two by two where that is not too long: as much to hear as before."""
        paired = []
        waiting = list(reversed(indices))
        while waiting:
            first = waiting.pop()
            if waiting and self._is_short(first, waiting[-1]):
                first += _SECOND * (1 + waiting.pop() % len(self))
            paired.append(first)
        return paired

    def _is_short(self, *indices: int) -> bool:
        rows = [self.utterances[index % len(self)] for index in indices]
        return sum(row.duration_s or 0.0 for row in rows) <= LONGEST_JOINED_S

    def _read_pair(self, row: int, second: int, visit: int) -> Example:
        """Two clips as one, a word's end between them; it goes by the first one's row."""
        one, other = self.read(row), self.read(second)
        joined = self.augmentation.join(one.waveform, other.waveform, row=row, visit=visit)
        labels = [*one.labels, *self.between, *other.labels]
        return Example(joined, labels, row)


def make_dataset(rows: Sequence[Utterance], vocabulary: Vocabulary, **stores: Any) -> SpeechDataset:
    """The rows as they are, with their labels; `stores` as SpeechDataset takes them."""
    return SpeechDataset(rows, [vocabulary.encode(row.text) for row in rows], **stores)


def make_training_set(
    rows: Sequence[Utterance],
    vocabulary: Vocabulary,
    augmentation: Augmentation | None,
    *,
    count_frames: Callable[[int], int],
    n_ramp_batches: int,
    memory: SoundMemory | None,
    feature_files: Sequence[Path] | None,
) -> SpeechDataset:
    """The rows as training hears them: changed at each hearing where augmentation is on."""
    if augmentation is None:
        return make_dataset(rows, vocabulary, memory=memory, feature_files=feature_files)
    return AugmentedDataset(
        rows,
        [vocabulary.encode(row.text) for row in rows],
        augmentation=augmentation,
        count_frames=count_frames,
        n_ramp_batches=n_ramp_batches,
        between=[] if vocabulary.unspellable(" ") else vocabulary.encode(" "),
        memory=memory,
    )


def number_hearings(
    plan: Sequence[list[int]], *, n_rows: int, n_ramp_batches: int
) -> list[list[int]]:
    """The plan's rows, each with how often it came before and how many batches of the ramp did.

    As one number, `(visit * (n_ramp_batches + 1) + climbed) * n_rows + row`: whoever is handed it
    knows all that the hearing depends on, in whichever process.
    """
    seen = [0] * n_rows
    numbered = []
    for number, batch in enumerate(plan):
        climbed = min(number, n_ramp_batches)
        numbered.append(
            [(seen[row] * (n_ramp_batches + 1) + climbed) * n_rows + row for row in batch]
        )
        for row in batch:
            seen[row] += 1
    return numbered
