"""One fine-tuning run, from checked rows to a finished model folder."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from transformers import set_seed

from w2vctc.acoustic.clips.dataset import changed_error
from w2vctc.acoustic.export import save_model
from w2vctc.acoustic.memory_errors import memory_errors
from w2vctc.acoustic.model import make_model, quiet_transformers
from w2vctc.acoustic.monitoring.metrics import Scoring
from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.monitoring.step_times import StepTimes
from w2vctc.acoustic.parallel.processes import find_processes, share
from w2vctc.acoustic.parallel.together import make_stopper
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.adapters import adapt_network, describe_share
from w2vctc.acoustic.training.assembly import Surroundings, make_trainer
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.finishing import list_suspects, try_average
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.acoustic.training.run import RUN_FOLDER, describe_run, finish_run, prepare_run
from w2vctc.acoustic.training.stopping import locked
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.errors import DataError
from w2vctc.files import machine_errors


@dataclass(frozen=True)
class FinetuneResult:
    """What a run made."""

    folder: Path
    head: str
    schedule: Schedule
    steps: int
    dev_wer: float | None
    dev_cer: float | None
    interrupted: bool
    dev_wer_bounds: tuple[float, float] | None = None  # 95 % interval
    dev_lm_wer: float | None = None  # where `--select lm` asked for it
    times: StepTimes | None = None  # where `--step-times` did


def finetune(
    data: TrainingData,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    folder: Path,
    scoring: Scoring,
    resume: bool,
    on_event: Callable[[TrainingEvent], None],
    on_note: Callable[[str], None],
) -> FinetuneResult:
    """Trains and writes the model folder.

    Raises UsageError when the folder is in use or `resume` finds another run's traces, and what
    the guards of the run raise.
    """
    run_folder = folder / RUN_FOLDER
    processes = find_processes()
    with locked(run_folder, needed=processes.leads), memory_errors(str(run_folder)):
        set_seed(options.seed)
        new = make_model(
            options.model, data.vocabulary, schedule, allow_pickle=options.allow_pickle
        )
        make_plain = adapt_network(new.network, options.peft)
        if options.peft != "full":
            on_note(describe_share(new.network, options.peft))
        stopper = make_stopper(processes, on_note)
        trainer = make_trainer(
            new.network,
            replace(data, dev=sorted(data.dev, key=lambda row: (row.duration_s or 0.0, row.id))),
            schedule=schedule,
            options=options,
            around=Surroundings(run_folder, scoring, stopper, processes, on_event, on_note),
        )
        fingerprint = describe_run(
            data.train,
            data.dev,
            data.vocabulary,
            schedule=schedule,
            options=options,
            parts=data.parts,
        )
        checkpoint = share(
            lambda: prepare_run(run_folder, fingerprint, resume=resume, on_note=on_note),
            device=options.device,
        )
        with stopper.listening(), quiet_transformers(), machine_errors(run_folder):
            _train(trainer, checkpoint)
        best = _best_evaluation(trainer.state)
        if not stopper.stopped:
            best = try_average(trainer, run_folder, options.average, best, on_note=on_note)
        if processes.leads and not stopper.stopped:
            list_suspects(trainer, data.vocabulary, run_folder, on_note=on_note, parts=data.parts)
            make_plain()
            save_model(new.network, data.vocabulary, folder)
            finish_run(run_folder, fingerprint)
        return FinetuneResult(
            folder=folder,
            head=new.head,
            schedule=schedule,
            steps=trainer.state.global_step,
            dev_wer=best.get("eval_wer"),
            dev_cer=best.get("eval_cer"),
            dev_wer_bounds=(best["eval_wer_low"], best["eval_wer_high"]) if best else None,
            dev_lm_wer=best.get("eval_lm_wer"),
            interrupted=stopper.stopped,
            times=trainer.clock.times() if trainer.clock else None,
        )


def _train(trainer: CtcTrainer, checkpoint: Path | None) -> None:
    if checkpoint:
        trainer.losses.load(checkpoint)
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except DataError as error:
        if not error.code:  # it comes from a reading process: nothing but text is left of it
            raise changed_error(error.message) from error
        raise


def _best_evaluation(state: Any) -> dict[str, float]:
    looks = [entry for entry in state.log_history if "eval_score" in entry]
    return min(looks, key=lambda entry: entry["eval_score"]) if looks else {}
