"""A language model recipe: what `lm/<name>.toml` says about order, pruning and decoding."""

from dataclasses import dataclass
from pathlib import Path

from w2vctc.config import build_options, read_toml, suggest
from w2vctc.errors import UsageError
from w2vctc.lm.estimate import check_pruning
from w2vctc.resources import find_resource, list_resources


@dataclass(frozen=True)
class LmRecipe:
    """How an n-gram is estimated, and the decoder's weights until they are tuned.

    pruning: per order, leave out n-grams that occur at most so often (KenLM's --prune).
    alpha weighs the language model, beta rewards each word, on pyctcdecode's scale.
    """

    name: str
    order: int = 3
    pruning: tuple[int, ...] = ()
    discount_fallback: bool = True
    alpha: float = 0.5
    beta: float = 1.5
    beam_width: int = 100
    description: str = ""


def list_recipes() -> list[str]:
    """The names of the recipes that ship with the program."""
    return list_resources("lm", ".toml")


def load_recipe(name_or_path: str | Path) -> LmRecipe:
    """The recipe of a shipped name such as `transcripts-3gram`, or of a TOML file.

    Raises UsageError: unknown names with the nearest known one, a file's mistakes all at once.
    """
    path = _find_recipe(name_or_path)
    values = read_toml(path)
    recipe = build_options(LmRecipe, {"name": path.stem, **values}, where=str(path))
    check_pruning(recipe.pruning, order=recipe.order)
    if recipe.beam_width < 1:
        raise UsageError(
            f"{path}: beam_width = {recipe.beam_width}: wanted at least 1", hint=f"mend {path}"
        )
    return recipe


def _find_recipe(name_or_path: str | Path) -> Path:
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".toml"):
        return Path(name_or_path)
    known = list_recipes()
    found = find_resource("lm", f"{name}.toml") if name in known else None
    if found is None:
        raise UsageError(
            f"no language model recipe {name!r}{suggest(name, known)}",
            hint=f"known: {', '.join(known)}; or give the path of a .toml file",
        )
    return found
