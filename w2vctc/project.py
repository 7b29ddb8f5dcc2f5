"""The working folder: where a language's data, model and LM are, by convention, file or flag."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from w2vctc.config import build_options, read_toml
from w2vctc.errors import UsageError

CONFIG_NAME = "w2vctc.toml"
UNDETERMINED = "und"  # BCP 47's own code for a language that nobody named


@dataclass(frozen=True)
class Project:
    """The paths of one language in one working folder."""

    lang: str
    data: Path
    model: Path
    lm: Path
    profile: Path | None = None
    tables: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def options(self, cls: type[Any], table: str) -> Any:
        """The dataclass `cls` filled from one table of w2vctc.toml, defaults where it is silent."""
        return build_options(cls, self.tables.get(table, {}), where=f"{CONFIG_NAME} [{table}]")


@dataclass(frozen=True)
class _Paths:
    """The top level of w2vctc.toml."""

    lang: str = ""
    data: Path | None = None
    profile: Path | None = None
    model: Path | None = None
    lm: Path | None = None


def find_project(
    *,
    lang: str | None = None,
    data: Path | None = None,
    model: Path | None = None,
    lm: Path | None = None,
    profile: Path | None = None,
    root: Path | None = None,
) -> Project:
    """The project of the working folder `root`; flags win over w2vctc.toml, it over convention.

    Without a language anywhere, the only folder in data/ names it. Raises UsageError when that
    does not decide, and for every mistake in w2vctc.toml at once.
    """
    root = root or Path()
    values = read_toml(root / CONFIG_NAME) if (root / CONFIG_NAME).exists() else {}
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    plain = {key: value for key, value in values.items() if key not in tables}
    paths = build_options(_Paths, plain, where=CONFIG_NAME)
    data = data or _under(root, paths.data)
    lang = lang or paths.lang or _guess_language(root, data)
    own_profile = root / "vocab" / f"{lang}.toml"
    return Project(
        lang=lang,
        data=data or (root / "data" / lang if lang != UNDETERMINED else root / "data"),
        model=model or _under(root, paths.model) or root / "models" / lang,
        lm=lm or _under(root, paths.lm) or root / "lm" / lang,
        profile=profile
        or _under(root, paths.profile)
        or (own_profile if own_profile.is_file() else None),
        tables=tables,
    )


def find_model(root: Path | None = None) -> Path | None:
    """The working folder's model: the one w2vctc.toml names, or the only one in models/."""
    root = root or Path()
    if (root / CONFIG_NAME).exists():
        project = find_project(root=root)
        if (project.model / "config.json").is_file():
            return project.model
    models = sorted(path.parent for path in (root / "models").glob("*/config.json"))
    if len(models) > 1:
        names = ", ".join(str(path) for path in models)
        raise UsageError(f"several models here: {names}", hint="choose one with --model")
    return models[0] if models else None


def _under(root: Path, path: Path | None) -> Path | None:
    return root / path if path is not None else None


def _guess_language(root: Path, data: Path | None) -> str:
    if data is not None:
        return UNDETERMINED
    folder = root / "data"
    names = (
        sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    )
    tables = [path for suffix in ("tsv", "csv") for path in folder.glob(f"train.{suffix}")]
    if tables:
        return UNDETERMINED
    if len(names) == 1:
        return names[0]
    found = f"data/ holds {', '.join(names)}" if names else "there is no data/ folder here"
    raise UsageError(
        f"which language? {found}",
        hint='say --lang ca, or write lang = "ca" into w2vctc.toml',
    )
