"""What others have reached with as much speech: published figures, each with its source."""

from collections.abc import Mapping
from dataclasses import dataclass

from w2vctc.acoustic.presets import LARGE_HIDDEN_SIZE, SCRATCH, choose_data_size

WAV2VEC2 = "arXiv:2006.11477, table 9"
XLSR = "arXiv:2006.13979"


@dataclass(frozen=True)
class Published:
    """Word error rates in percent on LibriSpeech's test sets, (clean, other)."""

    greedy: tuple[float, float]
    with_4gram: tuple[float, float]


# Labelled speech by Libri-light's splits; BASE had heard 960 hours of English without labels, LARGE
# 53,000.
ENGLISH: Mapping[tuple[str, str], Published] = {
    ("BASE", "10min"): Published((46.9, 50.9), (9.1, 15.6)),
    ("BASE", "1h"): Published((24.5, 29.7), (5.5, 11.3)),
    ("BASE", "10h"): Published((11.1, 17.6), (4.3, 9.5)),
    ("BASE", "100h"): Published((6.1, 13.3), (3.4, 8.0)),
    ("LARGE", "10min"): Published((40.2, 38.7), (6.6, 10.3)),
    ("LARGE", "1h"): Published((17.2, 20.3), (3.8, 7.1)),
    ("LARGE", "10h"): Published((6.3, 10.0), (3.0, 5.8)),
    ("LARGE", "100h"): Published((3.1, 6.3), (2.3, 4.6)),
}

# XLSR-53, tens of hours of telephone speech in each language, with a language model.
TELEPHONE: Mapping[str, float] = {
    "Swahili": 26.5,
    "Georgian": 31.1,
    "Tagalog": 33.2,
    "Assamese": 44.1,
}


def describe_expectation(*, model: str, hidden_size: int, train_s: float) -> tuple[str, ...]:
    """Sentences on what to expect of `train_s` seconds of speech, with sources and warnings."""
    if model in SCRATCH:
        return (
            "No published figure is for a network that starts from nothing with hours of speech:"
            " it can learn a small closed vocabulary, such as numbers. Take --model base or"
            " xlsr-53 for free speech.",
        )
    kind = "LARGE" if hidden_size >= LARGE_HIDDEN_SIZE else "BASE"
    size = choose_data_size(train_s / 60)
    found = ENGLISH[kind, size]
    english = (
        f"wav2vec 2.0 {kind} reached, with {_spell(size)} of English read aloud,"
        f" {found.greedy[0]:g} % WER on clean and {found.greedy[1]:g} % on other speech,"
        f" and {found.with_4gram[0]:g} % and {found.with_4gram[1]:g} % with a 4-gram"
        f" of a large library ({WAV2VEC2})."
    )
    others = ", ".join(f"{language} {wer:g} %" for language, wer in TELEPHONE.items())
    telephone = (
        "XLSR-53 reached, with tens of hours of telephone conversations and a language model,"
        f" WERs of {others} ({XLSR})."
    )
    warning = (
        "These are for those languages and recordings. English is what that model had heard for"
        " hundreds of hours before: another language has more errors, the more so the longer its"
        " words are and the noisier its recordings."
    )
    return (english, telephone, warning) if kind == "LARGE" else (english, warning)


def _spell(size: str) -> str:
    return {"10min": "10 minutes", "1h": "1 hour", "10h": "10 hours", "100h": "100 hours"}[size]
