"""The result of a check as one JSON document."""

import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.corpus.checks.result import CheckedRow, CheckResult


def to_json(result: "CheckResult") -> dict[str, Any]:
    """All facts of a result but its rows, as values that JSON knows.

    place, format, language, note: texts. n_rows, n_usable, duration_s: of usable rows.
    reasons: [{code, count, title, remedy, examples}], worst first.
    faults: [{code, source, id, message, hint}], all of them; id is null where no row is meant.
    splits: [{split, n_rows, n_usable, duration_s, lengths, n_words, n_word_types, n_speakers,
    oov}]; lengths and every other spread: {n, total, minimum, p5, p25, median, p75, p95, maximum,
    histogram: {edges, counts}} or null; oov: {n_types, n_unseen_types, n_tokens, n_unseen_tokens,
    examples} or null.
    speakers: [{speaker, n_rows, duration_s, splits}]. lengths: a spread, in seconds.
    rates: {spread, lowest, highest, outliers: [{id, source, rate, duration_s, text}]} or null, in
    characters a second; limits that are not known are null.
    characters, dropped: [{character, code_points, name, count, example, mark}].
    overlaps: [{kind, splits, count, total, examples}].
    sound: {levels_dbfs, silent_share, n_clipped, n_silent}, or null without --deep.
    advice: [sentence].
    """
    names = ("note", "reasons", "splits", "speakers", "lengths")
    more = ("characters", "dropped", "overlaps", "sound", "advice")
    document = {
        "place": str(result.place),
        "format": result.format,
        "language": result.language,
        "n_rows": result.n_rows,
        "n_usable": len(result.usable),
        "duration_s": result.duration_s,
        **{name: getattr(result, name) for name in names},
        "rates": _list_rates(result),
        **{name: getattr(result, name) for name in more},
        "faults": [
            {
                "code": fault.code,
                "source": fault.source,
                "id": fault.utterance.id if fault.utterance else None,
                "message": fault.message,
                "hint": fault.hint,
            }
            for fault in result.faults
        ],
    }
    plain: dict[str, Any] = _to_plain(document)
    return plain


def _list_rates(result: "CheckResult") -> dict[str, Any] | None:
    rates = result.rates
    if rates is None:
        return None
    return {
        "spread": rates.spread,
        "lowest": rates.lowest,
        "highest": rates.highest,
        "outliers": [_list_row(row) for row in rates.outliers],
    }


def _list_row(row: "CheckedRow") -> dict[str, Any]:
    utterance = row.utterance
    return {
        "id": utterance.id,
        "source": utterance.source,
        "rate": row.rate,
        "duration_s": utterance.duration_s,
        "text": utterance.text,
    }


def _to_plain(value: Any) -> Any:
    """Only what JSON can hold: no infinity, and odd bytes of file names as escapes."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {name: _to_plain(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value
