"""The files of `w2vctc align --out`: planned before any work, written recording by recording."""

import hashlib
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from w2vctc.acoustic.emission_cache import fingerprint_model
from w2vctc.align.unmatched import render_unmatched
from w2vctc.cli.aligning.laying import Aligned
from w2vctc.cli.aligning.tasks import Task
from w2vctc.cli.decoding.outputs import Outputs, plan_outputs
from w2vctc.decode.writers import Writer
from w2vctc.files import save_text

UNMATCHED_SUFFIX = ".unmatched.tsv"


class TimesFolder:
    """The folder that words and their seconds are written to; made with the first of them."""

    def __init__(self, outputs: Outputs) -> None:
        self.outputs = outputs
        self._begun = False

    def leave_out_finished(self, tasks: Sequence[Task]) -> list[Task]:
        """The tasks of which a file is missing."""
        missing = set(self.outputs.recordings)
        return [task for task in tasks if task.row.audio in missing]

    def save(self, result: Aligned) -> None:
        """Writes the recording's missing files, each in one atomic step.

        What does not match comes first: where a run breaks off in between, the recording's files
        are not all there and the next run makes it again.
        """
        if not self._begun:
            self.outputs.begin()
            self._begun = True
        name = self.outputs.names[Path(result.transcript.file)]
        unmatched = self.outputs.folder / name.with_name(name.name + UNMATCHED_SUFFIX)
        if result.unmatched:
            save_text(unmatched, render_unmatched(result.unmatched))
        else:
            unmatched.unlink(missing_ok=True)  # what an earlier text left
        self.outputs.save(result.transcript)


def plan_times(
    folder: Path,
    tasks: Sequence[Task],
    places: Sequence[Path],
    writers: Sequence[Writer],
    *,
    settings: dict[str, Any],
    resume: bool,
    overwrite: bool,
) -> TimesFolder:
    """The files still to be written; raises as `plan_outputs` does."""
    recordings = list(dict.fromkeys(task.row.audio for task in tasks))
    root = places[0] if places[0].is_dir() else places[0].parent
    given = [root] if len(places) == 1 else []
    return TimesFolder(
        plan_outputs(
            folder,
            recordings,
            given,
            writers,
            settings=settings,
            resume=resume,
            overwrite=overwrite,
        )
    )


def describe_settings(
    model_folder: Path, tasks: Sequence[Task], *, spoken: bool, normalize: Callable[[str], str]
) -> dict[str, Any]:
    """What the files depend on, as plain JSON values: each recording's own text is one of them."""
    texts = {
        f"text of {audio}": _hash_texts(list(group), normalize)
        for audio, group in groupby(tasks, key=lambda task: task.row.audio)
    }
    return {
        "model": fingerprint_model(model_folder, device="any"),
        "search": "a known text",
        "words": "as spoken" if spoken else "as written",
        **texts,
    }


def _hash_texts(tasks: Sequence[Task], normalize: Callable[[str], str]) -> str:
    """Twelve digits for the lines as written and as spoken, and for where they are."""
    digest = hashlib.sha256()
    for task in tasks:
        place = f"{task.row.start_s!r} {task.row.end_s!r} {task.row.speaker}"
        for part in (place, *task.lines, *map(normalize, task.lines)):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:12]
