"""What tune tells: the table with its intervals, the surface, the plateau; the same as JSON."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from w2vctc.decode.plateau import Interval
    from w2vctc.decode.tune import Tuning
    from w2vctc.decode.weight_search import Trial
    from w2vctc.project import Project


def show_tuning(tuning: "Tuning", project: "Project", *, as_json: bool) -> None:
    """Table, surface and plateau on stdout, or one JSON document."""
    from w2vctc.cli.screen import format_share, print_table, say, say_next, write, write_json
    from w2vctc.decode.surface import describe_plateau, draw_surface

    if as_json:
        write_json(describe_tuning(tuning))
        return
    print_table(
        [
            ("on dev", "left"),
            *((heading, "right") for heading in ("alpha", "beta", "WER", "95 % interval")),
        ],
        [
            ("greedy", "", "", format_share(tuning.greedy_wer), _bounds(tuning.greedy_interval)),
            ("LM, default", *_row(tuning.default, tuning.default_interval)),
            ("LM, tuned", *_row(tuning.best, tuning.best_interval)),
        ],
    )
    write(draw_surface(tuning))
    write(f"\nno difference that dev can tell: {describe_plateau(tuning.plateau)}\n")
    write(_tell_gain(tuning))
    for note in tuning.notes:
        say(note)
    say_next(f"w2vctc evaluate {project.flags}")


def describe_tuning(tuning: "Tuning") -> dict[str, Any]:
    """The JSON document of `tune --json`; rates are fractions, not percent."""
    return {
        "alpha": tuning.alpha,
        "beta": tuning.beta,
        "unk_score_offset": tuning.best.unk_score_offset,
        "dev_wer": tuning.best.wer,
        "dev_wer_interval": list(tuning.best_interval),
        "default_dev_wer": tuning.default.wer,
        "default_dev_wer_interval": list(tuning.default_interval),
        "greedy_dev_wer": tuning.greedy_wer,
        "greedy_dev_wer_interval": list(tuning.greedy_interval),
        "gain_interval": list(tuning.gain),
        "n_decodes": tuning.n_decodes,
        "plateau": [asdict(span) for span in tuning.plateau],
        "trials": [
            {**asdict(trial), "wer": trial.wer, "same_as_best": same}
            for trial, same in zip(tuning.trials, tuning.same, strict=True)
        ],
    }


def _row(trial: "Trial", interval: "Interval") -> tuple[str, str, str, str]:
    from w2vctc.cli.screen import format_share

    # Three digits: the last step of alpha is an eighth.
    weights = f"{trial.alpha:.3f}".removesuffix("0"), f"{trial.beta:.2f}"
    return (*weights, format_share(trial.wer), _bounds(interval))


def _bounds(interval: "Interval") -> str:
    return f"{100 * interval.low:.1f} to {100 * interval.high:.1f} %"


def _tell_gain(tuning: "Tuning") -> str:
    if tuning.best == tuning.default:
        return "the default weights are the best ones found\n"
    gain = 100 * (tuning.default.wer - tuning.best.wer)
    low, high = (100 * bound for bound in tuning.gain)
    doubt = "" if low > 0 else "; chance alone may do as much"
    return f"tuned against default: {gain:.1f} points less ({low:.1f} to {high:.1f}){doubt}\n"
