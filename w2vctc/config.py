"""TOML in, frozen dataclasses out: every mistake in a file is collected and shown at once."""

import dataclasses
import difflib
import sys
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from w2vctc.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Options = TypeVar("Options")


def read_toml(path: Path) -> dict[str, Any]:
    """The parsed file. Raises UsageError that names the line when it is not TOML or not UTF-8."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file", hint="check the path") from error
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="check the path") from error
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: not UTF-8 at byte {error.start}", hint="save the file as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: not valid TOML: {error}", hint="mend that line") from error


def build_options(cls: type[Options], values: Mapping[str, Any], *, where: str) -> Options:
    """An instance of the dataclass `cls` from TOML values; absent keys keep their defaults.

    Raises UsageError with one line for each unknown key, wrong type and missing value.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    faults: list[str] = []
    accepted: dict[str, Any] = {}
    for key, value in values.items():
        name = key.replace("-", "_")
        if name not in fields:
            faults.append(f"unknown key {key!r}{suggest(key, fields)}")
            continue
        try:
            accepted[name] = _convert(value, hints[name])
        except (TypeError, ValueError) as error:
            faults.append(f"{key} = {value!r}: {error}")
    for name, field in fields.items():
        optional = (
            field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING
        )
        if name not in accepted and not optional and name not in values:
            faults.append(f"{name} is missing")
    if faults:
        raise UsageError(f"{where}: " + "; ".join(faults), hint=f"mend {where} and run again")
    return cls(**accepted)


def override(options: Options, **flags: Any) -> Options:
    """`options` with each flag that is not None in place of the field of the same name."""
    given = {name: value for name, value in flags.items() if value is not None}
    return dataclasses.replace(options, **given)  # type: ignore[type-var]


def suggest(name: str, known: Iterable[str]) -> str:
    """`" (did you mean 'x'?)"` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def _convert(value: Any, kind: Any) -> Any:
    """`value` as the annotated type `kind`; raises TypeError with the wanted type in words."""
    origin = typing.get_origin(kind)
    arguments = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _convert(value, next(member for member in arguments if member is not type(None)))
    if origin is typing.Literal and value not in arguments:
        raise TypeError("wanted one of " + ", ".join(map(str, arguments)))
    if origin is tuple:
        return tuple(_convert(item, arguments[0]) for item in _expect(value, list, "a list"))
    if origin in (dict, Mapping):
        table = _expect(value, Mapping, "a table")
        return {str(key): _convert(item, arguments[1]) for key, item in table.items()}
    return value if origin is typing.Literal or kind is Any else _convert_scalar(value, kind)


def _convert_scalar(value: Any, kind: type) -> Any:
    if kind is Path:
        return Path(_expect(value, str, "a path in quotes"))
    if kind is bool:
        return _expect(value, bool, "true or false")
    if isinstance(value, bool) and kind in (int, float):
        raise TypeError("wanted a number")
    if kind is float:
        return float(_expect(value, (int, float), "a number"))
    if kind is int:
        return _expect(value, int, "a whole number")
    return _expect(value, str, "text in quotes")


def _expect(value: Any, kind: Any, words: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"wanted {words}")
    return value
