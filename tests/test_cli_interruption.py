"""A command that is broken off: one exit code, one line on what is left, nothing behind it."""

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from acoustic_material import make_network, make_sentences, make_words, save_source, write_split

from w2vctc.cli.interruption import Interrupted, interruptible, remark_on_interruption
from w2vctc.vocab import build_vocabulary

Run = Callable[..., tuple[int, str, str]]
SHORT = ["--model", "pretrained", "--updates", "2", "--batch-seconds", "4", "--device", "cpu"]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("workplace")
    texts = make_sentences(make_words(10, seed=1), 9, seed=2)
    write_split(root / "data/xx", "train", texts[:6], seed=1)
    write_split(root / "data/xx", "dev", texts[6:], seed=2)
    labels = build_vocabulary(["aeio"])
    save_source(root / "pretrained", make_network(labels), labels)
    return root


@pytest.fixture
def folder(workplace: Path, tmp_path: Path) -> Path:
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    return tmp_path


def broken_off(number: int) -> Callable[..., Any]:
    def call(*_: Any, **__: Any) -> Any:
        signal.raise_signal(number)

    return call


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    "where",
    [
        "w2vctc.cli.training_data._check_data",
        "w2vctc.acoustic.training.finetuning.make_model",
        "w2vctc.acoustic.training.finetuning.describe_run",
    ],
    ids=["while the data are checked", "while the model is made", "just before training"],
)
def test_a_signal_before_the_first_update_says_that_nothing_is_lost(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, where: str
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(where, broken_off(number))
    code, out, err = run("finetune", *SHORT)
    assert (code, out) == (130, "")
    assert err.splitlines()[-2:] == [
        "error: interrupted",
        "hint:  no update was made yet, so nothing is lost: run the same command again",
    ]
    assert signal.getsignal(number) is before
    assert not list(folder.glob("models/xx/training/checkpoint-*"))


def test_features_that_were_computed_are_kept_and_said_to_be(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from w2vctc.acoustic.clips import feature_cache

    monkeypatch.setenv("W2VCTC_CACHE", str(folder / "cache"))
    original, n_written = feature_cache.write_features, 0

    def write(*known: Any) -> None:
        nonlocal n_written
        n_written += 1
        if n_written == 3:
            signal.raise_signal(signal.SIGTERM)
        original(*known)

    monkeypatch.setattr(feature_cache, "write_features", write)
    code, _, err = run("finetune", *SHORT, "--cache-features")
    assert code == 130
    assert err.splitlines()[-1] == (
        "hint:  no update was made yet, so nothing is lost; features that were computed are kept:"
        " run the same command again"
    )
    assert len(list((folder / "cache").rglob("*.features"))) == 2


def test_a_signal_after_the_last_update_says_how_to_finish(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            "w2vctc.acoustic.training.finetuning.list_suspects", broken_off(signal.SIGTERM)
        )
        code, _, err = run("finetune", *SHORT)
    assert code == 130
    assert err.splitlines()[-1] == (
        "hint:  the checkpoints are whole: go on with --resume (and the same options)"
    )
    with monkeypatch.context() as patch:
        patch.setattr("w2vctc.acoustic.training.finetuning.make_model", broken_off(signal.SIGTERM))
        code, _, err = run("finetune", *SHORT, "--resume")
    assert code == 130
    assert err.splitlines()[-1] == ("hint:  no checkpoint was touched: go on with the same command")
    assert run("finetune", *SHORT, "--resume")[0] == 0
    assert (folder / "models/xx/model.safetensors").is_file()


def test_a_hint_is_given_to_nothing_else() -> None:
    with pytest.raises(ZeroDivisionError), remark_on_interruption(lambda: pytest.fail("said")):
        raise ZeroDivisionError
    with pytest.raises(Interrupted) as caught, remark_on_interruption(lambda: "told"):
        raise Interrupted
    assert caught.value.hint == "told"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_ends_by_the_signal_itself() -> None:
    """A pool that ends its workers must not make each of them explain itself."""
    with interruptible():
        child = os.fork()
        if not child:
            try:
                os.kill(os.getpid(), signal.SIGTERM)
                signal.pause()
            finally:
                os._exit(7)
        _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGTERM
