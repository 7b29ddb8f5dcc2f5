"""Which sentences a language model was made of, by their digests: dev must not be among them.

`sentences.bin` beside the n-gram holds one BLAKE2b digest of eight bytes per different sentence, in
ascending order: a million sentences are 8 MB, and one of a thousand others is taken for known once
in twenty billion times.
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from w2vctc.errors import ModelError
from w2vctc.files import staged_file

FILE_NAME = "sentences.bin"
_BYTES = 8


def save_known_sentences(folder: Path, sentences: Iterable[str]) -> None:
    """Writes the digests of normalized sentences into the folder of a language model."""
    digests = np.unique(_digest(sentences))
    with staged_file(folder / FILE_NAME) as staging:
        staging.write_bytes(digests.astype("<u8").tobytes())


def find_known_sentences(folder: Path, sentences: Sequence[str]) -> list[bool] | None:
    """Whether each normalized sentence is one of those; None where the folder does not tell.

    Raises ModelError E_LM for a file that was cut off.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    content = path.read_bytes()
    if len(content) % _BYTES:
        raise ModelError(
            f"{path}: {len(content)} bytes, which is no whole number of digests",
            hint="build the language model again with train-lm",
            code="E_LM",
        )
    known: list[bool] = np.isin(_digest(sentences), np.frombuffer(content, "<u8")).tolist()
    return known


def _digest(sentences: Iterable[str]) -> npt.NDArray[np.uint64]:
    digests = b"".join(
        hashlib.blake2b(sentence.encode(), digest_size=_BYTES).digest() for sentence in sentences
    )
    return np.frombuffer(digests, "<u8").astype(np.uint64)
