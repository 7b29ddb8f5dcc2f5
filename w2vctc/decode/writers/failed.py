"""A recording of which there is no transcript."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FailedFile:
    """A recording that could not be decoded, with the error's code and message.

    hint: what to do about it.
    """

    file: str
    code: str
    message: str
    hint: str = ""
