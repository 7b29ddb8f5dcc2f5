"""Which files decode writes, which are there already, and whether they are of the same decoding."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from w2vctc.acoustic.emission_cache import fingerprint_model
from w2vctc.cli.decoding.origins import (
    Origin,
    describe_origin,
    digest_settings,
    find_foreign,
    note_origins,
    read_origins,
)
from w2vctc.cli.decoding.request import Hearing, Request
from w2vctc.decode.confidence_file import hash_ngram
from w2vctc.decode.one_line import escape_name
from w2vctc.decode.transcript import Transcript
from w2vctc.decode.writers import (
    Writer,
    add_suffix,
    name_outputs,
    refuse_existing,
    save_transcript,
)
from w2vctc.errors import UsageError
from w2vctc.files import clear_staged, refuse_unwritable, save_text

SETTINGS_NAME = ".decode.json"
_ORIGINS = "recordings"  # among the settings in that file


@dataclass(frozen=True)
class Outputs:
    """The files still to be written: for each recording its name and its formats.

    settings: what the transcripts depend on, as plain JSON values. anew: whether files that are
    there are written over.
    """

    folder: Path
    names: Mapping[Path, Path]
    wanted: Mapping[Path, tuple[Writer, ...]]
    settings: Mapping[str, Any]
    anew: bool = False

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
        path = self.folder / SETTINGS_NAME
        origins = read_origins((_read_settings(path) or {}).get(_ORIGINS))
        for recording in self.wanted:
            name = self.names[recording].as_posix()
            since_ns = origins[name].since_ns if name in origins else 0
            origins[name] = describe_origin(
                recording, self.settings, since_ns=time.time_ns() if self.anew else since_ns
            )
        noted = {**self.settings, _ORIGINS: note_origins(origins)}
        save_text(path, json.dumps(noted, indent=2) + "\n")

    def save(self, transcript: Transcript) -> tuple[Path, ...]:
        """Writes the recording's missing files, each in one atomic step."""
        recording = Path(transcript.file)
        return save_transcript(
            transcript,
            self.folder,
            self.wanted[recording],
            name=self.names[recording],
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
) -> Outputs:
    """What to write into the folder, found before any work.

    given: what the person named, files and folders. resume: files that are there stay, if they are
    of the same recordings and settings; overwrite: they are made anew. Raises UsageError E_EXISTS,
    E_SAME_OUTPUT, E_CHANGED, MachineError E_PERM, E_NOT_FOLDER.
    """
    refuse_unwritable(folder)
    names = name_outputs(list(dict.fromkeys(recordings)), given)
    wanted = {recording: tuple(writers) for recording in names}
    if resume:
        before = _read_settings(folder / SETTINGS_NAME)
        origins = read_origins((before or {}).get(_ORIGINS))
        wanted = _leave_out_finished(names, folder, writers, origins)
        begun = {
            one: name for one, name in names.items() if len(wanted.get(one, ())) < len(writers)
        }
        if begun:
            _refuse_other_settings(folder, settings, before)
            _refuse_other_origins(folder, begun, origins, settings)
    elif not overwrite:
        _refuse_existing(names, folder, writers)
    return Outputs(folder, names, wanted, settings, anew=overwrite)


def _leave_out_finished(
    names: Mapping[Path, Path],
    folder: Path,
    writers: Sequence[Writer],
    origins: Mapping[str, Origin],
) -> dict[Path, tuple[Writer, ...]]:
    def is_finished(name: Path, writer: Writer) -> bool:
        path = add_suffix(folder / name, writer)
        origin = origins.get(name.as_posix())
        return os.path.lexists(path) and (origin is None or origin.has_made(path))

    wanted = {
        recording: tuple(writer for writer in writers if not is_finished(name, writer))
        for recording, name in names.items()
    }
    return {recording: some for recording, some in wanted.items() if some}


def _refuse_existing(names: Mapping[Path, Path], folder: Path, writers: Sequence[Writer]) -> None:
    try:
        refuse_existing(names, folder, writers)
    except UsageError as error:
        error.hint = "--resume leaves what is there as it is, --overwrite makes it anew"
        raise


def _read_settings(path: Path) -> dict[str, Any] | None:
    """What the folder remembers; None where it does not."""
    try:
        before = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return before if isinstance(before, dict) else None


def _refuse_other_settings(
    folder: Path, settings: Mapping[str, Any], before: Mapping[str, Any] | None
) -> None:
    """Raises UsageError E_CHANGED where what is there was decoded in another way."""
    if before is None:
        raise _changed(f"{folder} holds files of which nobody knows how they were made")
    changes = [
        f"{name}: {before[name]} then, {value} now"
        for name, value in settings.items()
        if name in before and before[name] != value
    ]
    if changes:
        lines = "\n  ".join(changes)
        raise _changed(f"{folder} holds transcripts made in another way:\n  {lines}")


def _refuse_other_origins(
    folder: Path,
    begun: Mapping[Path, Path],
    origins: Mapping[str, Origin],
    settings: Mapping[str, Any],
) -> None:
    """Raises UsageError where files that are there are of other recordings or settings."""
    named = {recording: name.as_posix() for recording, name in begun.items()}
    foreign = find_foreign([(name, recording) for recording, name in named.items()], origins)
    if foreign:
        recording, origin = foreign[0]
        place = escape_name(str(folder / begun[recording]))
        now, then = escape_name(str(recording)), escape_name(origin.file)
        more = f", and {len(foreign) - 1} more like this" if len(foreign) > 1 else ""
        raise _changed(
            f"{place}.* was made of another recording than {now}:"
            f" of {then}, {origin.n_bytes} bytes{more}",
            code="E_SAME_OUTPUT",
        )
    digest = digest_settings(settings)
    for recording, name in named.items():
        if name in origins and origins[name].settings != digest:
            place = escape_name(str(folder / begun[recording]))
            raise _changed(f"{place}.* was made in another way")


def _changed(message: str, code: str = "E_CHANGED") -> UsageError:
    return UsageError(
        message,
        hint="write into another folder with --out, or make them anew with --overwrite",
        code=code,
    )
