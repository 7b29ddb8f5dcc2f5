from pathlib import Path

import pytest

from w2vctc.errors import UsageError
from w2vctc.lm.recipe import LmRecipe, list_recipes, load_recipe


def test_every_shipped_recipe_loads_and_is_described() -> None:
    assert list_recipes() == ["corpus-5gram", "mixed", "toy", "transcripts", "transcripts-3gram"]
    for name in list_recipes():
        recipe = load_recipe(name)
        assert recipe.name == name
        assert recipe.description


def test_the_shipped_recipes_are_what_their_names_say() -> None:
    assert load_recipe("transcripts-3gram").order == 3
    assert load_recipe("transcripts-3gram").pruning == ()
    corpus = load_recipe("corpus-5gram")
    assert (corpus.order, corpus.pruning[:3]) == (5, (0, 0, 1))


def test_a_recipe_file_of_ones_own_needs_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("order = 4\npruning = [0, 1]\n", encoding="utf-8")
    assert load_recipe(path) == LmRecipe(name="mine", order=4, pruning=(0, 1))
    assert load_recipe(str(path)) == load_recipe(path)


def test_an_unknown_name_suggests_the_nearest_and_lists_all() -> None:
    with pytest.raises(UsageError, match="did you mean 'transcripts-3gram'") as caught:
        load_recipe("transcript-3gram")
    assert "corpus-5gram, mixed, toy, transcripts, transcripts-3gram" in caught.value.hint
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["../vocab/ca", "README", ""])
def test_only_recipes_are_found_by_name(name: str) -> None:
    with pytest.raises(UsageError, match="no language model recipe"):
        load_recipe(name)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("order = 9\n", "order 9"),
        ("order = 'most'\n", "wanted a whole number"),
        ("share = 0.0\n", "share = 0: wanted above 0"),
        ("share = 1.2\n", "share = 1.2: wanted above 0, at most 1"),
        ("order = 2\npruning = [0, 0, 1]\n", "at most 2 thresholds"),
        ("pruning = [1, 0]\n", "pruning 1 0"),
        ("beam_width = 0\n", "beam_width = 0"),
        ("ordre = 3\n", "did you mean 'order'"),
        ("order = 'three'\n", "wanted a whole number"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_recipe(path)
    assert reason in caught.value.message


def test_auto_stands_for_what_dev_chooses(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('order = "auto"\nshare = "auto"\npruning = [0, 0, 0, 0, 1]\n', encoding="utf-8")
    recipe = load_recipe(path)
    assert (recipe.auto_order, recipe.order) == (True, 3)
    assert (recipe.auto_share, recipe.share) == (True, 1.0)
    assert not load_recipe("corpus-5gram").auto_order


def test_files_that_a_recipe_names_lie_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('text = ["more.txt"]\nwords = ["names/a.txt"]\n', encoding="utf-8")
    recipe = load_recipe(path)
    assert recipe.text == (tmp_path / "more.txt",)
    assert recipe.words == (tmp_path / "names" / "a.txt",)
