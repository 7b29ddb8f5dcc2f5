"""Several processes that train one model together: which one this is, and what they share.

`torchrun` and `accelerate launch` start them and say so in the environment. The first one leads: it
alone reads the tables, writes files and speaks; the others learn from it what there is to do.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, NoReturn, TypeVar

from w2vctc.errors import W2vctcError

Value = TypeVar("Value")
_PATIENCE = timedelta(hours=6)  # the others wait while the first one reads a large table
_COURTESY_S = 5.0


@dataclass(frozen=True)
class Processes:
    """This process among those of its run."""

    rank: int = 0
    count: int = 1

    @property
    def leads(self) -> bool:
        """Whether this one writes and speaks."""
        return self.rank == 0


def find_processes() -> Processes:
    """What the environment says; one process alone where it says nothing."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    return Processes(int(os.environ.get("RANK", "0")), count) if count > 1 else Processes()


def share(make: Callable[[], Value], *, device: str) -> Value:
    """What `make` gives in the leading process, for all of them; it is called there only.

    Where it fails, the leader raises what it raised, and the others end with the same exit code
    and without a word.
    """
    processes = find_processes()
    if processes.count == 1:
        return make()
    join(device)
    if not processes.leads:
        code, value = _broadcast(None)
        if code:
            _end_quietly(code)
        return value  # type: ignore[no-any-return]
    try:
        value = make()
    except W2vctcError as error:
        _broadcast((error.exit_code, None))
        raise
    except BaseException:
        _broadcast((1, None))
        raise
    _broadcast((0, value))
    return value


def fail(error: W2vctcError) -> NoReturn:
    """Raises what has gone wrong for all of them; the leader alone tells it."""
    if not find_processes().leads:
        _end_quietly(error.exit_code)
    raise error


def agree(values: Sequence[int]) -> list[int]:
    """The greatest of each value over all processes. Among hosts: no GPU waits for it."""
    import torch
    import torch.distributed as dist

    flags = torch.tensor(values)
    dist.all_reduce(flags, op=dist.ReduceOp.MAX, group=_hosts())
    return flags.tolist()


def gather(value: Value) -> list[Value]:
    """What each process gives, in the order of their ranks, to all of them; among hosts."""
    import torch.distributed as dist

    values: list[Any] = [None] * dist.get_world_size()
    dist.all_gather_object(values, value, group=_hosts())
    return values


def join(device: str) -> None:
    """Meets the other processes, over gloo on CPUs and NCCL on GPUs; once is enough."""
    from accelerate import PartialState

    PartialState(cpu=device == "cpu", timeout=_PATIENCE)


def leave() -> None:
    """Says goodbye to the other processes, if there are any."""
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()
    _hosts.cache_clear()


@cache
def _hosts() -> Any:
    import torch.distributed as dist

    return dist.new_group(backend="gloo", timeout=_PATIENCE)


def _end_quietly(code: int) -> NoReturn:
    time.sleep(_COURTESY_S)  # torchrun ends all when one ends: the leader shall speak first
    raise SystemExit(code)


def _broadcast(message: Any) -> Any:
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([message])[0]
