"""Noises of a folder, mixed under a voice at a random distance."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from w2vctc.corpus.tree import is_sound
from w2vctc.errors import DataError, UsageError
from w2vctc.speech.audio import SAMPLE_RATE, load_audio, probe_audio

_SNR_DB = (3.0, 20.0)


@dataclass(frozen=True)
class Noises:
    """The recordings of a noise folder, in order of their paths, and their lengths."""

    paths: tuple[Path, ...]
    durations_s: tuple[float, ...]

    def draw(self, n_samples: int, random: np.random.Generator) -> NDArray[np.float32]:
        """A piece of one of them, shape (n_samples,); a short noise is repeated."""
        number = int(random.integers(len(self.paths)))
        wanted_s = n_samples / SAMPLE_RATE
        start_s = random.uniform(0.0, max(self.durations_s[number] - wanted_s, 0.0))
        piece = load_audio(self.paths[number], start_s=start_s, end_s=start_s + wanted_s)
        return np.resize(piece, n_samples)  # which repeats


def describe_noises(folder: Path) -> dict[str, Any]:
    """What the folder holds, by names and sizes: the same wherever it lies, as plain JSON values.

    Raises what `find_noises` does.
    """
    digest, n_bytes = hashlib.sha256(), 0
    paths = _list_sounds(folder)
    for path in paths:
        size = path.stat().st_size
        n_bytes += size
        digest.update(
            f"{path.relative_to(folder).as_posix()}\0{size}\n".encode("utf-8", "surrogateescape")
        )
    return {"recordings": len(paths), "bytes": n_bytes, "sha256": digest.hexdigest()[:16]}


def find_noises(folder: Path) -> Noises:
    """The sounds of a folder and of those in it.

    Raises UsageError where there is none, DataError for one that cannot be read.
    """
    paths = _list_sounds(folder)
    return Noises(tuple(paths), tuple(probe_audio(path).duration_s for path in paths))


def _list_sounds(folder: Path) -> list[Path]:
    paths = sorted(
        path for path in folder.rglob("*") if is_sound(path.name) and not path.name.startswith(".")
    )
    if not paths:
        fault = "no sounds in it" if folder.is_dir() else "no such folder"
        raise UsageError(
            f"--noise-folder {folder}: {fault}",
            hint="name a folder of recordings without speech: fans, rain, streets, crowds",
        )
    return paths


def add_noise(
    waveform: NDArray[np.float32], noises: Noises, random: np.random.Generator
) -> NDArray[np.float32]:
    """The waveform, shape (n_samples,), with a noise 3 to 20 dB below it.

    A noise that is silent there adds nothing. Raises DataError for a noise that is gone.
    """
    snr_db = random.uniform(*_SNR_DB)
    try:
        noise = noises.draw(len(waveform), random)
    except DataError as error:
        raise DataError(
            f"noise folder: {error.message}", hint="put the recording back", code=error.code
        ) from error
    power, noise_power = float(np.square(waveform).mean()), float(np.square(noise).mean())
    if noise_power == 0:
        return waveform
    factor = np.sqrt(power / noise_power / 10 ** (snr_db / 10))
    return np.asarray(waveform + noise * np.float32(factor), dtype=np.float32)
