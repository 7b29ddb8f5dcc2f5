"""TOML values as dataclasses: all mistakes at once, in words that say what to write instead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from w2vctc.config import build_options, override, read_toml, suggest
from w2vctc.errors import UsageError


@dataclass(frozen=True)
class Recipe:
    """One field of every kind that a TOML file can fill."""

    name: str
    order: int = 3
    learning_rate: float = 0.1
    greedy: bool = False
    casing: Literal["lower", "upper"] = "lower"
    letters: tuple[str, ...] = ()
    folder: Path | None = None
    replacements: Mapping[str, str] = field(default_factory=dict)


def build(**values: Any) -> Recipe:
    return build_options(Recipe, values, where="recipe.toml")


def refusal(**values: Any) -> str:
    with pytest.raises(UsageError) as caught:
        build(**values)
    assert caught.value.hint == "mend recipe.toml and run again"
    return caught.value.message


def test_absent_keys_keep_their_defaults() -> None:
    assert build(name="a") == Recipe("a")


def test_every_kind_arrives_in_its_type() -> None:
    recipe = build(
        name="a",
        order=5,
        learning_rate=1,
        greedy=True,
        casing="upper",
        letters=["a", "ll"],
        folder="some/where",
        replacements={"x": "y"},
    )
    assert recipe == Recipe("a", 5, 1.0, True, "upper", ("a", "ll"), Path("some/where"), {"x": "y"})
    assert type(recipe.learning_rate) is float


def test_a_hyphen_in_a_key_stands_for_the_underscore() -> None:
    values: dict[str, Any] = {"name": "a", "learning-rate": 0.5}
    assert build_options(Recipe, values, where="x").learning_rate == 0.5


def test_an_unknown_key_gets_the_nearest_name() -> None:
    assert refusal(name="a", ordr=3) == "recipe.toml: unknown key 'ordr' (did you mean 'order'?)"
    assert refusal(name="a", zzzzz=3) == "recipe.toml: unknown key 'zzzzz'"


def test_all_mistakes_are_shown_together() -> None:
    assert refusal(ordr=3, greedy="yes", letters="abc") == (
        "recipe.toml: unknown key 'ordr' (did you mean 'order'?);"
        " greedy = 'yes': wanted true or false;"
        " letters = 'abc': wanted a list;"
        " name is missing"
    )


@pytest.mark.parametrize(
    ("key", "value", "wanted"),
    [
        ("name", 3, "wanted text in quotes"),
        ("order", 3.0, "wanted a whole number"),
        ("order", True, "wanted a number"),
        ("order", "3", "wanted a whole number"),
        ("learning_rate", False, "wanted a number"),
        ("learning_rate", "0.1", "wanted a number"),
        ("greedy", 1, "wanted true or false"),
        ("casing", "Lower", "wanted one of lower, upper"),
        ("letters", ["a", 1], "wanted text in quotes"),
        ("folder", 1, "wanted a path in quotes"),
        ("replacements", ["a"], "wanted a table"),
        ("replacements", {"a": 1}, "wanted text in quotes"),
    ],
)
def test_a_wrong_type_is_named_with_its_value(key: str, value: object, wanted: str) -> None:
    assert refusal(**{"name": "a", key: value}) == f"recipe.toml: {key} = {value!r}: {wanted}"


def test_a_missing_value_that_was_given_wrongly_is_told_once() -> None:
    assert refusal(name=3) == "recipe.toml: name = 3: wanted text in quotes"


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
keys = st.sampled_from([*Recipe.__dataclass_fields__, "learning-rate", "other"])


@given(st.dictionaries(keys, json_like))
def test_whatever_a_file_holds_it_is_taken_or_refused_by_name(values: dict[str, Any]) -> None:
    try:
        recipe = build_options(Recipe, values, where="recipe.toml")
    except UsageError as error:
        assert error.message.startswith("recipe.toml: ")
    else:
        assert isinstance(recipe.name, str)
        assert isinstance(recipe.letters, tuple)
        assert recipe.casing in ("lower", "upper")


def test_flags_win_where_they_are_given() -> None:
    recipe = Recipe("a", order=4)
    assert override(recipe, order=None, greedy=True) == Recipe("a", order=4, greedy=True)
    assert override(recipe, order=2, learning_rate=0.0) == Recipe("a", 2, 0.0)


def test_suggest_keeps_quiet_without_a_near_name() -> None:
    assert suggest("pth", ["path", "text"]) == " (did you mean 'path'?)"
    assert suggest("qqq", ["path", "text"]) == ""


def test_read_toml_takes_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "\xc3\xa7"\n')
    assert read_toml(path) == {"name": "ç"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'name = "\xe7"', "not UTF-8 at byte 8"),
        (b'a = 1\nb = "open\n', "not valid TOML: Illegal character '\\n' (at line 2, column 10)"),
    ],
)
def test_read_toml_names_the_place_of_a_fault(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read_toml(path)
    assert caught.value.message == f"{path}: {message}"


def test_read_toml_of_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        read_toml(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="Is a directory"):
        read_toml(tmp_path)
