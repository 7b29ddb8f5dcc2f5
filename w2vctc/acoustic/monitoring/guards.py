"""Signs that a run goes wrong, each named once and with the remedy in words.

Each sign is read from the Trainer's own log, so a resumed run sees what came before it. A run is
never stopped by them: its best checkpoint is kept anyway, and the person decides.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from transformers import TrainerCallback

from w2vctc.acoustic.presets import Schedule
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.vocab import Vocabulary
from w2vctc.words import numbered

_ONLY_BLANKS = 0.999  # share of the dev frames
_BLANK_LOOKS = 3  # looks at dev in a row
_WINDOW = 20  # losses that are looked at together
_EXPLODED = 2.0  # times the lowest loss so far, and more than one nat per label above it
_STUCK_LOSSES = 20  # fewer say nothing
_STUCK_GAIN = 0.02  # share of the loss that a run should lose in a quarter of its updates
_HOPELESS_WER = 0.9
_SPELLED_SHARE = 0.5  # of the letters in the transcripts


@dataclass(frozen=True)
class Curve:
    """What the log holds: (update, value) in the order of time, from `first_step` on."""

    losses: Sequence[tuple[int, float]]
    blank_shares: Sequence[tuple[int, float]]
    dev_wers: Sequence[tuple[int, float]]
    n_steps: int
    first_step: int  # the learning rate is up, and every part learns


def read_curve(log: Sequence[Mapping[str, Any]], *, n_steps: int, first_step: int) -> Curve:
    """The curve in a Trainer's log_history."""

    def read(name: str) -> list[tuple[int, float]]:
        return [(entry["step"], entry[name]) for entry in log if name in entry]

    return Curve(
        losses=read("loss"),
        blank_shares=read("eval_blank_share"),
        dev_wers=read("eval_wer"),
        n_steps=n_steps,
        first_step=first_step,
    )


def find_blank_collapse(curve: Curve) -> str:
    """Only blanks at the last looks at dev, long after a network has left them behind; or ""."""
    looks = [share for step, share in curve.blank_shares if step > curve.first_step]
    if len(looks) < _BLANK_LOOKS or min(looks[-_BLANK_LOOKS:]) < _ONLY_BLANKS:
        return ""
    step = curve.blank_shares[-1][0]
    return (
        f"update {step:,}: the model says nothing at all, blanks only, for {_BLANK_LOOKS} looks at"
        " dev. Most often the learning rate is too low for so few updates, or so high that the"
        " network broke: try --learning-rate three times as high, then a third of it. If neither"
        " helps, the transcripts do not belong to the recordings (w2vctc check), or there is too"
        " little speech to train from scratch: begin from --model xlsr-53"
    )


def find_explosion(curve: Curve) -> str:
    """A loss that has risen far above what it was already down to; or ""."""
    values = [loss for _, loss in curve.losses]
    # Of each window its lower quarter: a clip that nobody can spell, alone in its batch, may well
    # come four times in a row, but it does not make the other batches worse.
    windows = [values[end - _WINDOW : end] for end in range(_WINDOW, len(values) + 1)]
    levels = [sorted(window)[_WINDOW // 4] for window in windows]
    if not levels:
        return ""
    lowest, now = min(*levels, median(values[:3])), levels[-1]  # or it broke within one window
    if now <= max(_EXPLODED * lowest, lowest + 1.0):
        return ""
    return (
        f"update {curve.losses[-1][0]:,}: the loss has risen from {lowest:.2f} to {now:.2f}: the"
        " learning rate is too high. Begin again with half of it (--learning-rate, --overwrite);"
        " the best checkpoint so far is kept in any case"
    )


def find_stuck_loss(curve: Curve) -> str:
    """A loss that stands still while nearly every word of dev is wrong; or ""."""
    losses = [(step, loss) for step, loss in curve.losses if step > curve.first_step]
    wers = [wer for _, wer in curve.dev_wers]
    if len(losses) < _STUCK_LOSSES or not wers or wers[-1] < _HOPELESS_WER:
        return ""
    last = losses[-1][0]
    quarter = [loss for step, loss in losses if step > last - curve.n_steps / 4]
    if last - curve.first_step < curve.n_steps / 4 or len(quarter) < _WINDOW // 2:
        return ""
    before, now = median(quarter[: len(quarter) // 2]), median(quarter[len(quarter) // 2 :])
    if now < (1 - _STUCK_GAIN) * before:
        return ""
    return (
        f"update {last:,}: the loss stands at {now:.2f} and has not fallen for a while, with"
        f" {wers[-1]:.0%} of the words wrong. Try another --learning-rate (three times, then a"
        " third), a longer run (--updates), and look at the transcripts with w2vctc check: texts"
        " that belong to other recordings look like this"
    )


SIGNS: tuple[Callable[[Curve], str], ...] = (find_blank_collapse, find_explosion, find_stuck_loss)


class GuardCallback(TrainerCallback):  # type: ignore[misc]
    """Tells each sign once, the first one that fits at a look: one cause shows in several ways."""

    def __init__(self, schedule: Schedule, *, on_note: Callable[[str], None]) -> None:
        self.schedule = schedule
        self.on_note = on_note
        self.told: set[Callable[[Curve], str]] = set()

    def on_evaluate(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        warm_up = round(self.schedule.warmup * state.max_steps)
        curve = read_curve(
            state.log_history,
            n_steps=state.max_steps,
            first_step=max(warm_up, self.schedule.freeze_encoder_updates),
        )
        for sign in SIGNS:
            if told := sign(curve):
                if sign not in self.told:
                    self.told.add(sign)
                    self.on_note(told)
                return


def check_spelling(
    rows: Sequence[Utterance], vocabulary: Vocabulary, *, on_note: Callable[[str], None]
) -> None:
    """Tells which characters of the transcripts have no label.

    Raises DataError (E_SPELLING) where the vocabulary cannot spell even half of the letters:
    most of what the model would learn is that speech sounds unknown.
    """
    unspelled: Counter[str] = Counter()
    n_characters = 0
    first: dict[str, str] = {}
    for row in rows:
        missing = vocabulary.unspellable(row.text)
        unspelled.update(missing)
        n_characters += len(row.text.replace(" ", ""))
        for character in missing:
            first.setdefault(character, row.source or row.id)
    if not unspelled:
        return
    shown = ", ".join(
        f"{character!r} (U+{ord(character[0]):04X}, {count:,} times, first in {first[character]})"
        for character, count in unspelled.most_common(5)
    ) + (f" and {len(unspelled) - 5} more" if len(unspelled) > 5 else "")
    n_unspelled = unspelled.total()
    if n_unspelled > (1 - _SPELLED_SHARE) * n_characters:
        raise DataError(
            f"the vocabulary cannot spell {n_unspelled:,} of {n_characters:,} letters in the"
            f" transcripts: {shown}",
            hint="it is the vocabulary of another spelling, case or script: build it anew with"
            " w2vctc build-vocab, or give the --profile that writes the transcripts as it does",
            code="E_SPELLING",
        )
    on_note(
        f"the vocabulary cannot spell {numbered(len(unspelled), 'character')}, learned as unknown:"
        f" {shown}; run w2vctc build-vocab again if it should"
    )
