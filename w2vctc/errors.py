"""The one tree of errors that a person can cause: what is wrong, what to type next, the exit code.

Exit codes: 0 done, 1 a bug of ours, 2 usage, 3 bad data, 4 bad model or LM, 5 environment,
130 interrupted.
"""


class W2vctcError(Exception):
    """A fault that a person can mend; `message` says what is wrong, `hint` what to do.

    `code` is the machine-readable reason (`E_EMPTY`, `E_VOCAB`, ...), empty where there is none.
    """

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


class UsageError(W2vctcError):
    """A flag, a path or a configuration value that cannot be used."""

    exit_code = 2


class DataError(W2vctcError):
    """Audio, a manifest or a transcript that cannot be used."""

    exit_code = 3


class ModelError(W2vctcError):
    """A model folder, a vocabulary or a language model that cannot be used."""

    exit_code = 4


class MachineError(W2vctcError):
    """The machine refuses: disk, memory, device or permission."""

    exit_code = 5


INTERRUPTED = 130
