import dataclasses
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle, make_corpus

from w2vctc.errors import DataError, MachineError
from w2vctc.lm.build import build_lm
from w2vctc.lm.recipe import LmRecipe

RECIPE = LmRecipe("test", order=3, pruning=(0, 0, 1))


@pytest.fixture
def no_lmplz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "empty"))
    monkeypatch.delenv("W2VCTC_LMPLZ", raising=False)


def test_both_engines_write_and_tell_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_LMPLZ", str(find_oracle("lmplz")))
    sentences = make_corpus(2000, seed=3)
    built = {}
    for engine in ("builtin", "lmplz", "auto"):
        arpa = tmp_path / f"{engine}.arpa"
        built[engine] = build_lm(sentences, recipe=RECIPE, engine=engine, arpa_path=arpa)
    assert [build.engine for build in built.values()] == ["builtin", "lmplz", "lmplz"]
    own, theirs = (
        dataclasses.replace(built[engine], engine="", seconds=0, discounts=())
        for engine in ("builtin", "lmplz")
    )
    assert own == theirs
    for mine, other in zip(built["builtin"].discounts, built["lmplz"].discounts, strict=True):
        assert mine == pytest.approx(other, rel=1e-5)
    contents = {(tmp_path / f"{engine}.arpa").read_bytes() for engine in built}
    assert len(contents) == 1


@pytest.mark.usefixtures("no_lmplz")
def test_auto_estimates_by_itself_where_lmplz_is_not(tmp_path: Path) -> None:
    build = build_lm(["la mar"], recipe=RECIPE, engine="auto", arpa_path=tmp_path / "lm.arpa")
    assert build.engine == "builtin"
    assert build.fallback_orders == (1, 2, 3)
    assert (build.n_sentences, build.n_tokens, build.n_types) == (1, 2, 2)
    assert build.ngram_counts == (5, 3, 0)


@pytest.mark.usefixtures("no_lmplz")
def test_lmplz_asked_for_and_not_there_says_how_to_bring_it(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        build_lm(["la mar"], recipe=RECIPE, engine="lmplz", arpa_path=tmp_path / "lm.arpa")
    assert "tools/build_lmplz.sh" in caught.value.hint
    assert "--engine builtin" in caught.value.hint


@pytest.mark.usefixtures("no_lmplz")
def test_an_empty_text_leaves_the_old_model_alone(tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    arpa.write_text("the old one", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        build_lm([], recipe=RECIPE, engine="auto", arpa_path=arpa)
    assert caught.value.code == "E_EMPTY_TEXT"
    assert arpa.read_text(encoding="utf-8") == "the old one"
