"""Where the time of a training run goes: reading, padding, forward, loss, backward and so on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

import torch
from transformers import TrainerCallback

PARTS = (
    *("reading", "padding", "forward", "loss", "backward", "optimizer"),
    *("dev", "checkpoint", "rest"),
)
_WHOLE = ("dev", "checkpoint")


@dataclass(frozen=True)
class StepTimes:
    """Seconds of a run by part, in the order of `PARTS`; together they are the whole run."""

    seconds: Mapping[str, float]
    n_updates: int

    @property
    def total_s(self) -> float:
        return sum(self.seconds.values())


class StepClock(TrainerCallback):  # type: ignore[misc]
    """Measures a Trainer from outside: its steps are wrapped, not changed.

    Time of a part inside another one is not the outer one's, except that all of a look at dev is
    dev's and all of a checkpoint the checkpoint's. Work of reading processes is not seen, only what
    the training waits for them.
    On an accelerator each part waits for its own work to be done, so the run is slower than one
    that is not measured.
    """

    def __init__(self, device: torch.device) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.n_updates = 0
        self._open: list[str] = []
        self._since = 0.0
        self._began = 0.0
        self._total_s = 0.0
        self._on_gpu = device.type == "cuda"

    def attach(self, trainer: Any) -> None:
        """Wraps what the trainer calls in each step; to be called once, before it trains."""
        self._wrap("reading", trainer, "get_batch_samples")
        if not trainer.n_workers:
            self._wrap("padding", trainer.data_collator, "pad")
        self._wrap("forward", trainer, "_compute_logits")
        self._wrap("loss", trainer, "_ctc_loss")
        self._wrap("backward", trainer.accelerator, "backward")
        self._wrap("optimizer", trainer, "_clip_grad_norm")
        self._wrap("dev", trainer, "_evaluate")
        self._wrap("checkpoint", trainer, "_save_checkpoint")
        trainer.add_callback(self)

    def times(self) -> StepTimes:
        """What was measured so far; `rest` is what lies between the parts."""
        known = sum(self.seconds[part] for part in PARTS if part != "rest")
        return StepTimes({**self.seconds, "rest": max(self._total_s - known, 0.0)}, self.n_updates)

    def on_train_begin(self, *_: Any, **known: Any) -> None:
        self._began = time.perf_counter()
        self._wrap("optimizer", known["optimizer"], "step")

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.n_updates += 1

    def on_train_end(self, *_: Any, **__: Any) -> None:
        self._total_s = time.perf_counter() - self._began

    def _change(self, part: str | None) -> None:
        """From here on time is that of `part`; with None, of the one around the last one."""
        now = time.perf_counter()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now
        if part is None:
            self._open.pop()
        else:
            self._open.append(part)

    def _wrap(self, part: str, owner: Any, name: str) -> None:
        setattr(owner, name, self._timed(part, getattr(owner, name)))

    def _timed(self, part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any, **named: Any) -> Any:
            if self._open and self._open[-1] in _WHOLE:
                return call(*arguments, **named)
            self._change(part)
            try:
                answer = call(*arguments, **named)
                if self._on_gpu:
                    torch.cuda.synchronize()
                return answer
            finally:
                self._change(None)

        return wraps(call)(timed) if hasattr(call, "__name__") else timed


def render_times(times: StepTimes) -> str:
    """A table for people: seconds, share and milliseconds per update of each part that took any."""
    total_s = max(times.total_s, 1e-9)
    lines = [f"{'part':<12}{'seconds':>10}{'share':>8}{'ms per update':>15}"]
    for part in PARTS:
        seconds = times.seconds[part]
        per_update = 1000 * seconds / max(times.n_updates, 1)
        lines.append(f"{part:<12}{seconds:>10.2f}{seconds / total_s:>8.1%}{per_update:>15.1f}")
    whole = 1000 * times.total_s / max(times.n_updates, 1)
    lines.append(f"{'all of it':<12}{times.total_s:>10.2f}{1:>8.0%}{whole:>15.1f}")
    return "\n".join(lines)
