"""Shipped files: found in a wheel and in a checkout, and all of them in the wheel."""

from pathlib import Path
from typing import Any

import pytest

import w2vctc
from w2vctc import resources
from w2vctc.config import read_toml
from w2vctc.resources import find_resource, list_resources

CHECKOUT = Path(w2vctc.__file__).parent.parent


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package folder in the place of the real one."""
    folder = tmp_path / "site-packages" / "w2vctc"
    folder.mkdir(parents=True)
    monkeypatch.setattr(resources, "_PACKAGE", folder)
    return folder


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_a_checkout_has_them_beside_the_package(package: Path) -> None:
    wanted = put(package.parent / "vocab" / "xx.toml")
    assert find_resource("vocab", "xx.toml") == wanted
    assert find_resource("vocab", "yy.toml") is None


def test_a_wheel_has_them_inside_the_package(package: Path) -> None:
    wanted = put(package / "assets" / "vocab" / "xx.toml")
    assert find_resource("vocab", "xx.toml") == wanted


def test_another_installed_package_called_vocab_is_not_taken_for_ours(package: Path) -> None:
    put(package / "assets" / "lm" / "toy.toml")
    put(package.parent / "vocab" / "xx.toml")
    assert find_resource("vocab", "xx.toml") is None


def test_names_are_listed_in_order_and_without_suffix(package: Path) -> None:
    for name in ("b.toml", "a.toml", "README.md"):
        put(package / "assets" / "lm" / name)
    assert list_resources("lm", ".toml") == ["a", "b"]
    assert list_resources("none", ".toml") == []


def test_this_installation_has_its_profiles_recipes_and_example() -> None:
    assert "ca" in list_resources("vocab", ".toml")
    assert {"transcripts-3gram", "corpus-5gram", "toy"} <= set(list_resources("lm", ".toml"))
    example = find_resource("examples", "ca-numbers", "train.tsv")
    assert example is not None
    assert example.is_file()


@pytest.mark.skipif(not (CHECKOUT / "pyproject.toml").exists(), reason="only in a checkout")
def test_the_wheel_takes_in_every_folder_that_the_program_asks_for() -> None:
    forced: dict[str, Any] = read_toml(CHECKOUT / "pyproject.toml")
    for name in ("tool", "hatch", "build", "targets", "wheel", "force-include"):
        forced = forced[name]
    assert set(forced) == {"vocab", "lm", "examples/ca-numbers"}
    for source, target in forced.items():
        assert (CHECKOUT / source).is_dir()
        assert target == f"w2vctc/assets/{source}"
