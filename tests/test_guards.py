"""Signs of a run that goes wrong, on curves made up for each, and on small runs."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_data, make_network, save_source, train_small

from w2vctc.acoustic.monitoring.guards import (
    Curve,
    GuardCallback,
    check_spelling,
    find_blank_collapse,
    find_explosion,
    find_stuck_loss,
    read_curve,
)
from w2vctc.acoustic.presets import TINY_SCHEDULE
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError
from w2vctc.vocab import build_vocabulary

N_STEPS = 1_000


def curve(
    losses: Sequence[float] = (),
    *,
    blanks: Sequence[float] = (),
    wers: Sequence[float] = (),
    first_step: int = 100,
) -> Curve:
    """Values spread evenly over the updates of a run so far; half of it for losses of 50."""

    def spread(values: Sequence[float], every: int) -> list[tuple[int, float]]:
        return [(every * number, value) for number, value in enumerate(values, start=1)]

    return Curve(
        losses=spread(losses, 10),
        blank_shares=spread(blanks, 50),
        dev_wers=spread(wers, 50),
        n_steps=N_STEPS,
        first_step=first_step,
    )


def falling(n: int, *, start: float = 12.0, end: float = 0.5, noise: float = 0.0) -> list[float]:
    draw = random.Random(5)
    slope = math.log(start / end)
    return [
        start * math.exp(-slope * step / n) * (1 + draw.uniform(-noise, noise)) for step in range(n)
    ]


PLATEAU = [*falling(20, end=3.0), *falling(60, start=3.0, end=0.4, noise=0.2)]
HEALTHY = [
    curve(falling(100), blanks=[1, 1, 0.8, 0.7], wers=[1, 1, 0.9, 0.5]),
    curve(falling(100, noise=0.5), blanks=[1, 1, 0.8, 0.7], wers=[1, 1, 0.9, 0.5]),
    curve(PLATEAU, blanks=[1, 1, 1, 1, 0.99, 0.8], wers=[1] * 5, first_step=150),
    curve([0.2] * 100, blanks=[0.7] * 20, wers=[0.1] * 20),  # nothing left to learn
    curve([0.05, 0.04, 0.3, 0.05, 0.2] * 10, blanks=[0.7], wers=[0.1]),
    # a clip alone in its batch that cannot be learned, now and then several times in a row
    curve([*falling(40, end=2.5), *[2.4, 9.0, 9.2, 9.1, 9.0, 2.3, 2.4] * 7], wers=[0.8] * 5),
    curve(),
]


@pytest.mark.parametrize("healthy", HEALTHY)
def test_a_run_that_learns_is_left_alone(healthy: Curve) -> None:
    for n_losses in range(len(healthy.losses) + 1):
        so_far = replace(healthy, losses=healthy.losses[:n_losses])
        assert find_explosion(so_far) == ""
        assert find_stuck_loss(so_far) == ""
    for n_looks in range(len(healthy.blank_shares) + 1):
        assert (
            find_blank_collapse(replace(healthy, blank_shares=healthy.blank_shares[:n_looks])) == ""
        )


def test_only_blanks_long_after_the_warm_up_are_named_with_the_remedy() -> None:
    told = find_blank_collapse(curve(blanks=[0.9, 1, 0.9995, 1, 1]))
    assert told.startswith("update 250: the model says nothing at all, blanks only, for 3 looks")
    assert "--learning-rate" in told
    assert "w2vctc check" in told


def test_blanks_before_everything_learns_are_as_it_should_be() -> None:
    assert find_blank_collapse(curve(blanks=[1] * 6, first_step=200)) == ""
    assert find_blank_collapse(curve(blanks=[1] * 7, first_step=200)) != ""


def test_a_loss_that_rises_far_above_its_lowest_is_named_with_half_the_rate() -> None:
    told = find_explosion(curve([*falling(40, end=0.8), *[9.0] * 18]))
    assert told.startswith("update 580: the loss has risen from 1.20 to 9.00: the learning")
    assert find_explosion(curve([9.0, 9.5, *[400.0] * 20])) != ""  # at once
    assert "half of it (--learning-rate, --overwrite)" in told


def test_a_loss_of_infinity_is_an_explosion_too() -> None:
    assert find_explosion(curve([*falling(20), *[math.inf] * 20])) != ""


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_loss_that_stands_still_while_every_word_is_wrong_is_named(noise: float) -> None:
    losses = [*falling(15, end=3.04), *falling(45, start=3.04, end=3.03, noise=noise)]
    told = find_stuck_loss(curve(losses, wers=[1.0] * 12))
    assert told.startswith("update 600: the loss stands at 3.0")
    assert "100% of the words wrong" in told
    assert "--learning-rate" in told


def test_a_short_stand_is_no_sign() -> None:
    assert find_stuck_loss(curve([3.0] * 30, wers=[1.0] * 6)) == ""  # 200 updates since warm-up


def test_the_curve_is_read_from_the_trainers_log() -> None:
    log: list[dict[str, float]] = [
        {"step": 1, "loss": 3.0, "learning_rate": 1e-3},
        {"step": 2, "batch_parts": 2},
        {"step": 2, "eval_wer": 0.5, "eval_blank_share": 0.9, "eval_loss": 2.0},
    ]
    assert read_curve(log, n_steps=9, first_step=4) == Curve(
        [(1, 3.0)], [(2, 0.9)], [(2, 0.5)], 9, 4
    )


def test_each_sign_is_told_once_and_one_cause_by_one_sign() -> None:
    """All blank is a loss that stands still, too: the nearer name is enough."""
    notes: list[str] = []
    guard = GuardCallback(TINY_SCHEDULE, on_note=notes.append)
    log = [{"step": step, "loss": 3.0} for step in range(10, 700, 10)]
    log += [{"step": s, "eval_blank_share": 1.0, "eval_wer": 1.0} for s in range(100, 700, 100)]
    state = SimpleNamespace(log_history=log, max_steps=N_STEPS)
    for _ in range(3):
        guard.on_evaluate(None, state, None)
    assert [note.split(":")[1].split(",")[0] for note in notes] == [
        " the model says nothing at all"
    ]


def test_the_frozen_start_counts_as_warm_up() -> None:
    notes: list[str] = []
    guard = GuardCallback(replace(TINY_SCHEDULE, freeze_encoder_updates=500), on_note=notes.append)
    log = [{"step": s, "eval_blank_share": 1.0} for s in range(100, 800, 100)]
    guard.on_evaluate(None, SimpleNamespace(log_history=log, max_steps=N_STEPS), None)
    assert notes == []


# Small runs


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=8, n_dev=3)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("source") / "model"
    return save_source(folder, make_network(data.vocabulary), data.vocabulary)


def test_a_rate_that_is_far_too_high_is_told_in_a_real_run(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    notes: list[str] = []
    train_small(
        data,
        tmp_path / "out",
        source=source,
        schedule=replace(SHORT_SCHEDULE, updates=24, learning_rate=30.0, freeze_encoder_updates=0),
        eval_every=12,
        on_note=notes.append,
    )
    assert any("the learning rate is too high" in note for note in notes)


def test_a_model_that_stays_silent_is_told_in_a_real_run(
    tmp_path: Path, data: TrainingData
) -> None:
    notes: list[str] = []
    network = make_network(data.vocabulary)
    with torch.no_grad():
        network.lm_head.bias[data.vocabulary.blank_id] = 50
    silent = save_source(tmp_path / "silent", network, data.vocabulary)
    schedule = replace(SHORT_SCHEDULE, updates=8, learning_rate=1e-6, freeze_encoder_updates=0)
    train_small(
        data, tmp_path / "out", source=silent, schedule=schedule, eval_every=1, on_note=notes.append
    )
    assert [note for note in notes if "blanks only" in note] == notes[:1] != []


# Spelling


def rows(*texts: str) -> list[Utterance]:
    return [
        Utterance(id=f"u{n}", audio=Path(f"{n}.wav"), text=text, source=f"train.tsv:{n + 2}")
        for n, text in enumerate(texts)
    ]


def test_characters_without_a_label_are_told_with_their_code_points_and_places() -> None:
    notes: list[str] = []
    vocabulary = build_vocabulary(["kas mot"])
    check_spelling(rows("kas", "moß", "tas ßx"), vocabulary, on_note=notes.append)
    assert notes == [
        "the vocabulary cannot spell 2 characters, learned as unknown: 'ß' (U+00DF, 2 times, first"
        " in train.tsv:3), 'x' (U+0078, 1 times, first in train.tsv:4); run w2vctc build-vocab"
        " again if it should"
    ]


def test_a_vocabulary_that_spells_everything_is_not_talked_about() -> None:
    check_spelling(rows("kas mot"), build_vocabulary(["kas mot"]), on_note=pytest.fail)


def test_the_vocabulary_of_another_case_is_refused() -> None:
    vocabulary = build_vocabulary(["KAS MOT"])
    with pytest.raises(DataError) as caught:
        check_spelling(rows("kas mot", "KAS"), vocabulary, on_note=pytest.fail)
    assert caught.value.code == "E_SPELLING"
    assert caught.value.message.startswith(
        "the vocabulary cannot spell 6 of 9 letters in the transcripts: 'k' (U+006B, 1 times"
    )
    assert "and 1 more" in caught.value.message
    assert "w2vctc build-vocab" in caught.value.hint
