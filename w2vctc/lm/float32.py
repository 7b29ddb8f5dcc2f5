"""Single-precision numbers exactly as KenLM's own programs compute and print them."""

import ctypes
import ctypes.util
import importlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pyarrow as pa

Floats = npt.NDArray[np.float32]

_WORTH_COMPILING = 1 << 19  # values; numba itself takes half a second to start


def log10_float32(values: Floats) -> Floats:
    """log10 of each value through the C library's log10f; 0 gives -inf.

    NumPy's own single-precision log10 depends on the processor and differs by one unit in the
    last place, which is enough to change the printed digits.
    """
    if len(values) > _WORTH_COMPILING and (logs := _log10_compiled(values)) is not None:
        return logs
    different, inverse = np.unique(values, return_inverse=True)
    log10f = _find_log10f()
    if log10f is None:
        with np.errstate(divide="ignore"):
            logs = np.log10(different.astype(np.float64)).astype(np.float32)
    else:
        logs = np.fromiter(map(log10f, different.tolist()), dtype=np.float32, count=len(different))
    return logs[inverse]


def _log10_compiled(values: Floats) -> Floats | None:
    """The same through machine code, eighty times as fast; None where that calls another log10."""
    numba: Any = importlib.import_module("numba")
    if numba.config.USING_SVML:  # Intel's vector mathematics, with last digits of its own
        return None
    from w2vctc.lm.float32_loops import fill_log10

    logs = np.empty(len(values), dtype=np.float32)
    fill_log10(np.ascontiguousarray(values), logs)
    return logs


@cache
def _find_log10f() -> Callable[[float], float] | None:
    name = ctypes.util.find_library("m")
    try:
        function = ctypes.CDLL(name).log10f if name else None
    except (OSError, AttributeError):
        return None
    if function is not None:
        function.argtypes = [ctypes.c_float]
        function.restype = ctypes.c_float
    return function


def format_float32(values: Floats) -> "pa.StringArray":
    """The shortest decimal text that reads back as each value: `-0.30103`, `-1e-7`, `0`.

    Plain decimals from 1e-6 up, an exponent without padding below, as lmplz writes them: Arrow
    and lmplz both ask the double-conversion library for the shortest text.
    """
    import pyarrow as pa

    return pa.array(values + np.float32(0)).cast(pa.string())  # adding 0 turns -0 into 0
