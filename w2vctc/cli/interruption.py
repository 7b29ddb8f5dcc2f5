"""Ctrl-C and SIGTERM: a command that is broken off ends in one place and says what is left."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Interrupted(BaseException):
    """Not an Exception, so that no library takes it for an error of its own."""

    hint = ""


@contextmanager
def interruptible() -> Iterator[None]:
    """While open, both signals raise Interrupted in this process.

    Processes that are forked from it inherit the handler, but end as if they had none.
    """
    owner = os.getpid()

    def interrupt(number: int, _frame: Any) -> None:
        if os.getpid() == owner:
            raise Interrupted
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    before = {
        number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def remark_on_interruption(explain: Callable[[], str]) -> Iterator[None]:
    """Gives an Interrupted from within a hint: what is left, and how to go on."""
    try:
        yield
    except Interrupted as end:
        end.hint = explain()
        raise
