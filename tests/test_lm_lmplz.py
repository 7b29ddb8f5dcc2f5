import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle, make_corpus, run_oracle

from w2vctc.errors import DataError, MachineError, ModelError, UsageError
from w2vctc.lm.lmplz import find_build_binary, find_lmplz, run_build_binary, run_lmplz
from w2vctc.lm.recipe import LmRecipe

REAL_PATH = os.environ["PATH"]
SCRIPT = Path(__file__).parent.parent / "tools" / "build_lmplz.sh"


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without lmplz."""
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("W2VCTC_LMPLZ", raising=False)
    monkeypatch.delenv("W2VCTC_CACHE", raising=False)


def program(path: Path, script: str = "exit 0") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def real_lmplz(monkeypatch: pytest.MonkeyPatch) -> Path:
    with monkeypatch.context() as patch:
        patch.setenv("PATH", REAL_PATH)
        found = find_oracle("lmplz")
    monkeypatch.setenv("W2VCTC_LMPLZ", str(found))
    return found


def test_the_places_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_lmplz() is None
    cached = program(tmp_path / "cache" / "w2vctc" / "bin" / "lmplz")
    assert find_lmplz() == cached
    on_path = program(tmp_path / "path" / "lmplz")
    assert find_lmplz() == on_path
    named = program(tmp_path / "elsewhere" / "lmplz")
    monkeypatch.setenv("W2VCTC_LMPLZ", str(named))
    assert find_lmplz() == named


def test_a_variable_that_names_nothing_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("W2VCTC_LMPLZ", "/nowhere/lmplz")
    with pytest.raises(UsageError, match="W2VCTC_LMPLZ=/nowhere/lmplz"):
        find_lmplz()


def test_build_binary_is_looked_for_beside_lmplz(tmp_path: Path) -> None:
    assert find_build_binary() is None
    program(tmp_path / "cache" / "w2vctc" / "bin" / "lmplz")
    beside = program(tmp_path / "cache" / "w2vctc" / "bin" / "build_binary")
    assert find_build_binary() == beside


def test_without_lmplz_the_message_says_how_to_bring_it(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        run_lmplz(["la mar"], recipe=LmRecipe("x"), arpa_path=tmp_path / "lm.arpa")
    assert "doctor --install-lmplz" in caught.value.hint
    assert caught.value.exit_code == 5


@pytest.mark.usefixtures("real_lmplz")
def test_the_report_and_the_file_are_lmplzs_own(tmp_path: Path) -> None:
    sentences = make_corpus(3000, seed=3)
    arpa = tmp_path / "lm.arpa"
    recipe = LmRecipe("x", order=3, pruning=(0, 0, 1))
    report = run_lmplz(sentences, recipe=recipe, arpa_path=arpa)
    assert arpa.read_bytes() == run_oracle(sentences, tmp_path, order=3, pruning=(0, 0, 1))
    words = [word for sentence in sentences for word in sentence.split()]
    assert report.n_sentences == 3000
    assert (report.n_tokens, report.n_types) == (len(words), len(set(words)))
    assert len(report.discounts) == 3
    assert report.fallback_orders == ()


@pytest.mark.usefixtures("real_lmplz")
def test_fallback_orders_are_told_from_one_up(tmp_path: Path) -> None:
    report = run_lmplz(["la mar"], recipe=LmRecipe("x", order=2), arpa_path=tmp_path / "lm.arpa")
    assert report.fallback_orders == (1, 2)
    assert report.discounts == ((0.5, 1.0, 1.5),) * 2


@pytest.mark.usefixtures("real_lmplz")
def test_lmplzs_own_words_are_passed_on(tmp_path: Path) -> None:
    recipe = LmRecipe("x", order=2, discount_fallback=False)
    with pytest.raises(ModelError, match=r"lmplz failed: .*discount_fallback") as caught:
        run_lmplz(["la mar"], recipe=recipe, arpa_path=tmp_path / "lm.arpa")
    assert caught.value.code == "E_LM"
    assert not (tmp_path / "lm.arpa").exists()


@pytest.mark.parametrize(
    ("script", "error", "code"),
    [
        ("echo 'Bad thing' >&2; exit 1", ModelError, "E_LM"),
        ("echo 'write: No space left on device' >&2; exit 1", MachineError, "E_DISK"),
        ("echo 'std::bad_alloc' >&2; exit 1", MachineError, "E_MEMORY"),
        ("kill -9 $$", MachineError, "E_MEMORY"),
        ("kill -6 $$", ModelError, "E_LM"),
    ],
)
def test_how_the_child_ends_decides_the_error(
    script: str, error: type[Exception], code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_LMPLZ", str(program(tmp_path / "bad" / "lmplz", script)))
    arpa = tmp_path / "out" / "lm.arpa"
    with pytest.raises(error, match="lmplz failed: ") as caught:
        run_lmplz(["la mar"], recipe=LmRecipe("x"), arpa_path=arpa)
    assert getattr(caught.value, "code", "") == code
    assert list(arpa.parent.iterdir()) == []


@pytest.mark.usefixtures("real_lmplz")
def test_unusable_text_is_refused_before_lmplz_sees_it(tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    with pytest.raises(DataError) as caught:
        run_lmplz(["", " "], recipe=LmRecipe("x"), arpa_path=arpa)
    assert caught.value.code == "E_EMPTY_TEXT"
    with pytest.raises(DataError, match="sentence 2") as caught:
        run_lmplz(["la mar", "el </s> sol"], recipe=LmRecipe("x"), arpa_path=arpa)
    assert caught.value.code == "E_RESERVED"


@pytest.mark.usefixtures("real_lmplz")
def test_a_binary_scores_like_its_arpa(tmp_path: Path) -> None:
    kenlm = pytest.importorskip("kenlm")
    arpa, binary = tmp_path / "lm.arpa", tmp_path / "lm.bin"
    run_lmplz(["la mar blava"], recipe=LmRecipe("x"), arpa_path=arpa)
    run_build_binary(arpa, binary)
    assert kenlm.Model(str(binary)).score("la mar") == kenlm.Model(str(arpa)).score("la mar")


@pytest.mark.usefixtures("real_lmplz")
def test_a_broken_arpa_makes_no_binary(tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    arpa.write_text("la mar\n", encoding="utf-8")
    with pytest.raises(ModelError, match="build_binary failed"):
        run_build_binary(arpa, tmp_path / "lm.bin")
    assert not (tmp_path / "lm.bin").exists()


def build(target: Path, *, path: str) -> "subprocess.CompletedProcess[str]":
    bash = shutil.which("bash", path=REAL_PATH)
    assert bash is not None
    return subprocess.run(
        [bash, str(SCRIPT), str(target)],
        env={"PATH": path, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_build_script_leaves_what_is_there(tmp_path: Path) -> None:
    for name in ("lmplz", "build_binary", "query"):
        program(tmp_path / "bin" / name)
    done = build(tmp_path / "bin", path=REAL_PATH)
    assert done.returncode == 0
    assert "already there" in done.stderr
    assert (tmp_path / "bin" / "lmplz").read_text(encoding="utf-8") == "#!/bin/sh\nexit 0\n"


def test_the_build_script_says_what_is_missing(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "mkdir"):
        found = shutil.which(name, path=REAL_PATH)
        assert found is not None
        (tools / name).symlink_to(found)
    done = build(tmp_path / "bin", path=str(tools))
    assert done.returncode == 3
    assert "missing: g++ cmake make tar" in done.stderr
    assert "apt-get install" in done.stderr
