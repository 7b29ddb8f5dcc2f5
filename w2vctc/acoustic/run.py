"""The identity of a run: what must not have changed when it is resumed."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from w2vctc.acoustic.checkpoints import (
    count_updates,
    delete_checkpoints,
    find_checkpoint,
    list_checkpoints,
)
from w2vctc.acoustic.options import FinetuneOptions
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.progress import cut_log
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import UsageError
from w2vctc.files import save_text
from w2vctc.vocab import Vocabulary

RUN_FOLDER = "training"  # inside the model folder: checkpoints, log.jsonl, curve.png, run.json
LOG_NAME = "log.jsonl"
_MAY_DIFFER = ("workers", "device", "skip_bad", "patience")


def describe_run(
    train: Sequence[Utterance],
    dev: Sequence[Utterance],
    vocabulary: Vocabulary,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
) -> dict[str, Any]:
    """What must be the same for a run to be resumed, as plain JSON values."""
    fixed = {name: value for name, value in asdict(options).items() if name not in _MAY_DIFFER}
    described = {
        "train": _describe_rows(train),
        "dev": _describe_rows(dev),
        "labels": list(vocabulary.labels),
        "schedule": asdict(schedule),
        "options": fixed,
    }
    plain: dict[str, Any] = json.loads(json.dumps(described))
    return plain


def prepare_run(
    run_folder: Path,
    fingerprint: dict[str, Any],
    *,
    resume: bool,
    on_note: Callable[[str], None],
) -> Path | None:
    """The checkpoint to go on from, or None after clearing the way for a fresh run."""
    described, log = run_folder / "run.json", run_folder / LOG_NAME
    if not resume:
        delete_checkpoints(run_folder)
        log.unlink(missing_ok=True)
        save_text(described, json.dumps(fingerprint, ensure_ascii=False, indent=1) + "\n")
        return None
    if not described.exists() or not list_checkpoints(run_folder):
        raise UsageError(
            f"{run_folder}: nothing to resume here", hint="run the same command without --resume"
        )
    _refuse_changes(_read_fingerprint(described), fingerprint)
    found = find_checkpoint(run_folder)
    for skipped in found.skipped:
        on_note(f"left out {skipped}")
    on_note(f"going on from {found.folder.name}" if found.folder else "starting over")
    cut_log(log, last_step=count_updates(found.folder) if found.folder else -1)
    return found.folder


def _read_fingerprint(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path}: cannot be read, so nobody knows which run was begun here: {error}",
            hint="start afresh with --overwrite in place of --resume",
        ) from error
    return found if isinstance(found, dict) else {}


def _refuse_changes(old: dict[str, Any], new: dict[str, Any]) -> None:
    changes = [
        f"{where}: {before!r} then, {after!r} now"
        for where, before, after in _list_changes("", old, new)
    ]
    if changes:
        raise UsageError(
            "this is not the run that was begun here:\n  " + "\n  ".join(changes),
            hint="give the same data and options, or start afresh with --overwrite in place of"
            " --resume",
            code="E_CHANGED",
        )


def _list_changes(prefix: str, old: Any, new: Any) -> list[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        keys = sorted(old.keys() | new.keys())
        return [
            change
            for key in keys
            for change in _list_changes(f"{prefix}.{key}".lstrip("."), old.get(key), new.get(key))
        ]
    return [] if old == new else [(prefix, old, new)]


def _describe_rows(rows: Sequence[Utterance]) -> dict[str, Any]:
    """Figures that a person can compare, and a hash of every row for what they do not show."""
    digest = hashlib.sha256()
    for row in rows:
        cells = (row.id, row.text, row.start_s, row.end_s, round(row.duration_s or 0.0, 4))
        digest.update((json.dumps(cells) + "\n").encode())
    total_s = sum(row.duration_s or 0.0 for row in rows)
    return {"clips": len(rows), "seconds": round(total_s, 2), "sha256": digest.hexdigest()[:16]}
