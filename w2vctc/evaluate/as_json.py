"""report.json: an examination as plain values, and the way back for a comparison later on.

Rates are fractions, lengths seconds, intervals [low, high] of 95 %; null stands for what there is
too little data to tell. `schema` changes with the meaning of a key.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from w2vctc import __version__
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.evaluate.breakdown import Breakdown, Group
from w2vctc.evaluate.calibration import CalibrationTable
from w2vctc.evaluate.confusions import Confusion
from w2vctc.evaluate.examination import Bounds, Examination
from w2vctc.evaluate.paired import Comparison
from w2vctc.evaluate.report import SystemResult, counts_to_json, system_to_json

SCHEMA_NAME = "w2vctc evaluation"
SCHEMA = f"{SCHEMA_NAME} 1"
_CODE = "E_REPORT"


def examination_to_json(examination: Examination) -> dict[str, Any]:
    """The whole examination; docs/evaluate.md tells each key."""
    evaluation = examination.evaluation
    known = examination.known_words
    return {
        "schema": SCHEMA,
        "made_by": f"w2vctc {__version__}",
        "split": examination.split,
        "main": examination.main.name,
        "systems": [
            {**system_to_json(system), **_bounds_to_json(bounds)}
            for system, bounds in zip(evaluation.systems, examination.bounds, strict=True)
        ],
        "comparisons": [_comparison_to_json(one) for one in examination.comparisons],
        "choices": [asdict(choice) for choice in examination.choices],
        "verdict": examination.verdict,
        "n_references_in_lm_text": examination.n_shared,
        "breakdowns": [_breakdown_to_json(one) for one in examination.breakdowns],
        "known_words": None if known is None else asdict(known),
        "calibration": _calibration_to_json(examination.calibration),
        "confusions": {
            "characters": [_confusion_to_json(one) for one in examination.confusions.characters],
            "words": [_confusion_to_json(one) for one in examination.confusions.words],
        },
        "unseen_characters": dict(evaluation.unseen),
        "n_empty_references": evaluation.n_empty,
        "worst": [evaluation.rows[index].id for index in examination.worst],
        "utterances": [
            _utterance_to_json(row, evaluation.systems, index)
            for index, row in enumerate(evaluation.rows)
        ],
    }


@dataclass(frozen=True)
class EarlierReport:
    """What a report.json tells that can be compared: its main system's text of each utterance."""

    system: str
    settings: str
    audio_s: float
    seconds: float
    references: Mapping[str, str]
    texts: Mapping[str, str]


def read_report(path: Path) -> EarlierReport:
    """The report at `path`. Raises DataError E_REPORT where it is none, or of another schema."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _refuse(path, str(error.strerror)) from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise _refuse(path, "no JSON") from error
    if not isinstance(values, dict) or values.get("schema") != SCHEMA:
        found = values.get("schema") if isinstance(values, dict) else type(values).__name__
        raise _refuse(path, f"its schema is {found!r}, not {SCHEMA!r}")
    try:
        return _read_values(values)
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise _refuse(path, f"a key is missing or of another kind: {error}") from error


def _read_values(values: Mapping[str, Any]) -> EarlierReport:
    main = str(values["main"])
    system = next(one for one in values["systems"] if one["name"] == main)
    utterances = values["utterances"]
    return EarlierReport(
        system=main,
        settings=str(system["settings"]),
        audio_s=float(system["audio_s"]),
        seconds=float(system["seconds"]),
        references={str(one["id"]): str(one["reference"]) for one in utterances},
        texts={str(one["id"]): str(one["hypotheses"][main]["text"]) for one in utterances},
    )


def _refuse(path: Path, why: str) -> DataError:
    return DataError(
        f"{path}: cannot be compared with: {why}",
        hint="give the report.json that `w2vctc evaluate --out FOLDER` made, or a model's folder",
        code=_CODE,
    )


def _bounds_to_json(bounds: Bounds) -> dict[str, Any]:
    return {"wer_interval": _list(bounds.words), "cer_interval": _list(bounds.characters)}


def _comparison_to_json(one: Comparison) -> dict[str, Any]:
    return {**asdict(one), "interval": _list(one.interval)}


def _breakdown_to_json(breakdown: Breakdown) -> dict[str, Any]:
    return {"by": breakdown.by, "groups": [_group_to_json(one) for one in breakdown.groups]}


def _group_to_json(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "n_utterances": group.n_utterances,
        "duration_s": group.duration_s,
        "wer": group.words.rate,
        "wer_interval": _list(group.interval),
        "cer": group.characters.rate,
        "words": counts_to_json(group.words),
        "characters": counts_to_json(group.characters),
    }


def _calibration_to_json(table: CalibrationTable | None) -> dict[str, Any] | None:
    if table is None:
        return None
    return {"error": table.error, **asdict(table), "bins": [asdict(one) for one in table.bins]}


def _confusion_to_json(one: Confusion) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "reference": one.reference,
        "hypothesis": one.hypothesis,
        "count": one.count,
        "n_reference": one.n_reference,
    }


def _utterance_to_json(
    row: Utterance, systems: tuple[SystemResult, ...], index: int
) -> dict[str, Any]:
    return {
        "id": row.id,
        "source": row.source,
        "duration_s": row.duration_s,
        "speaker": row.speaker,
        "columns": dict(row.extra),
        "reference": row.text,
        "hypotheses": {
            system.name: {
                "text": system.texts[index].text,
                "wer": system.texts[index].words.rate,
                "cer": system.texts[index].characters.rate,
                "words": counts_to_json(system.texts[index].words),
                "characters": counts_to_json(system.texts[index].characters),
            }
            for system in systems
        },
    }


def _list(pair: tuple[float, float] | None) -> list[float] | None:
    return None if pair is None else list(pair)
