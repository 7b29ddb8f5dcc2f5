"""The model card: what it says, what the hub reads of it, and whose README it is."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from w2vctc.acoustic.card import CARD_NAME, Card, is_untouched, render_card, save_card
from w2vctc.acoustic.clips.sampling import DatasetShare
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.cli.model_card import find_base, write_command
from w2vctc.project import Project

CARD = Card(
    language="ca",
    base="facebook/wav2vec2-large-xlsr-53",
    data="recordings",
    n_train=1200,
    train_s=4320.0,
    n_dev=90,
    dev_s=300.0,
    schedule="large 1h",
    updates=13_000,
    wer=0.2134,
    cer=0.0567,
    wer_bounds=(0.191, 0.236),
    command="w2vctc finetune --lang ca --seed 3",
    versions={"w2vctc": "0.1", "torch": "2.13.0"},
    fingerprint="0123456789abcdef",
)

RENDERED = """\
---
language:
- "ca"
# license: say here what others may do with the model, such as cc-by-4.0
library_name: transformers
pipeline_tag: automatic-speech-recognition
base_model: "facebook/wav2vec2-large-xlsr-53"
tags:
- wav2vec2
- ctc
- w2vctc
metrics:
- wer
- cer
model-index:
- name: "wav2vec2 ca"
  results:
  - task:
      type: automatic-speech-recognition
    dataset:
      name: "dev rows of recordings"
      type: own
      split: dev
    metrics:
    - type: wer
      value: 21.34
    - type: cer
      value: 5.67
---

# Speech recognition for ca

A wav2vec2 CTC model, fine-tuned from facebook/wav2vec2-large-xlsr-53 on 1.2
hours of speech in 1,200 clips (recordings); 90 clips, 5 minutes, were kept
apart to choose the best moment of training.

Schedule: large 1h, 13,000 updates.

On those clips, without a language model: word error rate 21.3 % (95 % interval
19.1 to 23.6 %), character error rate 5.7 %. The moment was chosen by them: on
other speech expect more errors.

## Use

    from transformers import pipeline

    recognise = pipeline("automatic-speech-recognition", model="path/to/this/folder")
    print(recognise("recording.wav")["text"])

## Make it again

    w2vctc finetune --lang ca --seed 3

With w2vctc 0.1, torch 2.13.0. Rows: 0123456789abcdef.
"""


def test_the_card_to_the_letter() -> None:
    assert render_card(CARD) == RENDERED


def test_a_card_of_several_datasets_names_each_with_its_share() -> None:
    shares = (
        DatasetShare("recordings", 1100, 3600.0, 0.56, 0.67),
        DatasetShare("radio", 100, 720.0, 0.44, 2.64),
    )
    text = render_card(replace(CARD, datasets=shares))
    assert text[text.index("A wav2vec2") : text.index("Schedule")] == (
        "A wav2vec2 CTC model, fine-tuned from facebook/wav2vec2-large-xlsr-53 on 1.2\n"
        "hours of speech in 1,200 clips (recordings, radio); 90 clips of recordings, 5\n"
        "minutes, were kept apart to choose the best moment of training.\n\n"
        "Of each dataset, and its share of what was heard: recordings 1.0 hours, 56 %;\n"
        "radio 12 minutes, 44 %.\n\n"
    )


def test_the_hub_reads_language_task_and_error_rates_of_it() -> None:
    data: Any = ModelCard(render_card(CARD)).data
    assert (data.language, data.library_name, data.license) == (["ca"], "transformers", None)
    assert (data.pipeline_tag, data.base_model) == ("automatic-speech-recognition", CARD.base)
    assert [(one.metric_type, one.metric_value) for one in data.eval_results] == [
        ("wer", 21.34),
        ("cer", 5.67),
    ]


@pytest.mark.parametrize(
    ("language", "read"),
    [("no", ["no"]), ("nno", ["nno"]), ("und", None), ("kichwa", None), ("pt-BR", None)],
)
def test_only_a_language_code_becomes_metadata_and_it_stays_text(
    language: str, read: list[str] | None
) -> None:
    """YAML reads a bare `no` as false."""
    data: Any = ModelCard(render_card(replace(CARD, language=language))).data
    assert data.language == read


def test_a_run_without_a_look_at_dev_claims_nothing() -> None:
    text = render_card(replace(CARD, wer=None, cer=None, wer_bounds=None, base=""))
    assert "error rate" not in text
    assert "model-index" not in text
    assert "base_model" not in text


def test_names_with_quotes_and_colons_stay_metadata() -> None:
    name = 'a "b": c'
    data: Any = ModelCard(render_card(replace(CARD, data=name))).data
    assert data.eval_results[0].dataset_name == f"dev rows of {name}"


def test_a_card_of_ours_is_replaced_and_one_that_a_person_touched_is_not(tmp_path: Path) -> None:
    aside = tmp_path / "training" / CARD_NAME
    own = tmp_path / CARD_NAME
    assert save_card(CARD, tmp_path, aside=aside) == own
    assert save_card(replace(CARD, updates=7), tmp_path, aside=aside) == own
    assert "7 updates" in own.read_text(encoding="utf-8")

    licensed = own.read_text(encoding="utf-8").replace("# license: say", "license: cc0-1.0 # say")
    own.write_text(licensed, encoding="utf-8")
    assert not is_untouched(own)
    assert save_card(CARD, tmp_path, aside=aside) == aside
    assert own.read_text(encoding="utf-8") == licensed
    assert aside.read_text(encoding="utf-8").startswith(RENDERED)


def test_a_readme_that_was_there_before_stays(tmp_path: Path) -> None:
    own = tmp_path / CARD_NAME
    own.write_bytes(b"# Notes \xff of mine\n")
    save_card(CARD, tmp_path, aside=tmp_path / "card.md")
    assert own.read_bytes() == b"# Notes \xff of mine\n"


def test_the_command_has_every_option_that_is_not_as_it_comes(tmp_path: Path) -> None:
    """Also those that came from w2vctc.toml: whoever types it needs no such file."""
    project = Project(
        lang="ca", data=tmp_path, model=tmp_path, lm=tmp_path, flags="--lang ca --data 'a b'"
    )
    options = FinetuneOptions(
        model="base", learning_rate=3e-5, skip_bad=True, short_first=False, augment="speed,gain"
    )
    assert write_command(project, options) == (
        "w2vctc finetune --lang ca --data 'a b' --model base --learning-rate 3e-05"
        " --augment speed,gain --no-short-first --skip-bad"
    )
    assert write_command(project, FinetuneOptions()).endswith("--data 'a b'")


def test_the_base_is_a_name_of_the_hub_or_nothing(tmp_path: Path) -> None:
    assert find_base("xlsr-53") == "facebook/wav2vec2-large-xlsr-53"
    assert find_base("somebody/wav2vec2-qu") == "somebody/wav2vec2-qu"
    assert find_base("tiny") == find_base(str(tmp_path)) == ""
