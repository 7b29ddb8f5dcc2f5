"""What tune tells of confidences: a table of calibration errors; the same as JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.cli.calibrate import DevConfidence
    from w2vctc.decode.calibrating import Calibrated
    from w2vctc.evaluate.calibration import CalibrationTable


def show_confidence(found: "DevConfidence", *, as_json: bool) -> None:
    """What `tune --only-confidence` found: the table, or one JSON document."""
    from w2vctc.cli.screen import write_json

    calibrated = {"greedy": found.greedy, "search": found.search}
    if as_json:
        write_json({"confidence": describe_calibrations(calibrated)})
    else:
        show_calibrations(calibrated)


def show_calibrations(calibrated: "dict[str, Calibrated | None]") -> None:
    """The table on stdout, one row for each that there is; nothing where there is none."""
    from w2vctc.cli.screen import print_table, write

    rows = [(name, *_row(one)) for name, one in calibrated.items() if one is not None]
    if not rows:
        return
    headings = ("words", "right", "raw error", "calibrated", "by chance", "sorts")
    print_table(
        [("confidence", "left"), *((heading, "right") for heading in headings)],
        rows,
    )
    write(
        "confidence and share of right words differ by that much on average, in tenths of dev's\n"
        "words, each judged without its fifth of the clips; a faultless one would by chance.\n"
        "sorts: how often a right word has more of it than a wrong one\n\n"
    )


def describe_calibrations(calibrated: "dict[str, Calibrated | None]") -> dict[str, Any]:
    """The JSON of the same; rates are fractions."""
    return {name: _describe(one) for name, one in calibrated.items() if one is not None}


def measure(calibrated: "Calibrated") -> "tuple[CalibrationTable, CalibrationTable]":
    """The table without a calibration, and the one of words that it was not fitted on."""
    from w2vctc.evaluate.calibration import tabulate_confidences

    raw = tabulate_confidences(calibrated.raw, calibrated.is_right)
    return raw, tabulate_confidences(calibrated.held_out, calibrated.is_right)


def _row(calibrated: "Calibrated") -> tuple[str, ...]:
    from w2vctc.cli.screen import format_share

    raw, held_out = measure(calibrated)
    return (
        f"{raw.n_words:,}",
        format_share(raw.right),
        f"{raw.error:.3f}",
        f"{held_out.error:.3f}",
        f"{held_out.chance:.3f}",
        format_share(held_out.auc),
    )


def _describe(calibrated: "Calibrated") -> dict[str, Any]:
    raw, held_out = measure(calibrated)
    return {
        "n_words": raw.n_words,
        "right": raw.right,
        "raw_error": raw.error,
        "error": held_out.error,
        "chance_error": held_out.chance,
        "auc": held_out.auc,
        "bins": [
            {"n_words": one.n_words, "confidence": one.confidence, "right": one.right}
            for one in held_out.bins
        ],
    }
