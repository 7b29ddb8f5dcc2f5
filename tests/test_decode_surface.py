"""The drawn surface: golden text, and a picture that is one."""

from dataclasses import replace
from pathlib import Path

import pytest

from w2vctc.decode.plateau import Interval, Range
from w2vctc.decode.surface import describe_plateau, draw_surface
from w2vctc.decode.surface_picture import save_surface
from w2vctc.decode.tune import Tuning
from w2vctc.decode.weight_search import Trial
from w2vctc.lm.settings import Way

START = Trial(0.5, 1.5, 62, 1000)
BEST = Trial(0.5, 0.5, 50, 1000)
TRIALS = (
    START,
    BEST,
    Trial(0.625, 0.5, 51, 1000),
    Trial(1.0, 4.0, 97, 1000, share=0.25),
    Trial(0.0, -0.5, 964, 1000, share=0.125),
    Trial(0.5, 0.5, 40, 1000, unk_score_offset=-14.0, share=0.5),
)
NOWHERE = Interval(0.0, 0.0)


def make_tuning(trials: tuple[Trial, ...] = TRIALS, best: Trial = BEST) -> Tuning:
    return Tuning(
        best=best,
        default=trials[0],
        trials=trials,
        greedy_errors=80,
        n_workers=1,
        notes=(),
        n_decodes=3.5,
        same=tuple(trial.share == 1 and trial != START for trial in trials),
        plateau=(Range("alpha", 0.5, 0.625), Range("beta", 0.0, 1.0, high_open=True)),
        greedy_interval=NOWHERE,
        default_interval=NOWHERE,
        best_interval=NOWHERE,
        gain=NOWHERE,
    )


GOLDEN = """\
 beta \\ alpha  0.000   0.500   0.625   1.000
      4.00                             9.7▄~
      1.50             6.2▂
      0.50             5.0▁*   5.1▁=
     -0.50    96.4█~
 WER in %   * fewest errors   = no difference that dev can tell   ~ given up early
"""


def test_surface_as_text() -> None:
    assert draw_surface(make_tuning()) == GOLDEN


def test_each_place_shows_the_best_offset_of_the_best_way() -> None:
    letters = Way("open", 4)
    trials = (
        START,
        Trial(0.5, 0.5, 70, 1000, 0.0, way=letters),
        Trial(0.5, 0.5, 50, 1000, 4.0, way=letters),
        Trial(1.0, 0.5, 60, 1000, 4.0, way=letters),
        Trial(1.0, 0.5, 55, 1000, 2.0, share=0.5, way=letters),
    )
    lines = draw_surface(make_tuning(trials, trials[2])).splitlines()
    assert lines[:2] == [" beta \\ alpha  0.500   1.000", "      0.50     5.0▁*   6.0█="]
    two = draw_surface(make_tuning((*trials, Trial(2.0, 0.5, 90, 1000, way=letters)), trials[2]))
    assert " each with the best offset of unknown words that was tried there\n" in two
    assert "each with" not in "".join(lines)


def test_one_trial_is_a_surface_too(tmp_path: Path) -> None:
    tuning = make_tuning((START,), START)
    assert draw_surface(tuning).splitlines()[1] == "      1.50     6.2▁*"
    save_surface(tuning, tmp_path / "one.png", title="one")
    assert (tmp_path / "one.png").stat().st_size > 1000


def test_far_values_of_alpha_are_left_out_where_there_is_no_room() -> None:
    trials = tuple(Trial(n / 8, 1.5, 60 + n, 1000) for n in range(30))
    lines = draw_surface(make_tuning(trials, trials[2])).splitlines()
    assert all(len(line) <= 100 for line in lines)
    assert lines[0].split()[3:5] == ["0.000", "0.125"]
    assert len(lines[0].split()) == 3 + 11


def test_plateau_in_words() -> None:
    spans = (
        Range("alpha", 0.5, 0.5),
        Range("beta", 0.0, 1.0, low_open=True, high_open=True),
        Range("unk_score_offset", -14.0, -9.0),
    )
    assert describe_plateau(spans) == (
        "alpha 0.50 only, beta between 0.00 or less and 1.00 or more,"
        " offset of unknown words between -14.00 and -9.00"
    )


def test_picture_shows_each_trial_in_its_colour(tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    save_surface(make_tuning(), tmp_path / "one.png", title="xx")
    worse = tuple(replace(trial, word_errors=50) for trial in TRIALS)
    save_surface(make_tuning(worse), tmp_path / "two.png", title="xx")
    one, two = (image.imread(tmp_path / name) for name in ("one.png", "two.png"))
    assert one.shape == two.shape == (660, 960, 4)
    assert (one != two).any(axis=-1).mean() > 0.2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.png", "two.png"]
