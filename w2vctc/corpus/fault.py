"""What is wrong, or worth knowing, about one row of somebody's data."""

from dataclasses import dataclass

from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import W2vctcError


@dataclass(frozen=True)
class Fault:
    """One reason why one row cannot be used (code `E_...`), or a warning about it (`W_...`)."""

    code: str
    message: str  # begins with the source: "train.tsv:17: ..."
    utterance: Utterance | None = None  # None where no row could be made of it
    source: str = ""  # "train.tsv:17"; of the utterance, where there is one
    hint: str = ""  # what to do, where it is not the same for all faults of that code
    is_fatal: bool = False  # a whole file could not be read: nobody may skip that as a row

    def __post_init__(self) -> None:
        if self.utterance is not None and not self.source:
            object.__setattr__(self, "source", self.utterance.source)

    @classmethod
    def of_file(cls, error: W2vctcError, source: str) -> "Fault":
        """What ended the reading of one file among several."""
        return cls(error.code, error.message, source=source, hint=error.hint, is_fatal=True)

    @property
    def is_error(self) -> bool:
        return not self.code.startswith("W_")
