"""Single-precision numbers exactly as KenLM's own programs compute and print them."""

import ctypes
import ctypes.util
import re
from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_EXPONENT = re.compile(r"(-?)(\d)(?:\.(\d+))?e([+-]\d+)")


def log10_float32(values: Floats) -> Floats:
    """log10 of each value through the C library's log10f; 0 gives -inf.

    NumPy's own single-precision log10 depends on the processor and differs by one unit in the
    last place, which is enough to change the printed digits.
    """
    different, inverse = np.unique(values, return_inverse=True)
    log10f = _find_log10f()
    if log10f is None:
        with np.errstate(divide="ignore"):
            logs = np.log10(different.astype(np.float64)).astype(np.float32)
    else:
        logs = np.fromiter(map(log10f, different.tolist()), dtype=np.float32, count=len(different))
    return logs[inverse]


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


def format_float32(values: Floats) -> npt.NDArray[np.object_]:
    """The shortest decimal text that reads back as each value: `-0.30103`, `-1e-7`, `0`.

    Plain decimals from 1e-6 up, an exponent without padding below, as lmplz writes them.
    """
    different, inverse = np.unique(values, return_inverse=True)
    exact = different.astype(np.float64)
    texts = np.empty(len(different), dtype=object)
    todo = np.arange(len(different))
    # Six digits always survive the way through a float32, nine always bring it back.
    for digits in range(6, 10):
        written = np.array([f"{value:.{digits}g}" for value in exact[todo].tolist()], dtype=object)
        texts[todo] = written
        same = written.astype(np.float64).astype(np.float32) == different[todo]
        todo = todo[~same]
    tidy = np.array([_tidy_exponent(text) for text in texts], dtype=object)
    return tidy[inverse]


def _tidy_exponent(text: str) -> str:
    found = _EXPONENT.fullmatch(text)
    if found is None:
        return text
    sign, lead, rest, exponent = found[1], found[2], found[3] or "", int(found[4])
    if -6 <= exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{lead}{rest}"
    return f"{sign}{lead}{'.' if rest else ''}{rest}e{exponent}"
