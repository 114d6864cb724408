"""JSON lines: one object a line; keys, images and details are JSON as PostgreSQL printed it, to the letter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from json.encoder import encode_basestring as quoted
from pathlib import Path

import attrs

from iasql.evidence.change import JSON, Change
from iasql.evidence.formats import Values

PLAIN = frozenset({"id", "restores", "shared_login", "seal"})
"""Numbers and booleans, which stand without quotation marks."""
_parsed = json.JSONDecoder().raw_decode


@attrs.frozen
class JsonLines:
    """For programs."""

    suffix: str = "ndjson"

    def writer(self, path: Path, columns: Sequence[str]) -> JsonWriter:
        """A new file with these columns."""
        return JsonWriter(path, columns)

    def read(self, path: Path) -> Iterator[Change]:
        """The rows of a file."""
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from map(members, file)


class JsonWriter:
    """A file that is being written."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self._file = path.open("x", encoding="utf-8", newline="\n")
        self._bare = [name in JSON or name in PLAIN for name in columns]
        self._heads = [f"{quoted(name)}: " for name in columns]

    def write(self, rows: Sequence[Values]) -> None:
        """Adds rows."""
        self._file.writelines(self._line(row) for row in rows)

    def close(self) -> None:
        """Ends the file."""
        self._file.close()

    def _line(self, row: Values) -> str:
        parts = zip(self._heads, self._bare, row, strict=True)
        told = (head + ("null" if value is None else value if bare else quoted(value)) for head, bare, value in parts)
        return f"{{{', '.join(told)}}}\n"


def members(line: str) -> Change:
    """The members of an object: texts as they are, anything else as it was printed; null is None."""
    found: dict[str, str | None] = {}
    at = 1
    while line[at] != "}":
        name, at = _parsed(line, at)
        value, end = _parsed(line, at + 2)
        printed = line[at + 2 : end]
        found[name] = None if value is None else value if isinstance(value, str) and name not in JSON else printed
        at = end + 2 if line[end] == "," else end
    return found
