"""A language model recipe: what `lm/<name>.toml` says about order, pruning and decoding."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from w2vctc.config import build_options, read_toml, suggest
from w2vctc.errors import UsageError
from w2vctc.lm.estimate import check_pruning
from w2vctc.lm.ngram import MAX_ORDER
from w2vctc.resources import find_resource, list_resources

AUTO = "auto"


@dataclass(frozen=True)
class LmRecipe:
    """How an n-gram is estimated, and the decoder's weights until they are tuned.

    order: words per n-gram; with `auto_order` it is chosen on dev, and `order` stands where there
    is no dev (`order = "auto"` in a file).
    pruning: per order, leave out n-grams that occur at most so often (KenLM's --prune). In a
    mixture it is the other text that is pruned, never the transcripts.
    mix: transcripts and other text become two models, mixed with weights tuned on dev; otherwise,
    and without dev, they are one text.
    share: the share of the other text that is taken, the part most like the transcripts; with
    `auto_share` it is chosen on dev (`share = "auto"` in a file).
    text, words: files of other text, and of words or names, beside those of the command line.
    alpha weighs the language model, beta rewards each word, on pyctcdecode's scale.
    """

    name: str
    order: int = 3
    auto_order: bool = False
    pruning: tuple[int, ...] = ()
    discount_fallback: bool = True
    mix: bool = True
    share: float = 1.0
    auto_share: bool = False
    text: tuple[Path, ...] = ()
    words: tuple[Path, ...] = ()
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
    values = _spell_out_auto(read_toml(path))
    recipe = build_options(LmRecipe, {"name": path.stem, **values}, where=str(path))
    check_recipe(recipe, where=str(path))
    return replace(
        recipe,
        text=tuple(path.parent / name for name in recipe.text),
        words=tuple(path.parent / name for name in recipe.words),
    )


def check_recipe(recipe: LmRecipe, *, where: str = "recipe") -> None:
    """Raises UsageError for values that no n-gram can be made with."""
    check_pruning(recipe.pruning, order=MAX_ORDER if recipe.auto_order else recipe.order)
    hint = f"mend {where}"
    if recipe.beam_width < 1:
        raise UsageError(f"{where}: beam_width = {recipe.beam_width}: wanted at least 1", hint=hint)
    if not 0 < recipe.share <= 1:
        raise UsageError(f"{where}: share = {recipe.share:g}: wanted above 0, at most 1", hint=hint)


def _spell_out_auto(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same values with `order = "auto"` as `auto_order = true`, and share likewise."""
    spelled = dict(values)
    for key in ("order", "share"):
        if spelled.get(key) == AUTO:
            del spelled[key]
            spelled[f"auto_{key}"] = True
    return spelled


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
