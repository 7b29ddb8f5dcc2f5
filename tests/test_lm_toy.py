"""lm/toy.arpa against the computation by hand in lm/README.md."""

from pathlib import Path

import pytest

from w2vctc.lm.arpa import check_arpa, read_unigrams, write_arpa
from w2vctc.lm.estimate import estimate_ngrams
from w2vctc.lm.loading import load_kenlm
from w2vctc.lm.perplexity import measure_text
from w2vctc.lm.recipe import load_recipe
from w2vctc.resources import find_resource

TEXT = ["la mar", "la mar", "sol"]


@pytest.fixture
def toy() -> Path:
    found = find_resource("lm", "toy.arpa")
    assert found is not None
    return found


def test_the_shipped_file_is_what_the_recipe_makes_of_the_text(toy: Path, tmp_path: Path) -> None:
    recipe = load_recipe("toy")
    model = estimate_ngrams(TEXT, order=recipe.order, pruning=recipe.pruning)
    write_arpa(model, tmp_path / "toy.arpa")
    assert (tmp_path / "toy.arpa").read_bytes() == toy.read_bytes()
    assert check_arpa(toy).counts == (6, 5)
    assert read_unigrams(toy) == ["la", "mar", "sol"]


@pytest.mark.parametrize(
    ("sentence", "probability"),
    [
        ("la mar", 13 / 30 * 0.6 * 0.65),
        ("sol", 8 / 30 * 0.65),
        ("sol mar", 8 / 30 * (0.5 * 0.2) * 0.65),
        ("la lluna", 13 / 30 * (0.5 * 0.1) * 0.3),
        ("", 0.5 * 0.3),
    ],
)
def test_sentences_score_as_computed_by_hand(toy: Path, sentence: str, probability: float) -> None:
    assert 10 ** load_kenlm(toy).score(sentence) == pytest.approx(probability, rel=1e-5)


def test_perplexity_as_computed_by_hand(toy: Path) -> None:
    score = measure_text(toy, ["la mar", "la lluna"])
    assert (score.n_sentences, score.n_tokens, score.n_oov) == (2, 4, 1)
    assert score.oov_rate == 0.25
    both = 0.169 * (13 / 30 * 0.05 * 0.3)
    assert score.perplexity == pytest.approx(both ** (-1 / 6), rel=1e-5)
    assert score.perplexity_known == pytest.approx((both / 0.05) ** (-1 / 5), rel=1e-5)
