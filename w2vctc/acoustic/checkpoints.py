"""Checkpoints that are known to be whole: a manifest of sizes and hashes is written last."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from w2vctc.files import hash_file, save_text, sync

SEAL = "checkpoint.json"
_NAME = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class FoundCheckpoint:
    """The newest whole checkpoint, if any, and what is wrong with the newer ones."""

    folder: Path | None
    skipped: tuple[str, ...]


def seal_checkpoint(folder: Path) -> None:
    """Waits for every file to be on the disk, then writes the manifest that makes it count."""
    files = {}
    for path in _list_files(folder):
        sync(path)
        files[path.relative_to(folder).as_posix()] = {
            "bytes": path.stat().st_size,
            "sha256": hash_file(path),
        }
    save_text(folder / SEAL, json.dumps({"files": files}, indent=1, sort_keys=True) + "\n")


def find_fault(folder: Path) -> str:
    """What is wrong with a checkpoint, in words; empty when every file is as it was written."""
    try:
        files = _read_seal(folder / SEAL)
    except FileNotFoundError:
        return "it was never finished"
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return f"{SEAL} is damaged"
    for name, n_bytes, digest in files:
        path = folder / name
        if not path.is_file():
            return f"{name} is missing"
        if path.stat().st_size != n_bytes:
            return f"{name} has {path.stat().st_size} bytes instead of {n_bytes}"
        if hash_file(path) != digest:
            return f"{name} has changed"
    return ""


def find_checkpoint(run_folder: Path) -> FoundCheckpoint:
    """The newest checkpoint that verifies; older ones stand in for damaged ones, and it is said."""
    skipped: list[str] = []
    for folder in sorted(list_checkpoints(run_folder), key=count_updates, reverse=True):
        fault = find_fault(folder)
        if not fault:
            return FoundCheckpoint(folder, tuple(skipped))
        skipped.append(f"{folder.name}: {fault}")
    return FoundCheckpoint(None, tuple(skipped))


def list_checkpoints(run_folder: Path) -> list[Path]:
    """The checkpoint folders of a run, whole or not."""
    return [path for path in run_folder.glob("checkpoint-*") if _NAME.fullmatch(path.name)]


def count_updates(folder: Path) -> int:
    """The updates that were done when a checkpoint was written; its name says it."""
    found = _NAME.fullmatch(folder.name)
    assert found, folder
    return int(found[1])


def delete_checkpoints(run_folder: Path) -> None:
    """Frees their space once the finished model is written."""
    for folder in list_checkpoints(run_folder):
        shutil.rmtree(folder, ignore_errors=True)


def _list_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)


def _read_seal(path: Path) -> list[tuple[str, int, str]]:
    """Name, size and SHA-256 of each file."""
    files = json.loads(path.read_text(encoding="utf-8"))["files"]
    return [(name, entry["bytes"], entry["sha256"]) for name, entry in files.items()]
