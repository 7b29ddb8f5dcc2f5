"""The files of `w2vctc align --out`: planned before any work, written recording by recording."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from w2vctc.acoustic.emission_cache import fingerprint_model
from w2vctc.align.unmatched import render_unmatched
from w2vctc.cli.aligning.laying import Aligned
from w2vctc.cli.aligning.tasks import Task
from w2vctc.cli.decoding.outputs import Outputs, plan_outputs
from w2vctc.decode.one_line import escape_name
from w2vctc.decode.writers import Writer
from w2vctc.errors import UsageError
from w2vctc.files import save_text

UNMATCHED_SUFFIX = ".unmatched.tsv"
TEXTS_NAME = ".align.json"
"""In the output folder: which text each name's files are of, as `hash_texts` tells them apart."""


@dataclass
class TimesFolder:
    """The folder that words and their seconds are written to; made with the first of them.

    texts: the digest of each recording's text.
    """

    outputs: Outputs
    texts: dict[Path, str]
    _begun: bool = field(default=False, init=False)

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
            self._begin()
        name = self.outputs.names[Path(result.transcript.file)]
        unmatched = self.outputs.folder / name.with_name(name.name + UNMATCHED_SUFFIX)
        if result.unmatched:
            save_text(unmatched, render_unmatched(result.unmatched))
        else:
            unmatched.unlink(missing_ok=True)  # what an earlier text left
        self.outputs.save(result.transcript)

    def _begin(self) -> None:
        self.outputs.begin()
        texts = _read_texts(self.outputs.folder)
        for recording in self.outputs.recordings:
            texts[self.outputs.names[recording].as_posix()] = self.texts[recording]
        save_text(self.outputs.folder / TEXTS_NAME, json.dumps(texts, indent=2) + "\n")
        self._begun = True


def plan_times(
    folder: Path,
    tasks: Sequence[Task],
    places: Sequence[Path],
    writers: Sequence[Writer],
    *,
    settings: dict[str, Any],
    normalize: Callable[[str], str],
    resume: bool,
    overwrite: bool,
) -> TimesFolder:
    """The files still to be written; raises as `plan_outputs` does.

    resume: files that are there stay, if they are of the same texts too (UsageError E_CHANGED).
    """
    texts = {
        audio: hash_texts(list(group), normalize)
        for audio, group in groupby(tasks, key=lambda task: task.row.audio)
    }
    root = places[0] if places[0].is_dir() else places[0].parent
    given = [root] if len(places) == 1 else []
    outputs = plan_outputs(
        folder,
        list(texts),
        given,
        writers,
        settings=settings,
        resume=resume,
        overwrite=overwrite,
    )
    if resume:
        _refuse_other_texts(outputs, texts, len(writers))
    return TimesFolder(outputs, texts)


def describe_settings(model_folder: Path, *, spoken: bool) -> dict[str, Any]:
    """What all files depend on, as plain JSON values."""
    return {
        "model": fingerprint_model(model_folder, device="any"),
        "search": "a known text",
        "words": "as spoken" if spoken else "as written",
    }


def hash_texts(tasks: Sequence[Task], normalize: Callable[[str], str]) -> str:
    """Sixteen digits for a recording's lines, as written and as spoken, and for where they are."""
    digest = hashlib.sha256()
    for task in tasks:
        place = f"{task.row.start_s!r} {task.row.end_s!r} {task.row.speaker}"
        for part in (place, *task.lines, *map(normalize, task.lines)):
            digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()[:16]


def _refuse_other_texts(outputs: Outputs, texts: dict[Path, str], n_writers: int) -> None:
    """Raises UsageError E_CHANGED where files that are there are of another text."""
    before = _read_texts(outputs.folder)
    for recording, name in outputs.names.items():
        begun = len(outputs.wanted.get(recording, ())) < n_writers
        if begun and before.get(name.as_posix(), texts[recording]) != texts[recording]:
            raise UsageError(
                f"{escape_name(str(outputs.folder / name))}.* was made with another text than"
                f" {escape_name(str(recording))} has now",
                hint="align into another folder with --out, or make them anew with --overwrite",
                code="E_CHANGED",
            )


def _read_texts(folder: Path) -> dict[str, Any]:
    """What the folder remembers of its texts, nothing where it does not."""
    try:
        texts = json.loads((folder / TEXTS_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return texts if isinstance(texts, dict) else {}
