"""Files that ship with the program: language profiles, LM recipes, the bundled example."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def find_resource(*parts: str) -> Path | None:
    """The path of a shipped file or folder such as `("vocab", "ca.toml")`, or None.

    A wheel carries them in `w2vctc/assets/`; a checkout, editable or bare, has them at its top.
    """
    assets = _PACKAGE / "assets"
    # Beside an installed package stand other people's packages: one may well be called vocab.
    root = assets if assets.is_dir() else _PACKAGE.parent
    path = root.joinpath(*parts)
    return path if path.exists() else None


def list_resources(folder: str, suffix: str) -> list[str]:
    """The names, without suffix, of the shipped files in `folder`, sorted."""
    found = find_resource(folder)
    return sorted(path.stem for path in found.glob(f"*{suffix}")) if found else []
