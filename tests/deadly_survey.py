"""Surveys that end badly, importable by the processes that make them."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from w2vctc.speech import survey


def survey_or_die(path: Path, items: Any, report: Callable[[Any], None]) -> None:
    """A decoder that one file kills, one hangs, one makes take all memory, as has happened."""
    if path.stem == "deadly":
        os.kill(os.getpid(), signal.SIGSEGV)
    if path.stem == "hanging":
        signal.pause()
    if path.stem == "greedy":
        raise MemoryError
    survey.survey_in_worker(path, items, report)
