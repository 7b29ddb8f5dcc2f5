import dataclasses
from pathlib import Path

import pytest
from lmplz_oracle import find_oracle, make_corpus

from w2vctc.errors import DataError, MachineError
from w2vctc.lm.build import build_lm
from w2vctc.lm.perplexity import measure_text
from w2vctc.lm.reading import read_arpa
from w2vctc.lm.recipe import LmRecipe
from w2vctc.lm.sources import LmSources

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
        built[engine] = build_lm(LmSources(sentences), recipe=RECIPE, engine=engine, arpa_path=arpa)
    assert [build.engine for build in built.values()] == ["builtin", "lmplz", "lmplz"]
    own, theirs = (
        dataclasses.replace(built[engine], engine="", seconds=0, parts=())
        for engine in ("builtin", "lmplz")
    )
    assert own == theirs
    (mine,), (other,) = (built[engine].parts for engine in ("builtin", "lmplz"))
    assert dataclasses.replace(mine, discounts=()) == dataclasses.replace(other, discounts=())
    for found, expected in zip(mine.discounts, other.discounts, strict=True):
        assert found == pytest.approx(expected, rel=1e-5)
    contents = {(tmp_path / f"{engine}.arpa").read_bytes() for engine in built}
    assert len(contents) == 1


@pytest.mark.usefixtures("no_lmplz")
def test_auto_estimates_by_itself_where_lmplz_is_not(tmp_path: Path) -> None:
    build = build_lm(
        LmSources(["la mar"]), recipe=RECIPE, engine="auto", arpa_path=tmp_path / "lm.arpa"
    )
    assert build.engine == "builtin"
    assert build.parts[0].fallback_orders == (1, 2, 3)
    assert (build.n_sentences, build.n_tokens, build.n_types) == (1, 2, 2)
    assert build.ngram_counts == (5, 3, 0)


@pytest.mark.usefixtures("no_lmplz")
def test_lmplz_asked_for_and_not_there_says_how_to_bring_it(tmp_path: Path) -> None:
    with pytest.raises(MachineError) as caught:
        build_lm(
            LmSources(["la mar"]), recipe=RECIPE, engine="lmplz", arpa_path=tmp_path / "lm.arpa"
        )
    assert "doctor --install-lmplz" in caught.value.hint
    assert "--engine builtin" in caught.value.hint


@pytest.mark.usefixtures("no_lmplz")
def test_an_empty_text_leaves_the_old_model_alone(tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    arpa.write_text("the old one", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        build_lm(LmSources(), recipe=RECIPE, engine="auto", arpa_path=arpa)
    assert caught.value.code == "E_EMPTY_TEXT"
    assert arpa.read_text(encoding="utf-8") == "the old one"


def test_both_engines_mix_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_LMPLZ", str(find_oracle("lmplz")))
    corpus = make_corpus(1500, seed=3)
    sources = LmSources(corpus[:300], corpus[300:1400], ["una", "dues"], corpus[1400:])
    built = {}
    for engine in ("builtin", "lmplz", "auto"):
        arpa = tmp_path / f"{engine}.arpa"
        built[engine] = build_lm(sources, recipe=RECIPE, engine=engine, arpa_path=arpa)
    assert [build.engine for build in built.values()] == ["builtin", "lmplz", "builtin"]
    contents = {(tmp_path / f"{engine}.arpa").read_bytes() for engine in built}
    assert len(contents) == 1
    for build in built.values():
        assert [part.name for part in build.parts] == ["transcripts", "text"]
        assert sum(part.weight for part in build.parts) == pytest.approx(1)
        assert build.n_listed == 2
        assert build.n_types == build.ngram_counts[0] - 3 == len(sources.vocabulary) - 3


def test_a_mixture_does_better_on_dev_than_its_parts_and_than_one_text(tmp_path: Path) -> None:
    near = [sentence.replace("nom", "cosa") for sentence in make_corpus(400, seed=1)]
    sources = LmSources(near[:300], make_corpus(3000, seed=2), dev=near[300:])
    arpa = tmp_path / "lm.arpa"

    def perplexity(mix: bool) -> float:
        recipe = dataclasses.replace(RECIPE, mix=mix, pruning=())
        build_lm(sources, recipe=recipe, engine="builtin", arpa_path=arpa)
        return measure_text(arpa, sources.dev).perplexity_known

    build = build_lm(sources, recipe=RECIPE, engine="builtin", arpa_path=arpa)
    mixed = perplexity(True)
    assert mixed < perplexity(False)
    assert all(part.perplexity and mixed < part.perplexity for part in build.parts)


def test_words_of_a_list_are_known_though_no_text_has_them(tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    sources = LmSources(make_corpus(200, seed=1), words=["núria", "feliu"], dev=["la núria"])
    build = build_lm(sources, recipe=RECIPE, engine="builtin", arpa_path=arpa)
    assert build.n_listed == 2
    assert measure_text(arpa, ["la núria feliu"]).n_oov == 0


def test_words_that_were_pruned_come_back_at_the_floor_of_a_mixture(tmp_path: Path) -> None:
    arpa = tmp_path / "lm.arpa"
    corpus = make_corpus(600, seed=1)
    sources = LmSources(corpus[:100], corpus[100:500], dev=corpus[500:])
    recipe = LmRecipe("x", order=3, pruning=(1, 1, 1))
    build_lm(sources, recipe=recipe, engine="builtin", arpa_path=arpa)
    model = read_arpa(arpa)
    assert model.words == sources.vocabulary
    probs = 10.0 ** model.tables[0].log10_prob.astype(float)
    assert probs.sum() - 1 == pytest.approx(1, abs=1e-5)  # <s> stands there with 1


@pytest.mark.usefixtures("no_lmplz")
@pytest.mark.parametrize("mix", [True, False])
def test_a_text_too_large_for_the_memory_is_refused_before_it_is_counted(
    mix: bool, tmp_path: Path
) -> None:
    sources = LmSources(["la mar"], ["el sol"] * 100_000, dev=["el mar"])
    recipe = LmRecipe("x", order=5, mix=mix)
    with pytest.raises(MachineError) as caught:
        build_lm(
            sources,
            recipe=recipe,
            engine="auto",
            arpa_path=tmp_path / "lm.arpa",
            memory_bytes=400 << 20,
        )
    # 300,000 words and sentence ends at 280 bytes, 380 in a mixture, and 350 MiB for the program
    assert "may need 0.4 GB for this text at order 5; it may take 0.4 GB" in caught.value.message
    assert (caught.value.code, caught.value.exit_code) == ("E_MEMORY", 5)
    assert "doctor --install-lmplz" in caught.value.hint
    assert not list(tmp_path.glob("*.arpa"))


def test_a_mixture_too_large_for_the_memory_is_handed_to_lmplz(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_LMPLZ", str(find_oracle("lmplz")))
    sources = LmSources(["la mar"] * 50_000, ["el sol"] * 50_000, dev=["el mar"])
    # Each of the two parts would fit into 400 MiB, both together do not.
    for limit, engine in ((1 << 40, "builtin"), (400 << 20, "lmplz")):
        build = build_lm(
            sources,
            recipe=RECIPE,
            engine="auto",
            arpa_path=tmp_path / "lm.arpa",
            memory_bytes=limit,
        )
        assert build.engine == engine


def test_models_of_lmplz_that_are_too_large_to_mix_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("W2VCTC_LMPLZ", str(find_oracle("lmplz")))
    sources = LmSources(["la mar"], ["el sol"], dev=["el mar"])
    with pytest.raises(
        MachineError, match=r"mixing models of \d+ n-grams may need 0\.3 GB"
    ) as caught:
        build_lm(
            sources,
            recipe=RECIPE,
            engine="auto",
            arpa_path=tmp_path / "lm.arpa",
            memory_bytes=200 << 20,
        )
    assert caught.value.code == "E_MEMORY"
    assert "--no-mix" in caught.value.hint
    assert not list(tmp_path.glob("*.arpa"))


def test_a_text_too_large_to_choose_a_share_of_is_refused_before_it_is_measured(
    tmp_path: Path,
) -> None:
    sources = LmSources(["la mar"], ["el sol"] * 100_000, dev=["el mar"])
    with pytest.raises(MachineError, match="at order 3; it may take") as caught:
        build_lm(
            sources,
            recipe=LmRecipe("x", order=2, auto_share=True),
            engine="auto",
            arpa_path=tmp_path / "lm.arpa",
            memory_bytes=400 << 20,
        )
    assert caught.value.code == "E_MEMORY"


def test_orders_that_the_memory_is_too_small_to_try_are_told(tmp_path: Path) -> None:
    sources = LmSources(["el sol surt"] * 100_000, dev=["el sol"])
    recipe = LmRecipe("x", auto_order=True)
    steps: list[str] = []
    # 400,000 words and sentence ends: 38 MiB at order 2, 61 MiB at order 3, beside 350 MiB.
    build = build_lm(
        sources,
        recipe=recipe,
        engine="builtin",
        arpa_path=tmp_path / "lm.arpa",
        memory_bytes=400 << 20,
        on_step=steps.append,
    )
    assert build.order == 2
    assert build.notes == ("order 2: trying longer ones needs more --memory",)
    assert steps == ["trying order 2", "estimating, order 2"]


@pytest.mark.usefixtures("no_lmplz")
def test_what_nobody_can_decide_without_dev_is_told(tmp_path: Path) -> None:
    recipe = LmRecipe("x", order=2, auto_order=True, auto_share=True)
    arpa = tmp_path / "lm.arpa"
    sources = LmSources(["la mar"], ["el sol"])
    build = build_lm(sources, recipe=recipe, engine="auto", arpa_path=arpa)
    assert build.order == 2
    assert len(build.notes) == 3
    with_dev = LmSources(["la mar"], ["el sol"], dev=["la mar"])
    assert build_lm(with_dev, recipe=recipe, engine="auto", arpa_path=arpa).notes == ()
    alone = LmSources(["la mar"])
    assert build_lm(alone, recipe=recipe, engine="auto", arpa_path=arpa).notes == (
        "order 2: there is no dev to choose by",
    )
