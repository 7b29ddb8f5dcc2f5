"""Decoding of many utterances again and again with other weights, over several cores."""

import math
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

import numpy.typing as npt

from w2vctc.decode.engines import Decoder
from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.errors import MachineError

# Enough pieces that no process waits long for the others, few enough that passing them is nothing.
_PIECES_PER_WORKER = 8


class DecodePool:
    """A decoder and its emissions, in this process, its threads, or inherited by forked ones."""

    def __init__(
        self,
        decoder: Decoder,
        emissions: Sequence[npt.NDArray[Any]],
        executor: Executor | None,
        *,
        n_workers: int,
        notes: tuple[str, ...],
    ) -> None:
        self.n_workers = n_workers
        self.notes = notes
        self._decoder = decoder
        self._emissions = emissions
        self._executor = executor

    def decode_all(
        self, *, alpha: float, beta: float, part: Sequence[int] | None = None
    ) -> list[str]:
        """The texts of all emissions under these weights, in their order; or of some of them.

        part: the numbers of those wanted, in the order wanted. Raises MachineError when a process
        died, which memory is the usual reason for.
        """
        part = range(len(self._emissions)) if part is None else part
        if self._executor is None:
            self._decoder.set_weights(alpha=alpha, beta=beta)
            return [self._decode_own(index).text for index in part]
        # Long recordings first, so that the last piece to come back is a short one.
        order = sorted(part, key=lambda index: -len(self._emissions[index]))
        if isinstance(self._executor, ThreadPoolExecutor):
            self._decoder.set_weights(alpha=alpha, beta=beta)
            found = self._executor.map(self._decode_own, order)
            return _in_order(part, order, [hypothesis.text for hypothesis in found])
        size = math.ceil(len(order) / (self.n_workers * _PIECES_PER_WORKER))
        tasks = [(index, alpha, beta) for index in order]
        try:
            texts = list(self._executor.map(_decode_inherited, tasks, chunksize=max(size, 1)))
        except BrokenProcessPool as error:
            raise MachineError(
                "a decoding process was killed, most likely for want of memory",
                hint="use fewer processes, or a smaller language model",
                code="E_MEMORY",
            ) from error
        return _in_order(part, order, texts)

    def _decode_own(self, index: int) -> Hypothesis:
        return self._decoder.decode(self._emissions[index])


def _in_order(part: Sequence[int], order: Sequence[int], texts: Sequence[str]) -> list[str]:
    by_index = dict(zip(order, texts, strict=True))
    return [by_index[index] for index in part]


@contextmanager
def decode_pool(
    decoder: Decoder, emissions: Sequence[npt.NDArray[Any]], *, n_workers: int
) -> Iterator[DecodePool]:
    """A pool over these emissions; its threads or processes are made once and end with the block.

    The fast engine runs in threads. For the other one, decoder and emissions reach the processes
    by fork, since an n-gram cannot be pickled. Where there is no safe fork everything runs in
    this process and `notes` says so.
    """
    n_workers = max(1, min(n_workers, len(emissions)))
    notes: tuple[str, ...] = ()
    if n_workers > 1 and decoder.engine == "fast":
        threads = ThreadPoolExecutor(n_workers)
        try:
            yield DecodePool(decoder, emissions, threads, n_workers=n_workers, notes=notes)
        finally:
            threads.shutdown(cancel_futures=True)
        return
    if n_workers > 1 and not can_fork():
        notes = ("this system cannot fork processes: decoded one after the other",)
        n_workers = 1
    if n_workers == 1:
        yield DecodePool(decoder, emissions, None, n_workers=1, notes=notes)
        return
    _inherited.append((decoder, emissions))
    executor = ProcessPoolExecutor(
        n_workers,
        mp_context=multiprocessing.get_context("fork"),
        initializer=_ignore_interrupt,
    )
    try:
        with warnings.catch_warnings():
            # Python 3.12 and later warn of a fork beside threads. The children only decode.
            warnings.simplefilter("ignore", DeprecationWarning)
            for future in [executor.submit(_answer) for _ in range(n_workers)]:
                future.result()
        yield DecodePool(decoder, emissions, executor, n_workers=n_workers, notes=notes)
    finally:
        _inherited.pop()
        executor.shutdown(cancel_futures=True)


# What forked processes find in their copy of this module: the decoder and its emissions.
_inherited: list[tuple[Decoder, Sequence[npt.NDArray[Any]]]] = []


def can_fork() -> bool:
    """Whether processes can be made that inherit what this one has loaded."""
    # macOS has fork, but its system libraries may crash in the child.
    return "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"


def _ignore_interrupt() -> None:
    """Ctrl-C reaches every process of the terminal; only the parent is to answer it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _answer() -> None:
    """Makes the pool start its processes."""


def _decode_inherited(task: tuple[int, float, float]) -> str:
    index, alpha, beta = task
    decoder, emissions = _inherited[-1]
    decoder.set_weights(alpha=alpha, beta=beta)
    return decoder.decode(emissions[index]).text
