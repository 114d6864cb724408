"""What an auditor asks of changes beyond what they say: why, approved by whom, by which calls, and whose login."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import attrs
import psycopg

from iasql.evidence.change import LOGGED, ROWS
from iasql.evidence.formats import Values

TOLD = files("iasql.evidence").joinpath("told.sql").read_bytes()
SHARED = files("iasql.evidence").joinpath("shared.sql").read_bytes()
_TX, _TABLE, _KEY, _TYPE, _ORIGIN, _USER, _PERSON = (
    LOGGED.index(name)
    for name in ("transaction_id", "table_name", "key", "change_type", "origin", "user", "changed_by")
)


@attrs.frozen
class Annotator:
    """Asks for a batch of rows at a time."""

    connection: psycopg.Connection
    shared: frozenset[str]

    @classmethod
    def on(cls, connection: psycopg.Connection) -> Annotator:
        """For a connection within its transaction."""
        return cls(connection, frozenset(name for (name,) in connection.execute(SHARED).fetchall()))

    def annotate(self, rows: Sequence[Values]) -> list[Values]:
        """Message, approvers, AWS calls, and whether the login is shared, for each of the rows."""
        asked = list(dict.fromkeys(map(_asked, rows)))
        arguments = {name: [each[i] for each in asked] for i, name in enumerate(("transactions", "tables", "keys"))}
        found = self.connection.execute(TOLD, arguments).fetchall()
        known = {tuple(each[:3]): each[3:] for each in found}
        return [(*known[_asked(row)], self._is_shared(row)) for row in rows]

    def _is_shared(self, row: Values) -> str:
        unnamed = row[_ORIGIN] == "user" and row[_PERSON] == row[_USER] and row[_USER] in self.shared
        return "true" if unnamed else "false"


def _asked(row: Values) -> tuple[str | None, ...]:
    """What is asked of a row: its transaction, and of a change also its table and key."""
    return (row[_TX], row[_TABLE], row[_KEY]) if row[_TYPE] in ROWS else (row[_TX], None, None)
