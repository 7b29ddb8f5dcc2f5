"""Checked rows without sound, for what is counted over many of them."""

from functools import partial
from pathlib import Path
from typing import Any

from w2vctc.acoustic.frames import count_standard_frames
from w2vctc.corpus.checks.rates import measure_rate
from w2vctc.corpus.checks.result import CheckedRow
from w2vctc.corpus.checks.rows import TrainingRules
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.utterance import Utterance
from w2vctc.text.normalize import normalize_text
from w2vctc.text.profile import LanguageProfile


def make_row(
    name: str, text: str = "la lluna", *, duration_s: float = 1.0, code: str = "", **fields: Any
) -> CheckedRow:
    """A row as it is after its own checks; with `code` one fault of that code."""
    utterance = Utterance(
        name, Path(f"{name}.wav"), text, duration_s=duration_s, source=f"{name}:1", **fields
    )
    faults = (Fault(code, f"{name}:1: {code}", utterance),) if code else ()
    return measure_rate(CheckedRow(utterance, text, faults))


def make_rules(profile: LanguageProfile, **fields: Any) -> TrainingRules:
    """What the check of this language asks of a row, with a label for each character."""
    return TrainingRules(
        normalize=partial(normalize_text, profile=profile),
        encode=lambda text: [ord(character) for character in text],
        count_frames=count_standard_frames,
        profile=profile,
        **fields,
    )
