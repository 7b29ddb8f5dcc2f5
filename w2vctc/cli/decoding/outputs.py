"""Which files decode writes, which are there already, and whether they are of the same decoding."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from w2vctc.acoustic.emission_cache import fingerprint_model
from w2vctc.cli.decoding.request import Hearing, Request
from w2vctc.decode.confidence_file import hash_ngram
from w2vctc.decode.subtitles import SubtitleOptions
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import (
    Writer,
    find_existing,
    name_outputs,
    refuse_existing,
    save_transcript,
)
from w2vctc.errors import UsageError
from w2vctc.files import clear_staged, refuse_unwritable, save_text

SETTINGS_NAME = ".decode.json"


@dataclass(frozen=True)
class Outputs:
    """The files still to be written: for each recording its name and its formats.

    settings: what the transcripts depend on, as plain JSON values.
    """

    folder: Path
    names: Mapping[Path, Path]
    wanted: Mapping[Path, tuple[Writer, ...]]
    settings: Mapping[str, Any]
    subtitles: SubtitleOptions | None = None

    @property
    def recordings(self) -> list[Path]:
        """Those of which a file is missing, in the order given."""
        return list(self.wanted)

    @property
    def n_finished(self) -> int:
        return len(self.names) - len(self.wanted)

    def begin(self) -> None:
        """Notes in the folder what is being decoded there; clears what a killed run left."""
        for folder in {(self.folder / name).parent for name in self.names.values()}:
            clear_staged(folder)
        save_text(self.folder / SETTINGS_NAME, json.dumps(self.settings, indent=2) + "\n")

    def save(self, transcript: Transcript) -> tuple[Path, ...]:
        """Writes the recording's missing files, each in one atomic step."""
        recording = Path(transcript.file)
        return save_transcript(
            transcript,
            self.folder,
            self.wanted[recording],
            name=self.names[recording],
            subtitles=self.subtitles,
        )


def describe_settings(model_folder: Path, request: Request, hearing: Hearing) -> dict[str, Any]:
    """What transcripts depend on, as plain JSON values."""
    lm = request.lm
    options = {
        f"search.{name}": list(value) if isinstance(value, tuple) else value
        for name, value in asdict(request.options).items()
    }
    return {
        "model": fingerprint_model(model_folder, device="any"),
        "language model": hash_ngram(lm) if lm is not None else None,
        "search": "best path" if request.greedy else "beam",
        **({} if request.greedy else options),
        "channels": hearing.survey.channels,
        "speakers": list(hearing.speakers),
        "pauses": "left out" if hearing.survey.activity else "heard",
        "readings": request.n_best,
    }


def plan_outputs(
    folder: Path,
    recordings: Sequence[Path],
    given: Sequence[Path],
    writers: Sequence[Writer],
    *,
    settings: Mapping[str, Any],
    resume: bool = False,
    overwrite: bool = False,
    subtitles: SubtitleOptions | None = None,
) -> Outputs:
    """What to write into the folder, found before any work.

    given: what the person named, files and folders. resume: files that are there stay, if they are
    of the same settings; overwrite: they are made anew. Raises UsageError E_EXISTS, E_SAME_OUTPUT,
    E_CHANGED, MachineError E_PERM, E_NOT_FOLDER.
    """
    refuse_unwritable(folder)
    names = name_outputs(list(dict.fromkeys(recordings)), given)
    wanted = {recording: tuple(writers) for recording in names}
    if resume:
        wanted = _leave_out_finished(names, folder, writers)
        if len(wanted) < len(names) or any(len(some) < len(writers) for some in wanted.values()):
            _refuse_other_settings(folder / SETTINGS_NAME, settings)
    elif not overwrite:
        _refuse_existing(names, folder, writers)
    return Outputs(folder, names, wanted, settings, subtitles)


def _leave_out_finished(
    names: Mapping[Path, Path], folder: Path, writers: Sequence[Writer]
) -> dict[Path, tuple[Writer, ...]]:
    missing = {
        writer.name: set(names) - set(find_existing(names, folder, [writer])) for writer in writers
    }
    wanted = {
        recording: tuple(writer for writer in writers if recording in missing[writer.name])
        for recording in names
    }
    return {recording: some for recording, some in wanted.items() if some}


def _refuse_existing(names: Mapping[Path, Path], folder: Path, writers: Sequence[Writer]) -> None:
    try:
        refuse_existing(names, folder, writers)
    except UsageError as error:
        error.hint = "--resume leaves what is there as it is, --overwrite makes it anew"
        raise


def _refuse_other_settings(path: Path, settings: Mapping[str, Any]) -> None:
    """Raises UsageError E_CHANGED where what is there was decoded in another way."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        before = None
    if not isinstance(before, dict):
        raise UsageError(
            f"{path.parent} holds files of which nobody knows how they were made",
            hint="decode into another folder with --out, or make them anew with --overwrite",
            code="E_CHANGED",
        )
    changes = [
        f"{name}: {before[name]} then, {value} now"
        for name, value in settings.items()
        if name in before and before[name] != value
    ]
    if changes:
        raise UsageError(
            f"{path.parent} holds transcripts made in another way:\n  " + "\n  ".join(changes),
            hint="decode into another folder with --out, or make them anew with --overwrite",
            code="E_CHANGED",
        )
