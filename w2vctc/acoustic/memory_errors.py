"""What torch says when there is no memory left, and what to tell the person then."""

import contextlib
from collections.abc import Iterator

import torch

from w2vctc.errors import MachineError

_SIGNS = ("out of memory", "not enough memory", "can't allocate memory", "alloc_failed")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch says that the machine or its GPU has no memory left."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(sign in said for sign in _SIGNS)


@contextlib.contextmanager
def memory_errors(run: str) -> Iterator[None]:
    """Turns what nobody could mend by cutting batches into a MachineError (E_MEMORY)."""
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise explain_memory(run, str(error)) from error


def explain_memory(where: str, reason: str) -> MachineError:
    """What ends a run that no cutting helps, E_MEMORY."""
    first, *_ = reason.strip().splitlines() or ["out of memory"]
    return MachineError(
        f"{where}: not enough memory: {first}",
        hint="halve --batch-seconds and double --accumulation, leave long clips out with"
        " --max-duration, or take a smaller --model; then begin again with --overwrite",
        code="E_MEMORY",
    )
