"""A Trainer whose checkpoints count once they are whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers.trainer import TRAINER_STATE_NAME

from w2vctc.acoustic.training.batch_memory import CuttingTrainer
from w2vctc.acoustic.training.checkpoints import (
    checkpoint_folder,
    clear_staging,
    find_fault,
    place_checkpoint,
    rotate_checkpoints,
    staging_folder,
)
from w2vctc.errors import MachineError

KEPT_CHECKPOINTS = 3  # the best one among them


class SealingTrainer(CuttingTrainer):
    """Writes checkpoints aside, seals them, and moves them to where they are found."""

    def __init__(self, *, on_note: Callable[[str], None], **trainer_arguments: Any) -> None:
        super().__init__(**trainer_arguments)
        self.on_note = on_note
        self.n_averaged = 0  # last checkpoints that are wanted in the end
        self._output_dir = ""  # while a checkpoint is written

    def _add_to_checkpoint(self, folder: Path) -> None:
        """What belongs into a checkpoint besides, written before it is sealed."""

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """Writes a checkpoint that counts once it is whole; a full disk costs this one only."""
        run_folder = Path(self.args.output_dir)
        try:
            self._write_checkpoint(run_folder, model, trial)
        # torch and safetensors put a refused write into errors of their own
        except (OSError, RuntimeError, SafetensorError) as error:
            raise MachineError(
                f"{checkpoint_folder(run_folder, self.state.global_step)}: cannot be written:"
                f" {str(error).splitlines()[0]}",
                hint="free some space, then go on with --resume from the checkpoint before",
                code="E_DISK",
            ) from error
        finally:
            if self.args.should_save:
                clear_staging(run_folder)

    def _write_checkpoint(self, run_folder: Path, model: Any, trial: Any) -> None:
        step, writes = self.state.global_step, self.args.should_save
        self._output_dir = str(staging_folder(run_folder))
        try:
            super()._save_checkpoint(model, trial)
        finally:
            self._output_dir = ""
        self._point_to_best()
        self.accelerator.wait_for_everyone()
        if writes:
            staged = checkpoint_folder(staging_folder(run_folder), step)
            self._add_to_checkpoint(staged)
            self.state.save_to_json(str(staged / TRAINER_STATE_NAME))
            place_checkpoint(run_folder, step)
            wanted = {step, self.state.best_global_step or step}
            kept = max(KEPT_CHECKPOINTS, self.n_averaged + 1)
            rotate_checkpoints(run_folder, keep=kept, wanted=wanted)
        self.accelerator.wait_for_everyone()

    def _get_output_dir(self, trial: Any) -> str:
        """Where the Trainer writes a checkpoint and rotates: out of the way of whole ones."""
        return self._output_dir or str(super()._get_output_dir(trial))

    def _init_training_state(self, *known: Any, **named: Any) -> Any:
        start = super()._init_training_state(*known, **named)
        self._point_to_best()
        return start

    def _point_to_best(self) -> None:
        """The best checkpoint goes by its update: its folder may have been moved since."""
        if self.state.best_global_step:
            best = checkpoint_folder(Path(self.args.output_dir), self.state.best_global_step)
            self.state.best_model_checkpoint = str(best)

    def _load_best_model(self) -> None:
        """The weights of the best evaluation; the last ones stay where those are damaged."""
        folder = Path(self.state.best_model_checkpoint)
        fault = find_fault(folder)
        if fault:
            self.on_note(f"left out {folder.name}, the best one on dev: {fault}")
        else:
            super()._load_best_model()
