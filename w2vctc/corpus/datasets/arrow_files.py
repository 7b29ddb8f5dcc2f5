"""Arrow and Parquet files as `datasets` writes them, a row at a time: memory stays flat."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from w2vctc.errors import DataError, MachineError

_BUFFER_BYTES = 1 << 16
_PARQUET_ROWS = 16  # with the sound inside, a thousand rows are a gigabyte


def read_columns(path: Path) -> tuple[list[str], list[str]]:
    """(all columns, those that hold sound: structs of bytes and path) of a file.

    Raises DataError E_DATASET, E_MISSING; MachineError E_PERM.
    """
    from pyarrow import types

    with _arrow_errors(path):
        schema, _ = _open(path)
        sounds = [
            field.name
            for field in schema
            if types.is_struct(field.type)
            and {"bytes", "path"} <= {part.name for part in field.type}
        ]
        return list(schema.names), sounds


def read_records(path: Path, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Each row as a dict of the columns `names`. Raises as `read_columns` does, also in between."""
    with _arrow_errors(path):
        _, batches = _open(path, names)
    while True:
        with _arrow_errors(path):
            batch = next(batches, None)
            if batch is None:
                return
            batch = batch.select(list(names))
            batch.validate(full=True)  # wrong offsets in a damaged file would end the process
        for number in range(batch.num_rows):
            with _arrow_errors(path):
                record: dict[str, Any] = batch.slice(number, 1).to_pylist()[0]
            yield record


def damaged(path: Path, why: str) -> DataError:
    """The error of a data set's file that cannot be read."""
    return DataError(
        f"{path}: not a data set's file that can be read ({why})",
        hint="download or save the data set again",
        code="E_DATASET",
    )


def _open(path: Path, names: Sequence[str] | None = None) -> tuple[Any, Iterator[Any]]:
    import pyarrow
    from pyarrow import parquet

    if not path.is_file():
        raise DataError(f"{path}: no such file", hint="download it again", code="E_MISSING")
    if path.suffix.lower() == ".parquet":
        # buffered ahead, 200 MB of sound took 235 MB of memory; so they take 44
        file = parquet.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER_BYTES)
        columns = None if names is None else list(names)
        return file.schema_arrow, file.iter_batches(_PARQUET_ROWS, columns=columns)
    reader = pyarrow.ipc.open_stream(pyarrow.memory_map(str(path)))
    return reader.schema, iter(reader)


@contextmanager
def _arrow_errors(path: Path) -> Iterator[None]:
    import pyarrow

    try:
        yield
    except PermissionError as error:
        raise MachineError(
            f"{path}: no permission to read",
            hint=f"chmod +r {shlex.quote(str(path))}",
            code="E_PERM",
        ) from error
    except (pyarrow.ArrowException, OSError, ValueError, LookupError, TypeError) as error:
        raise damaged(path, _first_line(error)) from error
    except (MemoryError, OverflowError) as error:
        raise damaged(path, "a length in it cannot be true") from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
