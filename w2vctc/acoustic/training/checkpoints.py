"""Checkpoints that are known to be whole.

A checkpoint is written under `.partial`, its files are brought to the disk, a manifest of sizes and
hashes is written last, and only then is it renamed into place. Whoever dies on the way leaves whole
checkpoints and a folder `.partial` that the next run clears away.
"""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from w2vctc.files import hash_file, save_text, sync

SEAL = "checkpoint.json"
PARTIAL = ".partial"  # inside the run's folder: on the same file system as the checkpoints
_NAME = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class FoundCheckpoint:
    """The newest whole checkpoint, if any, and what is wrong with the newer ones."""

    folder: Path | None
    skipped: tuple[str, ...]


def checkpoint_folder(run_folder: Path, step: int) -> Path:
    """Where the checkpoint of an update lies, or would lie."""
    return run_folder / f"checkpoint-{step}"


def staging_folder(run_folder: Path) -> Path:
    """The folder in which checkpoints are written before they have their place."""
    return run_folder / PARTIAL


def clear_staging(run_folder: Path) -> None:
    """Deletes what a run that died has left half-written or half-deleted."""
    shutil.rmtree(staging_folder(run_folder), ignore_errors=True)


def place_checkpoint(run_folder: Path, step: int) -> Path:
    """Seals the checkpoint that lies in the staging folder and renames it into place, for good."""
    folder = checkpoint_folder(run_folder, step)
    staged = checkpoint_folder(staging_folder(run_folder), step)
    seal_checkpoint(staged)
    if folder.exists():  # a damaged one, which the run resumed before
        folder.rename(staged.with_name(f"old-{folder.name}"))
    staged.rename(folder)
    sync(run_folder)
    return folder


def seal_checkpoint(folder: Path) -> None:
    """Waits for every file to be on the disk, then writes the manifest that makes it count."""
    files = {}
    for path in _list_files(folder):
        sync(path)
        files[path.relative_to(folder).as_posix()] = {
            "bytes": path.stat().st_size,
            "sha256": hash_file(path),
        }
    for path in (*(path for path in folder.rglob("*") if path.is_dir()), folder):
        sync(path)
    save_text(folder / SEAL, json.dumps({"files": files}, indent=1, sort_keys=True) + "\n")
    sync(folder)


def find_fault(folder: Path) -> str:
    """What is wrong with a checkpoint, in words; empty when every file is as it was written."""
    if not folder.is_dir():
        return "it is not there any more"
    try:
        files = _read_seal(folder / SEAL)
    except FileNotFoundError:
        return "it was never finished"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"{SEAL} is damaged"
    faults = (_find_change(folder, *entry) for entry in files)
    return next(filter(None, faults), "")


def find_checkpoint(run_folder: Path) -> FoundCheckpoint:
    """The newest checkpoint that verifies; older ones stand in for damaged ones, and it is said."""
    skipped: list[str] = []
    for folder in reversed(list_checkpoints(run_folder)):
        fault = find_fault(folder)
        if not fault:
            return FoundCheckpoint(folder, tuple(skipped))
        skipped.append(f"{folder.name}: {fault}")
    return FoundCheckpoint(None, tuple(skipped))


def list_checkpoints(run_folder: Path) -> list[Path]:
    """The checkpoint folders of a run, whole or not, oldest first."""
    found = [path for path in run_folder.glob("checkpoint-*") if _NAME.fullmatch(path.name)]
    return sorted(found, key=count_updates)


def count_updates(folder: Path) -> int:
    """The updates that were done when a checkpoint was written; its name says it."""
    found = _NAME.fullmatch(folder.name)
    assert found, folder
    return int(found[1])


def rotate_checkpoints(run_folder: Path, *, keep: int, wanted: set[int]) -> None:
    """Deletes the oldest until `keep` are left; those of the updates in `wanted` always stay."""
    there = list_checkpoints(run_folder)
    spare = [folder for folder in there if count_updates(folder) not in wanted]
    for folder in spare[: max(len(there) - keep, 0)]:
        _delete(folder)


def delete_checkpoints(run_folder: Path) -> None:
    """Frees their space; the newest goes last, so that one killed meanwhile goes on from there."""
    for folder in list_checkpoints(run_folder):
        _delete(folder)
    clear_staging(run_folder)


def _delete(folder: Path) -> None:
    """Takes its name away first: what has a name is whole."""
    gone = staging_folder(folder.parent) / f"gone-{folder.name}"
    gone.parent.mkdir(exist_ok=True)
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone.parent, ignore_errors=True)


def _find_change(folder: Path, name: str, n_bytes: int, digest: str) -> str:
    path = folder / name
    if not path.is_file():
        return f"{name} is missing"
    if path.stat().st_size != n_bytes:
        return f"{name} has {path.stat().st_size} bytes instead of {n_bytes}"
    return "" if hash_file(path) == digest else f"{name} has changed"


def _list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)


def _read_seal(path: Path) -> list[tuple[str, int, str]]:
    """Name, size and SHA-256 of each file."""
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return [(name, entry["bytes"], entry["sha256"]) for name, entry in files.items()]
