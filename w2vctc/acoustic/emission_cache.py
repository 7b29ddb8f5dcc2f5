"""Emissions kept from one run to the next, found again by the content of model and sound.

One file per piece of sound: a mark, a SHA-256 of what follows, the shape, then float32. As float16
431 of 431 texts of two dev sets stayed the same, but an hour of float32 is only 26 MB with 36
labels, and so what is decoded never depends on whether it was kept.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from w2vctc import __version__
from w2vctc.cache import cache_folder
from w2vctc.corpus.utterance import Utterance
from w2vctc.files import hash_file

if TYPE_CHECKING:
    from w2vctc.acoustic.emissions import AcousticModel

LIMIT_BYTES = 2 << 30
_MARK = b"w2vctc emit 1\n\0\0"
_SUFFIX = ".emissions"
# What a model's emissions depend on; its language model and the record of its training are not.
_MODEL_FILES = ("config.json", "preprocessor_config.json", "processor_config.json", "vocab.json")
_WEIGHT_SUFFIXES = (".safetensors", ".bin")


class DamagedEmissionsError(ValueError):
    """A kept file that is not what was written."""


class EmissionCache:
    """Emissions of one model; `n_kept` of those asked for were there, `n_made` were computed.

    `folder` holds those of all models, together at most `limit_bytes`: `trim` deletes the ones
    that were not asked for longest. A cache that cannot be written to or is damaged costs time
    and nothing else; `on_news` hears of it.
    """

    def __init__(
        self,
        model: "AcousticModel",
        *,
        folder: Path | None = None,
        limit_bytes: int = LIMIT_BYTES,
        on_news: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = folder or cache_folder() / "emissions"
        self.n_kept = 0
        self.n_made = 0
        self._model = model
        self._fingerprint = fingerprint_model(model.folder, device=model.device.type)
        self._limit_bytes = limit_bytes
        self._tell = on_news or (lambda _news: None)
        self._digests: dict[Path, str] = {}
        self._writable = True

    def compute(self, row: Utterance) -> NDArray[np.float32]:
        """What `compute_emissions` returns for the row, and raises."""
        from w2vctc.acoustic.emissions import compute_emissions

        path = self.path_of(row)
        try:
            found = read_emissions(path)
            os.utime(path)
            self.n_kept += 1
            return found
        except FileNotFoundError:
            pass
        except (OSError, DamagedEmissionsError) as error:
            self._tell(f"{path}: {error}; computed anew")
        emissions = compute_emissions(self._model, row.load(), name=str(row.audio))
        self.n_made += 1
        self._keep(path, emissions)
        return emissions

    def path_of(self, row: Utterance) -> Path:
        """Where the emissions of this piece of sound are kept; the row's names do not matter."""
        if row.audio not in self._digests:
            self._digests[row.audio] = hash_file(row.audio)
        piece = f"{self._fingerprint} {self._digests[row.audio]} {row.start_s!r} {row.end_s!r}"
        key = hashlib.sha256(piece.encode()).hexdigest()
        return self.folder / key[:2] / f"{key}{_SUFFIX}"

    def trim(self) -> int:
        """Deletes what was not asked for longest until the rest fits; how many files went."""
        found = []
        for path in self.folder.glob(f"*/*{_SUFFIX}"):
            try:
                status = path.stat()
            except FileNotFoundError:  # another run trims too
                continue
            found.append((status.st_mtime_ns, str(path), status.st_size))
        excess = sum(size for _, _, size in found) - self._limit_bytes
        n_deleted = 0
        for _, name, size in sorted(found):
            if excess <= 0:
                break
            Path(name).unlink(missing_ok=True)
            excess -= size
            n_deleted += 1
        return n_deleted

    def _keep(self, path: Path, emissions: NDArray[np.float32]) -> None:
        if not self._writable:
            return
        try:
            write_emissions(path, emissions)
        except OSError as error:
            self._writable = False
            self._tell(f"{self.folder}: {error.strerror or error}: emissions are not kept")


def fingerprint_model(folder: Path, *, device: str) -> str:
    """What decides on the emissions of a model folder: 64 hexadecimal digits.

    The device is part of it, since its arithmetic is, and so is our version, since it reads sound.
    """
    weights = (path for path in folder.iterdir() if path.suffix in _WEIGHT_SUFFIXES)
    files = [*sorted(weights), *(folder / name for name in _MODEL_FILES)]
    parts = [f"{path.name} {hash_file(path)}" for path in files if path.is_file()]
    return hashlib.sha256("\n".join([__version__, device, *parts]).encode()).hexdigest()


def write_emissions(path: Path, emissions: NDArray[np.float32]) -> None:
    """Writes emissions under their final name in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    body = np.array(emissions.shape, "<i8").tobytes() + emissions.astype("<f4").tobytes()
    # Not `staged_file`: it waits for the disk each time, and here a lost file costs a computation.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_MARK + hashlib.sha256(body).digest() + body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_emissions(path: Path) -> NDArray[np.float32]:
    """Emissions as written, float32 (n_frames, n_labels). Raises OSError, DamagedEmissionsError."""
    content = path.read_bytes()
    start = len(_MARK) + 32
    body = content[start:]
    if content[: len(_MARK)] != _MARK or content[len(_MARK) : start] != (
        hashlib.sha256(body).digest()
    ):
        raise DamagedEmissionsError("damaged")
    n_frames, n_labels = np.frombuffer(body, "<i8", count=2).tolist()
    values = np.frombuffer(body, "<f4", offset=16).reshape(n_frames, n_labels)
    return values.astype(np.float32)
