"""What is noteworthy about a recording, as data: a reason code and a sentence."""

from dataclasses import dataclass

from w2vctc.errors import DataError


@dataclass(frozen=True)
class Remark:
    """`code` begins with E_ where the sound cannot be used and with W_ where it can."""

    code: str
    message: str
    hint: str = ""  # what to do about it

    @property
    def is_fault(self) -> bool:
        return self.code.startswith("E_")

    @classmethod
    def from_error(cls, error: DataError) -> "Remark":
        return cls(error.code, error.message, error.hint)

    def to_error(self) -> DataError:
        return DataError(self.message, hint=self.hint, code=self.code)
