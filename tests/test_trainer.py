"""The Trainer's CTC parts: loss, learning rate, frozen start, masks, guards, checkpoints."""

import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import (
    SCORING,
    SHORT_SCHEDULE,
    make_batch,
    make_data,
    make_network,
    make_rows,
    save_source,
    train_small,
)
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file
from transformers import TrainingArguments

from w2vctc.acoustic.clips.batches import plan_in_order
from w2vctc.acoustic.clips.dataset import CtcCollator, SpeechDataset
from w2vctc.acoustic.monitoring.metrics import Scoring, make_metrics
from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.presets import SCHEDULES, TINY_SCHEDULE, Schedule
from w2vctc.acoustic.training.assembly import make_extractor
from w2vctc.acoustic.training.checkpoints import find_fault, list_checkpoints
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.trainer import CtcTrainer, clamped_spans, scale_learning_rate
from w2vctc.cli.main import main
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError

PLAIN = replace(
    SHORT_SCHEDULE,
    mask_time_prob=0.0,
    mask_feature_prob=0.0,
    activation_dropout=0.0,
    freeze_encoder_updates=0,
)
NO_DROPOUT: dict[str, Any] = {
    "hidden_dropout": 0.0,
    "attention_dropout": 0.0,
    "feat_proj_dropout": 0.0,
    "final_dropout": 0.0,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=8, n_dev=3)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("source") / "model"
    return save_source(folder, make_network(data.vocabulary), data.vocabulary)


pytestmark = pytest.mark.usefixtures("one_thread")


def make_trainer(folder: Path, network: Any, data: TrainingData, schedule: Schedule) -> CtcTrainer:
    def dataset(rows: Any) -> SpeechDataset:
        return SpeechDataset(rows, [data.vocabulary.encode(row.text) for row in rows])

    return CtcTrainer(
        model=network,
        args=TrainingArguments(str(folder), use_cpu=True, report_to=[], disable_tqdm=True),
        train_dataset=dataset(data.train),
        eval_dataset=dataset(data.dev),
        plan=plan_in_order([row.duration_s or 0 for row in data.train], batch_s=4),
        dev_plan=plan_in_order([row.duration_s or 0 for row in data.dev], batch_s=4),
        schedule=schedule,
        collator=CtcCollator(make_extractor(network.config)),
        n_workers=0,
        on_note=pytest.fail,
        compute_metrics=make_metrics([row.text for row in data.dev], data.vocabulary, SCORING),
    )


# The learning rate


@pytest.mark.parametrize(
    ("step", "scale"),
    [(0, 1 / 11), (9, 10 / 11), (10, 1), (49, 1), (75, math.sqrt(0.05)), (100, 0.05), (120, 0.05)],
)
def test_tri_stage_warms_up_holds_and_decays_to_a_twentieth(step: int, scale: float) -> None:
    assert scale_learning_rate(step, 100, SCHEDULES["base", "1h"]) == pytest.approx(scale)


@pytest.mark.parametrize(("step", "scale"), [(0, 1 / 11), (10, 1), (55, 0.5), (100, 0)])
def test_cosine_warms_up_and_falls_to_nothing(step: int, scale: float) -> None:
    assert scale_learning_rate(step, 100, TINY_SCHEDULE) == pytest.approx(scale)


@given(st.integers(1, 10_000), st.sampled_from([*SCHEDULES.values(), TINY_SCHEDULE]))
def test_every_update_has_a_rate_of_more_than_nothing(n_steps: int, schedule: Schedule) -> None:
    scales = {scale_learning_rate(step, n_steps, schedule) for step in (0, n_steps // 2)}
    assert all(0 < scale <= 1 for scale in scales)
    assert 0 < scale_learning_rate(n_steps - 1, n_steps, schedule) <= 1


# The loss


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_the_loss_covers_each_clips_own_frames_and_no_padding(
    tmp_path: Path, data: TrainingData, norm: str
) -> None:
    network = make_network(data.vocabulary, norm=norm).eval()
    rows = make_rows(tmp_path, ["kas", "mot aei kos mot", "aee"], split="train", seed=1)
    batch = make_batch(rows, data.vocabulary, network.config)
    mask = {"attention_mask": batch["attention_mask"]} if norm == "layer" else {}
    with torch.no_grad():
        logits = network(batch["input_values"], **mask).logits
        loss = make_trainer(tmp_path, network, data, PLAIN).compute_loss(network, batch)
    expected = []
    for row, clip in zip(rows, logits, strict=True):
        n_frames = (round((row.duration_s or 0) * 16_000) - 400) // 160 + 1
        n_frames = ((n_frames - 3) // 2 + 1) - 2
        target = torch.tensor(data.vocabulary.encode(row.text))
        clip_loss = torch.nn.functional.ctc_loss(
            clip[:n_frames].log_softmax(-1)[:, None],
            target[None],
            torch.tensor([n_frames]),
            torch.tensor([len(target)]),
            blank=data.vocabulary.blank_id,
            reduction="sum",
        )
        expected.append(clip_loss / len(target))
    assert loss.item() == pytest.approx(torch.stack(expected).mean().item(), rel=1e-5)


def test_a_text_that_does_not_fit_costs_nothing_and_spoils_nothing(
    tmp_path: Path, data: TrainingData
) -> None:
    """zero_infinity: the checks refuse such rows, but one that slips through is harmless."""
    network = make_network(data.vocabulary)
    row = replace(make_rows(tmp_path, ["ka"], split="train", seed=1)[0], text="k" * 60)
    batch = make_batch([row], data.vocabulary, network.config)
    loss = make_trainer(tmp_path, network, data, PLAIN).compute_loss(network, batch)
    assert loss.item() == 0


def test_evaluation_hears_every_dev_clip_once_and_in_order(
    tmp_path: Path, data: TrainingData
) -> None:
    network = make_network(data.vocabulary).eval()
    seen: list[Any] = []
    trainer = make_trainer(tmp_path, network, data, PLAIN)
    inner = trainer.compute_metrics

    def watch(prediction: Any) -> Any:
        seen.append(prediction)
        return inner(prediction)

    trainer.compute_metrics = watch
    assert len(trainer.dev_plan) > 1  # batches of different width
    metrics = trainer.evaluate()
    predicted = seen[0].predictions
    assert len(predicted) == len(data.dev)
    for row, frames in zip(data.dev, predicted, strict=True):
        batch = make_batch([row], data.vocabulary, network.config)
        with torch.no_grad():
            alone = network(batch["input_values"]).logits[0].argmax(-1).tolist()
        assert [frame for frame in frames.tolist() if frame != -100] == alone
    assert {"eval_wer", "eval_cer", "eval_score", "eval_loss", "eval_blank_share"} <= set(metrics)


def test_accumulated_batches_weigh_as_one(
    tmp_path: Path, data: TrainingData, tmp_path_factory: pytest.TempPathFactory
) -> None:
    network = make_network(data.vocabulary, **NO_DROPOUT)
    source = save_source(tmp_path_factory.mktemp("still") / "m", network, data.vocabulary)
    events: list[TrainingEvent] = []
    schedule = replace(PLAIN, updates=1, accumulation=2)
    train_small(data, tmp_path / "out", source=source, schedule=schedule, on_event=events.append)
    once: list[TrainingEvent] = []
    for part in (0, 1):
        plan = replace(PLAIN, updates=part + 1, learning_rate=1e-12)
        train_small(data, tmp_path / f"{part}", source=source, schedule=plan, on_event=once.append)
    losses = {event.step: event.loss for event in once if event.loss is not None}
    accumulated = [event.loss for event in events if event.loss is not None]
    assert accumulated == [pytest.approx((losses[1] + losses[2]) / 2, rel=1e-4)]


# Masks


@pytest.mark.parametrize(("n_samples", "span"), [(1_360, 1), (2_000, 3), (4_240, 10), (90_000, 10)])
def test_spans_fit_into_the_clip_and_are_as_long_as_before_afterwards(
    data: TrainingData, n_samples: int, span: int
) -> None:
    network = make_network(data.vocabulary)
    with pytest.raises(ZeroDivisionError), clamped_spans(network, n_samples):
        assert network.config.mask_time_length == span
        raise ZeroDivisionError
    assert network.config.mask_time_length == 10


def test_clips_shorter_than_a_span_are_trained_on(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    short = make_rows(tmp_path, ["a", "k", "s"], split="short", seed=3)
    assert max(row.duration_s or 0 for row in short) < 0.2  # fewer than ten frames
    result = train_small(
        TrainingData(short, data.dev, data.vocabulary),
        tmp_path / "out",
        source=source,
        schedule=replace(SHORT_SCHEDULE, updates=3, mask_time_prob=0.65),
    )
    assert result.steps == 3


# What learns when


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def changed_parts(before: Path, after: Path) -> set[str]:
    """head, feature_extractor and encoder, as far as a weight in them has changed."""
    old, new = weights_of(before), weights_of(after)
    names = [name for name in old.keys() & new.keys() if not torch.equal(old[name], new[name])]
    parts = {name.split(".")[1] if name.startswith("wav2vec2") else "head" for name in names}
    return {"encoder" if part == "feature_projection" else part for part in parts}


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"freeze_encoder_updates": 4}, {"head"}),
        ({"freeze_encoder_updates": 4, "freeze_feature_encoder": False}, {"head"}),
        ({"freeze_encoder_updates": 3}, {"head", "encoder"}),
        ({"freeze_feature_encoder": False}, {"head", "encoder", "feature_extractor"}),
    ],
)
def test_only_the_head_learns_while_the_encoder_is_frozen(
    tmp_path: Path, data: TrainingData, source: Path, changes: dict[str, Any], parts: set[str]
) -> None:
    schedule = replace(PLAIN, updates=4, weight_decay=0.1, **changes)
    result = train_small(data, tmp_path / "out", source=source, schedule=schedule)
    assert result.head == "kept"
    assert changed_parts(source, tmp_path / "out") == parts


# Guards


@pytest.fixture
def spoil(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function after which the training batches of these numbers (from 1) have no finite loss."""

    def spoil(*numbers: int) -> None:
        original = CtcTrainer._ctc_loss
        n_seen = 0

        def loss(self: CtcTrainer, model: Any, logits: Any, inputs: Any) -> Any:
            nonlocal n_seen
            n_seen += model.training
            value = original(self, model, logits, inputs)
            return value * float("nan") if model.training and n_seen in numbers else value

        monkeypatch.setattr(CtcTrainer, "_ctc_loss", loss)

    return spoil


def test_one_loss_that_is_no_number_is_passed_over(
    tmp_path: Path, data: TrainingData, source: Path, spoil: Any
) -> None:
    spoil(2, 3, 5, 6)  # never three in a row
    result = train_small(data, tmp_path / "out", source=source, schedule=replace(PLAIN, updates=8))
    assert result.steps == 8
    assert all(torch.isfinite(weight).all() for weight in weights_of(tmp_path / "out").values())
    assert "encoder" in changed_parts(source, tmp_path / "out")


def test_three_in_a_row_stop_the_run_and_name_the_clips(
    tmp_path: Path, data: TrainingData, source: Path, spoil: Any
) -> None:
    spoil(5, 6, 7)
    schedule = replace(PLAIN, updates=9, batch_s=0.1)  # a clip alone in each batch
    with pytest.raises(DataError) as caught:
        train_small(data, tmp_path / "out", source=source, schedule=schedule)
    error = caught.value
    assert (error.code, error.exit_code) == ("E_NONFINITE_LOSS", 3)
    head, names = error.message.rsplit(": ", 1)
    assert head == "the loss was not a number in 3 batches in a row (update 6)"
    named = set(names.split(", "))
    assert len(named) == 3
    assert named <= {row.id for row in data.train}
    assert "--learning-rate" in error.hint
    # the last good checkpoint is kept, nothing pretends to be a finished model
    assert find_fault(tmp_path / "out/training/checkpoint-4") == ""
    assert not (tmp_path / "out/model.safetensors").exists()


def test_finetune_ends_with_exit_code_3_then(
    tmp_path: Path,
    source: Path,
    spoil: Any,
    speech_rows: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(1, 2, 3)
    arguments = ["--data", str(speech_rows()), "--model", str(source), "--out", str(tmp_path / "o")]
    assert main(["finetune", *arguments, "--updates", "5", "--device", "cpu"]) == 3
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error: the loss was not a number in 3 batches in a row (update 2): ")
    assert error.endswith(" [E_NONFINITE_LOSS]")
    assert hint.startswith("hint:  most often the learning rate is too high")


def test_a_gradient_that_is_no_number_ruins_no_weight(
    tmp_path: Path, data: TrainingData, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = CtcTrainer.compute_loss
    n_losses = 0

    def compute_loss(self: CtcTrainer, model: Any, inputs: Any, **known: Any) -> Any:
        nonlocal n_losses
        n_losses += 1
        loss = original(self, model, inputs, **known)
        if n_losses == 3:  # finite itself, but not its slope
            bias = model.lm_head.bias
            loss = loss + torch.sqrt((bias - bias.detach()).abs()).sum()
        return loss

    monkeypatch.setattr(CtcTrainer, "compute_loss", compute_loss)
    result = train_small(data, tmp_path / "out", source=source, schedule=replace(PLAIN, updates=6))
    assert n_losses >= 6
    assert result.steps == 6
    assert all(torch.isfinite(weight).all() for weight in weights_of(tmp_path / "out").values())


@pytest.mark.parametrize("workers", [0, 1])
def test_a_recording_that_goes_away_while_it_trains_is_named(
    tmp_path: Path, data: TrainingData, source: Path, workers: int
) -> None:
    rows = [*data.train, Utterance(id="x", audio=tmp_path / "x.wav", text="kas", duration_s=1.0)]
    with pytest.raises(DataError) as caught:
        train_small(
            TrainingData(rows, data.dev, data.vocabulary),
            tmp_path / "out",
            source=source,
            workers=workers,
        )
    assert caught.value.code == "E_CHANGED"
    assert caught.value.message == f"{tmp_path}/x.wav: no such file or directory"
    assert "--resume" in caught.value.hint


# Checkpoints


class Worsening:
    """Error counts that grow from one evaluation to the next."""

    def __init__(self, n_references: int) -> None:
        self.n_references = n_references
        self.n_seen = 0

    def count(self, _reference: str, _hypothesis: str) -> tuple[int, int]:
        self.n_seen += 1
        return (self.n_seen - 1) // self.n_references + 1, 100


def worsening(data: TrainingData) -> Scoring:
    return Scoring(Worsening(len(data.dev)).count, Worsening(len(data.dev)).count)


def test_the_best_checkpoint_outlives_the_rotation_and_becomes_the_model(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    run_folder, best = tmp_path / "out/training", tmp_path / "best"
    events: list[TrainingEvent] = []

    def watch(event: TrainingEvent) -> None:
        events.append(event)
        if event.step == 2:
            shutil.copytree(run_folder / "checkpoint-1", best, dirs_exist_ok=True)
        if event.dev_wer is not None and event.step == 6:
            there = {path.name: find_fault(path) for path in list_checkpoints(run_folder)}
            assert there == {"checkpoint-1": "", "checkpoint-4": "", "checkpoint-5": ""}

    result = train_small(
        data,
        tmp_path / "out",
        source=source,
        schedule=replace(PLAIN, updates=6),
        eval_every=1,
        scoring=worsening(data),
        on_event=watch,
    )
    assert events[-1].step == 6
    assert [event.best for event in events if event.dev_wer is not None] == [True] + [False] * 5
    assert result.dev_wer == pytest.approx(len(data.dev) / (100 * len(data.dev)))
    final, kept = weights_of(tmp_path / "out"), weights_of(best)
    assert final.keys() == kept.keys()
    assert all(torch.equal(final[name], kept[name]) for name in kept)
    assert list_checkpoints(run_folder) == []


def test_a_damaged_best_checkpoint_is_never_made_the_model(
    tmp_path: Path, data: TrainingData, source: Path
) -> None:
    run_folder = tmp_path / "out/training"
    notes: list[str] = []

    def damage(event: TrainingEvent) -> None:
        if event.step == 3 and event.dev_wer is not None:
            path = run_folder / "checkpoint-1/model.safetensors"
            content = bytearray(path.read_bytes())
            content[-1] ^= 1
            path.write_bytes(content)

    train_small(
        data,
        tmp_path / "out",
        source=source,
        schedule=replace(PLAIN, updates=3),
        eval_every=1,
        scoring=worsening(data),
        on_event=damage,
        on_note=notes.append,
    )
    assert notes == ["left out checkpoint-1, the best one on dev: model.safetensors has changed"]
    assert (tmp_path / "out/model.safetensors").exists()


def test_a_full_disk_costs_the_new_checkpoint_and_not_the_old_one(
    tmp_path: Path, data: TrainingData, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_folder = tmp_path / "out/training"
    save = torch.save

    def refuse(value: Any, path: Any, *rest: Any, **known: Any) -> None:
        if "checkpoint-8" in str(path):
            Path(path).write_bytes(b"half of it")
            raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")
        save(value, path, *rest, **known)

    monkeypatch.setattr(torch, "save", refuse)
    with pytest.raises(MachineError) as caught:
        train_small(data, tmp_path / "out", source=source, schedule=replace(PLAIN, updates=12))
    assert (caught.value.code, caught.value.exit_code) == ("E_DISK", 5)
    assert "checkpoint-8: cannot be written" in caught.value.message
    assert [path.name for path in list_checkpoints(run_folder)] == ["checkpoint-4"]
    assert find_fault(run_folder / "checkpoint-4") == ""
    monkeypatch.undo()
    result = train_small(
        data,
        tmp_path / "out",
        source=source,
        schedule=replace(PLAIN, updates=12),
        resume=True,
    )
    assert result.steps == 12
