"""Faulty data as people have it, and commands typed at it, for the tests of bad inputs."""

import contextlib
import hashlib
import io
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from speech_material import make_babble, write_wav

from w2vctc.cli.main import main


@dataclass(frozen=True)
class Shown:
    """What a command gave back: exit code, stdout, stderr."""

    code: int
    out: str
    err: str

    @cached_property
    def facts(self) -> Any:
        """The JSON document on stdout."""
        return json.loads(self.out)

    @property
    def counts(self) -> dict[str, int]:
        """How often `check --json` found each reason."""
        return {reason["code"]: reason["count"] for reason in self.facts["reasons"]}

    def faults_at(self, source: str) -> dict[str, str]:
        """The message by code of what `check --json` found at one line of one file."""
        faults = self.facts["faults"]
        return {fault["code"]: fault["message"] for fault in faults if fault["source"] == source}

    def messages(self, code: str) -> list[str]:
        """All that `check --json` said with one code."""
        return [fault["message"] for fault in self.facts["faults"] if fault["code"] == code]


def type_in(folder: Path, *arguments: str) -> Shown:
    """What the command shows that is typed in `folder`; it changes no input and never crashes."""
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(list(arguments))
    finally:
        os.chdir(before)
    assert "Traceback" not in err.getvalue()
    assert code != 1, err.getvalue()
    return Shown(code, out.getvalue(), err.getvalue())


def check(folder: Path, *arguments: str) -> Shown:
    """What `w2vctc check --json` tells of the data in `folder`, which stays as it is."""
    before = hash_tree(folder)
    shown = type_in(folder.parent, "check", folder.name, *arguments, "--json")
    assert hash_tree(folder) == before
    return shown


def hash_tree(folder: Path) -> dict[str, str]:
    """Content and time of change of each file below a folder, and every other name there."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() + str(path.stat().st_mtime_ns)
            if path.is_file() and _may_read(path)
            else ""
        )
        for path in sorted(folder.rglob("*"))
    }


def write_rows(
    table: Path,
    rows: Iterable[Sequence[str]],
    *,
    columns: Sequence[str] = ("path", "text"),
) -> Path:
    """A table of rows under a heading; the folder is made where it is missing."""
    lines = ["\t".join(row) for row in (columns, *rows)]
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


def write_clips(folder: Path, texts: Mapping[str, str], *, split: str = "train") -> Path:
    """`split`.tsv with these transcripts by name of clip, and a WAV of a second for each name."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(texts):
        write_wav(folder / name, make_babble(duration_s=1.0, seed=seed))
    return write_rows(folder / f"{split}.tsv", texts.items())


def line_of(table: Path, name: str) -> str:
    """`train.tsv:3`, where a name stands in a table that `write_rows` wrote."""
    lines = table.read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if line.split("\t")[0] == name)
    return f"{table.name}:{number}"


def _may_read(path: Path) -> bool:
    try:
        with path.open("rb"):
            return True
    except OSError:
        return False
