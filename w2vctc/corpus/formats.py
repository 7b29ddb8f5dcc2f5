"""The formats that speech data comes in: one module of `corpus.readers` for each.

A new format is one new file there that defines `FORMAT`.
"""

import importlib
import os
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from w2vctc.config import suggest
from w2vctc.corpus.fault import Fault
from w2vctc.corpus.paths import is_folder
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError, UsageError


@dataclass(frozen=True)
class ReadOptions:
    """What a person can say about their data; the defaults let the program look for itself."""

    format: str | None = None  # a Format's name
    tier: str | None = None  # of annotation files with several
    allow_outside: bool = False  # audio may lie outside of the data's folder


@dataclass(frozen=True)
class Format:
    """One way to lay out recordings and transcripts.

    `recognise` looks at names and first lines only, and never raises for what people have on
    their disks. `read` yields an Utterance or a Fault per row, in the data's own order; it raises
    a DataError only where nothing at all can be read. Paths, ids and duplicates are checked for
    all formats in one place, in `read_corpus`.
    """

    name: str  # what --format takes
    title: str  # for people: "Kaldi data directory"
    recognise: Callable[[Path], bool]
    read: Callable[[Path, ReadOptions], Iterator[Utterance | Fault]]
    rank: int = 50  # lower ones are asked first: the particular before the general


@cache
def list_formats() -> tuple[Format, ...]:
    """All formats, in the order in which they are asked whether the data is theirs."""
    from w2vctc.corpus import readers

    names = [module.name for module in pkgutil.iter_modules(readers.__path__)]
    modules = [importlib.import_module(f"{readers.__name__}.{name}") for name in names]
    formats = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(sorted(formats, key=lambda format: (format.rank, format.name)))


def find_format(place: Path, name: str | None = None) -> Format:
    """The format called `name`, else the one that `place` is recognised as.

    Raises UsageError for a name that nobody has, DataError (E_MISSING, E_FORMAT), MachineError
    E_PERM.
    """
    _refuse_unreachable(place)
    formats = list_formats()
    if name is not None:
        found = next((format for format in formats if format.name == name), None)
        if found is None:
            names = [format.name for format in formats]
            raise UsageError(
                f"no format {name!r}{suggest(name, names)}",
                hint=f"the formats are {', '.join(sorted(names))}",
            )
        return found
    recognised = next((format for format in formats if format.recognise(place)), None)
    if recognised is not None:
        return recognised
    if not place.exists():
        raise DataError(
            f"{place}: no such file or folder", hint="check --lang and --data", code="E_MISSING"
        )
    raise DataError(
        f"{place}: no format is recognised here ({_describe(place)})",
        hint="put transcripts beside the recordings, as a table train.tsv with the columns path"
        " and text, or as clip.txt beside clip.wav; or name the format with --format",
        code="E_FORMAT",
    )


def _refuse_unreachable(place: Path) -> None:
    """Raises for a place that nothing can be asked about; one that is not there may be a hub's."""
    try:
        place.stat()
        if is_folder(place):
            os.scandir(place).close()
    except (FileNotFoundError, NotADirectoryError):
        return
    except PermissionError as error:
        raise MachineError(
            f"{place}: no permission to read",
            hint="chmod +rx that folder and those above it",
            code="E_PERM",
        ) from error
    except OSError as error:
        raise DataError(
            f"{place}: {(error.strerror or 'cannot be read').lower()}",
            hint="check --lang and --data",
            code="E_MISSING",
        ) from error


def _describe(place: Path) -> str:
    """`12 .wav, 3 .docx`: what a folder holds, most frequent first."""
    if not is_folder(place):
        return f"a file {place.suffix or 'without extension'}"
    counts: dict[str, int] = {}
    for path in place.iterdir():
        kind = "folders" if is_folder(path) else path.suffix.lower() or "without extension"
        counts[kind] = counts.get(kind, 0) + 1
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:5]
    return ", ".join(f"{count} {kind}" for kind, count in most) or "it is empty"
