"""What was chosen on which data before anything was measured: a test must have chosen nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from w2vctc.words import numbered

GIVEN = "you, by flags"
NOBODY = "nobody: as it comes"
_UNKNOWN = "not told here"


@dataclass(frozen=True)
class Choice:
    """Something that could be otherwise, how it is, and which data (or who) decided."""

    what: str
    value: str
    chosen_on: str


def list_choices(
    *,
    run: Mapping[str, Any] | None,
    lm: Mapping[str, Any] | None,
    settings: str = "",
    chosen_by: str = "",
    calibrated: bool | None = None,
) -> tuple[Choice, ...]:
    """The choices behind a model and its language model, in the order in which they were made.

    run: what models/LANG/training/run.json says, None for a model that came from elsewhere. lm:
    what lm.json says, None without a language model. settings: how the language model was used;
    chosen_by: who decided that, where it is not what lm.json says. calibrated: whether dev decided
    what confidences mean; None where there are none.
    """
    choices = _list_training(run) if run else [Choice("acoustic model", _UNKNOWN, _UNKNOWN)]
    if lm is not None:
        choices.append(_describe_ngram(lm))
        tuned_on = str(lm.get("tuned_on") or (NOBODY if lm else _UNKNOWN))
        chosen_on = chosen_by or tuned_on
        choices.append(Choice("use of the language model", settings, chosen_on))
    if calibrated is not None:
        value = "calibrated" if calibrated else "what a word's own frames say, not calibrated"
        choices.append(Choice("confidence", value, "dev" if calibrated else NOBODY))
    return tuple(choices)


def judge_split(split: str, choices: tuple[Choice, ...]) -> str:
    """A sentence on what the rates of this split are worth."""
    chosen = [f"the {choice.what}" for choice in choices if choice.chosen_on.split(",")[0] == split]
    if chosen:
        return (
            f"{split} decided {_join(chosen)}: its rates are better than those of new speech;"
            " a split that decided nothing tells those"
        )
    return f"nothing was chosen on {split}, as far as the models' folders tell"


def _list_training(run: Mapping[str, Any]) -> list[Choice]:
    options, schedule = _part(run, "options"), _part(run, "schedule")
    train, dev = _part(run, "train"), _part(run, "dev")
    name, model = (str(part) for part in (schedule.get("name", ""), options.get("model", "")))
    source = name if not model or model in name.split() else f"{name}, from {model}"
    choices = [Choice("acoustic model", source or _UNKNOWN, f"train, {_count_clips(train)}")]
    if dev.get("clips"):
        by = "with the language model" if options.get("select") == "lm" else "without a search"
        average = int(options.get("average") or 0)
        mean = f", or the mean of {average}" if average > 1 else ""
        value = f"the one with the fewest errors {by}{mean}"
        choices.append(Choice("checkpoint", value, f"dev, {_count_clips(dev)}"))
    return choices


def _describe_ngram(lm: Mapping[str, Any]) -> Choice:
    if not lm.get("order"):
        return Choice("language model", _UNKNOWN, _UNKNOWN)
    parts = [str(part["name"]) for part in lm.get("parts", ()) if "name" in part]
    value = f"{lm['order']}-gram of {numbered(int(lm.get('n_sentences', 0)), 'sentence')}"
    return Choice("language model", value, " and ".join(parts) or str(lm.get("recipe", _UNKNOWN)))


def _count_clips(rows: Mapping[str, Any]) -> str:
    minutes = round(float(rows.get("seconds", 0.0)) / 60)
    return f"{numbered(int(rows.get('clips', 0)), 'clip')}, {numbered(minutes, 'minute')}"


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _join(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
