"""Batches that do not fit are cut: the same gradients, the same updates, said once."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from acoustic_material import (
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

from w2vctc.acoustic.memory_errors import is_out_of_memory, memory_errors
from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.training.batch_memory import (
    CuttingTrainer,
    count_clips,
    cut_batch,
)
from w2vctc.acoustic.training.data import TrainingData
from w2vctc.acoustic.training.trainer import CtcTrainer
from w2vctc.cli.main import main
from w2vctc.errors import MachineError

# Nothing that draws random numbers: a batch and its parts must see the same.
STILL = replace(
    SHORT_SCHEDULE,
    updates=4,
    batch_s=8.0,  # batches of six clips and of three, by turns
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
TOLD = (
    "out of memory in update 3: from here on each batch is trained on in 2 parts; the updates stay"
    " what they are, but take a little longer"
)
OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nmore")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TrainingData:
    return make_data(tmp_path_factory.mktemp("data"), n_train=9, n_dev=3)


@pytest.fixture(scope="module")
def source(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    network = make_network(data.vocabulary, **NO_DROPOUT)
    return save_source(tmp_path_factory.mktemp("source") / "model", network, data.vocabulary)


@pytest.fixture(scope="module")
def lively(data: TrainingData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With dropout: the random numbers of a run matter."""
    network = make_network(data.vocabulary)
    return save_source(tmp_path_factory.mktemp("lively") / "model", network, data.vocabulary)


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """A function after which training batches of more clips than it says run out of memory.

    The first `after` passes are let through; what comes back is the list of the sizes that were
    refused. The error comes when gradients are summed already, as from a pass that breaks off.
    """

    original = CtcTrainer.compute_loss

    def limit(n_clips: int, *, error: Exception = OUT_OF_MEMORY, after: int = 0) -> list[int]:
        refused: list[int] = []
        n_seen = 0

        def compute_loss(self: Any, model: Any, inputs: Any, **known: Any) -> Any:
            nonlocal n_seen
            loss = original(self, model, inputs, **known)
            if not model.training:
                return loss
            n_seen += 1
            if n_seen > after and count_clips(inputs) > n_clips:
                refused.append(count_clips(inputs))
                loss.backward()
                raise error
            return loss

        monkeypatch.setattr(CtcTrainer, "compute_loss", compute_loss)
        return refused

    return limit


def keep_still(network: Any) -> None:
    """Takes every random number out of its forward pass."""
    network.config.apply_spec_augment = False
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    for layer in network.wav2vec2.encoder.layers:
        layer.attention.dropout = 0.0


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


# What is an out-of-memory


@pytest.mark.parametrize(
    "error",
    [
        OUT_OF_MEMORY,
        RuntimeError(
            "[enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't allocate"
            " memory: you tried to allocate 8000000000000 bytes."
        ),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 8 bytes."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        MemoryError(),
    ],
    ids=["cuda", "linux", "windows", "driver", "cublas", "python"],
)
def test_each_allocators_words_are_known(error: Exception) -> None:
    assert is_out_of_memory(error)


def test_what_torch_itself_says_on_a_cpu_is_known() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 58)
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    "error", [RuntimeError("size mismatch"), ValueError("out of memory of names"), OSError(12, "x")]
)
def test_other_errors_are_left_alone(error: Exception) -> None:
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)), memory_errors("here"):
        raise error


# Cutting


@given(n_clips=st.integers(1, 9), n_parts=st.integers(1, 12))
def test_parts_hold_every_clip_once_in_order_and_as_wide(n_clips: int, n_parts: int) -> None:
    batch: dict[str, Any] = {
        "input_values": torch.rand(n_clips, 5),
        "labels": torch.arange(3 * n_clips).reshape(n_clips, 3),
        "name": "not a tensor",
    }
    parts = cut_batch(batch, n_parts)
    sizes = [count_clips(part) for part in parts]
    assert len(parts) == min(n_clips, n_parts)
    assert max(sizes) - min(sizes) <= 1
    assert all(part["name"] == "not a tensor" for part in parts)
    for name in ("input_values", "labels"):
        assert torch.equal(torch.cat([part[name] for part in parts]), batch[name])


@pytest.mark.parametrize("n_parts", [2, 4])
@pytest.mark.parametrize("accumulation", [1, 3])
@pytest.mark.parametrize("norm", ["layer", "group"])
def test_the_gradients_of_the_parts_are_those_of_the_batch(
    tmp_path: Path, data: TrainingData, norm: str, n_parts: int, accumulation: int
) -> None:
    """Five clips of different lengths: parts of different sizes, texts of different lengths."""
    from test_trainer import make_trainer

    texts = ["kas", "mot aei kos mot", "aee", "kos", "tamisot ek"]
    rows = make_rows(tmp_path, texts, split="train", seed=1)
    gradients, losses = [], []
    for parts in (1, n_parts):
        network = make_network(data.vocabulary, norm=norm)
        keep_still(network)
        trainer = make_trainer(tmp_path, network, data, STILL)
        trainer.n_parts = parts
        trainer.current_gradient_accumulation_steps = accumulation
        batch = make_batch(rows, data.vocabulary, network.config)
        losses.append(trainer.training_step(network, batch).item())
        assert trainer.current_gradient_accumulation_steps == accumulation
        gradients.append({name: p.grad for name, p in network.named_parameters()})
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    for name, gradient in gradients[0].items():
        if name.endswith("masked_spec_embed"):  # nothing is masked
            continue
        assert gradient is not None, name
        torch.testing.assert_close(gradients[1][name], gradient, rtol=1e-3, atol=1e-6)


# Whole runs


def test_an_update_that_does_not_fit_is_done_in_parts_and_so_are_all_after_it(
    tmp_path: Path, data: TrainingData, source: Path, scarce: Callable[..., list[int]]
) -> None:
    """The third update breaks off half-way; its sum and all later ones are as if it had not."""
    whole: list[TrainingEvent] = []
    train_small(data, tmp_path / "whole", source=source, schedule=STILL, on_event=whole.append)
    refused = scarce(3, after=2)
    notes: list[str] = []
    cut: list[TrainingEvent] = []
    result = train_small(
        data,
        tmp_path / "cut",
        source=source,
        schedule=STILL,
        on_event=cut.append,
        on_note=notes.append,
    )
    assert result.steps == 4
    assert notes == [TOLD]
    assert len(refused) == 1
    losses = [event.loss for event in whole if event.loss is not None]
    assert [event.loss for event in cut if event.loss is not None] == pytest.approx(
        losses, rel=1e-3
    )
    before, after = weights_of(tmp_path / "whole"), weights_of(tmp_path / "cut")
    for name, weights in before.items():
        torch.testing.assert_close(after[name], weights, rtol=0.02, atol=2e-4)


def test_what_was_summed_in_the_same_update_before_it_counts_once(
    tmp_path: Path, data: TrainingData, source: Path, scarce: Callable[..., list[int]]
) -> None:
    """Three batches to an update, and the second of the second update does not fit."""
    schedule = replace(STILL, updates=2, accumulation=3)
    train_small(data, tmp_path / "whole", source=source, schedule=schedule)
    refused = scarce(3, after=4)
    train_small(data, tmp_path / "cut", source=source, schedule=schedule)
    assert len(refused) == 1
    before, after = weights_of(tmp_path / "whole"), weights_of(tmp_path / "cut")
    for name, weights in before.items():
        torch.testing.assert_close(after[name], weights, rtol=0.02, atol=2e-4)


def test_it_is_cut_again_until_it_fits(
    tmp_path: Path, data: TrainingData, source: Path, scarce: Callable[..., list[int]]
) -> None:
    refused = scarce(1)
    notes: list[str] = []
    train_small(data, tmp_path / "out", source=source, schedule=STILL, on_note=notes.append, seed=3)
    assert len(refused) >= 2
    assert refused == sorted(refused, reverse=True)
    parts = [int(note.split(" in ")[-1].split()[0]) for note in notes]
    assert parts == [2**n for n in range(1, len(parts) + 1)]
    assert all(note.startswith("out of memory in update ") for note in notes)


def test_a_resumed_run_cuts_where_the_first_one_did(
    tmp_path: Path, data: TrainingData, lively: Path, scarce: Callable[..., list[int]]
) -> None:
    """Bit for bit, with dropout and masks, and without a second word about it."""
    from test_finetuning import raise_signal_at

    schedule = replace(SHORT_SCHEDULE, updates=6, batch_s=8.0)
    scarce(3, after=2)
    train_small(data, tmp_path / "once", source=lively, schedule=schedule, eval_every=2)
    refused = scarce(3, after=2)
    notes: list[str] = []
    known: dict[str, Any] = {"source": lively, "schedule": schedule, "on_note": notes.append}
    folder = tmp_path / "twice"
    stopped = train_small(data, folder, eval_every=2, on_event=raise_signal_at(4), **known)
    assert stopped.interrupted
    assert TOLD in notes
    n_refused = len(refused)
    del notes[:]
    train_small(data, folder, eval_every=2, resume=True, **known)
    assert len(refused) == n_refused
    assert [note for note in notes if "memory" in note] == []
    once = (tmp_path / "once/model.safetensors").read_bytes()
    assert (folder / "model.safetensors").read_bytes() == once


def test_the_update_that_begins_again_draws_the_same_random_numbers(
    tmp_path: Path, data: TrainingData, lively: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[tuple[float, float, float]] = []
    original = CuttingTrainer._train_in_parts

    def train(self: Any, model: Any, batch: Any, *known: Any, **named: Any) -> Any:
        if self.state.global_step == 1:
            drawn.append((random.random(), float(np.random.rand()), torch.rand(1).item()))
            if len(drawn) == 1:
                raise OUT_OF_MEMORY
        return original(self, model, batch, *known, **named)

    monkeypatch.setattr(CuttingTrainer, "_train_in_parts", train)
    schedule = replace(SHORT_SCHEDULE, updates=2)
    train_small(data, tmp_path / "out", source=lively, schedule=schedule)
    assert len(drawn) == 2
    assert drawn[0] == drawn[1]


def test_a_single_clip_that_does_not_fit_ends_with_exit_code_5_and_what_to_try(
    tmp_path: Path, data: TrainingData, lively: Path, scarce: Callable[..., list[int]]
) -> None:
    refused = scarce(0)
    with pytest.raises(MachineError) as caught:
        train_small(data, tmp_path / "out", source=lively, schedule=STILL)
    assert refused[-1] == 1
    error = caught.value
    assert (error.code, error.exit_code) == ("E_MEMORY", 5)
    assert error.message == (
        "update 1: not enough memory: CUDA out of memory. Tried to allocate 2.00 GiB."
    )
    assert "--batch-seconds" in error.hint
    assert "--max-duration" in error.hint


def test_finetune_tells_it_in_one_line(
    tmp_path: Path,
    lively: Path,
    scarce: Callable[..., list[int]],
    speech_rows: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    scarce(0)
    arguments = ["--data", str(speech_rows()), "--model", str(lively), "--out", str(tmp_path / "o")]
    assert main(["finetune", *arguments, "--updates", "2", "--device", "cpu"]) == 5
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error: update 1: not enough memory: CUDA out of memory.")
    assert error.endswith("[E_MEMORY]")
    assert hint.startswith("hint:  halve --batch-seconds")


@pytest.mark.parametrize("keeps_emissions", [False, True])
def test_dev_is_heard_in_parts_where_it_does_not_fit_with_the_same_results(
    tmp_path: Path, data: TrainingData, monkeypatch: pytest.MonkeyPatch, keeps_emissions: bool
) -> None:
    from test_trainer import make_trainer

    trainer = make_trainer(tmp_path, make_network(data.vocabulary, norm="group"), data, STILL)
    trainer.dev_plan, trainer.keeps_emissions = [[0, 1, 2]], keeps_emissions
    whole = trainer.evaluation_loop(trainer.get_eval_dataloader(), "")
    original, refused = CtcTrainer._listen, []

    def listen(self: Any, model: Any, inputs: Any) -> Any:
        if count_clips(inputs) > 1:
            refused.append(count_clips(inputs))
            raise OUT_OF_MEMORY
        return original(self, model, inputs)

    monkeypatch.setattr(CtcTrainer, "_listen", listen)
    notes: list[str] = []
    trainer.on_note = notes.append
    for _ in range(2):
        parts = trainer.evaluation_loop(trainer.get_eval_dataloader(), "")
        one, other = (
            list(look.predictions) if keeps_emissions else [look.predictions]
            for look in (whole, parts)
        )
        np.testing.assert_array_equal(other[0], one[0])
        if keeps_emissions:
            np.testing.assert_allclose(other[1], one[1], atol=1e-2)  # half floats
        np.testing.assert_array_equal(parts.label_ids, whole.label_ids)
        assert parts.metrics == pytest.approx(whole.metrics, rel=1e-5)
    assert refused == [3, 2]  # and never again
    assert notes == [
        f"out of memory while listening to dev: from here on its batches are heard in {n} parts,"
        " with the same results"
        for n in (2, 4)
    ]


def test_one_clip_of_dev_that_does_not_fit_ends_the_run(
    tmp_path: Path, data: TrainingData, lively: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OUT_OF_MEMORY

    monkeypatch.setattr(CtcTrainer, "_listen", refuse)
    with pytest.raises(MachineError, match="listening to dev: not enough memory") as caught:
        train_small(data, tmp_path / "out", source=lively, schedule=STILL)
    assert caught.value.code == "E_MEMORY"


def test_memory_that_ends_elsewhere_is_told_too(
    tmp_path: Path, data: TrainingData, lively: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an update is applied, say: there is nothing to cut there."""

    def refuse(*_: object, **__: object) -> None:
        raise OUT_OF_MEMORY

    monkeypatch.setattr(CtcTrainer, "_clip_grad_norm", refuse)
    with pytest.raises(MachineError, match="not enough memory") as caught:
        train_small(data, tmp_path / "out", source=lively, schedule=STILL)
    assert caught.value.code == "E_MEMORY"
