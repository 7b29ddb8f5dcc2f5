"""Functions turned into machine code by numba, kept on disk so that only the first run waits."""

import hashlib
import importlib
import platform
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import numpy as np

from w2vctc.cache import cache_folder

F = TypeVar("F", bound=Callable[..., Any])

# Inside compiled functions numbers have a width, and numpy's names for them do not mix with int
# and float where types are checked.
Int: TypeAlias = Any
Real: TypeAlias = Any
Array: TypeAlias = Any
int64: Any = np.int64
uint64: Any = np.uint64
float32: Any = np.float32
float64: Any = np.float64

_PACKAGE = Path(__file__).resolve().parent.parent
# What is kept on disk belongs to the text of all these: compiled functions (*_loops.py), the
# numbers of the columns that they were compiled with, and how they were compiled.
_SOURCES = ("decode/fast/*.py", "lm/*.py")
_DONE = "complete"


def compiled(function: F) -> F:
    """The same function compiled on its first call, without the interpreter's lock.

    It works in the arrays that it is handed and makes no others. Where the cache folder
    cannot be written, each process compiles anew.
    """
    numba: Any = importlib.import_module("numba")
    folder = compiled_folder()
    kept = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder) if folder else kept
    try:
        return _compile(function, cache=folder is not None)
    finally:
        numba.config.CACHE_DIR = kept


def compiled_inside(function: F) -> F:
    """The same function for calls from compiled functions only.

    It becomes part of those; a call from anywhere else ends the process. To make it callable from
    outside, too, and to keep it on the disk by itself would triple the compiler's time.
    """
    return _compile(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compile(function: F, **options: bool) -> F:
    numba: Any = importlib.import_module("numba")
    # numpy's error model: a division needs no test for zero. Without numba's runtime (nrt) nobody
    # counts who holds an array, which took half of the search's time; the caller holds them all.
    result: F = numba.njit(nogil=True, error_model="numpy", _nrt=False, **options)(function)
    return result


@cache
def compiled_folder() -> Path | None:
    """Where this version's machine code is kept, for this processor; None where nothing can be.

    numba looks at the changes of one file at a time and not at those of the files that it calls,
    so the texts of all of them are in the folder's name.
    """
    folder = cache_folder() / "compiled" / _fingerprint()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return None


def is_compiled() -> bool:
    """Whether an earlier run has left all machine code on the disk."""
    folder = compiled_folder()
    return folder is not None and (folder / _DONE).is_file()


def mark_compiled() -> None:
    """Notes that every function has been compiled and kept."""
    folder = compiled_folder()
    if folder is not None:
        (folder / _DONE).touch()


def _fingerprint() -> str:
    numba: Any = importlib.import_module("numba")
    binding: Any = importlib.import_module("llvmlite.binding")
    digest = hashlib.sha256()
    machine = (numba.__version__, platform.python_version(), binding.get_host_cpu_name())
    digest.update("\n".join(machine).encode())
    for path in sorted(path for pattern in _SOURCES for path in _PACKAGE.glob(pattern)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
