"""A dataset whose clips sound different each time they are heard."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from w2vctc.acoustic.augmentation import Augmentation, count_needed_frames
from w2vctc.acoustic.dataset import Example, SpeechDataset
from w2vctc.corpus.utterance import Utterance


class AugmentedDataset(SpeechDataset):
    """A SpeechDataset whose index holds the visit too: `visit * len(dataset) + row`."""

    def __init__(
        self,
        utterances: Sequence[Utterance],
        labels: Sequence[Sequence[int]],
        *,
        augmentation: Augmentation,
        count_frames: Callable[[int], int],
    ) -> None:
        super().__init__(utterances, labels)
        self.augmentation = augmentation
        self.count_frames = count_frames

    def __getitem__(self, index: int) -> Example:
        visit, row = divmod(index, len(self))
        example = self.read(row)
        needed = count_needed_frames(example.labels)
        heard = self.augmentation.apply(
            example.waveform,
            row=row,
            visit=visit,
            fits=lambda n_samples: self.count_frames(n_samples) >= needed,
        )
        return replace(example, waveform=heard)

    def index_plan(self, plan: Sequence[list[int]]) -> list[list[int]]:
        return number_visits(plan, n_rows=len(self))


def number_visits(plan: Sequence[list[int]], *, n_rows: int) -> list[list[int]]:
    """The plan's rows with how often each came before: `visit * n_rows + row`."""
    seen = [0] * n_rows
    numbered = []
    for batch in plan:
        numbered.append([seen[row] * n_rows + row for row in batch])
        for row in batch:
            seen[row] += 1
    return numbered
