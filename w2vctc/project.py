"""The working folder: where a language's data, model and LM are, by convention, file or flag."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from w2vctc.config import build_options, read_toml, suggest
from w2vctc.errors import UsageError

CONFIG_NAME = "w2vctc.toml"
TABLES = ("finetune", "subtitles")  # the options that w2vctc.toml can hold
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
    format: str | None = None  # of the data; None: it is recognised
    tier: str | None = None  # of annotation files with several
    allow_outside: bool = False  # whether audio may lie outside of the data's folder
    flags: str = ""  # what to type after a verb to come here again: `--lang ca`

    def options(self, cls: type[Any], table: str) -> Any:
        """The dataclass `cls` filled from one table of w2vctc.toml, defaults where it is silent."""
        return _fill(cls, self.tables, table)


@dataclass(frozen=True)
class _Paths:
    """The top level of w2vctc.toml."""

    lang: str = ""
    data: Path | None = None
    profile: Path | None = None
    model: Path | None = None
    lm: Path | None = None
    format: str | None = None
    tier: str | None = None
    allow_outside: bool = False


def find_project(
    *,
    lang: str | None = None,
    data: Path | None = None,
    model: Path | None = None,
    lm: Path | None = None,
    profile: Path | None = None,
    format: str | None = None,
    tier: str | None = None,
    allow_outside: bool | None = None,
    root: Path | None = None,
) -> Project:
    """The project of the working folder `root`; flags win over w2vctc.toml, it over convention.

    Without a language anywhere, the only folder in data/ names it. Raises UsageError when that
    does not decide, and for every mistake in w2vctc.toml at once.
    """
    root = root or Path()
    paths, tables = _read_config(root)
    flags = _write_flags(lang, data, format, tier, allow_outside)
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
        format=format or paths.format,
        tier=tier or paths.tier,
        allow_outside=paths.allow_outside if allow_outside is None else allow_outside,
        flags=flags or f"--lang {lang}",
    )


def read_options(cls: type[Any], table: str, root: Path | None = None) -> Any:
    """The same where no language is named: of the working folder's w2vctc.toml, if there is one."""
    return _fill(cls, _read_config(root or Path())[1], table)


def find_model(root: Path | None = None) -> Path | None:
    """The working folder's model: the one w2vctc.toml names, or the only one in models/.

    Raises UsageError when there are several to choose from.
    """
    root = root or Path()
    paths, _ = _read_config(root)
    named = _under(root, paths.model) or (root / "models" / paths.lang if paths.lang else None)
    if named is not None and (named / "config.json").is_file():
        return named
    models = sorted(path.parent for path in (root / "models").glob("*/config.json"))
    if len(models) > 1:
        names = ", ".join(str(path) for path in models)
        raise UsageError(f"several models here: {names}", hint="choose one with --model")
    return models[0] if models else None


def names_language(root: Path | None = None) -> bool:
    """Whether the working folder says by itself, in w2vctc.toml or data/, which language it is."""
    root = root or Path()
    paths, _ = _read_config(root)
    return bool(paths.lang or paths.data or _has_table(root / "data") or _list_languages(root))


def _read_config(root: Path) -> tuple[_Paths, Mapping[str, Mapping[str, Any]]]:
    """The paths and the tables of w2vctc.toml; empty where there is none."""
    path = root / CONFIG_NAME
    values = read_toml(path) if path.exists() else {}
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    unknown = [f"[{name}]{suggest(name, TABLES)}" for name in tables if name not in TABLES]
    if unknown:
        raise UsageError(
            f"{path}: unknown table {', '.join(unknown)}",
            hint=f"the tables are {', '.join(f'[{name}]' for name in TABLES)}",
        )
    plain = {key: value for key, value in values.items() if key not in tables}
    return build_options(_Paths, plain, where=str(path)), tables


def _fill(cls: type[Any], tables: Mapping[str, Mapping[str, Any]], table: str) -> Any:
    return build_options(cls, tables.get(table, {}), where=f"{CONFIG_NAME} [{table}]")


def _write_flags(
    lang: str | None,
    data: Path | None,
    format: str | None,
    tier: str | None,
    allow_outside: bool | None,
) -> str:
    given = [("--lang", lang), ("--data", data), ("--format", format), ("--tier", tier)]
    flags = [f"{flag} {shlex.quote(str(value))}" for flag, value in given if value]
    return " ".join([*flags, "--allow-outside"] if allow_outside else flags)


def _under(root: Path, path: Path | None) -> Path | None:
    return root / path if path is not None else None


def _guess_language(root: Path, data: Path | None) -> str:
    """The language of the data folder, where its path says it; else of the only one in data/."""
    if data is not None:
        inside = data.resolve().parent == (root / "data").resolve()
        return data.resolve().name if inside else UNDETERMINED
    if _has_table(root / "data"):
        return UNDETERMINED
    names = _list_languages(root)
    if len(names) == 1:
        return names[0]
    found = f"data/ holds {', '.join(names) or 'no folder'}"
    raise UsageError(
        f"which language? {found if (root / 'data').is_dir() else 'there is no data/ folder here'}",
        hint='say --lang ca, or write lang = "ca" into w2vctc.toml',
    )


def _list_languages(root: Path) -> list[str]:
    folders = (path for path in (root / "data").glob("*") if path.is_dir())
    return sorted(path.name for path in folders if not path.name.startswith("."))


def _has_table(folder: Path) -> bool:
    return any((folder / f"train.{suffix}").is_file() for suffix in ("tsv", "csv"))
