"""The learning curve is a picture that opens."""

from pathlib import Path

import numpy as np
from matplotlib.image import imread

from w2vctc.acoustic.monitoring.curve import save_curve
from w2vctc.acoustic.monitoring.progress import TrainingEvent


def make_event(step: int, **known: float) -> TrainingEvent:
    return TrainingEvent(step=step, n_steps=100, seconds=step, epoch=step / 10, **known)  # type: ignore[arg-type]


RUN = [
    *(make_event(step, loss=30 / step) for step in range(1, 100)),
    *(make_event(step, dev_wer=1 / (1 + step / 30), dev_cer=0.5) for step in range(10, 101, 10)),
]


def test_a_png_of_960_by_540_is_written(tmp_path: Path) -> None:
    save_curve(RUN, tmp_path / "run/curve.png", title="ca")
    picture = imread(tmp_path / "run/curve.png")
    assert picture.shape[:2] == (540, 960)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["curve.png"]


def test_loss_and_error_rate_are_drawn_in_their_colours(tmp_path: Path) -> None:
    def colours(events: list[TrainingEvent]) -> set[str]:
        save_curve(events, tmp_path / "curve.png", title="ca")
        pixels = (imread(tmp_path / "curve.png")[:, :, :3] * 255).round().astype(int)
        inside = pixels[60:450, 100:700].reshape(-1, 3)  # neither labels nor legend
        return {"#{:02x}{:02x}{:02x}".format(*pixel) for pixel in np.unique(inside, axis=0)}

    assert {"#8a8f98", "#0b6e99", "#c2571a"} <= colours(RUN)
    heard = [*RUN, make_event(50, dev_wer=0.4, dev_cer=0.2, dev_lm_wer=0.3, dev_loss=2.0)]
    heard += [make_event(90, dev_wer=0.4, dev_cer=0.2, dev_lm_wer=0.2, dev_loss=3.0)]
    assert {"#5a4fa2", "#3d434d"} <= colours(heard)
    losses = [event for event in RUN if event.loss is not None]
    assert colours(losses) & {"#8a8f98", "#0b6e99", "#c2571a"} == {"#8a8f98"}


def test_runs_with_nothing_or_next_to_nothing_to_show_are_drawn_too(tmp_path: Path) -> None:
    for number, events in enumerate(
        (
            [],
            [make_event(1, loss=0.0)],
            [make_event(1, dev_wer=3.5, dev_cer=2.0)],
            [make_event(1, loss=1.0), make_event(1, dev_wer=0.0, dev_cer=0.0)],
        )
    ):
        save_curve(events, tmp_path / f"{number}.png", title="a $ in the title_")
        assert imread(tmp_path / f"{number}.png").size
