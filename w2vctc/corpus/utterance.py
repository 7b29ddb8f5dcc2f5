"""One piece of speech and what was said in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from w2vctc.speech.audio import load_audio


@dataclass(frozen=True)
class Utterance:
    """A row of a manifest: where the sound is and its transcript, as written there."""

    id: str
    audio: Path
    text: str
    start_s: float = 0.0
    end_s: float | None = None  # None: to the end of the file
    speaker: str = ""
    split: str = ""  # train, dev or test; empty where the data does not say
    duration_s: float | None = None  # as measured; None until somebody looked at the header
    source: str = ""  # "train.tsv:17", for messages
    extra: Mapping[str, str] = field(default_factory=dict)  # the manifest's other columns

    def load(self) -> NDArray[np.float32]:
        """The waveform, shape (n_samples,), float32, mono, 16 kHz."""
        return load_audio(self.audio, start_s=self.start_s, end_s=self.end_s)
