"""Confidence calibrated by tune: what is kept, what is told, what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from decode_material import VOCABULARY, save_toy_lm
from numpy.typing import NDArray

from w2vctc.acoustic import emission_cache
from w2vctc.cli.calibrate import DevConfidence, calibrate_on_dev, keep_calibrations
from w2vctc.cli.calibrate_screen import show_confidence
from w2vctc.decode.calibrating import Calibrated
from w2vctc.decode.confidence import Calibration, Weights
from w2vctc.decode.confidence_file import KeptCalibrations, read_calibrations, save_calibrations
from w2vctc.files import hash_file
from w2vctc.project import Project

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]


def make_dev(n_clips: int = 60) -> tuple[list[NDArray[np.float32]], list[str]]:
    """Clips of two words, of which the mumbled ones are wrong more often than not."""
    draw = np.random.default_rng(2)
    emissions, texts = [], []
    for _ in range(n_clips):
        frames, words = [], []
        for spelled, said in (("_ab_|", "ab"), ("_ba_|", "ba")):
            peak = draw.uniform(0.4, 0.98)
            heard = np.full((len(spelled), 5), (1 - peak) / 4)
            heard[range(len(spelled)), ["_?|ab".index(sign) for sign in spelled]] = peak
            frames.append(heard)
            words.append(said if draw.random() < peak**2 else "aaa")
        emissions.append(np.log(np.concatenate(frames)).astype(np.float32))
        texts.append(" ".join(words))
    return emissions, texts


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project("xx", tmp_path, tmp_path, tmp_path, flags="--lang xx")


def test_both_ways_to_decode_are_calibrated_and_kept(project: Project, tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    emissions, texts = make_dev()
    found = calibrate_on_dev(emissions, texts, VOCABULARY, lm=lm, n_workers=2)
    assert found.greedy is not None
    assert found.search is not None
    assert found.greedy.calibration.alone.clear > 0
    assert found.greedy.calibration.compared is None
    assert found.search.calibration.compared is not None
    keep_calibrations(project, found, lm)
    assert read_calibrations(tmp_path) == KeptCalibrations(
        found.greedy.calibration, found.search.calibration, hash_file(lm.ngram)
    )


def test_it_does_not_depend_on_the_number_of_cores(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    emissions, texts = make_dev()
    one, two = (
        calibrate_on_dev(emissions, texts, VOCABULARY, lm=lm, n_workers=n).search for n in (1, 2)
    )
    assert one is not None
    assert two is not None
    assert one.calibration == two.calibration


def test_without_a_language_model_the_searchs_calibration_stays(
    project: Project, tmp_path: Path
) -> None:
    before = KeptCalibrations(None, Calibration(Weights(1.0, 2.0)), "0123")
    save_calibrations(tmp_path, before)
    emissions, texts = make_dev()
    found = calibrate_on_dev(emissions, texts, VOCABULARY)
    assert found.search is None
    keep_calibrations(project, found, None)
    after = read_calibrations(tmp_path)
    assert (after.search, after.ngram_sha256) == (before.search, "0123")
    assert after.greedy is not None


def test_calibrations_of_before_go_where_dev_has_too_few_words(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_calibrations(tmp_path, KeptCalibrations(Calibration(Weights(1.0, 2.0))))
    emissions, texts = make_dev(5)
    found = calibrate_on_dev(emissions, texts, VOCABULARY)
    keep_calibrations(project, found, None)
    assert read_calibrations(tmp_path) == KeptCalibrations()
    assert "too few words, right or wrong" in capsys.readouterr().err


def test_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    is_right = np.array([True, True, False, False])
    raw, held_out = np.array([1.0, 0.5, 0.5, 0.0]), np.array([1.0, 1.0, 0.0, 0.0])
    greedy = Calibrated(Calibration(Weights(0.0, 1.0)), is_right, raw, held_out)
    show_confidence(DevConfidence(greedy), as_json=False)
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert shown[3].split() == ["greedy", "4", "50.0", "%", "0.000", "0.000", "0.000", "100.0", "%"]
    assert "sorts: how often a right word has more of it" in shown[-2]
    show_confidence(DevConfidence(greedy), as_json=True)
    told = json.loads(capsys.readouterr().out)["confidence"]
    assert list(told) == ["greedy"]
    assert told["greedy"]["n_words"] == 4
    assert [one["n_words"] for one in told["greedy"]["bins"]] == [1, 1, 1, 1]
    show_confidence(DevConfidence(None), as_json=False)
    assert capsys.readouterr().out == ""


@pytest.fixture
def workplace(
    speech_rows: Rows, model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An untrained model, no language model, and a cache of emissions of its own."""
    monkeypatch.setattr(emission_cache, "cache_folder", lambda: tmp_path / "cache")
    speech_rows()
    shutil.copytree(model_folder, tmp_path / "models" / "xx")


@pytest.mark.usefixtures("workplace")
def test_confidence_alone_needs_no_language_model(run: Run) -> None:
    assert run("tune")[0] == 4
    code, out, err = run("tune", "--only-confidence", "--json")
    assert code == 0
    assert json.loads(out) == {"confidence": {}}  # an untrained model gets no word right
    assert "too few words, right or wrong" in err
    assert not Path("models/xx/confidence.json").exists()
