"""What comes after the last update: the mean of the last checkpoints, clips worth a second look."""

from collections.abc import Callable, Sequence
from pathlib import Path

from w2vctc.acoustic.clips.sampling import DatasetPart
from w2vctc.acoustic.emissions import AcousticModel, compute_emissions
from w2vctc.acoustic.monitoring.metrics import spell_frames
from w2vctc.acoustic.monitoring.suspects import (
    SUSPECTS_NAME,
    Suspect,
    find_outliers_of_each,
    save_suspects,
)
from w2vctc.acoustic.training.averaging import find_last, keep_better
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.vocab import Vocabulary
from w2vctc.words import numbered

_MOST_HEARD = 200  # suspects that are listened to; the table has them all


def try_average(
    trainer: CtcTrainer,
    run_folder: Path,
    n: int,
    best: dict[str, float],
    *,
    on_note: Callable[[str], None],
) -> dict[str, float]:
    """The evaluation of what the network holds in the end: the best, or a mean that is better."""
    folders = find_last(run_folder, n) if n > 1 and best else []
    if len(folders) < 2:
        return best
    look = keep_better(
        trainer.model,
        folders,
        load=lambda folder: trainer._load_from_checkpoint(str(folder)),
        evaluate=lambda: evaluate_quietly(trainer),
        best_score=best["eval_score"],
    )
    what = f"the mean of the last {len(folders)} checkpoints"
    if look is None:
        on_note(f"{what} is no better on dev: the best checkpoint is kept")
        return best
    on_note(
        f"{what} is kept: dev WER {100 * look['eval_wer']:.1f} %,"
        f" the best checkpoint alone {100 * best['eval_wer']:.1f} %"
    )
    return look


def evaluate_quietly(trainer: CtcTrainer) -> dict[str, float]:
    """What dev says of the network as it is, without a word to log, screen or early stopping."""
    found = trainer.evaluation_loop(
        trainer.get_eval_dataloader(), description="", metric_key_prefix="eval"
    )
    return dict(found.metrics)


def list_suspects(
    trainer: CtcTrainer,
    vocabulary: Vocabulary,
    run_folder: Path,
    *,
    on_note: Callable[[str], None],
    parts: Sequence[DatasetPart] = (),
) -> int:
    """The number of training clips that stay improbable; writes them to suspects.tsv.

    parts: the datasets that they are of, where there are several: each is its own measure.
    """
    losses = trainer.losses.settle()
    dataset = trainer.train_dataset
    rows = find_outliers_of_each(losses, [part.n_clips for part in parts] or [len(losses)])
    network = trainer.accelerator.unwrap_model(trainer.model).eval()
    extractor = trainer.data_collator.extractor
    model = AcousticModel(network, extractor, vocabulary, trainer.args.device, run_folder)
    suspects = []
    for number, row in enumerate(rows):
        utterance = dataset.utterances[row]
        heard = ""
        if number < _MOST_HEARD:
            frames = compute_emissions(model, utterance.load(), name=utterance.id).argmax(axis=1)
            heard = spell_frames(frames, vocabulary)
        suspects.append(Suspect(utterance, float(losses[row].min()), heard))
    save_suspects(run_folder / SUSPECTS_NAME, suspects)
    if suspects:
        on_note(
            f"{numbered(len(suspects), 'training clip')} stayed improbable: wrong transcripts?"
            f" {run_folder / SUSPECTS_NAME} has what was heard there"
        )
    return len(suspects)
