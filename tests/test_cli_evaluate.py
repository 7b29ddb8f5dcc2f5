"""`w2vctc evaluate`: which systems are measured, and what each of them is called."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from speech_material import TEST_TEXTS, make_babble, write_wav

from w2vctc.decode.model_folder import update_settings
from w2vctc.lm.folder import save_settings
from w2vctc.lm.settings import SearchSettings

Run = Callable[..., tuple[int, str, str]]
Rows = Callable[..., Path]


@pytest.fixture
def measure(run: Run, speech_rows: Rows, model_folder: Path) -> Callable[..., list[str]]:
    """A function that evaluates the untrained model: the names of its systems."""
    speech_rows()

    def evaluate(*flags: str) -> list[str]:
        fast = ("--beam-width", "2", "--json")  # untrained, every label is likely everywhere
        code, out, err = run("evaluate", "--model", str(model_folder), *fast, *flags)
        said = err.splitlines()
        assert (code, said[0]) == (0, f"model {model_folder} on cpu, 33 labels")
        # The first run of all also tells that it compiles the decoder and keeps the table.
        assert said[1:] == [] or said[-1] == "decoding with the fast engine"
        return [
            f"{system['name']}: {system['settings']}".removesuffix(": ")
            for system in json.loads(out)["systems"]
        ]

    return evaluate


def test_without_a_language_model_greedy_alone(measure: Callable[..., list[str]]) -> None:
    assert measure() == ["greedy"]


def test_weights_are_called_tuned_when_they_are(
    run: Run, measure: Callable[..., list[str]]
) -> None:
    assert run("train-lm")[0] == 0
    default = "LM, default: alpha 0.50, beta 1.50"
    assert measure() == ["greedy", default]
    given = "LM, as given: alpha 0.20, beta 1.50"
    assert measure("--alpha", "0.2") == ["greedy", default, given]
    save(plain=SearchSettings(0.7, 2.0))
    assert measure() == ["greedy", default, "LM, tuned: alpha 0.70, beta 2.00"]
    given = "LM, as given: alpha 0.20, beta 2.00"
    assert measure("--alpha", "0.2") == ["greedy", default, given]
    save(plain=SearchSettings(0.5, 1.5))  # tuning may end there
    assert measure() == ["greedy", default, "LM, tuned: alpha 0.50, beta 1.50"]


def save(*, plain: SearchSettings, tuned: SearchSettings | None = None) -> None:
    save_settings(Path("lm/xx"), plain=plain, tuned=tuned, tuned_on="dev")


def test_everything_that_was_tuned_is_what_is_measured(
    run: Run, measure: Callable[..., list[str]]
) -> None:
    assert run("train-lm")[0] == 0
    tuned = SearchSettings(0.8, 2.0, 3.0, oov_order=4, oov_weight=1.0)
    save(plain=SearchSettings(0.7, 1.0, -6.0), tuned=tuned)
    default = "LM, default: alpha 0.50, beta 1.50"
    found = "LM, tuned: alpha 0.80, beta 2.00, letters 4, offset 3"
    assert measure() == ["greedy", default, found]
    given = "LM, as given: alpha 0.70, beta 1.00, closed"
    closed = "LM, default: alpha 0.50, beta 1.50, closed"
    assert measure("--vocabulary", "closed") == ["greedy", closed, given]


def test_an_attached_language_model_brings_what_was_tuned(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    speech_rows()
    shutil.copytree(model_folder, "models/xx")
    assert run("train-lm")[0] == 0
    shutil.rmtree("lm")
    tuned = SearchSettings(0.9, 0.5, vocabulary="closed")
    update_settings(Path("models/xx"), plain=None, tuned=tuned)
    code, out, err = run("evaluate", "--beam-width", "2")
    assert code == 0
    assert [line.split("  ")[0].strip() for line in out.splitlines() if "LM" in line] == [
        "LM, default",
        "LM, tuned",
    ]
    assert "LM, tuned: alpha 0.90, beta 0.50, closed" in err.splitlines()
    assert "LM, tuned against LM, default: " in err.splitlines()[-1]
    code, out, err = run("evaluate", "--beam-width", "2", "--engine", "pyctcdecode")
    assert code == 0
    assert "LM, default: alpha 0.50, beta 1.50" in err.splitlines()
    assert "decoding with pyctcdecode, labels down to -5" in err


def test_counts_add_up_to_the_references(run: Run, speech_rows: Rows, model_folder: Path) -> None:
    speech_rows()
    code, out, _ = run("evaluate", "--model", str(model_folder), "--json")
    assert code == 0
    shown = json.loads(out)
    greedy = shown["systems"][0]
    words = greedy["words"]
    assert shown["split"] == "test"
    assert words["n_reference"] == sum(len(text.split()) for text in TEST_TEXTS)
    assert words["hits"] + words["substitutions"] + words["deletions"] == words["n_reference"]
    errors = words["substitutions"] + words["deletions"] + words["insertions"]
    assert greedy["wer"] == errors / words["n_reference"]
    assert greedy["audio_s"] == pytest.approx(sum(0.2 + 0.06 * len(text) for text in TEST_TEXTS))


def test_the_table_names_the_split(run: Run, speech_rows: Rows, model_folder: Path) -> None:
    speech_rows()
    code, out, _ = run("evaluate", "--model", str(model_folder), "--split", "dev")
    heading, _, greedy = [line.split() for line in out.splitlines() if line.strip()]
    assert code == 0
    assert heading == ["on", "dev", "WER", "95", "%", "CER", "words", "sub", "del", "ins", "RTF"]
    assert greedy[0] == "greedy"


def test_a_clip_too_short_for_a_frame_counts_as_deleted(
    run: Run, speech_rows: Rows, model_folder: Path
) -> None:
    data = speech_rows()
    table = (data / "test.tsv").read_text(encoding="utf-8")
    write_wav(data / "short.wav", make_babble(duration_s=0.01))
    (data / "test.tsv").write_text(f"{table}short.wav\tun dos tres\n", encoding="utf-8")
    code, out, err = run("evaluate", "--model", str(model_folder), "--json")
    words = json.loads(out)["systems"][0]["words"]
    assert code == 0
    assert words["n_reference"] == sum(len(text.split()) for text in TEST_TEXTS) + 3
    assert words["deletions"] >= 3
    assert "160 samples" in err
