"""What is not finite is dropped without asking the device; it is asked when the run logs."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import SHORT_SCHEDULE, make_data, make_network, save_source, train_small
from torch.utils._python_dispatch import TorchDispatchMode

from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.acoustic.training import arguments as training_arguments
from w2vctc.acoustic.training.nonfinite import LossWatch, Streak, drop_update, explain_streak
from w2vctc.corpus.utterance import Utterance

NAN = float("nan")
LOG_EVERY = 10

pytestmark = pytest.mark.usefixtures("one_thread")


def hear(watch: LossWatch, *losses: float, first: int = 0) -> None:
    """One update for each loss; its batch has the row of its number."""
    for number, loss in enumerate(losses, start=first):
        watch.begin()
        watch.pass_over(torch.tensor(loss), torch.tensor([number]), step=number)


def test_three_in_a_row_are_a_streak_wherever_one_looks_in_between() -> None:
    watch = LossWatch()
    hear(watch, 1.0, NAN, NAN, 1.0, NAN)
    assert watch.find_streak() is None
    hear(watch, float("inf"), first=5)
    assert watch.find_streak() is None
    assert watch.find_streak() is None
    hear(watch, -float("inf"), NAN, first=6)
    assert watch.find_streak() == Streak(step=6, rows=(4, 5, 6))


def test_an_update_that_begins_again_counts_once() -> None:
    watch = LossWatch()
    hear(watch, NAN, NAN)
    watch.take_back()
    hear(watch, NAN, first=1)
    assert watch.find_streak() is None
    hear(watch, NAN, first=2)
    assert watch.find_streak() == Streak(step=2, rows=(0, 1, 2))


@pytest.mark.parametrize("loss", [NAN, float("inf"), 2.5])
def test_the_loss_is_0_where_it_is_not_finite_and_itself_elsewhere(loss: float) -> None:
    weight = torch.ones((), requires_grad=True)
    heard = LossWatch().pass_over(weight * loss, torch.tensor([0]), step=0)
    heard.backward()
    assert heard.item() == (loss if loss == 2.5 else 0.0)
    assert weight.grad is not None
    assert (weight.grad.item() == 2.5) == (loss == 2.5)


def test_many_clips_are_named_by_the_first_five() -> None:
    rows = [Utterance(id=f"c{n}", audio=Path("x.wav"), text="k") for n in range(9)]
    error = explain_streak(Streak(step=3, rows=tuple(range(1, 8))), rows)
    assert error.message.endswith("(update 3): c1, c2, c3, c4, c5 and 2 more")


@pytest.mark.parametrize("norm", [NAN, float("inf"), 1.0])
def test_the_optimizer_leaves_weights_and_moments_where_the_gradients_are_not_finite(
    norm: float,
) -> None:
    weight = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.AdamW([weight], lr=0.1, weight_decay=0.1, fused=True)
    for gradient in (1.0, norm, 1.0):
        weight.grad = torch.full((3,), gradient)
        assert drop_update(optimizer, weight.grad.norm())
        optimizer.step()
    expected = torch.ones(3, requires_grad=True)
    plain = torch.optim.AdamW([expected], lr=0.1, weight_decay=0.1, fused=True)
    for _ in range(3 if norm == 1.0 else 2):
        expected.grad = torch.ones(3)
        plain.step()
    assert torch.equal(weight, expected)


def test_another_optimizer_is_not_asked() -> None:
    optimizer = torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=0.1)
    assert not drop_update(optimizer, torch.tensor(NAN))


# What a GPU would have to be waited for


class Waits(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts what a host waits for: (update, place) of each number that is read from a tensor."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.step = 0
        self.counts: Counter[tuple[int, str]] = Counter()

    def count(self, frame: Any) -> None:
        while "/torch/" in frame.f_code.co_filename or frame.f_code.co_filename == __file__:
            frame = frame.f_back
        place = f"{frame.f_globals['__name__']} {frame.f_code.co_name}"
        self.counts[self.step, place] += 1

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = str(func)
        by_flags = name.startswith("aten.index") and any(
            one is not None and one.dtype == torch.bool for one in args[1]
        )
        if by_flags or name.startswith(
            ("aten._local_scalar_dense", "aten.nonzero", "aten.masked_s")
        ):
            self.count(sys._getframe(1))
        return func(*args, **(kwargs or {}))


@contextmanager
def counted(waits: Waits) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch, waits:
        for name in ("tolist", "cpu", "numpy"):
            original = getattr(torch.Tensor, name)

            def call(self: Any, *rest: Any, original: Any = original, **known: Any) -> Any:
                waits.count(sys._getframe(1))
                return original(self, *rest, **known)

            patch.setattr(torch.Tensor, name, call)
        yield


# In each pass: transformers finds the masked frames among all by indexing with flags.
_NETWORK = "transformers.models.wav2vec2.modeling_wav2vec2"
MASKING = {
    "group": {f"{_NETWORK} _mask_hidden_states": 2},
    "layer": {
        f"{_NETWORK} _mask_hidden_states": 2,
        f"{_NETWORK} _compute_mask_indices": 1,
        f"{_NETWORK} forward": 1,
        "transformers.masking_utils _ignore_bidirectional_mask_sdpa": 1,
    },
}
BACKWARD = {"group": 3, "layer": 4}


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_no_update_waits_for_the_device_except_where_it_logs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, norm: str
) -> None:
    """What transformers itself asks for while it masks is all that is left."""
    data = make_data(tmp_path / "data", n_train=6, n_dev=2)
    source = save_source(tmp_path / "m", make_network(data.vocabulary, norm=norm), data.vocabulary)

    def seldom(*known: Any, **named: Any) -> Any:
        arguments = training_arguments.make_arguments(*known, **named)
        arguments.logging_steps = LOG_EVERY
        return arguments

    monkeypatch.setattr("w2vctc.acoustic.training.assembly.make_arguments", seldom)
    waits = Waits()

    def watch(event: TrainingEvent) -> None:
        waits.step = event.step

    with counted(waits):
        schedule = replace(SHORT_SCHEDULE, updates=20, freeze_encoder_updates=5, accumulation=2)
        train_small(
            data, tmp_path / "out", source=source, schedule=schedule, on_event=watch, eval_every=20
        )
    quiet = range(1, LOG_EVERY - 1)  # between the first update and the one that logs
    for step in quiet:
        found = {place: n / 2 for (at, place), n in waits.counts.items() if at == step}
        backward = found.pop("accelerate.accelerator backward", 0)
        assert found == MASKING[norm]
        assert backward == (0 if step < 5 else BACKWARD[norm])  # a head alone has no masks
    own = {
        (step, place): n
        for (step, place), n in waits.counts.items()
        if 0 < step < 20 and place.startswith("w2vctc.")
    }
    asked = "w2vctc.acoustic.training.nonfinite find_streak"
    assert own == {(LOG_EVERY - 1, asked): 1, (2 * LOG_EVERY - 1, asked): 1}
