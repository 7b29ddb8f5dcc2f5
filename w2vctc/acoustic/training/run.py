"""The identity of a run: what must not have changed when it is resumed."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from w2vctc.acoustic.clips.noise import describe_noises
from w2vctc.acoustic.clips.sampling import DatasetPart, share_out
from w2vctc.acoustic.export import STAGED_MODEL
from w2vctc.acoustic.monitoring.progress import cut_log
from w2vctc.acoustic.presets import Schedule
from w2vctc.acoustic.training.checkpoints import (
    clear_staging,
    count_updates,
    delete_checkpoints,
    find_checkpoint,
)
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import UsageError
from w2vctc.files import clear_staged, save_text
from w2vctc.vocab import Vocabulary

RUN_FOLDER = "training"  # inside the model folder: checkpoints, log.jsonl, curve.png, run.json
LOG_NAME = "log.jsonl"
RUN_NAME = "run.json"
_FINISHED = "finished"  # in run.json, once the model is written
_MAY_DIFFER = ("more_data", "workers", "device", "skip_bad", "patience", "step_times", "logger")


def describe_run(
    train: Sequence[Utterance],
    dev: Sequence[Utterance],
    vocabulary: Vocabulary,
    *,
    schedule: Schedule,
    options: FinetuneOptions,
    parts: Sequence[DatasetPart] = (),
) -> dict[str, Any]:
    """What must be the same for a run to be resumed, as plain JSON values.

    parts: the datasets that train consists of, where there are several.
    """
    fixed = {name: value for name, value in asdict(options).items() if name not in _MAY_DIFFER}
    if options.noise_folder is not None:
        fixed["noise_folder"] = describe_noises(Path(options.noise_folder))
    described = {
        "train": describe_rows(train),
        "dev": describe_rows(dev),
        "labels": list(vocabulary.labels),
        "schedule": asdict(schedule),
        "options": fixed,
    }
    if parts:
        described["datasets"] = _describe_parts(train, parts, exponent=options.sampling_exponent)
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
    described, log = run_folder / RUN_NAME, run_folder / LOG_NAME
    _clear_leftovers(run_folder)
    if not resume:
        # In this order: whoever dies on the way must not resume an older run under a newer name.
        described.unlink(missing_ok=True)
        delete_checkpoints(run_folder)
        log.unlink(missing_ok=True)
        _save_fingerprint(described, fingerprint)
        return None
    if not described.exists():
        raise _nothing_to_resume(run_folder)
    begun = _read_fingerprint(described)
    if begun.pop(_FINISHED, False):
        delete_checkpoints(run_folder)
        raise _nothing_to_resume(run_folder)
    _refuse_changes(begun, fingerprint)
    found = find_checkpoint(run_folder)
    for skipped in found.skipped:
        on_note(f"left out {skipped}")
    on_note(
        f"going on from {found.folder.name}"
        if found.folder
        else "no whole checkpoint is there: starting over"
    )
    cut_log(log, last_step=count_updates(found.folder) if found.folder else -1)
    return found.folder


def finish_run(run_folder: Path, fingerprint: dict[str, Any]) -> None:
    """Notes that the model is written, and only then deletes the checkpoints that led to it."""
    _save_fingerprint(run_folder / RUN_NAME, {**fingerprint, _FINISHED: True})
    delete_checkpoints(run_folder)


def _clear_leftovers(run_folder: Path) -> None:
    """Deletes what runs that were killed have left half-written in their folder and the model's."""
    clear_staging(run_folder)
    for folder in (run_folder, run_folder.parent):
        clear_staged(folder)
    for folder in run_folder.parent.glob(f"{STAGED_MODEL}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _save_fingerprint(path: Path, fingerprint: dict[str, Any]) -> None:
    save_text(path, json.dumps(fingerprint, ensure_ascii=False, indent=1) + "\n")


def _nothing_to_resume(run_folder: Path) -> UsageError:
    return UsageError(
        f"{run_folder}: nothing to resume here", hint="run the same command without --resume"
    )


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


def _describe_parts(
    train: Sequence[Utterance], parts: Sequence[DatasetPart], *, exponent: float
) -> dict[str, Any]:
    rows = iter(train)
    shares = share_out([row.duration_s or 0.0 for row in train], parts, exponent)
    return {
        one.name: {
            **describe_rows(list(islice(rows, one.n_clips))),
            "share": round(one.share, 4),
        }
        for one in shares
    }


def describe_rows(rows: Sequence[Utterance]) -> dict[str, Any]:
    """Figures that a person can compare, and a hash of every row for what they do not show."""
    digest = hashlib.sha256()
    for row in rows:
        cells = (row.id, row.text, row.start_s, row.end_s, round(row.duration_s or 0.0, 4))
        digest.update((json.dumps(cells) + "\n").encode())
    total_s = sum(row.duration_s or 0.0 for row in rows)
    return {"clips": len(rows), "seconds": round(total_s, 2), "sha256": digest.hexdigest()[:16]}
