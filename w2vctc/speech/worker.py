"""The child's side of `run_in_workers`: jobs come in by a pipe, results go out by another."""

import os
import signal
import sys
from typing import Any

from w2vctc.speech.remark import Remark
from w2vctc.speech.workers import receive_message, send_message


def serve() -> None:
    """Works on jobs from stdin until it closes; the first message says with what function."""
    requests = sys.stdin.buffer
    # Decoders in C print what they dislike: that must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    opening = receive_message(requests)
    if opening is None:
        return
    function, memory_bytes = opening
    _limit_memory(memory_bytes)
    send_message(answers, ("ready",))
    while (job := receive_message(requests)) is not None:
        subject, items = job
        n_owed = len(items)

        def report(result: Any) -> None:
            nonlocal n_owed
            n_owed -= result is not None
            send_message(answers, (result,))

        try:
            function(subject, items, report)
        except MemoryError:
            for _ in range(n_owed):
                report(
                    Remark(
                        "E_DECODE",
                        f"{subject}: the decoder ran out of memory (its limit is"
                        f" {memory_bytes / 2**30:g} GiB)",
                        "is the file damaged? convert it with another program",
                    )
                )


def _limit_memory(memory_bytes: int) -> None:
    """Caps the address space of this process, where the platform can."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as stream:  # noqa: PTH123
            in_use = int(stream.read().split()[0]) * resource.getpagesize()
    except OSError:
        return  # elsewhere nothing says how much is mapped already
    limit = in_use + memory_bytes
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or limit < hard:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
