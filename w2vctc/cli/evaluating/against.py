"""What `--against` names: another model, or the report of an earlier evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.corpus.utterance import Utterance
    from w2vctc.evaluate.as_json import EarlierReport
    from w2vctc.evaluate.report import SystemResult

REPORT_NAME = "report.json"
_N_SHOWN = 3


def is_model(path: Path) -> bool:
    """Whether `path` is a model's folder; else it is a report, or the folder of one.

    Raises UsageError for a path that is neither.
    """
    from w2vctc.errors import UsageError

    if (path / "config.json").is_file():
        return True
    if path.is_file() or (path / REPORT_NAME).is_file():
        return False
    raise UsageError(
        f"--against {path}: neither a model's folder nor a report",
        hint=f"give a folder such as models/other, or the {REPORT_NAME} of an earlier evaluation",
    )


def name_after(path: Path) -> str:
    """What its systems are called: `four` of models/four, `before` of before/report.json."""
    path = path.resolve()
    return (
        path.parent.name if path.name == REPORT_NAME else path.stem if path.is_file() else path.name
    )


def open_report(path: Path, rows: "Sequence[Utterance]") -> "EarlierReport":
    """The report, which must be of these rows and transcripts.

    Raises DataError E_REPORT where one of them is missing there or reads otherwise.
    """
    from w2vctc.errors import DataError
    from w2vctc.evaluate.as_json import read_report

    place = path / REPORT_NAME if path.is_dir() else path
    report = read_report(place)
    others = [row.id for row in rows if report.references.get(row.id) != row.text]
    if others:
        shown = ", ".join(others[:_N_SHOWN]) + (", ..." if len(others) > _N_SHOWN else "")
        raise DataError(
            f"{place}: {len(others):,} of {len(rows):,} utterances are not in it,"
            f" or with another transcript: {shown}",
            hint="only systems that heard the same can be compared: evaluate the other one anew",
            code="E_REPORT",
        )
    return report


def score_report(
    report: "EarlierReport", rows: "Sequence[Utterance]", *, label: str
) -> "SystemResult":
    """The report's main system, counted anew over these rows."""
    from w2vctc.evaluate.report import sum_up
    from w2vctc.evaluate.scored import score_text

    return sum_up(
        f"{label}: {report.system}",
        [score_text(row.text, report.texts[row.id]) for row in rows],
        audio_s=report.audio_s,
        seconds=report.seconds,
        settings=report.settings,
    )


def read_run(folder: Path) -> dict[str, Any] | None:
    """What a model's folder tells of its training; None where it tells nothing that can be read."""
    import json

    from w2vctc.acoustic.training.run import RUN_FOLDER, RUN_NAME

    try:
        run = json.loads((folder / RUN_FOLDER / RUN_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return run if isinstance(run, dict) else None
