"""report.json: complete, plain, and read back for a later comparison."""

import json
from pathlib import Path
from typing import Any

import pytest
from evaluation_material import BEST, REFERENCES, make_evaluation, make_examination

from w2vctc.errors import DataError
from w2vctc.evaluate.as_json import SCHEMA, examination_to_json, read_report
from w2vctc.evaluate.examination import examine


@pytest.fixture
def values() -> dict[str, Any]:
    return examination_to_json(make_examination())


def test_values_are_plain_and_nothing_is_not_a_number(values: dict[str, Any]) -> None:
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values["schema"] == SCHEMA


def test_rates_are_those_of_the_counts(values: dict[str, Any]) -> None:
    greedy, best = values["systems"]
    assert (greedy["wer"], best["wer"]) == (5 / 10, 3 / 10)
    assert best["wer_interval"][0] <= best["wer"] <= best["wer_interval"][1]
    (comparison,) = values["comparisons"]
    assert (comparison["system"], comparison["against"]) == ("LM, tuned", "greedy")
    assert comparison["saved"] == pytest.approx(0.2)
    assert (comparison["n_better"], comparison["n_worse"]) == (2, 0)


def test_parts_are_by_what_was_asked_for_by_length_and_by_unknown_words(
    values: dict[str, Any],
) -> None:
    assert [one["by"] for one in values["breakdowns"]] == [
        "speaker",
        "chapter",
        "length",
        "unknown words",
    ]
    anna = values["breakdowns"][0]["groups"][1]
    assert (anna["name"], anna["n_utterances"], anna["wer"]) == ("anna", 2, 1 / 6)
    assert values["known_words"]["n_known_missed"] == 1


def test_each_utterance_has_every_system_s_text(values: dict[str, Any]) -> None:
    plou = values["utterances"][1]
    assert plou["reference"] == "plou a mar"
    assert plou["columns"] == {"chapter": "part10"}
    assert plou["hypotheses"]["LM, tuned"]["text"] == "plou a la mar"
    assert plou["hypotheses"]["LM, tuned"]["words"]["insertions"] == 1
    assert plou["hypotheses"]["greedy"]["wer"] == pytest.approx(1 / 3)


def test_confidences_are_measured_against_what_was_right(values: dict[str, Any]) -> None:
    calibration = values["calibration"]
    # 11 words at 0.75, of which 8 are right
    assert calibration["n_words"] == 11
    assert calibration["right"] == pytest.approx(8 / 11)
    assert calibration["error"] == pytest.approx(0.75 - 8 / 11)


def test_without_language_model_and_confidences_these_parts_are_null() -> None:
    values = examination_to_json(examine(make_evaluation(), split="dev", main="greedy"))
    assert values["known_words"] is None
    assert values["calibration"] is None
    assert [one["by"] for one in values["breakdowns"]] == ["length"]


def test_nothing_to_measure_divides_by_nothing() -> None:
    values = examination_to_json(make_examination(make_evaluation([], [], [])))
    assert values["systems"][0]["wer_interval"] is None
    assert values["utterances"] == []
    assert json.dumps(values, allow_nan=False)


def test_a_report_read_again_is_its_main_system(tmp_path: Path, values: dict[str, Any]) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(values), encoding="utf-8")
    report = read_report(path)
    assert (report.system, report.settings) == ("LM, tuned", "alpha 0.70, beta 1.50")
    assert list(report.texts.values()) == list(BEST)
    assert list(report.references.values()) == list(REFERENCES)
    assert (report.audio_s, report.seconds) == (10.0, 2.0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "its schema is 'list'"),
        ('{"schema": "another"}', "its schema is 'another'"),
        (f'{{"schema": "{SCHEMA}", "main": "x", "systems": []}}', "a key is missing"),
        (f'{{"schema": "{SCHEMA}", "main": "x", "systems": 7}}', "a key is missing"),
        ("\udcff", "no JSON"),
    ],
)
def test_what_is_no_report_is_refused_by_name(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=why) as caught:
        read_report(path)
    assert caught.value.code == "E_REPORT"
    assert str(path) in caught.value.message


def test_a_report_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read_report(tmp_path / "report.json")
