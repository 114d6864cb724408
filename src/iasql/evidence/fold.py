"""The fold of the log: each row as its last change left it, to be held against the tables.

It lies in a file of SQLite, not in memory: a log has as many rows as it likes.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from decimal import Decimal
from types import TracebackType
from typing import Any

import attrs

from iasql.evidence.change import Change

PLATFORM = ("iasql_setting", "iasql_mode")
"""Tables of which some rows are older than their log."""


@attrs.define
class Fold:
    """The last change of each row; a context manager."""

    compared: int = 0
    _folder: Any = None
    _store: Any = None

    def __enter__(self) -> Fold:
        self._folder = tempfile.TemporaryDirectory(prefix="iasql-verify-")
        self._store = sqlite3.connect(f"{self._folder.name}/fold")
        self._store.execute("pragma journal_mode = off")
        self._store.execute("pragma synchronous = off")
        self._store.execute("create table last (name, key, before, after, primary key (name, key)) without rowid")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()
        self._folder.cleanup()

    def take(self, change: Change) -> None:
        """The next change of a row; the log's keys are jsonb, whose print is unique."""
        before = change["before"] if change["change_type"] == "UPDATE" else None
        self._store.execute(
            "insert or replace into last values (?, ?, ?, ?)",
            [change["table_name"], change["key"], before, change["after"]],
        )

    def strays(self, tables: Iterable[Change], *, complete: bool) -> Iterator[str]:
        """Rows that are not what the log says; complete: the log tells of every row, so that unknown ones are new."""
        for row in tables:
            self.compared += 1
            name, key = row["table_name"], row["key"]
            found = self._store.execute(
                "select before, after from last where name = ? and key = ?", [name, key]
            ).fetchone()
            if found is None:
                if complete and name not in PLATFORM:
                    yield f"{name} {key} is new, and the log does not know of it"
                continue
            self._store.execute("delete from last where name = ? and key = ?", [name, key])
            if found[1] is None:
                yield f"{name} {key} is new, and the log does not know of it"
            elif _differs(found, row["row"] or "{}"):
                yield f"{name} {key} was changed, and the log does not know of it"
        yield from self._gone()

    def _gone(self) -> Iterator[str]:
        for name, key in self._store.execute("select name, key from last where after is not null"):
            yield f"{name} {key} is gone, and the log does not know of it"


def _differs(found: tuple[str | None, str], row: str) -> bool:
    """Columns that were added or dropped since do not count."""
    image = {**_parsed(found[0] or "{}"), **_parsed(found[1])}
    now = _parsed(row)
    return any(name in now and now[name] != value for name, value in image.items())


def _parsed(printed: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(printed, parse_float=Decimal)
    return found
