import os
import subprocess
import sys
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle

from w2vctc.errors import ModelError
from w2vctc.lm import loading
from w2vctc.lm.arpa import write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.folder import save_lm_info
from w2vctc.lm.loading import check_spelling, load_kenlm

SENTENCES = ["la mar blava", "el sol", "la mar"]


@pytest.fixture
def arpa(tmp_path: Path) -> Path:
    path = tmp_path / "lm.arpa"
    write_arpa(estimate_ngrams(SENTENCES, order=3), path)
    return path


def make_binary(arpa: Path, kind: str = "probing") -> Path:
    binary = arpa.with_suffix(".bin")
    command = [str(find_oracle("build_binary")), kind, str(arpa), str(binary)]
    subprocess.run(command, check=True, capture_output=True)
    return binary


def count_children(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    seen: list[Path] = []
    real = loading._load_in_child

    def counting(path: Path) -> bool:
        seen.append(path)
        return real(path)

    monkeypatch.setattr(loading, "_load_in_child", counting)
    return seen


def test_an_arpa_loads_and_scores(arpa: Path) -> None:
    model = load_kenlm(arpa)
    assert model.order == 3
    assert model.score("la mar") < 0
    assert "mar" in model
    assert "lluna" not in model


@pytest.mark.parametrize("kind", ["probing", "trie"])
def test_a_binary_scores_like_its_arpa(arpa: Path, kind: str) -> None:
    expected = load_kenlm(arpa).score("la mar blava")
    assert load_kenlm(make_binary(arpa, kind)).score("la mar blava") == pytest.approx(expected)


@pytest.mark.parametrize("unknown", ["<unk>", "unk"])
def test_loading_writes_nothing_to_stderr(arpa: Path, unknown: str) -> None:
    # Without <unk> KenLM speaks whatever its settings. What C++ writes bypasses sys.stderr, so
    # the whole process is looked at.
    text = arpa.read_text(encoding="utf-8").replace("<unk>", unknown)
    arpa.write_text(text, encoding="utf-8")
    script = (
        "import sys; from pathlib import Path; from w2vctc.lm.loading import load_kenlm;"
        "load_kenlm(Path(sys.argv[1])); load_kenlm(Path(sys.argv[1]));"
        "print('still there', file=sys.stderr)"
    )
    child = subprocess.run(
        [sys.executable, "-c", script, str(arpa)], check=True, capture_output=True, text=True
    )
    assert (child.stdout, child.stderr) == ("", "still there\n")


def test_a_file_is_tried_once_and_again_when_it_changed(
    arpa: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = count_children(monkeypatch)
    load_kenlm(arpa)
    load_kenlm(arpa)
    assert len(seen) == 1
    write_arpa(estimate_ngrams(["una altra cosa"], order=3), arpa)
    load_kenlm(arpa)
    assert len(seen) == 2


def test_a_file_that_its_folder_vouches_for_is_not_tried(
    arpa: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_lm_info(arpa.parent, {})
    seen = count_children(monkeypatch)
    load_kenlm(arpa)
    assert seen == []


def test_a_broken_arpa_is_refused_with_its_line(arpa: Path) -> None:
    text = arpa.read_text(encoding="utf-8").replace("ngram 2=", "ngram 2=-")
    arpa.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"lm\.arpa, line 3: negative count") as caught:
        load_kenlm(arpa)
    assert caught.value.code == "E_LM"


def test_what_only_kenlm_notices_is_told_in_its_words(arpa: Path) -> None:
    # A probability of one, rounded up: harmless, and yet KenLM takes nothing above zero.
    text = arpa.read_text(encoding="utf-8").replace("\n\\3-grams:\n-", "\n\\3-grams:\n1e-7\t", 1)
    head, _, tail = text.partition("1e-7\t")
    arpa.write_text(head + "1e-7\t" + tail.partition("\t")[2], encoding="utf-8")
    with pytest.raises(ModelError, match=r"kenlm cannot read it: .*[Pp]ositive"):
        load_kenlm(arpa)


def test_an_order_that_kenlm_cannot_read_is_refused(tmp_path: Path) -> None:
    write_arpa(estimate_ngrams(SENTENCES, order=1), tmp_path / "lm.arpa")
    with pytest.raises(ModelError, match="order 1") as caught:
        load_kenlm(tmp_path / "lm.arpa")
    assert "--order 2" in caught.value.hint


@pytest.mark.parametrize("keep", [40, 88, 150, 300])
def test_a_binary_cut_short_is_refused_and_we_live(arpa: Path, keep: int) -> None:
    binary = make_binary(arpa)
    binary.write_bytes(binary.read_bytes()[:keep])
    with pytest.raises(ModelError, match=r"lm\.bin: kenlm") as caught:
        load_kenlm(binary)
    assert caught.value.code == "E_LM"


def test_a_child_that_dies_by_signal_is_told(arpa: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_TRY_TO_LOAD", "import os; os.abort()")
    with pytest.raises(ModelError, match=r"kenlm dies of it \(SIGABRT\)"):
        load_kenlm(arpa)


def test_a_binary_with_one_changed_bit_is_refused_where_its_content_is_known(arpa: Path) -> None:
    binary = make_binary(arpa)
    save_lm_info(arpa.parent, {"ngram": "lm.bin"})
    load_kenlm(binary)
    content = bytearray(binary.read_bytes())
    content[len(content) // 2] ^= 1
    binary.write_bytes(bytes(content))
    with pytest.raises(ModelError, match="SHA-256 differs"):
        load_kenlm(binary)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.arpa")
    for name in ("pipe.arpa", ".", "nowhere.arpa"):
        with pytest.raises(ModelError) as caught:
            load_kenlm(tmp_path / name)
        assert caught.value.code == "E_LM"


LETTERS = set("abcdefghijklmnopqrstuvwxyz")


def spell(word: str) -> bool:
    return set(word) <= LETTERS


def test_words_that_fit_the_letters_are_fine() -> None:
    assert check_spelling(["la", "mar"], spell) == (1.0, "")


def test_upper_case_words_for_lower_case_letters_are_refused() -> None:
    with pytest.raises(ModelError, match="only 33% of the language model's 3 words") as caught:
        check_spelling(["LA", "MAR", "sol"], spell)
    assert "LA, MAR" in caught.value.message
    assert "case" in caught.value.hint


def test_some_words_that_cannot_be_spelled_are_a_warning() -> None:
    share, warning = check_spelling(["la", "mar", "sol", "cel", "cançó"], spell)
    assert share == 0.8
    assert "80.0%" in warning
    assert "cançó" in warning


def test_half_is_a_warning_and_no_words_are_refused() -> None:
    assert check_spelling(["la", "LA"], spell)[0] == 0.5
    with pytest.raises(ModelError, match="no words"):
        check_spelling([], spell)
