"""A library's log lines, kept from the terminal for a while and handed back."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@contextmanager
def quiet_logger(name: str) -> Iterator[list[str]]:
    """A list that receives the warnings logged under `name`; the terminal shows none of them.

    Every setting of the logger is as before when the block ends, however it ends.
    """
    logger = logging.getLogger(name)
    collector = _Collector()
    propagate, level, handlers = logger.propagate, logger.level, logger.handlers[:]
    logger.propagate = False
    logger.setLevel(logging.WARNING)
    logger.handlers = [collector]
    try:
        yield collector.lines
    finally:
        logger.propagate = propagate
        logger.setLevel(level)
        logger.handlers = handlers
