"""What the data means for training is what finetune chooses by itself."""

from pathlib import Path

import pytest
from check_material import make_row

from w2vctc.acoustic.presets import LARGE_HIDDEN_SIZE, choose_schedule
from w2vctc.acoustic.training.options import FinetuneOptions
from w2vctc.cli.checking.advice import advise
from w2vctc.cli.screen import format_amount
from w2vctc.corpus.checks.result import CheckedRow, CheckResult
from w2vctc.corpus.checks.statistics import describe_splits


def make_result(*rows: CheckedRow, language: str = "Catalan") -> CheckResult:
    return CheckResult(
        place=Path("data/ca"),
        format="",
        language=language,
        note="",
        n_rows=len(rows),
        rows=rows,
        faults=(),
        reasons=(),
        splits=describe_splits(rows),
        speakers=(),
        lengths=None,
        rates=None,
        characters=(),
        dropped=(),
        overlaps=(),
    )


def ask(
    *rows: CheckedRow, minutes: float = 41, language: str = "Catalan", **options: str
) -> tuple[str, ...]:
    return advise(
        make_result(*rows, language=language),
        FinetuneOptions(**options),  # type: ignore[arg-type]
        train_minutes=minutes,
        flags="--lang ca",
    )


def test_the_model_and_the_schedule_are_named() -> None:
    assert ask() == (
        "41 minutes to train on: `w2vctc finetune --lang ca` takes --model xlsr-53 --preset 1h by"
        " itself: 13,000 updates of 200 s, in the first 10,000 only the new head learns",
    )


@pytest.mark.parametrize("minutes", [12, 24, 25, 41, 189, 191, 1_899, 1_901, 9_000])
def test_the_schedule_is_the_one_that_finetune_chooses(minutes: float) -> None:
    schedule = choose_schedule(
        model="xlsr-53", hidden_size=LARGE_HIDDEN_SIZE, minutes=minutes, preset="auto"
    )
    (told,) = ask(minutes=minutes)
    assert f"--preset {schedule.name.removeprefix('large ')} by itself" in told
    assert f": {schedule.updates:,} updates of {schedule.batch_s:g} s" in told


def test_a_model_that_the_project_chose_is_the_one_told_of() -> None:
    schedule = choose_schedule(model="base", hidden_size=768, minutes=700, preset="auto")
    assert (
        f"takes --model base --preset 10h by itself: {schedule.updates:,} updates"
        in (ask(minutes=700, model="base")[0])
    )
    assert ask(model="tiny")[0].endswith("learns from scratch, for a toy")
    assert ask(model="small")[0].endswith("learns from scratch")


def test_little_speech_is_called_little() -> None:
    assert "under 10 minutes" in ask(minutes=9.9)[1]
    assert len(ask(minutes=10.1)) == 1


def test_without_any_speech_there_is_nothing_to_choose() -> None:
    assert ask(minutes=0) == ("nothing can be trained on yet: mend the faults above first",)


def test_a_small_dev_set_is_called_small() -> None:
    small, large = (make_row("d", "a", split="dev", duration_s=s) for s in (299.0, 301.0))
    assert any(line.startswith("dev has 5 minutes:") for line in ask(small))
    assert len(ask(large)) == 1


def test_many_new_words_ask_for_text() -> None:
    train = make_row("t", " ".join("abcdefghi"), split="train")
    dev = make_row("d", " ".join("abcdefghxy"), split="dev", duration_s=301)
    assert any(line.startswith("20 % of the words in dev never occur") for line in ask(train, dev))
    known = make_row("d", " ".join("abcdefghia"), split="dev", duration_s=301)
    assert len(ask(train, known)) == 1


def test_english_has_a_model_of_its_own() -> None:
    assert any("960h-lv60-self" in line for line in ask(language="English"))


def test_how_the_data_will_be_divided_is_told() -> None:
    told = advise(
        make_result(), FinetuneOptions(), train_minutes=41, flags="", division="divided by sentence"
    )
    assert told[1] == "the data does not say which rows are dev, so it will be divided by sentence"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0, "0 seconds"), (59.4, "59 seconds"), (59.6, "1 minute"), (89, "1 minute")),
        *((95, "2 minutes"), (3_599, "60 minutes"), (3_600, "1.00 hours"), (11_304, "3.14 hours")),
    ],
)
def test_amounts_of_speech_are_told_in_the_unit_that_fits(seconds: float, text: str) -> None:
    assert format_amount(seconds) == text
