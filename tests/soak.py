"""Kills trainings at seeded random moments and resumes them; the weights must come out the same.

    python tests/soak.py --moments 200 --seed 1

A small network is trained through `w2vctc finetune`, once from first to last, then again and again
with SIGKILL in between. Every other moment is a point in time; the ones between them are the n-th
time that the run makes, opens for writing, renames or deletes something in its own folder. After
each kill every checkpoint that has its name must be whole, and `--resume` must take it from there;
at the end of each run the weights equal those of the uninterrupted one, byte for byte (on a CPU).

Each run is a process of its own, forked from one that has imported everything and trained nothing.
Only the picture of the learning curve is left out: drawing it takes as long as the training.
"""

import argparse
import contextlib
import gc
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]

OPTIONS = (
    *("--model", "pretrained", "--updates", "12", "--eval-every", "3", "--batch-seconds", "4"),
    *("--learning-rate", "3e-3", "--freeze-encoder-updates", "2", "--device", "cpu"),
)
MODEL = Path("models", "xx")
CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree", "os.chmod")
KILLED = -signal.SIGKILL


@dataclass
class Account:
    """What the soak has seen."""

    kills: int = 0
    runs: int = 0
    moments: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Moment:
    """When to kill: after `seconds` of computing, or at the change of a file of this number.

    Time is that of the processor: on a busy machine the clock on the wall says little.
    """

    seconds: float | None = None
    change: int = 0


class Changes:
    """Counts what this process changes in the model's folder, and may kill it at one change."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.seen = 0

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in CHANGES or str(MODEL) not in str(arguments[0]):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        self.seen += 1
        if self.seen == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def make_workplace(folder: Path) -> Path:
    """A working folder with data/xx and a small model to start from."""
    from acoustic_material import (
        make_network,
        make_sentences,
        make_words,
        save_source,
        write_split,
    )

    from w2vctc.vocab import build_vocabulary

    texts = make_sentences(make_words(10, seed=1), 13, seed=2)
    write_split(folder / "data/xx", "train", texts[:10], seed=1)
    write_split(folder / "data/xx", "dev", texts[10:], seed=2)
    other_labels = build_vocabulary(["aeio"])  # a new head: the run draws random numbers for it
    save_source(folder / "pretrained", make_network(other_labels), other_labels)
    return folder


def train(folder: Path, *, resume: bool, moment: Moment) -> int:
    """Runs finetune in a fork; its exit code, or KILLED."""
    child = os.fork()
    if not child:
        os._exit(_train_here(folder, resume=resume, kill_at=moment.change))
    clock = psutil.Process(child)
    ended, status = 0, 0
    while moment.seconds is not None and not ended:
        if sum(clock.cpu_times()[:2]) >= moment.seconds:
            os.kill(child, signal.SIGKILL)  # not yet waited for: the number is still this child's
            break
        time.sleep(0.005)
        ended, status = os.waitpid(child, os.WNOHANG)
    if not ended:
        _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _train_here(folder: Path, *, resume: bool, kill_at: int) -> int:
    from w2vctc.cli.main import main

    os.chdir(folder)
    said = os.open("said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(said, 2)
    vars(importlib.import_module("w2vctc.acoustic.monitoring.curve"))["save_curve"] = (
        lambda *_, **__: None
    )
    changes = Changes(kill_at)
    sys.addaudithook(changes)
    code = main(["finetune", *OPTIONS, *(("--resume",) if resume else ())])
    sys.stdout.flush()
    sys.stderr.flush()
    Path("changes.txt").write_text(str(changes.seen), encoding="utf-8")
    Path("modules.txt").write_text("\n".join(sys.modules), encoding="utf-8")
    return code


def import_all(names: list[str]) -> None:
    """Imports here, once, what each run would import for itself."""
    for name in names:
        if name not in sys.modules:
            with contextlib.suppress(ImportError):  # made up while running, or not for everyone
                importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a run that collects garbage must not walk through all of this


def read_weights(folder: Path) -> bytes:
    return (folder / MODEL / "model.safetensors").read_bytes()


def is_finished(folder: Path) -> bool | None:
    """Whether the run is over; None before it has begun to be one."""
    described = folder / MODEL / "training" / "run.json"
    if not described.exists():
        return None
    return bool(json.loads(described.read_text(encoding="utf-8")).get("finished"))


def check_folder(folder: Path) -> None:
    """Raises AssertionError if something under a checkpoint's name is not whole."""
    from w2vctc.acoustic.training.checkpoints import find_fault, list_checkpoints

    for checkpoint in list_checkpoints(folder / MODEL / "training"):
        fault = find_fault(checkpoint)
        assert not fault, f"{checkpoint}: {fault}"


def check_left(folder: Path) -> None:
    """Raises AssertionError if a finished run has left anything behind."""
    left = [path.name for path in (folder / MODEL).rglob("*")]
    assert not [name for name in left if name.startswith((".", "checkpoint"))], left


def soak(root: Path, *, moments: int, seed: int) -> Account:
    """Kills at so many moments; raises AssertionError at the first difference."""
    draw = random.Random(seed)
    once = make_workplace(root / "once")
    rehearsal = root / "rehearsal"
    shutil.copytree(once, rehearsal)
    assert train(rehearsal, resume=False, moment=Moment()) == 0, (
        rehearsal / "said.txt"
    ).read_text()
    import_all((rehearsal / "modules.txt").read_text(encoding="utf-8").splitlines())
    before = os.times()
    assert train(once, resume=False, moment=Moment()) == 0, (once / "said.txt").read_text()
    after = os.times()
    whole_s = sum(after[2:4]) - sum(before[2:4])  # of children that have ended
    n_changes = int((once / "changes.txt").read_text())
    sys.stderr.write(f"uninterrupted: {whole_s:.1f} s of computing, {n_changes} changes of files\n")
    account = Account()
    while account.kills < moments:
        folder = root / f"run-{account.runs}"
        shutil.copytree(root / "once/data", folder / "data")
        shutil.copytree(root / "once/pretrained", folder / "pretrained")
        _kill_until_finished(folder, account, draw, moments, whole_s=whole_s, n_changes=n_changes)
        assert read_weights(folder) == read_weights(once), f"{folder}: other weights"
        account.runs += 1
        sys.stderr.write(f"{account.kills} kills in {account.runs} runs\n")
        shutil.rmtree(folder)
    return account


def _kill_until_finished(
    folder: Path,
    account: Account,
    draw: random.Random,
    moments: int,
    *,
    whole_s: float,
    n_changes: int,
) -> None:
    finished = None
    while not finished:
        moment = Moment()
        if account.kills < moments:
            by_time = account.kills % 2 == 0
            moment = (
                Moment(seconds=draw.uniform(0, whole_s))
                if by_time
                else Moment(change=draw.randint(1, n_changes))
            )
        code = train(folder, resume=finished is not None, moment=moment)
        if code == KILLED:
            account.kills += 1
            account.moments["time" if moment.seconds is not None else "file"] += 1
        else:
            assert code == 0, f"exit {code} at {moment}\n{(folder / 'said.txt').read_text()}"
            check_left(folder)
        check_folder(folder)
        finished = is_finished(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moments", type=int, default=200, help="how many kills")
    parser.add_argument("--seed", type=int, default=1, help="for the moments")
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import torch

    torch.set_num_threads(1)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as root:
        account = soak(Path(root), moments=arguments.moments, seed=arguments.seed)
    sys.stdout.write(
        f"{account.kills} kills ({account.moments['time']} by time, {account.moments['file']} at"
        f" files) in {account.runs} runs, all resumed to the same weights:"
        f" {time.monotonic() - began:.0f} s\n"
    )


if __name__ == "__main__":
    main()
