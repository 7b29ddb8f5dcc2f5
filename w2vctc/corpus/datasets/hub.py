"""Data sets of the Hugging Face hub, streamed: rows come as they are downloaded."""

import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from w2vctc.errors import DataError, MachineError, W2vctcError

_PREFIX = "hf:"
_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?::[\w.-]+)?")
_OWN_FOLDERS = ("data", "models", "lm", "vocab")  # where this program looks by itself
_TIMEOUT_S = 10.0
_LOGGERS = ("datasets", "huggingface_hub", "fsspec", "httpx")


@dataclass(frozen=True)
class HubId:
    """`owner/name` on the hub, and which of its configurations, often a language."""

    name: str
    config: str | None = None


def read_hub_id(place: Path) -> HubId | None:
    """What `hf:owner/name`, `owner/name` or `hf:owner/name:ca` names; None where it is a path.

    Without `hf:` it is a name only where nothing on the disk could be meant.
    """
    text = place.as_posix()
    told = text.startswith(_PREFIX)
    text = text.removeprefix(_PREFIX)
    try:
        is_path = not told and (place.exists() or place.parent.exists())
    except (OSError, ValueError):
        return None
    if is_path or not _ID.fullmatch(text) or (not told and _is_ours(place)):
        return None
    name, _, config = text.partition(":")
    return HubId(name, config or None)


def _is_ours(place: Path) -> bool:
    """Whether a missing path is no name of the hub: data/ca, or a file such as old/train.tsv."""
    return place.parts[0] in _OWN_FOLDERS or place.suffix[1:].isalpha()


def open_hub(found: HubId) -> dict[str, Any]:
    """The splits of a data set of the hub, each a `datasets.IterableDataset`.

    Raises MachineError E_HUB where the hub cannot be reached, DataError E_HUB where it has no such
    data set, or none that can be read.
    """
    with quiet_libraries():
        _ask_hub(found.name)
        return open_stream(found.name, config=found.config)


def open_stream(name: str, *, config: str | None = None) -> dict[str, Any]:
    """The splits of a data set of the hub, or of a folder that is laid out like one there."""
    with _hub_errors(name), quiet_libraries():
        from datasets import IterableDatasetDict, load_dataset

        splits: Any = load_dataset(name, config, streaming=True)
        if not isinstance(splits, IterableDatasetDict):
            splits = {"": splits}
        # decoding is ours: datasets would want torchcodec and FFmpeg
        return {str(split): rows.decode(False) for split, rows in splits.items()}


def iterate_stream(name: str, rows: Any) -> Iterator[Mapping[str, Any]]:
    """The records of one split; sound that lies beside the table is downloaded into them."""
    with _hub_errors(name), quiet_libraries():
        records = iter(rows)
    while True:
        with _hub_errors(name), quiet_libraries():
            record = next(records, None)
            if record is not None:
                record = {key: _fetch_sound(value) for key, value in record.items()}
        if record is None:
            return
        yield record


def list_columns(name: str, rows: Any) -> tuple[list[str], list[str]]:
    """(all columns, those of the kind Audio) of one split."""
    with _hub_errors(name), quiet_libraries():
        from datasets import Audio

        if rows.features is not None:
            features = rows.features
            return list(features), [key for key in features if isinstance(features[key], Audio)]
        first: dict[str, Any] = next(iter(rows), {})
        return list(first), [key for key in first if isinstance(first[key], dict)]


def _fetch_sound(value: Any) -> Any:
    """A value; the bytes of a sound that so far is only an address are added."""
    import fsspec  # type: ignore[import-untyped]

    if not isinstance(value, dict) or value.get("bytes") is not None:
        return value
    path = value.get("path")
    if not isinstance(path, str) or "://" not in path:
        return value
    with fsspec.open(path, "rb") as stream:
        return {**value, "bytes": stream.read()}


def _ask_hub(name: str) -> None:
    """Raises where the hub does not answer or has no such data set; load_dataset asks too long."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

    with _hub_errors(name):
        try:
            HfApi().dataset_info(name, timeout=_TIMEOUT_S)
        except GatedRepoError as error:
            raise DataError(
                f"{name}: the hub gives this data set only to those who agreed to its terms",
                hint=f"agree on https://huggingface.co/datasets/{name}, then: hf auth login",
                code="E_HUB",
            ) from error
        except RepositoryNotFoundError as error:
            raise DataError(
                f"{name}: neither a file or folder here nor a data set on the hub",
                hint="check the spelling; private ones need: hf auth login",
                code="E_HUB",
            ) from error


@contextmanager
def _hub_errors(name: str) -> Iterator[None]:
    """Turns whatever the libraries of the hub raise into E_HUB."""
    try:
        yield
    except W2vctcError:
        raise
    except Exception as error:  # six libraries meet here, each with errors of its own
        # the second line lists the configurations, where one must be chosen
        why = " ".join(str(error).splitlines()[:2])[:400] or type(error).__name__
        if _is_of_the_net(error):
            raise MachineError(
                f"{name}: no file or folder here, and the hub cannot be reached ({why})",
                hint="check the path, or the connection; or download the data set and give its"
                " folder",
                code="E_HUB",
            ) from error
        raise DataError(
            f"{name}: the data set cannot be read ({why})",
            hint="name one of its configurations as hf:owner/name:CONFIGURATION, or download it and"
            " give its folder",
            code="E_HUB",
        ) from error


def _is_of_the_net(error: BaseException) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"ConnectionError", "TransportError", "TimeoutError", "TimeoutException"})


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Without the progress bars and log lines of the hub's libraries."""
    import datasets
    import huggingface_hub.utils

    hub: Any = huggingface_hub.utils
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    levels = [logger.level for logger in loggers]
    had_bars = datasets.is_progress_bar_enabled()
    had_hub_bars = not hub.are_progress_bars_disabled()
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    datasets.disable_progress_bars()
    hub.disable_progress_bars()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if had_bars:
            datasets.enable_progress_bars()
        if had_hub_bars:
            hub.enable_progress_bars()
