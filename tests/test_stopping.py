"""Runs that end early: no progress, a signal, a folder that another run has."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from transformers import TrainerControl, TrainerState

from w2vctc.acoustic.training.stopping import EarlyStopping, StopOnSignal, locked, refuse_locked
from w2vctc.errors import UsageError

HOLD_LOCK = """
import fcntl, sys
stream = open(sys.argv[1], "w")
fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
print("held", flush=True)
sys.stdin.read()
"""


def evaluate(scores: list[float], *, patience: int, first_step: int = 0) -> list[int]:
    """The steps (10, 20, ...) at which the run is told to stop."""
    stopping = EarlyStopping(patience=patience, first_step=first_step)
    state, stops = TrainerState(), []
    best = float("inf")
    for step, score in enumerate(scores, start=1):
        # the order in which the Trainer does it: log, callbacks, and only then the best step
        state.global_step = 10 * step
        state.log_history.append({"step": 10 * step, "eval_score": score, "eval_wer": score})
        control = TrainerControl()
        stopping.on_evaluate(None, state, control)
        if control.should_training_stop:
            stops.append(10 * step)
        if score < best:
            best = score
            state.best_global_step = 10 * step
    return stops


def test_patience_counts_evaluations_since_the_best() -> None:
    assert evaluate([5, 4, 4.5, 4.5, 4.5], patience=3) == [50]
    assert evaluate([5, 4, 4.5, 4.5, 3, 3.5], patience=3) == []
    assert evaluate([5, 6, 4, 6, 6, 6, 6], patience=4) == [70]


def test_a_new_best_never_stops_the_run_it_saves() -> None:
    assert evaluate([5, 6, 6, 4], patience=3) == []


def test_as_good_as_the_best_is_not_better() -> None:
    assert evaluate([4, 4, 4], patience=2) == [30]


def test_nothing_counts_before_the_first_step_that_may() -> None:
    scores = [1.0] * 9  # the frozen start has nothing to show
    assert evaluate(scores, patience=2)[0] == 30
    assert evaluate(scores, patience=2, first_step=50)[0] == 70


def test_a_run_resumed_where_it_had_stopped_adds_nothing() -> None:
    state = TrainerState(global_step=31)
    state.log_history = [{"step": s, "eval_score": x} for s, x in ((10, 1), (20, 2), (30, 2))]
    control = TrainerControl(should_evaluate=True, should_save=True)
    EarlyStopping(patience=2, first_step=0).on_step_end(None, state, control)
    assert control.should_training_stop
    assert not (control.should_evaluate or control.should_save)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_saves_and_stops_at_the_end_of_the_update(number: int) -> None:
    stopper, state = StopOnSignal(print), TrainerState(global_step=7, max_steps=100)
    before = signal.getsignal(number)
    with stopper.listening():
        control = TrainerControl()
        stopper.on_step_end(None, state, control)
        assert not (control.should_save or control.should_training_stop or stopper.stopped)
        signal.raise_signal(number)
        stopper.on_step_end(None, state, control)
    assert control.should_save
    assert control.should_training_stop
    assert stopper.stopped
    assert signal.getsignal(number) is before


def test_an_evaluation_that_is_due_is_not_lost_to_a_signal() -> None:
    stopper, control = StopOnSignal(print), TrainerControl(should_evaluate=True)
    stopper.signal = signal.SIGTERM
    stopper.on_step_end(None, TrainerState(), control)
    assert control.should_evaluate


def test_a_signal_during_evaluation_stops_after_its_checkpoint() -> None:
    stopper, control = StopOnSignal(print), TrainerControl()
    stopper.signal = signal.SIGTERM
    stopper.on_save(None, TrainerState(), control)
    assert control.should_training_stop
    assert stopper.stopped


def test_a_signal_in_the_last_update_leaves_nothing_to_stop() -> None:
    stopper, control = StopOnSignal(print), TrainerControl(should_training_stop=True)
    stopper.signal = signal.SIGINT
    stopper.on_step_end(None, TrainerState(), control)
    stopper.on_save(None, TrainerState(), control)
    assert not stopper.stopped


def test_the_second_signal_ends_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    notes: list[str] = []
    with StopOnSignal(notes.append).listening():
        signal.raise_signal(signal.SIGINT)
        assert ended == []
        assert notes == ["stopping after this update with a checkpoint; once more ends at once"]
        signal.raise_signal(signal.SIGINT)
    assert ended == [130]


def test_a_second_process_is_kept_out_until_the_first_one_dies(tmp_path: Path) -> None:
    folder = tmp_path / "training"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_LOCK, str(folder / "lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with (
            pytest.raises(UsageError, match="another run is training here") as caught,
            locked(folder),
        ):
            pytest.fail("two runs in one folder")
        assert caught.value.code == "E_LOCKED"
        with pytest.raises(UsageError, match="another run is training here"):
            refuse_locked(folder)
        other.kill()
        other.wait()
    refuse_locked(folder)
    with locked(folder):  # the file is still there, but it is nobody's
        assert (folder / "lock").exists()


def test_a_folder_that_no_run_was_in_is_free_and_stays_as_it_is(tmp_path: Path) -> None:
    refuse_locked(tmp_path / "training")
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_fails_gives_the_folder_back(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass
