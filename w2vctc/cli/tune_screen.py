"""What tune tells: tables with intervals, the surface, the plateau; the same as JSON."""

from dataclasses import asdict
from textwrap import fill
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.decode.calibrating import Calibrated
    from w2vctc.decode.plateau import Interval
    from w2vctc.decode.tune import Tuning
    from w2vctc.decode.weight_search import Trial
    from w2vctc.project import Project

WIDTH = 80


def show_tuning(tuning: "Tuning", project: "Project", *, as_json: bool) -> None:
    """Table, surface and plateau on stdout, or one JSON document."""
    from w2vctc.cli.calibrate_screen import show_calibrations
    from w2vctc.cli.screen import format_share, print_table, say, say_next, write, write_json
    from w2vctc.decode.surface import describe_plateau, draw_surface

    if as_json:
        write_json(describe_tuning(tuning))
        return
    print_table(
        [
            ("on dev", "left"),
            *((heading, "right") for heading in ("alpha", "beta", "offset", "WER")),
            ("95 % interval", "right"),
        ],
        [
            (
                "greedy",
                "",
                "",
                "",
                format_share(tuning.greedy_wer),
                _bounds(tuning.greedy_interval),
            ),
            ("LM, default", *_row(tuning.default), _bounds(tuning.default_interval)),
            ("LM, tuned", *_row(tuning.best), _bounds(tuning.best_interval)),
        ],
    )
    if len(tuning.ways) > 1:
        _show_ways(tuning)
    write(draw_surface(tuning))
    told = f"no difference that dev can tell: {describe_plateau(tuning.plateau)}"
    write(f"\n{fill(told, WIDTH)}\n")
    write(_tell_gain(tuning))
    show_calibrations(_confidences(tuning))
    for note in tuning.notes:
        say(note)
    say_next(f"w2vctc evaluate {project.flags}")


def _confidences(tuning: "Tuning") -> "dict[str, Calibrated | None]":
    return {"greedy": tuning.greedy_confidence, "search": tuning.confidence}


def _show_ways(tuning: "Tuning") -> None:
    """One row for each way with unknown words, and why it is the one that it is."""
    from w2vctc.cli.screen import print_table, write

    print_table(
        [
            ("unknown words", "left"),
            *((heading, "right") for heading in ("alpha", "beta", "offset", "WER")),
            ("", "left"),
        ],
        [(trial.way.name, *_row(trial), _tell_trial(tuning, trial)) for trial in tuning.ways],
    )
    write(_tell_choice(tuning))


def _tell_trial(tuning: "Tuning", trial: "Trial") -> str:
    if trial.way == tuning.best.way:
        return "chosen"
    if trial.share < 1:
        return f"given up after {100 * trial.share:.0f} % of dev"
    n_trials = sum(other.way == trial.way for other in tuning.trials)
    return "tuned" if n_trials > 1 else "not tuned"


def _tell_choice(tuning: "Tuning") -> str:
    """Whether dev says that another way than a flat cost is better, and by how much."""
    first, *others = tuning.ways
    rivals = [trial for trial in others if _tell_trial(tuning, trial) in ("tuned", "chosen")]
    if tuning.way_gain is None or not rivals:
        return f"no other way keeps up with {first.way.name}\n\n"
    low, high = (100 * bound for bound in tuning.way_gain)
    gain = 100 * (first.wer - rivals[0].wer)
    bounds = f"{gain:.1f} points ({low:.1f} to {high:.1f})"
    name = rivals[0].way.name
    if tuning.best.way == first.way:
        told = f"{name} saves nothing that dev is sure of, {bounds}"
        return f"{first.way.name} stays, as the simplest: {told}\n\n"
    return f"{name} saves {bounds} against {first.way.name}, both tuned\n\n"


def describe_tuning(tuning: "Tuning") -> dict[str, Any]:
    """The JSON document of `tune --json`; rates are fractions, not percent."""
    from w2vctc.cli.calibrate_screen import describe_calibrations

    return {
        "alpha": tuning.alpha,
        "beta": tuning.beta,
        "unk_score_offset": tuning.best.unk_score_offset,
        "vocabulary": tuning.best.way.vocabulary,
        "oov_order": tuning.best.way.oov_order,
        "way": tuning.best.way.name,
        "dev_wer": tuning.best.wer,
        "dev_wer_interval": list(tuning.best_interval),
        "default_dev_wer": tuning.default.wer,
        "default_dev_wer_interval": list(tuning.default_interval),
        "greedy_dev_wer": tuning.greedy_wer,
        "greedy_dev_wer_interval": list(tuning.greedy_interval),
        "gain_interval": list(tuning.gain),
        "n_decodes": tuning.n_decodes,
        "plateau": [asdict(span) for span in tuning.plateau],
        "ways": [
            {**_describe_trial(trial), "state": _tell_trial(tuning, trial)} for trial in tuning.ways
        ],
        "way_gain_interval": list(tuning.way_gain) if tuning.way_gain else None,
        "trials": [
            {**_describe_trial(trial), "same_as_best": same}
            for trial, same in zip(tuning.trials, tuning.same, strict=True)
        ],
        "confidence": describe_calibrations(_confidences(tuning)),
    }


def _describe_trial(trial: "Trial") -> dict[str, Any]:
    return {**asdict(trial), "way": trial.way.name, **trial.way._asdict(), "wer": trial.wer}


def _row(trial: "Trial") -> tuple[str, str, str, str]:
    from w2vctc.cli.screen import format_share

    # Three digits: the last step of alpha is an eighth.
    alpha = f"{trial.alpha:.3f}".removesuffix("0")
    offset = "" if trial.way.kind == "closed" else f"{trial.unk_score_offset:g}"
    return alpha, f"{trial.beta:.2f}", offset, format_share(trial.wer)


def _bounds(interval: "Interval") -> str:
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f} %"


def _tell_gain(tuning: "Tuning") -> str:
    if tuning.best == tuning.default:
        return "the default settings are the best ones found\n"
    gain = 100 * (tuning.default.wer - tuning.best.wer)
    low, high = (100 * bound for bound in tuning.gain)
    doubt = "" if low > 0 else "; chance alone may do as much"
    return f"tuned against default: {gain:.1f} points less ({low:.1f} to {high:.1f}){doubt}\n"
