"""What a run is made of: rows, and every batch that comes of them, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from w2vctc.acoustic.clips.batches import plan_epochs, plan_updates
from w2vctc.acoustic.clips.sampling import ClipSampler, DatasetPart, DatasetShare, share_out
from w2vctc.acoustic.presets import Schedule
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import UsageError
from w2vctc.vocab import Vocabulary


@dataclass(frozen=True)
class TrainingData:
    """Checked rows, with durations and normalized text, and the labels that spell them.

    parts: the datasets that train consists of, where there are several.
    """

    train: Sequence[Utterance]
    dev: Sequence[Utterance]
    vocabulary: Vocabulary
    parts: Sequence[DatasetPart] = ()

    @property
    def durations_s(self) -> list[float]:
        """The length of each training clip."""
        return [row.duration_s or 0.0 for row in self.train]

    def shares(self, exponent: float) -> tuple[DatasetShare, ...]:
        """How much of each dataset is heard, where there are several."""
        return share_out(self.durations_s, self.parts, exponent)


def plan_run(
    durations_s: Sequence[float],
    schedule: Schedule,
    *,
    seed: int,
    parts: Sequence[DatasetPart] = (),
    exponent: float = 1.0,
) -> list[list[int]]:
    """Every batch of the run, in order; of several datasets with shares by the exponent."""
    sampler = None
    if parts:
        sizes = [part.n_clips for part in parts]
        sampler = ClipSampler(
            durations_s, sizes=sizes, exponent=exponent, batch_s=schedule.batch_s, seed=seed
        )
    if schedule.updates:
        return plan_updates(
            durations_s,
            n_batches=schedule.updates * schedule.accumulation,
            batch_s=schedule.batch_s,
            seed=seed,
            short_first=schedule.short_first,
            sampler=sampler,
        )
    plan = plan_epochs(
        durations_s,
        epochs=schedule.epochs,
        batch_s=schedule.batch_s,
        seed=seed,
        short_first=schedule.short_first,
        sampler=sampler,
    )
    if len(plan) < schedule.accumulation:
        raise UsageError(
            f"{schedule.epochs:g} epochs of this data are less than one update",
            hint="train on more data, for more epochs, or with smaller --batch-seconds",
        )
    return plan


def choose_eval_every(n_updates: int, updates_per_epoch: float) -> int:
    """Updates between two looks at dev: about an epoch, 5 to 20 looks in all."""
    return max(1, n_updates // 20, min(round(updates_per_epoch), n_updates // 5))
