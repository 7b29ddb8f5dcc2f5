"""Checkpoints count only while every file is as it was sealed."""

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from w2vctc.acoustic.training.checkpoints import (
    SEAL,
    checkpoint_folder,
    clear_staging,
    count_updates,
    delete_checkpoints,
    find_checkpoint,
    find_fault,
    list_checkpoints,
    place_checkpoint,
    rotate_checkpoints,
    seal_checkpoint,
    staging_folder,
)

FILES = {
    "model.safetensors": bytes(range(256)) * 4,
    "optimizer.pt": b"moments" * 50,
    "trainer_state.json": b'{"global_step": 20}',
    "more/rng_state.pth": b"random",
}


def write_checkpoint(run_folder: Path, step: int, *, sealed: bool = True) -> Path:
    folder = run_folder / f"checkpoint-{step}"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    if sealed:
        seal_checkpoint(folder)
    return folder


def flip_bit(path: Path, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[bit // 8 % len(content)] ^= 1 << bit % 8
    path.write_bytes(content)


def test_a_sealed_checkpoint_is_whole_and_an_unsealed_one_was_never_finished(
    tmp_path: Path,
) -> None:
    assert find_fault(write_checkpoint(tmp_path, 10)) == ""
    assert find_fault(write_checkpoint(tmp_path, 20, sealed=False)) == "it was never finished"


def test_each_kind_of_damage_is_named(tmp_path: Path) -> None:
    cut = write_checkpoint(tmp_path, 1)
    (cut / "optimizer.pt").write_bytes(b"moments")
    assert find_fault(cut) == "optimizer.pt has 7 bytes instead of 350"

    flipped = write_checkpoint(tmp_path, 2)
    flip_bit(flipped / "model.safetensors", 1000)
    assert find_fault(flipped) == "model.safetensors has changed"

    lost = write_checkpoint(tmp_path, 3)
    (lost / "more/rng_state.pth").unlink()
    assert find_fault(lost) == "more/rng_state.pth is missing"

    for step, seal in enumerate(("", "{", "[]", '{"files": []}', '{"files": {"a": 1}}'), start=4):
        broken = write_checkpoint(tmp_path, step)
        (broken / SEAL).write_text(seal, encoding="utf-8")
        assert find_fault(broken) == "checkpoint.json is damaged"


@given(name=st.sampled_from([*FILES, SEAL]), bit=st.integers(0, 20_000))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_flipped_bit_is_overlooked(tmp_path: Path, name: str, bit: int) -> None:
    folder = tmp_path / "checkpoint-5"
    shutil.rmtree(folder, ignore_errors=True)
    write_checkpoint(tmp_path, 5)
    flip_bit(folder / name, bit)
    assert find_fault(folder) != ""


def test_the_newest_whole_one_wins_and_the_others_are_told(tmp_path: Path) -> None:
    for step in (5, 10, 100):  # not in the order of their names
        write_checkpoint(tmp_path, step)
    flip_bit(tmp_path / "checkpoint-100/model.safetensors", 7)
    write_checkpoint(tmp_path, 120, sealed=False)
    found = find_checkpoint(tmp_path)
    assert found.folder == tmp_path / "checkpoint-10"
    assert found.skipped == (
        "checkpoint-120: it was never finished",
        "checkpoint-100: model.safetensors has changed",
    )


def test_none_is_whole(tmp_path: Path) -> None:
    assert find_checkpoint(tmp_path).folder is None
    write_checkpoint(tmp_path, 3, sealed=False)
    found = find_checkpoint(tmp_path)
    assert found.folder is None
    assert len(found.skipped) == 1


def test_only_checkpoints_are_listed_and_deleted(tmp_path: Path) -> None:
    write_checkpoint(tmp_path, 10)
    write_checkpoint(tmp_path, 20, sealed=False)
    (tmp_path / "checkpoint-mine").mkdir()
    (tmp_path / "my-checkpoint-10").mkdir()
    (tmp_path / "log.jsonl").write_text("{}\n", encoding="utf-8")
    assert sorted(map(count_updates, list_checkpoints(tmp_path))) == [10, 20]
    delete_checkpoints(tmp_path)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"checkpoint-mine", "my-checkpoint-10", "log.jsonl"}


def stage(run_folder: Path, step: int) -> None:
    write_checkpoint(staging_folder(run_folder), step, sealed=False)


def steps_of(run_folder: Path) -> list[int]:
    return [count_updates(folder) for folder in list_checkpoints(run_folder)]


def test_a_staged_checkpoint_counts_when_it_has_its_place(tmp_path: Path) -> None:
    stage(tmp_path, 30)
    assert find_checkpoint(tmp_path).folder is None
    assert place_checkpoint(tmp_path, 30) == checkpoint_folder(tmp_path, 30)
    assert find_fault(tmp_path / "checkpoint-30") == ""
    clear_staging(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-30"]


def test_a_damaged_one_of_the_same_update_makes_way(tmp_path: Path) -> None:
    flip_bit(write_checkpoint(tmp_path, 30) / "optimizer.pt", 9)
    stage(tmp_path, 30)
    assert find_fault(place_checkpoint(tmp_path, 30)) == ""


def test_the_oldest_go_and_those_that_are_wanted_stay(tmp_path: Path) -> None:
    for step in (9, 10, 20, 30, 100):
        write_checkpoint(tmp_path, step)
    rotate_checkpoints(tmp_path, keep=3, wanted={100, 10})
    assert steps_of(tmp_path) == [10, 30, 100]
    rotate_checkpoints(tmp_path, keep=1, wanted={100, 10})
    assert steps_of(tmp_path) == [10, 100]
    rotate_checkpoints(tmp_path, keep=5, wanted={100})
    assert steps_of(tmp_path) == [10, 100]


def save_like_a_run(run_folder: Path, first: int) -> None:
    """Two more checkpoints, two kept; at last all are deleted."""
    for step in (first, first + 10):
        stage(run_folder, step)
        place_checkpoint(run_folder, step)
        rotate_checkpoints(run_folder, keep=2, wanted={step})
        clear_staging(run_folder)
    delete_checkpoints(run_folder)


def die_at_change(number: int) -> None:
    """Kills this process when it makes, opens for writing, renames or deletes its n-th file."""
    seen = 0

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        writes = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if writes or event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.rmtree"):
            seen += 1
            if seen == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_killed_at_any_change_of_a_file_only_whole_checkpoints_have_their_names(
    tmp_path: Path,
) -> None:
    """From the first change of a file to the last: every place at which a run can die there."""
    number, code, newest = 0, -signal.SIGKILL, 0
    while code == -signal.SIGKILL:
        number += 1
        folder = tmp_path / str(number)
        folder.mkdir()
        write_checkpoint(folder, 10)
        child = os.fork()
        if not child:
            die_at_change(number)
            save_like_a_run(folder, 20)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert [find_fault(path) for path in list_checkpoints(folder) if find_fault(path)] == []
        left = steps_of(folder)
        if code:
            # never an older one than before, and none only while the last ones are deleted
            assert not left or left[-1] >= newest
            assert left or newest == 30
            newest = left[-1] if left else newest
            clear_staging(folder)
            assert all(path.name.startswith("checkpoint-") for path in folder.iterdir())
    assert code == 0
    assert number > 50
    assert steps_of(folder) == []


def test_a_seal_is_the_last_thing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever dies while the files are hashed leaves an unsealed checkpoint."""
    folder = write_checkpoint(tmp_path, 10, sealed=False)

    def die(_: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("w2vctc.acoustic.training.checkpoints.sync", die)
    with pytest.raises(KeyboardInterrupt):
        seal_checkpoint(folder)
    assert find_fault(folder) == "it was never finished"
