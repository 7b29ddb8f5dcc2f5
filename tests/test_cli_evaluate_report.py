"""`w2vctc evaluate` with --out, --by and --against: files made, systems compared, faults named."""

import json
import shutil
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from speech_material import TEST_TEXTS, make_babble, write_wav

from w2vctc.cli.evaluating import systems
from w2vctc.evaluate.as_json import SCHEMA

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]
NAMES = ["report.html", "report.json", "report.md"]


@pytest.fixture
def measure(run: Run, speech_rows: Rows, model_folder: Path) -> Run:
    """A function that evaluates the untrained model without a language model."""
    speech_rows()
    return lambda *flags: run("evaluate", "--model", str(model_folder), *flags)


def read(folder: str) -> dict[str, Any]:
    values = json.loads(Path(folder, "report.json").read_text(encoding="utf-8"))
    assert isinstance(values, dict)
    return values


def add_columns(data: Path) -> None:
    """Test rows with a column of their own and one that is empty."""
    lines = (data / "test.tsv").read_text(encoding="utf-8").splitlines()
    heads = f"{lines[0]}\tchapter\tmood"
    rows = [f"{line}\tpart{number}\t" for number, line in enumerate(lines[1:], start=9)]
    (data / "test.tsv").write_text("\n".join([heads, *rows, ""]), encoding="utf-8")


def test_three_files_tell_of_the_same_evaluation(measure: Run) -> None:
    code, out, err = measure("--out", "made/report", "--json")
    assert code == 0
    assert sorted(path.name for path in Path("made/report").iterdir()) == NAMES
    values, shown = read("made/report"), json.loads(out)
    assert values["schema"] == SCHEMA
    assert values["systems"][0]["words"] == shown["systems"][0]["words"]
    assert [one["reference"] for one in values["utterances"]] == list(TEST_TEXTS)
    assert [choice["what"] for choice in values["choices"]] == ["acoustic model", "confidence"]
    rate = f"{100 * shown['systems'][0]['wer']:.1f} %"
    assert rate in Path("made/report/report.md").read_text(encoding="utf-8")
    page = Path("made/report/report.html").read_text(encoding="utf-8")
    assert rate in page
    assert page.count("<audio") == len(TEST_TEXTS)
    assert "made made/report/report.html" in err.splitlines()[-1]


def test_a_second_report_takes_the_place_of_the_first(measure: Run) -> None:
    assert measure("--out", "report")[0] == 0
    first = read("report")
    assert measure("--out", "report", "--split", "dev")[0] == 0
    assert (first["split"], read("report")["split"]) == ("test", "dev")


def test_somebody_s_own_report_is_not_overwritten(measure: Run) -> None:
    Path("mine").mkdir()
    Path("mine/report.md").write_text("written by hand", encoding="utf-8")
    code, _, err = measure("--out", "mine")
    assert code == 2
    assert "mine: report.md there is not of an earlier evaluation" in err
    assert [path.read_text(encoding="utf-8") for path in Path("mine").iterdir()] == [
        "written by hand"
    ]


def test_a_folder_that_is_a_file_is_refused_before_any_work(measure: Run) -> None:
    Path("taken").write_text("", encoding="utf-8")
    code, _, err = measure("--out", "taken")
    assert (code, "E_NOT_FOLDER" in err, "model " in err) == (5, True, False)


def test_parts_by_any_column_of_the_table(measure: Run) -> None:
    add_columns(Path("data/xx"))
    assert measure("--out", "report", "--by", "chapter")[0] == 0
    parts = read("report")["breakdowns"][0]
    assert parts["by"] == "chapter"
    assert [group["name"] for group in parts["groups"]] == ["part9", "part10"]


@pytest.mark.parametrize("wrong", ["chaptr", "mood"])
def test_a_column_that_is_not_there_or_empty_is_named_with_those_that_are(
    measure: Run, wrong: str
) -> None:
    add_columns(Path("data/xx"))
    code, _, err = measure("--by", wrong)
    assert code == 2
    assert f"--by {wrong}: no such column" in err
    assert "there are chapter" in err
    assert ("did you mean 'chapter'?" in err) == (wrong == "chaptr")


def test_against_another_model_both_hear_the_same(measure: Run, model_folder: Path) -> None:
    shutil.copytree(model_folder, "models/rival")
    code, out, err = measure("--against", "models/rival", "--out", "report")
    assert code == 0
    own, rival = read("report")["systems"]
    assert (own["name"], rival["name"]) == ("greedy", "rival: greedy")
    assert own["words"] == rival["words"]
    assert "rival: greedy" in out
    assert "greedy against rival: greedy: as many errors in every utterance" in err


def test_against_an_earlier_report_which_may_lie_in_its_folder(measure: Run) -> None:
    assert measure("--out", "before")[0] == 0
    for place in ("before", "before/report.json"):
        code, out, err = measure("--against", place)
        assert code == 0
        assert "before: greedy" in out
        assert "as many errors in every utterance" in err


def test_a_report_of_other_transcripts_is_refused(measure: Run) -> None:
    assert measure("--out", "before", "--split", "dev")[0] == 0
    code, _, err = measure("--against", "before")
    assert code == 3
    assert f"{len(TEST_TEXTS)} of {len(TEST_TEXTS)} utterances are not in it" in err
    assert "E_REPORT" in err


def test_against_nothing_is_refused_before_any_work(measure: Run) -> None:
    code, _, err = measure("--against", "models/missing")
    assert code == 2
    assert "--against models/missing: neither a model's folder nor a report" in err


def test_a_language_model_tells_which_words_it_knows(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows()
    assert run("train-lm")[0] == 0
    flags = ("--beam-width", "2", "--out", "report")
    assert run("evaluate", "--model", str(model_folder), *flags)[0] == 0
    values = read("report")
    known = values["known_words"]
    assert known["n_known"] + known["n_unknown"] == sum(len(text.split()) for text in TEST_TEXTS)
    assert known["n_unknown"] == 1  # "de"
    assert values["main"] == "LM, default"
    assert [one["by"] for one in values["breakdowns"]] == ["length", "unknown words"]
    assert values["calibration"]["n_words"] > 0
    assert values["n_references_in_lm_text"] == 0


def test_one_recording_is_held_at_a_time(
    measure: Run, speech_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the next one is listened to, nobody holds on to the emissions of the last."""
    held: list[weakref.ref[Any]] = []
    alive: list[int] = []
    hear = systems._hear

    def watch(model: Any, waveform: Any, row: Any) -> Any:
        alive.append(sum(one() is not None for one in held))
        emissions = hear(model, waveform, row)
        held.append(weakref.ref(emissions))
        return emissions

    monkeypatch.setattr(systems, "_hear", watch)
    speech_rows(test=[f"surt el sol {number * 'a'}" for number in range(1, 6)])
    assert measure()[0] == 0
    assert len(alive) == 5
    assert max(alive) <= 1


def test_a_transcript_that_is_empty_after_normalization_is_scored_by_its_insertions(
    measure: Run,
) -> None:
    data = Path("data/xx")
    table = (data / "test.tsv").read_text(encoding="utf-8")
    write_wav(data / "quiet.wav", make_babble(duration_s=0.5))
    (data / "test.tsv").write_text(f"{table}quiet.wav\t...\n", encoding="utf-8")
    assert measure("--out", "report")[0] == 0
    values = read("report")
    assert values["n_empty_references"] == 1
    empty = values["utterances"][-1]["hypotheses"]["greedy"]
    assert empty["words"]["n_reference"] == 0
    assert empty["wer"] == empty["words"]["insertions"]
