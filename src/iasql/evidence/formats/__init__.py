"""Files of rows that other programs read: CSV, JSON lines, Parquet. Each gives back exactly what it was given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from iasql.errors import InvalidArgument
from iasql.evidence.change import Change

Values = Sequence[str | None]


class Writer(Protocol):
    """A file that is being written."""

    def write(self, rows: Sequence[Values]) -> None:
        """Adds rows; their values are in the order of the columns."""
        ...

    def close(self) -> None:
        """Ends the file."""
        ...


class Format(Protocol):
    """One form."""

    @property
    def suffix(self) -> str:
        """What its files' names end with."""
        ...

    def writer(self, path: Path, columns: Sequence[str]) -> Writer:
        """A new file with these columns."""
        ...

    def read(self, path: Path) -> Iterator[Change]:
        """The rows of a file, one after the other."""
        ...


def named(name: str) -> Format:
    """The format of this name: csv, json or parquet."""
    from iasql.evidence.formats.csv import Csv
    from iasql.evidence.formats.json import JsonLines
    from iasql.evidence.formats.parquet import Parquet

    known: dict[str, Format] = {"csv": Csv(), "json": JsonLines(), "parquet": Parquet()}
    if name not in known:
        raise InvalidArgument(f"there is no format {name}", hint=f"Formats: {', '.join(known)}.")
    return known[name]
