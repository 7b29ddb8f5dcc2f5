"""What `prepare` was asked for and what came of it, as it is written into prepare.json."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from w2vctc import __version__
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.config import suggest
from w2vctc.corpus.corpus import Corpus
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.splits import SPLIT_WAYS, SPLITS, SplitBy
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import UsageError
from w2vctc.files import save_text
from w2vctc.project import Project

RECORD_NAME = "prepare.json"
AUDIO_WAYS = ("keep", "flac", "opus")


@dataclass(frozen=True)
class PrepareOptions:
    """What a person can choose; all of it is written into prepare.json."""

    audio: str = "keep"
    minutes: Mapping[str, float] | None = None  # of dev and test, where they are given
    split_by: SplitBy = "auto"
    resplit: bool = False
    seed: int = 0
    max_duration_s: float = 30.0
    overwrite: bool = False


@dataclass(frozen=True)
class PreparedSplit:
    name: str
    n_rows: int
    duration_s: float
    n_speakers: int


@dataclass(frozen=True)
class Prepared:
    """What was read, kept and written."""

    place: str
    format: str
    options: PrepareOptions
    splits: tuple[PreparedSplit, ...]
    left_out: Mapping[str, int]  # by reason code, the most frequent first
    read_s: float  # of all rows whose length is known
    note: str  # how the rows were divided
    n_reused: int  # files that an earlier run had converted

    @property
    def n_kept(self) -> int:
        return sum(split.n_rows for split in self.splits)

    @property
    def n_read(self) -> int:
        return self.n_kept + sum(self.left_out.values())

    @property
    def kept_s(self) -> float:
        return sum(split.duration_s for split in self.splits)

    def to_json(self) -> dict[str, Any]:
        """The facts of prepare.json: the same for the same data, options and version."""
        return {
            "input": self.place,
            "format": self.format,
            "w2vctc": __version__,
            "options": {
                "audio": self.options.audio,
                **{f"{split}_minutes": m for split, m in (self.options.minutes or {}).items()},
                "split_by": self.options.split_by,
                "resplit": self.options.resplit,
                "seed": self.options.seed,
                "max_duration": self.options.max_duration_s,
            },
            "rows_read": self.n_read,
            "rows_kept": self.n_kept,
            "hours_read": round(self.read_s / 3600, 4),
            "hours_kept": round(self.kept_s / 3600, 4),
            "left_out": dict(self.left_out),
            "division": self.note,
            "splits": {
                split.name: {
                    "rows": split.n_rows,
                    "hours": round(split.duration_s / 3600, 4),
                    "speakers": split.n_speakers,
                }
                for split in self.splits
            },
        }


def make_options(
    project: Project,
    *,
    audio: str,
    minutes: Mapping[str, float | None],
    split_by: str,
    resplit: bool,
    seed: int,
    max_duration_s: float | None,
    overwrite: bool,
) -> PrepareOptions:
    """The options, checked. Raises UsageError."""
    for flag, value, known in (
        ("--audio", audio, AUDIO_WAYS),
        ("--split-by", split_by, SPLIT_WAYS),
    ):
        if value not in known:
            raise UsageError(
                f"{flag} {value}{suggest(value, known)}", hint=f"one of {', '.join(known)}"
            )
    if max_duration_s is not None and not max_duration_s > 0:
        raise UsageError(f"--max-duration {max_duration_s:g} must be above 0")
    return PrepareOptions(
        audio,
        {split: given for split, given in minutes.items() if given is not None} or None,
        cast(SplitBy, split_by),
        resplit,
        seed,
        max_duration_s or project.options(FinetuneOptions, "finetune").max_duration,
        overwrite,
    )


def summarize(
    corpus: Corpus,
    options: PrepareOptions,
    rows: Sequence[Utterance],
    faults: Sequence[Fault],
    *,
    note: str,
    n_reused: int,
) -> Prepared:
    """The counts of what was kept and left out; each row that is not kept has one fault."""
    lost_s = sum(fault.utterance.duration_s or 0.0 for fault in faults if fault.utterance)
    splits = []
    for name in SPLITS:
        ours = [row for row in rows if row.split == name]
        if ours:
            n_speakers = len({row.speaker for row in ours if row.speaker})
            duration_s = sum(row.duration_s or 0.0 for row in ours)
            splits.append(PreparedSplit(name, len(ours), duration_s, n_speakers))
    return Prepared(
        place=str(corpus.place),
        format=corpus.format.name,
        options=options,
        splits=tuple(splits),
        left_out=dict(Counter(fault.code for fault in faults).most_common()),
        read_s=lost_s + sum(row.duration_s or 0.0 for row in rows),
        note=note,
        n_reused=n_reused,
    )


def save_record(folder: Path, prepared: Prepared) -> None:
    """Writes prepare.json."""
    facts = json.dumps(prepared.to_json(), ensure_ascii=False, indent=2)
    save_text(folder / RECORD_NAME, facts.encode("utf-8", "backslashreplace").decode() + "\n")
