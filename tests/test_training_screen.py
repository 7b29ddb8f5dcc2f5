"""A training run on the screen: live lines on a terminal, plain ones in a pipe."""

import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from w2vctc.acoustic.monitoring.progress import TrainingEvent
from w2vctc.cli import screen, training_screen
from w2vctc.cli.training_screen import TrainingScreen, draw_rates


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that puts a console in the place of stderr; its text is in `file`."""

    def put(*, terminal: bool, width: int = 80) -> Console:
        made = Console(
            file=io.StringIO(), force_terminal=terminal, width=width, color_system=None, height=24
        )
        monkeypatch.setattr(screen, "talk", lambda: made)
        monkeypatch.setattr(training_screen, "talk", lambda: made)
        return made

    return put


def make_event(step: int, **known: Any) -> TrainingEvent:
    return TrainingEvent(
        step=step,
        n_steps=1_554,
        seconds=10.0,
        epoch=step / 194,
        audio_s_per_s=31.4,
        seconds_left=3_725.0,
        **known,
    )


RUN = [
    make_event(97, loss=1.23456),
    make_event(194, listening=True),
    make_event(194, dev_wer=0.878, dev_cer=0.248, best=True),
    make_event(388, dev_wer=0.367, dev_cer=0.073, dev_lm_wer=0.12, best=True),
    make_event(582, dev_wer=0.4, dev_cer=0.08),
]


def show(events: list[TrainingEvent], console: Console) -> list[str]:
    with TrainingScreen() as shown:
        for event in events:
            shown.show(event)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text.splitlines()


def test_a_pipe_gets_looks_at_dev_and_now_and_then_how_it_goes(console: Any) -> None:
    assert show(RUN, console(terminal=False)) == [
        "update 97/1,554  epoch 0.5  loss 1.235  dev WER -  31x real time  1:02:05 left",
        "update 194: dev WER 87.8 %, CER 24.8 %, the best so far",
        "update 388: dev WER 36.7 %, with the LM 12.0 %, CER 7.3 %, the best so far",
        "update 582: dev WER 40.0 %, CER 8.0 %",
    ]


def last_frame(lines: list[str]) -> list[str]:
    """The last two lines that a person sees."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", "\n".join(lines))
    return [line.rstrip() for line in re.split(r"[\r\n]+", plain) if line.strip()][-2:]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_terminal_of_any_width_shows_the_bar_over_the_state(console: Any, width: int) -> None:
    bar, state = last_frame(show(RUN, console(terminal=True, width=width)))
    assert bar.startswith("update 582/1,554 ━━")
    assert bar.endswith(" 37 %  1:02:05 left")
    assert len(bar) <= width
    assert state.startswith("epoch 3.0  loss 1.235  dev WER 40.0 % █▄▄ best 36.7 %")
    assert len(state) <= width


def test_the_terminal_tells_that_dev_is_being_listened_to(console: Any) -> None:
    bar, state = last_frame(show(RUN[:2], console(terminal=True)))
    assert bar.endswith(" 12 %  listening to dev")
    assert state == "epoch 1.0  loss 1.235  dev WER -  31x real time"


@given(st.lists(st.floats(0, 5), min_size=1, max_size=40))
def test_higher_rates_never_have_smaller_blocks(rates: list[float]) -> None:
    drawn = draw_rates(rates)
    shown = rates[-20:]
    assert len(drawn) == len(shown)
    by_rate = [block for _, block in sorted(zip(shown, drawn, strict=True))]
    assert by_rate == sorted(by_rate)
    assert max(shown) == 0 or "█" in drawn
