"""CSV: a null is an empty cell, so an empty text is two apostrophes (and a text of apostrophes has two more)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs

from iasql.evidence.change import Change
from iasql.evidence.formats import Values


@attrs.frozen
class Csv:
    """As spreadsheets and databases read it, with a line of names."""

    suffix: str = "csv"

    def writer(self, path: Path, columns: Sequence[str]) -> CsvWriter:
        """A new file with these columns."""
        return CsvWriter(path, columns)

    def read(self, path: Path) -> Iterator[Change]:
        """The rows of a file."""
        csv.field_size_limit(sys.maxsize)
        with path.open(newline="", encoding="utf-8") as file:
            lines = csv.reader(file)
            names = next(lines, [])
            for line in lines:
                yield dict(zip(names, map(_plain, line), strict=True))


class CsvWriter:
    """A file that is being written."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("x", newline="", encoding="utf-8")
        self._lines = csv.writer(self._file)
        self._lines.writerow(columns)

    def write(self, rows: Sequence[Values]) -> None:
        """Adds rows."""
        self._lines.writerows([_shown(value) for value in row] for row in rows)

    def close(self) -> None:
        """Ends the file."""
        self._file.close()


def _shown(value: str | None) -> str | None:
    return value if value is None or value.strip("'") else f"{value}''"


def _plain(cell: str) -> str | None:
    if not cell:
        return None
    return cell if cell.strip("'") else cell[2:]
