"""confidence.json in the model folder: what turns evidence into confidence, for each way to decode.

transformers does not look at it. It belongs to the model's weights and, for the search, to one
n-gram, of which it holds the SHA-256.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w2vctc.decode.confidence import Calibration, Weights
from w2vctc.errors import ModelError
from w2vctc.files import hash_file, machine_errors, save_text
from w2vctc.lm.folder import LanguageModelFiles

CONFIDENCE_NAME = "confidence.json"


@dataclass(frozen=True)
class KeptCalibrations:
    """The calibrations of a model: of the best path, and of the search with one n-gram."""

    greedy: Calibration | None = None
    search: Calibration | None = None
    ngram_sha256: str = ""


def save_calibrations(model_folder: Path, kept: KeptCalibrations) -> Path:
    """Writes confidence.json and returns its path. Raises MachineError when that cannot be."""
    path = Path(model_folder) / CONFIDENCE_NAME
    content: dict[str, Any] = {
        name: _to_json(calibration)
        for name, calibration in (("greedy", kept.greedy), ("search", kept.search))
        if calibration is not None
    }
    if kept.search is not None:
        content["ngram_sha256"] = kept.ngram_sha256
    save_text(path, json.dumps(content, indent=2) + "\n")
    return path


def read_calibrations(model_folder: Path) -> KeptCalibrations:
    """What the model folder keeps; nothing where there is no file.

    Raises ModelError E_MODEL for a file that says something else than `save_calibrations` wrote.
    """
    path = Path(model_folder) / CONFIDENCE_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return KeptCalibrations()
    except (OSError, ValueError) as error:
        raise _broken(path, f"not readable as JSON: {error}") from error
    if not isinstance(content, dict):
        raise _broken(path, "not a JSON object")
    return KeptCalibrations(
        greedy=_read_one(path, content, "greedy"),
        search=_read_one(path, content, "search"),
        ngram_sha256=str(content.get("ngram_sha256", "")),
    )


def forget_calibrations(model_folder: Path) -> None:
    """Deletes confidence.json, as for other weights in the folder."""
    path = Path(model_folder) / CONFIDENCE_NAME
    with machine_errors(path):
        path.unlink(missing_ok=True)


def choose_calibration(
    kept: KeptCalibrations, lm: LanguageModelFiles | None
) -> tuple[Calibration | None, str]:
    """The calibration for decoding with `lm`, or None, and what a person should hear about it.

    Where no language model has a say, that of the best path holds. That of another n-gram is
    better than none.
    """
    if lm is None:
        told = "" if kept.greedy else "confidence is not calibrated: w2vctc tune does that on dev"
        return kept.greedy, told
    if kept.search is None:
        return None, "confidence is not calibrated for this search: w2vctc tune does that on dev"
    if kept.ngram_sha256 != hash_ngram(lm):
        return kept.search, "confidence was calibrated with another n-gram: tune again for this one"
    return kept.search, ""


def hash_ngram(lm: LanguageModelFiles) -> str:
    """The SHA-256 of the n-gram's file, as lm.json says or by reading it."""
    return str(lm.info.get("sha256") or hash_file(lm.ngram))


def _to_json(calibration: Calibration) -> dict[str, dict[str, float]]:
    weights = {"alone": calibration.alone, "compared": calibration.compared}
    return {name: one._asdict() for name, one in weights.items() if one is not None}


def _read_one(path: Path, content: Mapping[str, Any], name: str) -> Calibration | None:
    values = content.get(name)
    if values is None:
        return None
    if not isinstance(values, dict) or "alone" not in values:
        raise _broken(path, f"{name} holds no weights")
    compared = values.get("compared")
    return Calibration(
        _read_weights(path, values["alone"], f"{name}.alone"),
        None if compared is None else _read_weights(path, compared, f"{name}.compared"),
    )


def _read_weights(path: Path, values: Any, where: str) -> Weights:
    if not isinstance(values, dict):
        raise _broken(path, f"{where} is not a JSON object")
    numbers = []
    for name in Weights._fields:
        value = values.get(name, Weights._field_defaults.get(name))
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value is None or not is_number or not math.isfinite(value):
            raise _broken(path, f"{where}.{name} = {value!r}, wanted a finite number")
        numbers.append(float(value))
    return Weights(*numbers)


def _broken(path: Path, what: str) -> ModelError:
    return ModelError(
        f"{path}: {what}",
        hint="delete it, then calibrate anew with: w2vctc tune",
        code="E_MODEL",
    )
