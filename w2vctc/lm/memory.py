"""How much memory the built-in estimator takes, and where it hands over to lmplz or gives up.

Measured on 3 million words without one n-gram in common, the worst that a text can do
(`benchmarks/lm.py --worst`): 747 MiB at order 3, 1,185 MiB at order 5. So 8 GiB are enough for
26 million words at order 5 and for 38 million at order 3, whatever they are; lmplz sorts on disk
instead.
"""

import os
from collections.abc import Iterable

from w2vctc.errors import MachineError

GIB = 1 << 30

_BASE_BYTES = 250 << 20  # the interpreter and its libraries
_BYTES_PER_TOKEN = 70
_BYTES_PER_TOKEN_AND_ORDER = 50
_USABLE_SHARE = 0.8  # of the machine's memory


def needed_bytes(sentences: Iterable[str], *, order: int) -> int:
    """The most that estimating an n-gram of these sentences takes."""
    n_tokens = sum(sentence.count(" ") + 2 for sentence in sentences)
    return _BASE_BYTES + n_tokens * (_BYTES_PER_TOKEN + _BYTES_PER_TOKEN_AND_ORDER * order)


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
            hint="lmplz sorts on disk: w2vctc doctor --install-lmplz; or a lower --order, or more"
            " --memory",
            code="E_MEMORY",
        )
