"""`finetune --select lm`: the language model's dev WER says which checkpoint is best."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from acoustic_material import (
    make_network,
    make_sentences,
    make_words,
    save_source,
    write_split,
)

from w2vctc.acoustic.monitoring.progress import read_log
from w2vctc.cli.main import main
from w2vctc.cli.training_search import open_training_search
from w2vctc.project import find_project
from w2vctc.vocab import build_vocabulary

FLAGS = [
    *("--lang", "xx", "--model", "pretrained", "--updates", "6", "--eval-every", "2"),
    *("--batch-seconds", "4", "--freeze-encoder-updates", "0", "--device", "cpu"),
]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with data/xx and a small model to start from."""
    torch.set_num_threads(1)
    texts = make_sentences(make_words(10, seed=1), 11, seed=2)
    write_split(tmp_path / "data/xx", "train", texts[:8], seed=1)
    write_split(tmp_path / "data/xx", "dev", texts[8:], seed=2)
    vocabulary = build_vocabulary(texts[:8])
    save_source(tmp_path / "pretrained", make_network(vocabulary), vocabulary)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_lm_s_dev_wer_is_shown_logged_and_chooses(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The middle look is made the only one where the search finds every text."""
    assert main(["build-vocab", "--lang", "xx"]) == 0
    assert main(["train-lm", "--lang", "xx"]) == 0
    capsys.readouterr()
    references = sorted(
        (line.split("\t") for line in (workplace / "data/xx/dev.tsv").read_text().splitlines()[1:]),
        key=lambda row: (workplace / "data/xx" / row[0]).stat().st_size,
    )
    calls = 0

    def open_fixed(*known: Any, **named: Any) -> Any:
        assert open_training_search(*known, **named) is not None

        def search(emissions: Any) -> str:
            nonlocal calls
            look, clip = divmod(calls, len(references))
            calls += 1
            assert emissions.ndim == 2
            return references[clip][1] if look == 1 else ""

        return search

    monkeypatch.setattr("w2vctc.cli.training_search.open_training_search", open_fixed)
    assert main(["finetune", *FLAGS, "--select", "lm"]) == 0
    told = capsys.readouterr().err
    assert "dev is decoded with lm/xx/lm.arpa at each look, and that chooses" in told
    assert "update 4: dev WER 100.0 %, with the LM 0.0 %" in told
    log = read_log(workplace / "models/xx/training/log.jsonl")
    looks = [(event.step, event.dev_lm_wer, event.best) for event in log if event.dev_wer]
    assert looks == [(2, 1.0, True), (4, 0.0, True), (6, 1.0, False)]


def test_the_search_is_the_project_s_own_decoder(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build-vocab", "--lang", "xx"]) == 0
    assert main(["train-lm", "--lang", "xx"]) == 0
    assert main(["finetune", *FLAGS, "--select", "lm"]) == 0
    told = capsys.readouterr().err
    assert ", with the LM " in told
    log = read_log(workplace / "models/xx/training/log.jsonl")
    assert all(event.dev_lm_wer is not None for event in log if event.dev_wer is not None)


def test_without_a_language_model_the_best_path_chooses_and_it_is_said(
    workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(workplace / "lm", ignore_errors=True)
    vocabulary = build_vocabulary(["abc"])
    project = find_project(lang="xx")
    assert open_training_search(project, vocabulary, select="greedy") is None
    assert capsys.readouterr().err == ""
    assert open_training_search(project, vocabulary, select="lm") is None
    assert capsys.readouterr().err == (
        "--select lm: no language model in lm/xx: the best path on dev chooses\n"
    )
