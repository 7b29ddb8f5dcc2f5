"""Clips that stay improbable: found among many, remembered through a broken-off run, written."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from acoustic_material import (
    SHORT_SCHEDULE,
    make_data,
    make_network,
    make_rows,
    save_source,
    train_small,
)
from hypothesis import given
from hypothesis import strategies as st
from test_finetuning import raise_signal_at

from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.monitoring.suspects import (
    LossRecord,
    Suspect,
    find_outliers,
    find_outliers_of_each,
    save_suspects,
)

pytestmark = pytest.mark.usefixtures("one_thread")


def losses_like(n: int, *, seed: int) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    random = np.random.default_rng(seed)
    return (1 + 0.2 * random.standard_normal((n, 2))).astype(np.float32)


@given(st.integers(20, 300), st.integers(0, 100), st.floats(0.25, 100))
def test_clips_far_above_the_rest_are_found_worst_first_on_any_scale(
    n: int, seed: int, scale: float
) -> None:
    losses = losses_like(n, seed=seed)
    losses[[3, 7]] = [[9, 9], [6, 5]]
    assert find_outliers(losses * np.float32(scale)) == [3, 7]


def test_once_is_not_enough() -> None:
    """A mask over a whole word makes a good clip improbable once."""
    losses = losses_like(50, seed=1)
    losses[3, 0] = losses[4, 1] = 9
    losses[5] = 9, np.nan  # heard once only
    assert find_outliers(losses) == []


def test_of_clips_that_are_all_known_by_heart_none_is_a_suspect() -> None:
    """Ten times the usual loss is nothing where the usual loss is a hundredth."""
    losses = losses_like(50, seed=1) / 100
    losses[3] = 0.5
    assert find_outliers(losses) == []
    losses[4] = 1.5
    assert find_outliers(losses) == [4]


def test_of_few_clips_none_is_unusual() -> None:
    losses = losses_like(19, seed=1)
    losses[3] = 9
    assert find_outliers(losses) == []


def test_improbable_means_a_high_loss_never_a_low_one() -> None:
    losses = losses_like(50, seed=1)
    losses[3] = -5
    assert find_outliers(losses) == []


def test_a_dataset_that_is_harder_as_a_whole_is_no_suspect() -> None:
    """Of 50 clips and 25 of another dataset, whose losses are seven times as high."""
    losses = np.concatenate([losses_like(50, seed=1), 7 * losses_like(25, seed=2)])
    losses[[7, 60]] = [[4, 4], [40, 40]]
    assert len(find_outliers(losses)) > 20
    assert find_outliers_of_each(losses, [50, 25]) == [7, 60]
    assert find_outliers_of_each(losses, [75]) == find_outliers(losses)


def test_the_last_two_hearings_are_remembered() -> None:
    record = LossRecord(4)
    for rows, losses in (([0, 2], [1.0, 2.0]), ([2, 1], [3.0, 4.0]), ([2], [5.0])):
        record.add(torch.tensor(rows), torch.tensor(losses, requires_grad=True))
    nan = float("nan")
    np.testing.assert_array_equal(
        record.settle(), np.array([[nan, 1], [nan, 4], [3, 5], [nan, nan]], np.float32)
    )


def test_a_record_survives_in_a_checkpoint_and_a_foreign_one_is_ignored(tmp_path: Path) -> None:
    record, again, other = LossRecord(3), LossRecord(3), LossRecord(5)
    record.add(torch.tensor([1]), torch.tensor([2.5]))
    record.save(tmp_path)
    again.load(tmp_path)
    np.testing.assert_array_equal(again.settle(), record.settle())
    other.load(tmp_path)
    assert np.isnan(other.settle()).all()
    again.load(tmp_path / "nothing")  # begun by an older version
    np.testing.assert_array_equal(again.settle(), record.settle())


def test_the_table_says_where_the_row_is_and_what_was_heard(tmp_path: Path) -> None:
    (row,) = make_rows(tmp_path / "wav", ["kas mot"], split="train", seed=1)
    path = tmp_path / "suspects.tsv"
    save_suspects(path, [Suspect(row, 3.14159, "mos eik")])
    assert path.read_text(encoding="utf-8") == (
        "id\tsource\tloss\ttext\theard\ntrain000\ttrain.tsv:2\t3.14\tkas mot\tmos eik\n"
    )
    save_suspects(path, [])
    assert not path.exists()


def test_a_run_lists_what_stayed_improbable_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three clips with losses fifty times the others'; broken off, the run finds the same."""
    data = make_data(tmp_path / "data", n_train=24, n_dev=3)
    source = save_source(tmp_path / "source", make_network(data.vocabulary), data.vocabulary)
    wrong = torch.tensor([4, 17, 21])
    original = LossRecord.add

    def add(self: LossRecord, rows: torch.Tensor, losses: torch.Tensor) -> None:
        original(self, rows, losses * torch.where(torch.isin(rows, wrong), 50, 1))

    monkeypatch.setattr(LossRecord, "add", add)
    schedule = replace(SHORT_SCHEDULE, updates=0, epochs=3, batch_s=8.0)
    tables = []
    for name, watch in (("once", raise_signal_at()), ("twice", raise_signal_at(7))):
        folder = tmp_path / name
        notes: list[str] = []
        run = train_small(data, folder, source=source, schedule=schedule, on_event=watch)
        train_small(
            data,
            folder,
            source=source,
            schedule=schedule,
            resume=run.interrupted,
            on_note=notes.append,
        )
        with (folder / "training/suspects.tsv").open(encoding="utf-8") as stream:
            tables.append(list(csv.DictReader(stream, delimiter="\t")))
        assert any("stayed improbable: wrong transcripts?" in note for note in notes)
    assert tables[0] == tables[1]
    worst = tables[0][:3]
    assert {row["id"] for row in worst} == {"train004", "train017", "train021"}
    texts = {row.id: row.text for row in data.train}
    assert all(row["text"] == texts[row["id"]] for row in worst)


def test_training_losses_are_those_of_each_clip_per_label(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is noted of a batch has the batch's loss as its mean, to the last bit."""
    data = make_data(tmp_path / "data", n_train=6, n_dev=2)
    source = save_source(tmp_path / "source", make_network(data.vocabulary), data.vocabulary)
    noted: list[float] = []
    original = LossRecord.add

    def add(self: LossRecord, rows: torch.Tensor, losses: torch.Tensor) -> None:
        assert losses.shape == rows.shape
        noted.append(losses.mean().item())
        original(self, rows, losses)

    monkeypatch.setattr(LossRecord, "add", add)
    events: list[TrainingEvent] = []
    train_small(
        data,
        tmp_path / "out",
        source=source,
        schedule=replace(SHORT_SCHEDULE, updates=4),
        on_event=events.append,
    )
    shown = [event.loss for event in events if event.loss is not None]
    assert shown == [pytest.approx(loss, abs=1e-6) for loss in noted]
