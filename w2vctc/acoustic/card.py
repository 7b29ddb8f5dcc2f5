"""The model card: README.md in the model folder, with the metadata that the hub reads."""

import hashlib
import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from w2vctc.acoustic.clips.sampling import DatasetShare
from w2vctc.files import save_text

CARD_NAME = "README.md"
_SEAL = re.compile(r"<!-- w2vctc ([0-9a-f]{16}) -->\n\Z")
_WIDTH = 80


@dataclass(frozen=True)
class Card:
    """What the card tells.

    language: a code of BCP 47. base: the hub id of the model that training began with, "" where
    there is none. data: the name of the project's own. Rates are shares of 1; wer_bounds is their
    95 % interval. command: what to type to make the model again. versions: of the programs that
    made it.
    """

    language: str
    base: str
    data: str
    n_train: int
    train_s: float
    n_dev: int
    dev_s: float
    schedule: str
    updates: int
    wer: float | None
    cer: float | None
    wer_bounds: tuple[float, float] | None
    command: str
    versions: Mapping[str, str]
    fingerprint: str = ""  # of the rows, to tell whether data are the same
    datasets: tuple[DatasetShare, ...] = ()  # where there are several; the first one has dev


def render_card(card: Card) -> str:
    """The card as Markdown; the licence is left for the person to fill in."""
    blocks = [_render_metadata(card), f"# Speech recognition for {card.language}"]
    blocks += map(_fill, _list_paragraphs(card))
    blocks += ["## Use", _USE, "## Make it again", f"    {card.command}", _render_versions(card)]
    return "\n\n".join(blocks) + "\n"


def save_card(card: Card, folder: Path, *, aside: Path) -> Path:
    """Writes the card and returns where it is: into `aside` if the README there is a person's.

    A README that was written here before and not touched since is replaced.
    """
    path = folder / CARD_NAME
    target = path if not path.exists() or is_untouched(path) else aside
    text = render_card(card)
    save_text(target, f"{text}\n<!-- w2vctc {_digest(text)} -->\n")
    return target


def is_untouched(path: Path) -> bool:
    """Whether a card is as `save_card` wrote it, to the letter."""
    text = path.read_text(encoding="utf-8", errors="replace")
    seal = _SEAL.search(text)
    return seal is not None and _digest(text[: seal.start() - 1]) == seal[1]


_USE = """\
    from transformers import pipeline

    recognise = pipeline("automatic-speech-recognition", model="path/to/this/folder")
    print(recognise("recording.wav")["text"])"""


def _render_metadata(card: Card) -> str:
    lines = ["---"]
    if re.fullmatch(r"[a-z]{2,3}", card.language) and card.language != "und":
        lines += ["language:", f"- {json.dumps(card.language)}"]  # `no` alone would be a boolean
    lines += ["# license: say here what others may do with the model, such as cc-by-4.0"]
    lines += ["library_name: transformers", "pipeline_tag: automatic-speech-recognition"]
    if card.base:
        lines += [f"base_model: {json.dumps(card.base)}"]
    lines += ["tags:", "- wav2vec2", "- ctc", "- w2vctc", "metrics:", "- wer", "- cer"]
    if card.wer is not None and card.cer is not None:
        lines += [
            *("model-index:", f"- name: {json.dumps('wav2vec2 ' + card.language)}", "  results:"),
            *("  - task:", "      type: automatic-speech-recognition", "    dataset:"),
            *(f"      name: {json.dumps('dev rows of ' + card.data)}", "      type: own"),
            *("      split: dev", "    metrics:"),
            *("    - type: wer", f"      value: {100 * card.wer:.2f}"),
            *("    - type: cer", f"      value: {100 * card.cer:.2f}"),
        ]
    return "\n".join([*lines, "---"])


def _list_paragraphs(card: Card) -> list[str]:
    origin = f"fine-tuned from {card.base}" if card.base else "trained"
    data = ", ".join(one.name for one in card.datasets) or card.data
    whose = f" of {card.data}" if card.datasets else ""
    paragraphs = [
        f"A wav2vec2 CTC model, {origin} on {_amount(card.train_s)} of speech in"
        f" {card.n_train:,} clips ({data}); {card.n_dev:,} clips{whose}, {_amount(card.dev_s)},"
        " were kept apart to choose the best moment of training.",
        f"Schedule: {card.schedule}, {card.updates:,} updates.",
    ]
    if card.datasets:
        told = "; ".join(
            f"{one.name} {_amount(one.seconds)}, {100 * one.share:.0f} %" for one in card.datasets
        )
        paragraphs.insert(1, f"Of each dataset, and its share of what was heard: {told}.")
    if card.wer is not None and card.cer is not None:
        bounds = ""
        if card.wer_bounds is not None:
            low, high = card.wer_bounds
            bounds = f" (95 % interval {100 * low:.1f} to {100 * high:.1f} %)"
        paragraphs.append(
            f"On those clips, without a language model: word error rate {100 * card.wer:.1f} %"
            f"{bounds}, character error rate {100 * card.cer:.1f} %. The moment was chosen by"
            " them: on other speech expect more errors."
        )
    return paragraphs


def _render_versions(card: Card) -> str:
    told = ", ".join(f"{name} {version}" for name, version in card.versions.items())
    rows = f" Rows: {card.fingerprint}." if card.fingerprint else ""
    return _fill(f"With {told}.{rows}")


def _fill(text: str) -> str:
    return textwrap.fill(text, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _amount(seconds: float) -> str:
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} seconds"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
