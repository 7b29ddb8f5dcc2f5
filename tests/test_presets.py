"""The table of schedules against fairseq's published fine-tuning files, and how one is chosen."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.acoustic.presets import (
    DATA_SIZES,
    SCHEDULES,
    TINY_SCHEDULE,
    choose_data_size,
    choose_schedule,
    name_source,
)
from w2vctc.acoustic.training.options import METHODS, FinetuneOptions, apply_options, check_options
from w2vctc.errors import UsageError

# examples/wav2vec/config/finetuning/{base,vox}_{10m,1h,10h,100h}.yaml of fairseq:
# lr, max_update, freeze_finetune_updates, mask_prob, mask_channel_prob
PUBLISHED = {
    ("base", "10min"): (5e-5, 13_000, 10_000, 0.65, 0.25),
    ("base", "1h"): (5e-5, 13_000, 10_000, 0.65, 0.25),
    ("base", "10h"): (5e-5, 20_000, 10_000, 0.65, 0.5),
    ("base", "100h"): (3e-5, 80_000, 0, 0.65, 0.5),
    ("large", "10min"): (1e-4, 13_000, 10_000, 0.65, 0.25),
    ("large", "1h"): (3e-4, 13_000, 10_000, 0.75, 0.25),
    ("large", "10h"): (1e-4, 20_000, 10_000, 0.75, 0.25),
    ("large", "100h"): (3e-5, 80_000, 10_000, 0.5, 0.5),
}


def test_the_schedules_are_the_published_ones() -> None:
    ours = {
        key: (
            schedule.learning_rate,
            schedule.updates,
            schedule.freeze_encoder_updates,
            schedule.mask_time_prob,
            schedule.mask_feature_prob,
        )
        for key, schedule in SCHEDULES.items()
    }
    assert ours == PUBLISHED


def test_what_all_published_schedules_share() -> None:
    for schedule in SCHEDULES.values():
        assert (schedule.shape, schedule.warmup, schedule.hold) == ("tri_stage", 0.1, 0.4)
        assert schedule.activation_dropout == 0.1
        assert schedule.weight_decay == 0.0
        assert schedule.freeze_feature_encoder  # feature_grad_mult: 0.0


@pytest.mark.parametrize(
    ("minutes", "size"),
    [
        (0.5, "10min"),
        (10, "10min"),
        (24, "10min"),
        (25, "1h"),
        (60, "1h"),
        (189, "1h"),
        (191, "10h"),
        (600, "10h"),
        (1_899, "10h"),
        (1_901, "100h"),
        (60_000, "100h"),
    ],
)
def test_minutes_choose_the_nearest_size(minutes: float, size: str) -> None:
    assert choose_data_size(minutes) == size


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_more_speech_never_chooses_a_smaller_size(one: float, other: float) -> None:
    less, more = sorted((one, other))
    sizes = [DATA_SIZES.index(choose_data_size(minutes)) for minutes in (less, more)]
    assert sizes == sorted(sizes)


def test_size_and_amount_choose_the_schedule_and_a_preset_wins() -> None:
    def choose(hidden_size: int, minutes: float, preset: str = "auto") -> str:
        return choose_schedule(
            model="some/model", hidden_size=hidden_size, minutes=minutes, preset=preset
        ).name

    assert choose(768, 12) == "base 10min"
    assert choose(1024, 12) == "large 10min"
    assert choose(1024, 700) == "large 10h"
    assert choose(768, 12, "100h") == "base 100h"


def test_tiny_has_a_schedule_of_its_own() -> None:
    chosen = choose_schedule(model="tiny", hidden_size=192, minutes=10_000, preset="auto")
    assert chosen is TINY_SCHEDULE
    assert chosen.mask_time_prob == chosen.mask_feature_prob == 0
    assert not chosen.freeze_feature_encoder
    assert chosen.short_first


def test_small_is_deeper_than_tiny_and_drops_and_masks() -> None:
    chosen = choose_schedule(model="small", hidden_size=192, minutes=180, preset="auto")
    assert chosen.name == "small from scratch"
    assert chosen.epochs > TINY_SCHEDULE.epochs
    assert (chosen.dropout, chosen.mask_time_prob) == (0.1, 0.1)
    assert not chosen.freeze_feature_encoder


def test_an_unknown_preset_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no preset '5h'") as caught:
        choose_schedule(model="tiny", hidden_size=192, minutes=1, preset="5h")
    assert caught.value.hint == "choose one of auto, 10min, 1h, 10h, 100h"


def test_names_stand_for_hub_ids_unless_a_folder_has_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert name_source("base") == "facebook/wav2vec2-base"
    assert name_source("960h-lv60-self") == "facebook/wav2vec2-large-960h-lv60-self"
    assert name_source("xlsr-53") == "facebook/wav2vec2-large-xlsr-53"
    assert name_source("somebody/model") == "somebody/model"
    (tmp_path / "base").mkdir()
    assert name_source("base") == "base"


def test_options_replace_what_they_name_and_nothing_else() -> None:
    schedule = SCHEDULES["base", "1h"]
    assert apply_options(schedule, FinetuneOptions()) == schedule
    changed = apply_options(
        schedule, FinetuneOptions(learning_rate=1e-3, batch_seconds=50, freeze_encoder_updates=0)
    )
    assert (changed.learning_rate, changed.batch_s) == (1e-3, 50)
    assert changed.freeze_encoder_updates == 0
    assert changed.updates == schedule.updates


def test_dropout_is_left_to_the_checkpoint_unless_it_is_given() -> None:
    schedule = SCHEDULES["base", "1h"]
    assert apply_options(schedule, FinetuneOptions()).dropout is None
    assert apply_options(schedule, FinetuneOptions(dropout=0.0)).dropout == 0
    assert apply_options(schedule, FinetuneOptions(dropout=0.3)).dropout == 0.3


@pytest.mark.parametrize("dropout", [-0.1, 1.0, float("nan")])
def test_dropout_must_leave_something(dropout: float) -> None:
    with pytest.raises(UsageError) as caught:
        check_options(FinetuneOptions(dropout=dropout))
    assert caught.value.message == f"--dropout {dropout:g} must be 0 or more and below 1"


@pytest.mark.parametrize(
    ("hidden_size", "rates"),
    [
        (768, {"full": 5e-5, "lora": 5e-4, "adapter": 1e-3, "bitfit": 1e-3}),
        (1024, {"full": 3e-4, "lora": 3e-4, "adapter": 1e-3, "bitfit": 1e-3}),
    ],
)
def test_a_part_learns_at_its_published_rate_unless_another_is_given(
    hidden_size: int, rates: dict[str, float]
) -> None:
    assert set(rates) == set(METHODS)
    for peft, rate in rates.items():
        chosen, plain = (
            choose_schedule(
                model="some/model", hidden_size=hidden_size, minutes=60, preset="auto", peft=method
            )
            for method in (peft, "full")
        )
        assert chosen == replace(plain, learning_rate=rate)  # and nothing else
        given = apply_options(chosen, FinetuneOptions(peft=peft, learning_rate=7e-5))
        assert given.learning_rate == 7e-5
        assert apply_options(chosen, FinetuneOptions(peft=peft)).learning_rate == rate


def test_epochs_take_the_place_of_updates_and_the_other_way_round() -> None:
    by_epochs = apply_options(SCHEDULES["base", "1h"], FinetuneOptions(epochs=3))
    assert (by_epochs.epochs, by_epochs.updates) == (3, 0)
    by_updates = apply_options(TINY_SCHEDULE, FinetuneOptions(updates=70))
    assert by_updates.updates == 70


def test_every_option_out_of_range_is_named_at_once() -> None:
    options = FinetuneOptions(epochs=float("inf"), updates=3, learning_rate=float("nan"), seed=-1)
    with pytest.raises(UsageError) as caught:
        check_options(options)
    assert caught.value.message == (
        "--epochs inf must be a number above 0; --learning-rate nan must be a number above 0;"
        " --seed -1 must be 0 or more; --epochs and --updates both say how long: give one"
    )


def test_the_defaults_and_a_patience_of_zero_are_in_range() -> None:
    assert check_options(FinetuneOptions()) == FinetuneOptions()
    check_options(FinetuneOptions(patience=0, freeze_encoder_updates=0, workers=0))
