"""Work in child processes that may die, hang or run out of memory without harm to the rest.

Each child is a fresh interpreter that talks through a pipe, so that it depends neither on what
this process has loaded nor on its main module.
"""

import contextlib
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from w2vctc.errors import MachineError
from w2vctc.speech.remark import Remark

_CHILD = "from w2vctc.speech.worker import serve; serve()"
_START_S = 60.0  # a fresh interpreter on a slow disk
_GLANCE_S = 0.1  # between looks at whether somebody has cancelled
_HINT = "take it out, or convert it with another program"


@dataclass(frozen=True)
class Limits:
    """What one process may take before its file is given up."""

    silence_s: float = 120.0  # without a sign of life, which comes with every block of sound
    memory_bytes: int = 2 << 30  # of address space beyond what an idle process has


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class _Result:
    job: int
    position: int  # within the job
    value: Any


def run_in_workers(
    function: Callable[..., None],
    jobs: Sequence[tuple[Any, Sequence[Any]]],
    *,
    n_jobs: int,
    limits: Limits,
    on_result: Callable[[int, int, Any], None],
    cancelled: threading.Event | None = None,
) -> None:
    """Runs `function(subject, items, report)` for each job and passes on what it reports.

    `function`, importable by name, calls `report(result)` once per item, in their order, and
    `report(None)` as a sign of life in between. `on_result(job, position, result)` hears of each
    result in this thread; items that a dying process owed come as a Remark (E_DECODE).
    Raises MachineError (E_WORKER) when a process cannot even start. Where `cancelled` is set by
    another thread, what is left is given up.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    for job in range(len(jobs)):
        waiting.put(job)
    results: queue.SimpleQueue[_Result | BaseException] = queue.SimpleQueue()
    workers = [
        _Worker(function, jobs, limits, waiting, results)
        for _ in range(max(1, min(n_jobs, len(jobs))))
    ]
    n_owed = sum(len(items) for _, items in jobs)
    try:
        for worker in workers if n_owed else []:
            worker.thread.start()
        for _ in range(n_owed):
            if (result := _next_result(results, cancelled)) is None:
                return
            if isinstance(result, BaseException):
                raise result
            on_result(result.job, result.position, result.value)
    finally:
        for worker in workers:
            worker.stop()


def _next_result(
    results: "queue.SimpleQueue[_Result | BaseException]", cancelled: threading.Event | None
) -> "_Result | BaseException | None":
    """The next result, None once nobody wants any."""
    while cancelled is None or not cancelled.is_set():
        with contextlib.suppress(queue.Empty):
            return results.get(timeout=None if cancelled is None else _GLANCE_S)
    return None


class _Worker:
    """A thread with a child process of its own, which it replaces when it dies."""

    def __init__(
        self,
        function: Callable[..., None],
        jobs: Sequence[tuple[Any, Sequence[Any]]],
        limits: Limits,
        waiting: "queue.SimpleQueue[int]",
        results: "queue.SimpleQueue[_Result | BaseException]",
    ) -> None:
        self.thread = threading.Thread(target=self._run, daemon=True)
        self._function = function
        self._jobs = jobs
        self._limits = limits
        self._waiting = waiting
        self._results = results
        self._child: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Ends the thread and its process, in the middle of a job if need be."""
        self._stopped.set()
        with self._lock:
            if self._child is not None:
                self._child.kill()
        if self.thread.ident is not None:
            self.thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    job = self._waiting.get_nowait()
                except queue.Empty:
                    return
                self._run_job(job)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            if not self._stopped.is_set():
                self._results.put(error)
        finally:
            self._end_child()

    def _run_job(self, job: int) -> None:
        subject, items = self._jobs[job]
        child = self._child or self._start_child()
        assert child.stdin is not None
        assert child.stdout is not None
        position = 0
        with contextlib.suppress(OSError):  # a child that died meanwhile is noticed below
            send_message(child.stdin, (subject, list(items)))
        timed_out = False
        while position < len(items):
            with _Alarm(self._limits.silence_s, child) as alarm:
                message = receive_message(child.stdout)
            timed_out = alarm.rang
            if message is None:
                break
            if message[0] is not None:
                self._results.put(_Result(job, position, message[0]))
                position += 1
        if position < len(items) and not self._stopped.is_set():
            verdict = self._describe_death(subject, timed_out)
            for owed in range(position, len(items)):
                self._results.put(_Result(job, owed, verdict))

    def _start_child(self) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        # Isolated, since a data folder may hold a random.py; what this process can import, the
        # child can.
        paths = [path for path in sys.path if path]
        program = f"import sys; sys.path[:] = {paths!r}; {_CHILD}"
        with self._lock:
            if self._stopped.is_set():
                raise InterruptedError
            child = subprocess.Popen(
                [sys.executable, "-I", "-c", program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # decoders in C write there about every flaw
                env=environment,
            )
            self._child = child
        assert child.stdin is not None
        assert child.stdout is not None
        with contextlib.suppress(OSError):
            send_message(child.stdin, (self._function, self._limits.memory_bytes))
        with _Alarm(_START_S, child):
            answer = receive_message(child.stdout)
        if answer is None:
            raise MachineError(
                f"a process for decoding cannot be started (exit code {child.wait()})",
                hint="is there enough memory? use fewer processes",
                code="E_WORKER",
            )
        return child

    def _describe_death(self, subject: Any, timed_out: bool) -> Remark:
        assert self._child is not None
        code = self._child.wait()
        self._end_child()
        why = f"signal {-code}" if code < 0 else f"exit code {code}"
        if timed_out:
            why = f"no sign of life for {self._limits.silence_s:g} s"
        return Remark("E_DECODE", f"{subject}: the decoder died ({why})", _HINT)

    def _end_child(self) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        child.wait()


class _Alarm:
    """Kills a child when the block inside takes too long."""

    def __init__(self, time_s: float, child: "subprocess.Popen[bytes]") -> None:
        self.rang = False
        self._child = child
        self._timer = threading.Timer(time_s, self._ring)
        self._timer.daemon = True

    def __enter__(self) -> "_Alarm":
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _ring(self) -> None:
        self.rang = True
        self._child.kill()


def send_message(stream: IO[bytes], message: Any) -> None:
    """Writes a message: its length in 8 bytes, then its pickle."""
    content = pickle.dumps(message)
    stream.write(struct.pack("<Q", len(content)) + content)
    stream.flush()


def receive_message(stream: IO[bytes]) -> Any:
    """The next message, or None at the end of the stream or amid a message that breaks off."""
    head = stream.read(8)
    if len(head) < 8:
        return None
    length = struct.unpack("<Q", head)[0]
    content = stream.read(length)
    return pickle.loads(content) if len(content) == length else None
