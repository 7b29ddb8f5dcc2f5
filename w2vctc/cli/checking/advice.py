"""What somebody's data means for training, in sentences; the choices are those of finetune."""

from typing import TYPE_CHECKING

from w2vctc.acoustic.presets import DATA_SIZES, LARGE_HIDDEN_SIZE, SCRATCH, TINY, choose_schedule
from w2vctc.cli.screen import format_amount

if TYPE_CHECKING:
    from w2vctc.acoustic.training.options import FinetuneOptions
    from w2vctc.corpus.checks.result import CheckResult

SMALL_MINUTES = 10.0  # the least that any published schedule was made for
SMALL_DEV_MINUTES = 5.0
HIGH_OOV = 0.1  # of words, repeats counted
_BASE = "base"
_BASE_HIDDEN_SIZE = 768


def advise(
    result: "CheckResult",
    options: "FinetuneOptions",
    *,
    train_minutes: float,
    flags: str,
    division: str = "",
) -> tuple[str, ...]:
    """Sentences about the data, the most important first.

    `train_minutes` are those that finetune will see, `flags` come behind a verb, `division` tells
    how data that does not name its dev rows will be divided.
    """
    advice = [_advise_schedule(options, train_minutes, flags, usable=bool(result.usable))]
    if division:
        advice.append(f"the data does not say which rows are dev, so it will be {division}")
    if 0 < train_minutes < SMALL_MINUTES:
        advice.append(
            f"under {SMALL_MINUTES:.0f} minutes no published recipe exists: every further minute"
            " of speech helps more than any setting"
        )
    dev = next((split for split in result.splits if split.split == "dev"), None)
    if dev and dev.duration_s < 60 * SMALL_DEV_MINUTES:
        advice.append(
            f"dev has {format_amount(dev.duration_s)}: with so little, small differences between"
            " two models are chance"
        )
    if dev and dev.oov and dev.oov.token_rate > HIGH_OOV:
        advice.append(
            f"{100 * dev.oov.token_rate:.0f} % of the words in dev never occur in train: more text"
            f" in the language helps the n-gram (w2vctc train-lm {flags} --text FILE)"
        )
    if result.language.lower() in ("english", "en"):
        advice.append("for English --model 960h-lv60-self knows the sounds and letters already")
    return tuple(advice)


def _advise_schedule(
    options: "FinetuneOptions", minutes: float, flags: str, *, usable: bool
) -> str:
    if minutes <= 0 and usable:
        return "no row is in train: `w2vctc prepare` with --resplit divides all rows anew"
    if minutes <= 0:
        return "nothing can be trained on yet: mend the faults above first"
    schedule = choose_schedule(
        model=options.model,
        hidden_size=_BASE_HIDDEN_SIZE if options.model == _BASE else LARGE_HIDDEN_SIZE,
        minutes=minutes,
        preset=options.preset,
    )
    amount = format_amount(60 * minutes)
    if options.model == TINY:
        return f"{amount} to train on: `w2vctc finetune {flags}` learns from scratch, for a toy"
    if options.model in SCRATCH:
        return f"{amount} to train on: `w2vctc finetune {flags}` learns from scratch"
    frozen = (
        f", in the first {schedule.freeze_encoder_updates:,} only the new head learns"
        if schedule.freeze_encoder_updates
        else ""
    )
    size = next((size for size in DATA_SIZES if schedule.name.endswith(size)), "")
    return (
        f"{amount} to train on: `w2vctc finetune {flags}` takes --model {options.model} --preset"
        f" {size} by itself: {schedule.updates:,} updates of {schedule.batch_s:g} s{frozen}"
    )
