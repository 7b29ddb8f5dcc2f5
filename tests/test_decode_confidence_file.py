"""confidence.json: written, read back, and refused where it says something else."""

import json
from pathlib import Path

import pytest
from decode_material import save_toy_lm

from w2vctc.decode.confidence import Calibration, Weights
from w2vctc.decode.confidence_file import (
    CONFIDENCE_NAME,
    KeptCalibrations,
    choose_calibration,
    forget_calibrations,
    hash_ngram,
    read_calibrations,
    save_calibrations,
)
from w2vctc.errors import ModelError
from w2vctc.files import hash_file

GREEDY = Calibration(Weights(1.5, 0.1))
SEARCH = Calibration(Weights(0.1, 0.2, 1 / 3), Weights(-0.1, 0.2, 0.3, 0.4))


@pytest.mark.parametrize(
    "kept",
    [
        KeptCalibrations(GREEDY, SEARCH, "0123"),
        KeptCalibrations(greedy=GREEDY),
        KeptCalibrations(search=SEARCH, ngram_sha256="0123"),
    ],
)
def test_what_is_saved_is_read_back(kept: KeptCalibrations, tmp_path: Path) -> None:
    assert save_calibrations(tmp_path, kept) == tmp_path / CONFIDENCE_NAME
    assert read_calibrations(tmp_path) == kept


def test_a_folder_without_the_file_keeps_nothing(tmp_path: Path) -> None:
    assert read_calibrations(tmp_path) == KeptCalibrations()
    save_calibrations(tmp_path, KeptCalibrations(GREEDY))
    forget_calibrations(tmp_path)
    forget_calibrations(tmp_path)
    assert read_calibrations(tmp_path) == KeptCalibrations()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "not readable as JSON"),
        ("[1]", "not a JSON object"),
        ('{"greedy": {}}', "greedy holds no weights"),
        ('{"greedy": 3}', "greedy holds no weights"),
        ('{"greedy": {"alone": 3}}', "greedy.alone is not a JSON object"),
        ('{"greedy": {"alone": {"bias": 1}}}', "greedy.alone.clear = None, wanted a finite number"),
        (
            '{"search": {"alone": {"bias": NaN, "clear": 1}}}',
            "search.alone.bias = nan, wanted a finite number",
        ),
        (
            '{"search": {"alone": {"bias": 1, "clear": 1}, "compared": {"bias": true}}}',
            "search.compared.bias = True, wanted a finite number",
        ),
    ],
)
def test_a_damaged_file_is_named_with_what_is_wrong(
    content: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / CONFIDENCE_NAME
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ModelError) as error:
        read_calibrations(tmp_path)
    assert error.value.message.startswith(f"{path}: {told}")
    assert error.value.code == "E_MODEL"
    assert "w2vctc tune" in error.value.hint


def test_transformers_finds_no_more_than_numbers_in_it(tmp_path: Path) -> None:
    save_calibrations(tmp_path, KeptCalibrations(GREEDY))
    content = json.loads((tmp_path / CONFIDENCE_NAME).read_text(encoding="utf-8"))
    weights = {"bias": 1.5, "clear": 0.1, "known": 0.0, "agreed": 0.0}
    assert content == {"greedy": {"alone": weights}}


def test_each_way_to_decode_has_its_calibration(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    kept = KeptCalibrations(GREEDY, SEARCH, hash_file(lm.ngram))
    assert choose_calibration(kept, None) == (GREEDY, "")
    assert choose_calibration(kept, lm) == (SEARCH, "")


def test_what_is_not_calibrated_is_told(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    found, told = choose_calibration(KeptCalibrations(), None)
    assert found is None
    assert "w2vctc tune" in told
    found, told = choose_calibration(KeptCalibrations(GREEDY), lm)
    assert found is None
    assert "not calibrated for this search" in told
    found, told = choose_calibration(KeptCalibrations(GREEDY, SEARCH, "0123"), lm)
    assert found == SEARCH
    assert "another n-gram" in told


def test_an_ngram_is_known_by_its_content(tmp_path: Path) -> None:
    lm = save_toy_lm(tmp_path)
    assert hash_ngram(lm) == hash_file(lm.ngram)
