"""`finetune` where the machine or another run stands in the way: told in one line, nothing lost."""

import fcntl
import hashlib
import os
import signal
from pathlib import Path

import pytest
from acoustic_material import (
    SHORT_SCHEDULE,
    make_data,
    make_network,
    make_sentences,
    make_words,
    save_source,
    train_small,
    write_split,
)
from bad_material import Shown, type_in
from test_bad_files import shared_place, without_rights

from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.training.checkpoints import find_fault, list_checkpoints
from w2vctc.errors import MachineError
from w2vctc.vocab import build_vocabulary

__all__ = ["shared_place"]

OPTIONS = (
    *("finetune", "--model", "pretrained", "--updates", "4", "--eval-every", "2"),
    *("--batch-seconds", "4", "--device", "cpu"),
)


def make_workplace(folder: Path) -> Path:
    texts = make_sentences(make_words(8, seed=1), 8, seed=2)
    write_split(folder / "data/xx", "train", texts[:6], seed=1)
    write_split(folder / "data/xx", "dev", texts[6:], seed=2)
    save_source(folder / "pretrained", make_network(build_vocabulary(texts)), None)
    return folder


def refuse_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        pytest.fail("the recordings were looked at")

    monkeypatch.setattr("w2vctc.corpus.checks.rows.check_rows", read)


def hash_all(folder: Path) -> dict[str, str]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def test_a_folder_in_which_another_run_trains_is_refused_before_the_data_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--resume and --overwrite are no way around it, and nothing there is touched."""
    folder = make_workplace(tmp_path)
    first = type_in(folder, *OPTIONS)
    assert first.code == 0, first.err
    before = hash_all(folder / "models")
    refuse_to_read(monkeypatch)
    with (folder / "models/xx/training/lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        for more in ((), ("--resume",), ("--overwrite",)):
            assert type_in(folder, *OPTIONS, *more) == Shown(
                2,
                "",
                "error: models/xx/training: another run is training here [E_LOCKED]\n"
                "hint:  wait for it, or give this one another folder with --out\n",
            )
    assert hash_all(folder / "models") == before


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_model_folder_that_may_not_be_written_any_more_is_told_before_the_data_are_read(
    shared_place: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_workplace(shared_place)
    assert type_in(folder, *OPTIONS).code == 0
    run_folder = folder / "models/xx/training"
    before = hash_all(folder)
    refuse_to_read(monkeypatch)
    run_folder.chmod(0o555)
    try:
        with without_rights():
            shown = type_in(folder, *OPTIONS, "--overwrite")
    finally:
        run_folder.chmod(0o755)
    assert (shown.code, shown.out) == (5, "")
    assert shown.err.startswith("error: ")
    assert "models/xx/training: no permission to write [E_PERM]\nhint:  choose" in shown.err
    assert hash_all(folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_disk_that_is_full_when_the_log_is_written_keeps_the_checkpoint(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data", n_train=6, n_dev=2)
    source = save_source(tmp_path / "source", make_network(data.vocabulary), data.vocabulary)
    run_folder = tmp_path / "out/training"

    def fill(event: TrainingEvent) -> None:
        if event.step == 5:
            (run_folder / "log.jsonl").unlink()
            (run_folder / "log.jsonl").symlink_to("/dev/full")

    with pytest.raises(MachineError) as caught:
        train_small(data, tmp_path / "out", source=source, on_event=fill)
    assert (caught.value.code, caught.value.exit_code) == ("E_DISK", 5)
    assert caught.value.message == f"{run_folder}: the disk is full"
    assert [path.name for path in list_checkpoints(run_folder)] == ["checkpoint-4"]
    assert find_fault(run_folder / "checkpoint-4") == ""
    (run_folder / "log.jsonl").unlink()
    resumed = train_small(data, tmp_path / "out", source=source, resume=True)
    assert resumed.steps == SHORT_SCHEDULE.updates


def test_ctrl_c_before_the_first_update_ends_at_once_and_leaves_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the recordings are looked at there is nothing to save yet."""
    folder = make_workplace(tmp_path)

    def interrupt(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)
        pytest.fail("it went on")

    monkeypatch.setattr("w2vctc.corpus.checks.rows.check_rows", interrupt)
    shown = type_in(folder, *OPTIONS)
    assert (shown.code, shown.out) == (130, "")
    assert shown.err.endswith(
        "error: interrupted\n"
        "hint:  no update was made yet, so nothing is lost: run the same command again\n"
    )
    assert not (folder / "models/xx/training").exists()
