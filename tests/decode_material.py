"""A five-label vocabulary, an n-gram small enough for hand calculation, and made-up emissions."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from w2vctc.lm.folder import LanguageModelFiles
from w2vctc.vocab import Vocabulary

VOCABULARY = Vocabulary(("<pad>", "<unk>", "|", "a", "b"))

# log10 probabilities; every number is used in a hand calculation of some test.
ARPA = """\\data\\
ngram 1=5
ngram 2=4

\\1-grams:
-1.0\t<unk>\t0
0\t<s>\t-0.3
-0.7\t</s>\t0
-0.8\tab\t-0.3
-0.9\tba\t-0.3

\\2-grams:
-0.2\t<s> ab
-0.3\tab ba
-0.2\tba </s>
-0.9\tab </s>

\\end\\
"""


def spell_frames(frames: str, *, peak: float = 0.9) -> npt.NDArray[np.float32]:
    """Log-probabilities with `peak` on one label per character: _ is the blank, ? the unknown."""
    emissions = np.full((len(frames), 5), (1 - peak) / 4)
    for frame, sign in enumerate(frames):
        emissions[frame, "_?|ab".index(sign)] = peak
    return np.asarray(np.log(emissions), dtype=np.float32)


def random_emissions(seed: int, *, n_frames: int, n_labels: int = 5) -> npt.NDArray[np.float32]:
    """Log-probabilities without any meaning, the same for the same seed."""
    logits = np.random.default_rng(seed).normal(0, 3, (n_frames, n_labels))
    normalized = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return np.asarray(normalized, dtype=np.float32)


def save_toy_lm(folder: Path) -> LanguageModelFiles:
    """The n-gram above as files."""
    path = folder / "toy.arpa"
    path.write_text(ARPA, encoding="utf-8")
    return LanguageModelFiles(path, ("ab", "ba"), None, None, {})
