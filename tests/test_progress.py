"""What a run tells and writes down while it trains."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from transformers import TrainerControl, TrainerState

from w2vctc.acoustic.monitoring.progress import ProgressCallback, TrainingEvent, cut_log, read_log

ARGUMENTS = SimpleNamespace(gradient_accumulation_steps=2)
METRICS = {"eval_wer": 0.5, "eval_cer": 0.2, "eval_blank_share": 0.9, "eval_loss": 1.5}


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("w2vctc.acoustic.monitoring.progress.time", clock)
    return clock


def make_callback(log: Path) -> tuple[ProgressCallback, list[TrainingEvent]]:
    """Ten batches of 3 s, two to an update, five to an epoch of 15 s."""
    events: list[TrainingEvent] = []
    callback = ProgressCallback(
        batch_durations_s=[3.0] * 10,
        batches_per_update=2,
        epoch_durations_s=15.0,
        log=log,
        on_event=events.append,
    )
    return callback, events


def test_speed_and_time_left_are_counted_without_what_evaluation_took(
    tmp_path: Path, clock: Clock
) -> None:
    callback, events = make_callback(tmp_path / "log.jsonl")
    state, control = TrainerState(max_steps=5), TrainerControl()
    callback.on_train_begin(ARGUMENTS, state, control)
    clock.now_s += 2
    state.global_step = 1
    callback.on_step_end(ARGUMENTS, state, control)
    assert events[-1] == TrainingEvent(
        step=1, n_steps=5, seconds=2, epoch=0.4, audio_s_per_s=3, seconds_left=8
    )
    clock.now_s += 4  # of evaluation
    callback.on_evaluate(ARGUMENTS, state, control, metrics={**METRICS, "eval_score": 0.5})
    clock.now_s += 2
    state.global_step = 2
    callback.on_step_end(ARGUMENTS, state, control)
    assert events[-1].audio_s_per_s == 3  # 12 s of sound in 4 s
    assert events[-1].seconds_left == 12  # 8 s for two updates, three to go


def test_a_resumed_run_counts_its_own_seconds_and_all_epochs(tmp_path: Path, clock: Clock) -> None:
    callback, events = make_callback(tmp_path / "log.jsonl")
    state, control = TrainerState(max_steps=5, global_step=3), TrainerControl()
    callback.on_train_begin(ARGUMENTS, state, control)
    clock.now_s += 2
    state.global_step = 4
    callback.on_step_end(ARGUMENTS, state, control)
    assert events[-1].epoch == pytest.approx(24 / 15)
    assert events[-1].audio_s_per_s == 3
    assert events[-1].seconds_left == 2


@pytest.mark.parametrize(
    ("score", "best_so_far", "best"), [(0.5, None, True), (0.5, 0.6, True), (0.5, 0.5, False)]
)
def test_an_evaluation_tells_whether_it_is_the_best(
    tmp_path: Path, clock: Clock, score: float, best_so_far: float | None, best: bool
) -> None:
    del clock
    callback, events = make_callback(tmp_path / "log.jsonl")
    # The Trainer writes its new best down only after its callbacks have run.
    state = TrainerState(max_steps=5, global_step=2, best_metric=best_so_far)
    callback.on_evaluate(
        ARGUMENTS, state, TrainerControl(), metrics={**METRICS, "eval_score": score}
    )
    assert events[0].best is best
    assert (events[0].dev_wer, events[0].dev_cer, events[0].blank_share) == (0.5, 0.2, 0.9)


def test_losses_and_evaluations_are_written_down_at_once(tmp_path: Path, clock: Clock) -> None:
    log = tmp_path / "log.jsonl"
    callback, events = make_callback(log)
    state = TrainerState(max_steps=5, global_step=1)
    clock.now_s += 1
    callback.on_log(ARGUMENTS, state, TrainerControl(), logs={"loss": 2.5, "learning_rate": 1e-3})
    callback.on_log(ARGUMENTS, state, TrainerControl(), logs={"train_runtime": 9.0})
    callback.on_evaluate(ARGUMENTS, state, TrainerControl(), metrics={**METRICS, "eval_score": 1})
    first, second = map(json.loads, log.read_text(encoding="utf-8").splitlines())
    assert (first["loss"], first["learning_rate"]) == (2.5, 0.001)
    assert "dev_wer" not in first
    assert (second["dev_wer"], second["dev_loss"]) == (0.5, 1.5)
    assert [(event.step, event.loss, event.best) for event in read_log(log)] == [
        (event.step, event.loss, event.best) for event in events
    ]


def test_no_line_of_the_log_is_anything_but_json(tmp_path: Path, clock: Clock) -> None:
    del clock
    log = tmp_path / "log.jsonl"
    callback, _ = make_callback(log)
    state = TrainerState(max_steps=5, global_step=1)
    metrics = {**METRICS, "eval_score": 1, "eval_loss": float("nan")}
    callback.on_evaluate(ARGUMENTS, state, TrainerControl(), metrics=metrics)

    def refuse(constant: str) -> Any:
        raise AssertionError(f"{constant} is not JSON")

    assert "dev_loss" not in json.loads(log.read_text(encoding="utf-8"), parse_constant=refuse)


def write_log(log: Path, *steps: int, tail: str = "") -> None:
    lines = [json.dumps({"step": n, "n_steps": 9, "seconds": 1.0, "epoch": 0.1}) for n in steps]
    log.write_text("\n".join(lines) + "\n" + tail, encoding="utf-8")


def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert read_log(log) == []
    write_log(log, 1, 2, tail='{"step": 3, "n_st')
    assert [event.step for event in read_log(log)] == [1, 2]


def test_a_resumed_run_takes_the_log_up_where_its_checkpoint_stands(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    write_log(log, 1, 2, 3, 4, tail='{"step": 5, "n_st')
    cut_log(log, last_step=2)
    assert [event.step for event in read_log(log)] == [1, 2]
    assert log.read_text(encoding="utf-8").endswith("}\n")  # what comes next has its own line
    cut_log(tmp_path / "none.jsonl", last_step=2)
    assert read_log(tmp_path / "none.jsonl") == []
