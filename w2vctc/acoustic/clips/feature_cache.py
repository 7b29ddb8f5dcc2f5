"""A frozen feature encoder's output, kept on disk from one epoch and from one run to the next.

The convolutions in front of the encoder see the same sound in every epoch and answer the same while
they are frozen. One file per clip: a mark, a SHA-256 of what follows, the number of samples and the
shape, then half floats; an hour of speech is 184 MB with base's or XLSR-53's 512 channels.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from w2vctc import __version__
from w2vctc.acoustic.model import count_model_frames
from w2vctc.cache import cache_folder
from w2vctc.corpus.utterance import Utterance
from w2vctc.errors import DataError, MachineError
from w2vctc.files import hash_file, machine_errors
from w2vctc.speech.audio import SAMPLE_RATE
from w2vctc.words import numbered

LIMIT_BYTES = 64 << 30
_MARK = b"w2vctc feat 1\n\0\0"
_SUFFIX = ".features"
_HALF_BYTES = 2
_FREE_SHARE = 0.5  # of the disk: checkpoints want room too
# What the feature encoder's answer depends on besides its weights.
_SETTINGS = ("conv_dim", "conv_kernel", "conv_stride", "conv_bias", "feat_extract_norm")


class DamagedFeaturesError(ValueError):
    """A kept file that is not what was written."""


@dataclass(frozen=True)
class ClipFeatures:
    """Shape (n_frames, n_channels), float16, and the samples that they were made of."""

    values: NDArray[np.float16]
    n_samples: int


def keep_features(
    network: Any,
    rows: Sequence[Utterance],
    *,
    normalize: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    device: torch.device,
    on_note: Callable[[str], None],
    folder: Path | None = None,
    limit_bytes: int = LIMIT_BYTES,
) -> list[Path]:
    """The file of each row, all of them whole: those that were missing are computed and written.

    Each clip goes through the encoder alone, so that no neighbour's length leaves a trace. Raises
    MachineError E_DISK before any work where the features would not fit, and what loading raises.
    """
    folder = folder or cache_folder() / "features"
    paths = _name_files(folder, fingerprint_encoder(network), rows)
    missing = [(row, path) for row, path in zip(rows, paths, strict=True) if not _is_whole(path)]
    n_kept = len(rows) - len(missing)
    _refuse_too_many(network.config, [row for row, _ in missing], folder, limit_bytes)
    if missing:
        on_note(f"computing the features of {numbered(len(missing), 'clip')} once, into {folder}")
    encoder = network.wav2vec2.feature_extractor.to(device)
    with machine_errors(folder):
        for row, path in missing:
            waveform = normalize(row.load())
            write_features(path, encode(encoder, waveform, device=device), len(waveform))
    size = sum(path.stat().st_size for path in set(paths)) / 1e6
    on_note(f"features of {numbered(len(rows), 'clip')}, {size:,.0f} MB; {n_kept:,} were kept")
    trim(folder, limit_bytes=limit_bytes, keep=frozenset(paths))
    return paths


@torch.no_grad()
def encode(
    encoder: Any, waveform: NDArray[np.float32], *, device: torch.device
) -> NDArray[np.float16]:
    """The encoder's output for one clip, shape (n_frames, n_channels), within float16's range."""
    values = torch.from_numpy(waveform).to(device)[None]
    features = encoder(values)[0].transpose(0, 1).float().cpu().numpy()
    limit = np.finfo(np.float16).max
    return np.asarray(np.clip(features, -limit, limit), dtype=np.float16)


@contextmanager
def given_features(network: Any, features: Any) -> Iterator[None]:
    """While open, the network's feature encoder answers `features` (B, T, C), whatever it hears.

    With None it hears as ever.
    """
    encoder = network.wav2vec2.feature_extractor
    if features is None:
        yield
        return
    own = encoder.__dict__.get("forward")
    encoder.forward = lambda _: features.transpose(1, 2).float()
    try:
        yield
    finally:
        del encoder.forward
        if own is not None:
            encoder.forward = own


def load_features(path: Path) -> ClipFeatures:
    """A clip's features as they were kept. Raises DataError E_CHANGED where they are not whole."""
    try:
        return read_features(path)
    except (OSError, DamagedFeaturesError) as error:
        raise DataError(
            f"{path}: kept features cannot be read: {error}",
            hint="go on with --resume: what is missing there is computed anew",
            code="E_CHANGED",
        ) from error


def fingerprint_encoder(network: Any) -> str:
    """What decides on the features: 64 hexadecimal digits of weights and settings.

    Our version is part of it, since it reads and normalizes the sound.
    """
    digest = hashlib.sha256(__version__.encode())
    for name in _SETTINGS:
        digest.update(f"{name} {getattr(network.config, name)!r}\n".encode())
    for name, weight in sorted(network.wav2vec2.feature_extractor.state_dict().items()):
        values = weight.detach().cpu().float().contiguous().numpy()
        digest.update(f"{name} {values.shape}\n".encode() + values.tobytes())
    return digest.hexdigest()


def write_features(path: Path, values: NDArray[np.float16], n_samples: int) -> None:
    """Writes features under their final name in one step. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = np.array([n_samples, *values.shape], "<i8").tobytes()
    body = head + np.ascontiguousarray(values, "<f2").tobytes()
    # Not `staged_file`: it waits for the disk each time, and here a lost file costs a computation.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_MARK + hashlib.sha256(body).digest() + body)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_features(path: Path) -> ClipFeatures:
    """Features as written. Raises OSError, DamagedFeaturesError."""
    content = path.read_bytes()
    start = len(_MARK) + 32
    body = memoryview(content)[start:]
    if content[: len(_MARK)] != _MARK or content[len(_MARK) : start] != (
        hashlib.sha256(body).digest()
    ):
        raise DamagedFeaturesError("damaged")
    n_samples, n_frames, n_channels = np.frombuffer(body, "<i8", count=3).tolist()
    values = np.frombuffer(body, "<f2", offset=24).reshape(n_frames, n_channels)
    return ClipFeatures(values, n_samples)


def trim(folder: Path, *, limit_bytes: int, keep: frozenset[Path]) -> int:
    """Deletes what was not used for longest, `keep` excepted, until the rest fits; how many."""
    found = []
    for path in folder.glob(f"*/*{_SUFFIX}"):
        try:
            status = path.stat()
        except FileNotFoundError:  # another run trims too
            continue
        found.append((path not in keep, status.st_mtime_ns, str(path), status.st_size))
    excess = sum(size for *_, size in found) - limit_bytes
    n_deleted = 0
    for may_go, _, name, size in sorted(found, key=lambda one: one[1]):
        if excess > 0 and may_go:
            Path(name).unlink(missing_ok=True)
            excess -= size
            n_deleted += 1
    return n_deleted


def _name_files(folder: Path, fingerprint: str, rows: Sequence[Utterance]) -> list[Path]:
    """Where each piece of sound is kept; the rows' names do not matter."""
    digests: dict[Path, str] = {}
    paths = []
    for row in rows:
        if row.audio not in digests:
            digests[row.audio] = _hash_sound(row)
        piece = f"{fingerprint} {digests[row.audio]} {row.start_s!r} {row.end_s!r}"
        key = hashlib.sha256(piece.encode()).hexdigest()
        paths.append(folder / key[:2] / f"{key}{_SUFFIX}")
    return paths


def _hash_sound(row: Utterance) -> str:
    try:
        return hash_file(row.audio)
    except OSError as error:
        raise DataError(
            f"{row.audio}: {(error.strerror or str(error)).lower()}",
            hint="its header was fine when the run began: put the whole recording back",
            code="E_CHANGED",
        ) from error


def _is_whole(path: Path) -> bool:
    try:
        read_features(path)
        os.utime(path)
    except (OSError, DamagedFeaturesError):
        return False
    return True


def _refuse_too_many(
    config: Any, rows: Sequence[Utterance], folder: Path, limit_bytes: int
) -> None:
    """Raises MachineError where the features of all rows would take too much of the disk."""
    n_frames = sum(
        count_model_frames(config, round((row.duration_s or 0.0) * SAMPLE_RATE)) for row in rows
    )
    n_bytes = n_frames * config.conv_dim[-1] * _HALF_BYTES
    there = next(path for path in (folder, *folder.absolute().parents) if path.is_dir())
    room = min(limit_bytes, int(_FREE_SHARE * shutil.disk_usage(there).free))
    if n_bytes > room:
        raise MachineError(
            f"{folder}: the features would take {n_bytes / 1e9:.1f} GB, {room / 1e9:.1f} GB at most"
            " are for them",
            hint="train without --cache-features, or let W2VCTC_CACHE name a folder on a larger"
            " disk",
            code="E_DISK",
        )
