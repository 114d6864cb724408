"""The modes in force: NORMAL, TRACK, ENFORCE or PROTECT, by table, row and column.

`iasql_mode` is read once a verb; null there means all, and the most specific line decides.
"""

from __future__ import annotations

from collections.abc import Iterable

import attrs
import psycopg

from iasql.plan.merge import Mode, Rules
from iasql.plan.state import Key, Pair


@attrs.frozen
class Line:
    """One line of `iasql_mode`."""

    table: str | None
    key: Key | None
    column: str | None
    mode: Mode

    @property
    def weight(self) -> tuple[bool, bool, bool]:
        """How specific it is: a row before a column before a table before everything."""
        return self.key is not None, self.column is not None, self.table is not None


@attrs.frozen
class Modes:
    """All lines, the most specific last."""

    lines: tuple[Line, ...] = ()

    @classmethod
    def read(cls, connection: psycopg.Connection) -> Modes:
        """The lines of `iasql_mode` as they are now."""
        query = "select table_name, key, column_name, mode from public.iasql_mode"
        lines = [Line(*row) for row in connection.execute(query).fetchall()]
        return cls(tuple(sorted(lines, key=lambda line: line.weight)))

    def of(self, table: str, key: Key) -> dict[str | None, Mode]:
        """The modes of a row's columns, and the row's own under None."""
        found: dict[str | None, Mode] = {}
        for line in self.lines:
            if line.table in {None, table} and line.key in (None, key):
                if line.column is None:
                    found.clear()
                found[line.column] = line.mode
        return found

    def follows(self, tables: Iterable[str]) -> bool:
        """Whether everything, or one of these tables as a whole, only follows the cloud."""
        whole = [line for line in self.lines if line.key is None and line.column is None]
        found = {line.table: line.mode for line in whole}
        everything = found.get(None)
        return any(found.get(table, everything) == "TRACK" for table in tables) or everything == "TRACK"

    def refreshing(self, table: str, pair: Pair) -> Rules:
        """The rules of a refresh, which pushes nothing."""
        return Rules(push=False, modes=self.of(table, pair.ours.key) if pair.ours else {})
