"""How much memory an n-gram takes to estimate and to mix, and where that is handed to lmplz.

Measured on texts without one n-gram in common, the worst that a text can do, peak of the process:

    words     order  alone      mixed of two
    1.0 mil.  3      495 MiB    521 MiB
    1.0 mil.  5      634 MiB    701 MiB
    3.0 mil.  3      747 MiB
    3.0 mil.  5      1,185 MiB  1,502 MiB

So 8 GiB are enough for 25 million words at order 5 and for 45 million at order 3, whatever they
are; lmplz sorts on disk instead. What it makes still has to be read to be mixed: 1.0 million words
unpruned were 4.0 million n-grams of order 5 and 679 MiB, 2.3 million of order 3 and 549 MiB. The
sentences themselves are in memory either way.
"""

import os
from collections.abc import Iterable

from w2vctc.errors import MachineError

GIB = 1 << 30

_BASE_BYTES = 350 << 20  # the interpreter, its libraries, and the lines that are being written
_BYTES_PER_TOKEN_AND_ORDER = 60
_BYTES_PER_TOKEN_LESS = 20
_BYTES_PER_MIXED = 100  # token of a text, or n-gram of a model
_USABLE_SHARE = 0.8  # of the machine's memory
_OR_MORE = "or a lower --order, or more --memory"


def needed_bytes(sentences: Iterable[str], *, order: int, mixed: bool = False) -> int:
    """The most that an n-gram of these sentences takes, `mixed` where they are several texts'."""
    n_tokens = sum(sentence.count(" ") + 2 for sentence in sentences)
    per_token = _BYTES_PER_TOKEN_AND_ORDER * order - _BYTES_PER_TOKEN_LESS
    return _BASE_BYTES + n_tokens * (per_token + (_BYTES_PER_MIXED if mixed else 0))


def usable_bytes() -> int:
    """What may be taken where nobody says how much: most of the machine's memory."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        total = 4 * GIB
    return int(_USABLE_SHARE * total)


def refuse_too_large(needed: int, limit: int, *, order: int) -> None:
    """Raises MachineError E_MEMORY that says both sizes where the text does not fit."""
    if needed > limit:
        raise MachineError(
            f"the built-in estimator may need {needed / GIB:.1f} GB for this text at order"
            f" {order}; it may take {limit / GIB:.1f} GB",
            hint=f"lmplz sorts on disk: w2vctc doctor --install-lmplz; {_OR_MORE}",
            code="E_MEMORY",
        )


def refuse_large_mixture(n_ngrams: int, limit: int) -> None:
    """Raises MachineError E_MEMORY where models of so many n-grams are too large to be mixed."""
    needed = _BASE_BYTES + _BYTES_PER_MIXED * n_ngrams
    if needed > limit:
        raise MachineError(
            f"mixing models of {n_ngrams:,} n-grams may need {needed / GIB:.1f} GB;"
            f" it may take {limit / GIB:.1f} GB",
            hint=f'--no-mix makes one model of both, --prune "0 0 1" smaller ones; {_OR_MORE}',
            code="E_MEMORY",
        )
