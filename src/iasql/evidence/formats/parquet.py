"""Parquet, for who analyses or archives: columns, compressed. Needs pyarrow, which is an optional part of IaSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import attrs

from iasql.errors import NotInstalled
from iasql.evidence.change import Change
from iasql.evidence.formats import Values

GROUP = 20_000  # rows that are compressed together


@attrs.frozen
class Parquet:
    """Numbers, moments and booleans have their types; JSON is text."""

    suffix: str = "parquet"

    def writer(self, path: Path, columns: Sequence[str]) -> ParquetWriter:
        """A new file with these columns."""
        return ParquetWriter(path, columns)

    def read(self, path: Path) -> Iterator[Change]:
        """The rows of a file."""
        file = _parquet().ParquetFile(path, pre_buffer=False)  # else all of it ends in memory
        names = file.schema_arrow.names
        printed = [_PRINTED.get(str(field.type)) for field in file.schema_arrow]
        for batch in file.iter_batches(batch_size=5000):
            columns = [
                [None if value is None else show(value) for value in column.to_pylist()] if show else column.to_pylist()
                for column, show in zip(batch.columns, printed, strict=True)
            ]
            for row in zip(*columns, strict=True):
                yield dict(zip(names, row, strict=True))


class ParquetWriter:
    """A file that is being written."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._arrow = _arrow()
        types = [_TYPES.get(name, "string") for name in columns]
        typed = {"string": self._arrow.string(), "int64": self._arrow.int64(), "bool": self._arrow.bool_(),
                 "moment": self._arrow.timestamp("us", tz="UTC")}  # fmt: skip
        self._schema = self._arrow.schema([(name, typed[told]) for name, told in zip(columns, types, strict=True)])
        self._read = [_READ.get(told) for told in types]
        self._file = _parquet().ParquetWriter(path, self._schema, compression="zstd")
        self._waiting: list[Values] = []

    def write(self, rows: Sequence[Values]) -> None:
        """Adds rows."""
        self._waiting.extend(rows)
        if len(self._waiting) >= GROUP:
            self._flush()

    def close(self) -> None:
        """Ends the file."""
        self._flush()
        self._file.close()

    def _flush(self) -> None:
        if not self._waiting:
            return
        columns = [
            [None if value is None else read(value) for value in column] if read else column
            for column, read in zip(zip(*self._waiting, strict=True), self._read, strict=True)
        ]
        arrays = [self._arrow.array(column, type=kind.type) for column, kind in zip(columns, self._schema, strict=True)]
        self._file.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))
        self._waiting.clear()


def _moment(value: datetime) -> str:
    """As PostgreSQL prints it in JSON: no zeros at the end of a fraction."""
    text = value.isoformat()
    whole, dot, rest = text.partition(".")
    return f"{whole}.{rest[:6].rstrip('0')}{rest[6:]}" if dot else text


def _boolean(value: bool) -> str:
    return "true" if value else "false"


_TYPES = {"id": "int64", "seal": "int64", "ts": "moment", "restores": "bool", "shared_login": "bool"}
_READ: dict[str, Callable[[str], Any]] = {
    "int64": int,
    "bool": lambda text: text == "true",
    "moment": datetime.fromisoformat,
}
_PRINTED: dict[str, Callable[[Any], str]] = {"int64": str, "bool": _boolean, "timestamp[us, tz=UTC]": _moment}


def _arrow() -> Any:
    try:
        import pyarrow as pa
    except ModuleNotFoundError:
        raise NotInstalled("Parquet files need the package pyarrow", hint="pip install 'iasql[parquet]'") from None
    return pa


def _parquet() -> Any:
    _arrow()
    from pyarrow import parquet

    return parquet
