"""What became of a recording: decoded in one go, or not at all."""

from dataclasses import dataclass

from w2vctc.decode.hypothesis import Hypothesis
from w2vctc.decode.transcript import Passage, Transcript


@dataclass(frozen=True)
class FailedFile:
    """A recording that could not be decoded, with the error's code and message."""

    file: str
    code: str
    message: str


@dataclass(frozen=True)
class DecodedFile:
    """A recording and its transcript; `seconds` is what the decoding took."""

    file: str
    hypothesis: Hypothesis
    duration_s: float
    seconds: float

    @property
    def text(self) -> str:
        return self.hypothesis.text

    @property
    def transcript(self) -> Transcript:
        """The same as one passage."""
        passage = Passage(0.0, self.duration_s, self.hypothesis)
        return Transcript(self.file, self.duration_s, (passage,), self.seconds)
