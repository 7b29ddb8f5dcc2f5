"""What a run will take, before it begins: time, memory, disk, and what to expect of it."""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from transformers import set_seed

from w2vctc.acoustic.clips.sampling import DatasetShare
from w2vctc.acoustic.model import make_model, quiet_transformers
from w2vctc.acoustic.monitoring.loggers import NO_LOGGER
from w2vctc.acoustic.monitoring.metrics import Scoring
from w2vctc.acoustic.parallel.processes import Processes
from w2vctc.acoustic.planning.expectations import describe_expectation
from w2vctc.acoustic.planning.probe import Probe, padded_seconds, probe_run, time_checkpoint
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.adapters import adapt_network
from w2vctc.acoustic.training.assembly import Surroundings, make_trainer
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.acoustic.training.sealing import KEPT_CHECKPOINTS
from w2vctc.acoustic.training.stopping import StopOnSignal
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.corpus.utterance import Utterance

_WEIGHT_BYTES = 4
_STATE_BYTES = 8  # Adam's two moments of each weight that learns


@dataclass(frozen=True)
class Forecast:
    """What `finetune --plan` tells. Sounds are in seconds; those of batches count the padding.

    training_s and dev_s are None where nothing fitted into memory, saving_s where no checkpoint
    could be written to try it. looks: times that dev is heard, and a checkpoint written, if the run
    does not stop early. disk_bytes: the most that checkpoints and the model take.
    """

    n_parameters: int
    n_learning: int
    train_s: float
    n_train: int
    dev_rows_s: float
    n_dev: int
    schedule: Schedule
    n_updates: int
    eval_every: int
    n_looks: int
    device: str
    training_s: float | None
    dev_s: float | None
    saving_s: float | None
    probe: Probe
    longest_batch: tuple[int, float]  # clips, seconds of the longest of them
    checkpoint_bytes: int
    n_checkpoints: int
    model_bytes: int
    disk_bytes: int
    free_bytes: int
    expect: tuple[str, ...]
    datasets: tuple[DatasetShare, ...] = ()  # where there are several


def forecast_run(
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    folder: Path,
    on_note: Callable[[str], None],
) -> Forecast:
    """The forecast of `finetune` with the same arguments; nothing that it writes stays."""
    # Kept features would have to be written, and there is nobody to draw the probe for; what
    # grows is tried at its full size.
    options = replace(
        options, cache_features=False, logger=NO_LOGGER, step_times=False, augment_ramp=0.0
    )
    data = replace(data, dev=sorted(data.dev, key=lambda row: (row.duration_s or 0.0, row.id)))
    set_seed(options.seed)
    with quiet_transformers():
        new = make_model(
            options.model, data.vocabulary, schedule, allow_pickle=options.allow_pickle
        )
        adapt_network(new.network, options.peft)
        trainer = make_trainer(
            new.network,
            data,
            schedule=schedule,
            options=options,
            around=Surroundings(
                run_folder=Path(tempfile.gettempdir()),  # has to be there, and stays as it is
                scoring=Scoring(lambda *_: (0, 0), lambda *_: (0, 0)),
                stopper=StopOnSignal(on_note),
                processes=Processes(),
                on_event=lambda _: None,
                on_note=on_note,
            ),
        )
        probe = probe_run(trainer, _durations(data.train), _durations(data.dev))
    return _sum_up(trainer, probe, data, schedule=schedule, options=options, folder=folder)


def _sum_up(
    trainer: CtcTrainer,
    probe: Probe,
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    folder: Path,
) -> Forecast:
    weights = list(trainer.model.parameters())
    n_parameters = sum(weight.numel() for weight in weights)
    n_learning = sum(weight.numel() for weight in weights if weight.requires_grad)
    durations_s, dev_durations_s = _durations(data.train), _durations(data.dev)
    n_updates, eval_every = trainer.args.max_steps, int(trainer.args.eval_steps)
    n_looks = -(-n_updates // eval_every)
    dev_heard_s = sum(padded_seconds(batch, dev_durations_s) for batch in trainer.dev_plan)
    dev_s = None if probe.dev is None else probe.dev * dev_heard_s * n_looks
    saving_s, free_bytes = None, _read_free(folder)
    checkpoint = _WEIGHT_BYTES * n_parameters + _STATE_BYTES * n_learning
    if probe.fits and free_bytes > 2 * checkpoint:
        one_s = time_checkpoint(trainer, _find_there(folder))
        saving_s = None if one_s is None else one_s * n_looks
    n_checkpoints = max(KEPT_CHECKPOINTS, options.average + 1) + 1  # one is written before one goes
    model = _WEIGHT_BYTES * n_parameters
    longest = max(trainer.plan, key=lambda batch: padded_seconds(batch, durations_s))
    return Forecast(
        n_parameters=n_parameters,
        n_learning=n_learning,
        train_s=sum(durations_s),
        n_train=len(durations_s),
        dev_rows_s=sum(dev_durations_s),
        n_dev=len(dev_durations_s),
        schedule=schedule,
        n_updates=n_updates,
        eval_every=eval_every,
        n_looks=n_looks,
        device=str(trainer.args.device),
        training_s=estimate_training(trainer.plan, durations_s, schedule, probe),
        dev_s=dev_s,
        saving_s=saving_s,
        probe=probe,
        longest_batch=(len(longest), max(durations_s[row] for row in longest)),
        checkpoint_bytes=checkpoint,
        n_checkpoints=n_checkpoints,
        model_bytes=model,
        disk_bytes=checkpoint * n_checkpoints + model,
        free_bytes=free_bytes,
        expect=describe_expectation(
            model=options.model,
            hidden_size=trainer.model.config.hidden_size,
            train_s=sum(durations_s),
        ),
        datasets=data.shares(options.sampling_exponent),
    )


def estimate_training(
    plan: Sequence[list[int]], durations_s: Sequence[float], schedule: Schedule, probe: Probe
) -> float | None:
    """Seconds that the batches of a run take by what the probe has measured; None without it."""
    n_frozen = schedule.freeze_encoder_updates * schedule.accumulation
    heard_s = [padded_seconds(batch, durations_s) for batch in plan]
    if probe.learning is None:
        return None
    frozen = probe.learning if probe.frozen is None else probe.frozen
    return frozen * sum(heard_s[:n_frozen]) + probe.learning * sum(heard_s[n_frozen:])


def _durations(rows: Sequence[Utterance]) -> list[float]:
    return [row.duration_s or 0.0 for row in rows]


def _read_free(folder: Path) -> int:
    return shutil.disk_usage(_find_there(folder)).free


def _find_there(folder: Path) -> Path:
    """The folder, or the one that it would be made in."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
