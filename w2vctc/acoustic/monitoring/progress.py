"""What a training run tells while it runs, and the log that it leaves."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from w2vctc.files import save_text


@dataclass(frozen=True)
class TrainingEvent:
    """One moment of a run; fields that the moment does not know are None."""

    step: int
    n_steps: int
    seconds: float  # since this process began to train
    epoch: float
    loss: float | None = None
    learning_rate: float | None = None
    audio_s_per_s: float | None = None
    seconds_left: float | None = None
    dev_wer: float | None = None
    dev_cer: float | None = None
    dev_lm_wer: float | None = None  # where a language model chooses the checkpoint
    dev_loss: float | None = None
    blank_share: float | None = None
    best: bool = False
    listening: bool | None = None  # dev comes next; only for the screen


class ProgressCallback(TrainerCallback):  # type: ignore[misc]
    """Turns the Trainer's hooks into events, for a screen and for log.jsonl."""

    def __init__(
        self,
        *,
        batch_durations_s: Sequence[float],
        batches_per_update: int,
        epoch_durations_s: float,
        log: Path,
        on_event: Callable[[TrainingEvent], None],
    ) -> None:
        self.heard_s = [0.0, *accumulate(batch_durations_s)]  # before each batch of the plan
        self.batches_per_update = batches_per_update  # those of all processes together
        self.epoch_durations_s = epoch_durations_s
        self.log = log
        self.on_event = on_event
        self.started = 0.0
        self.first_step = 0
        self.evaluated_s = 0.0
        self._evaluation_began = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self.started = time.monotonic()
        self.first_step = state.global_step

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._evaluation_began = time.monotonic()
        if not control.should_log:
            self.on_event(self._event(state, listening=control.should_evaluate or None))

    def on_log(self, args: Any, state: Any, control: Any, **known: Any) -> None:  # noqa: ARG002
        logs = known["logs"]
        if "loss" in logs:
            self._emit(
                self._event(
                    state,
                    loss=logs["loss"],
                    learning_rate=logs.get("learning_rate"),
                    listening=control.should_evaluate or None,
                )
            )

    def on_evaluate(self, args: Any, state: Any, control: Any, **known: Any) -> None:  # noqa: ARG002
        metrics = known["metrics"]
        self.evaluated_s += time.monotonic() - self._evaluation_began
        self._emit(
            self._event(
                state,
                dev_wer=metrics["eval_wer"],
                dev_cer=metrics["eval_cer"],
                dev_lm_wer=metrics.get("eval_lm_wer"),
                dev_loss=metrics.get("eval_loss"),
                blank_share=metrics["eval_blank_share"],
                best=_is_best(metrics["eval_score"], state.best_metric),
            )
        )

    def _event(self, state: Any, **known: Any) -> TrainingEvent:
        seconds = time.monotonic() - self.started
        done = state.global_step - self.first_step
        heard_before_s = self.heard_s[self.first_step * self.batches_per_update]
        heard_s = self.heard_s[state.global_step * self.batches_per_update]
        training_s = max(seconds - self.evaluated_s, 1e-9)
        left = state.max_steps - state.global_step
        return TrainingEvent(
            step=state.global_step,
            n_steps=state.max_steps,
            seconds=seconds,
            epoch=heard_s / self.epoch_durations_s,
            audio_s_per_s=(heard_s - heard_before_s) / training_s,
            seconds_left=seconds / done * left if done else None,
            **known,
        )

    def _emit(self, event: TrainingEvent) -> None:
        with self.log.open("a", encoding="utf-8") as stream:
            stream.write(_write_line(event))
        self.on_event(event)


def read_log(log: Path) -> list[TrainingEvent]:
    """The events of log.jsonl, if there is one; a line cut off by a crash is left out."""
    events = []
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        try:
            events.append(TrainingEvent(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return events


def cut_log(log: Path, *, last_step: int) -> None:
    """Takes out of log.jsonl what comes after `last_step`: the resumed run will write it again."""
    kept = [event for event in read_log(log) if event.step <= last_step]
    save_text(log, "".join(_write_line(event) for event in kept))


def _is_best(score: float, best: float | None) -> bool:
    """Whether the Trainer, which notes its best only after its callbacks have run, will keep it."""
    return score < (math.inf if best is None else best)


def _write_line(event: TrainingEvent) -> str:
    """One line of JSON; what the event does not know and what is no finite number is left out."""
    values = {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in asdict(event).items()
        if value is not None and name != "listening" and math.isfinite(value)
    }
    return json.dumps(values) + "\n"
