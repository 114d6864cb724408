"""What waits for somebody to decide: iasql_conflict, and what a user's own table prevents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

import attrs
import psycopg
from psycopg.types.json import Jsonb

from iasql.log.image import Key

WHEN_PUSHED = ("conflict", "failed", "guarded", "held", "refused", "residue", "unknown_outcome", "waiting")
"""Why a change is not carried out; a commit or a sync that looks at the row again finds it anew, or not."""
WHEN_READ = ("conflict", "deletion_prevented", "import_prevented", "locked")
"""Why something does not come into the tables; a refresh finds it anew, or not."""


@attrs.frozen(kw_only=True)
class Dependent:
    """A foreign key of a table that is not ours, with rows that refer to one of ours."""

    key: Key
    table: str
    constraint: str
    action: str
    """What it does when our row is deleted: no action, cascade, set null or set default."""

    def as_json(self) -> dict[str, Any]:
        """The detail of a held deletion."""
        return {
            "reason": f"a row of {self.table} refers to it (constraint {self.constraint}, on delete {self.action})",
            "dependent_table": self.table,
            "constraint": self.constraint,
            "on_delete": self.action,
        }


def hold(connection: psycopg.Connection, table: str, key: Key, kind: str, detail: dict[str, Any]) -> None:
    """Holds a row for this reason; told once in the log, shown in iasql_conflict until it is cleared."""
    connection.execute("select iasql.hold(%s, %s, %s, %s)", [table, Jsonb(key), kind, Jsonb(detail)])


def release(
    connection: psycopg.Connection, table: str, key: Key | None = None, kinds: Sequence[str] | None = None
) -> None:
    """Holds a row no longer, or none of the table; `kinds` limits it to these reasons."""
    chosen = None if kinds is None else list(kinds)
    connection.execute("select iasql.release(%s, %s, %s)", [table, None if key is None else Jsonb(key), chosen])


def let_go(
    connection: psycopg.Connection,
    rows: Iterable[tuple[str, Key]],
    kinds: Collection[str],
    since: datetime | None = None,
) -> None:
    """Holds these rows, by table and key, no longer for these reasons, unless they were found again since a moment."""
    by_table: dict[str, list[Jsonb]] = defaultdict(list)
    for table, key in rows:
        by_table[table].append(Jsonb(key))
    for table, keys in by_table.items():
        connection.execute("select iasql.let_go(%s, %s, %s, %s)", [table, keys, list(kinds), since])


def now(connection: psycopg.Connection) -> datetime:
    """The moment from which on what is held counts as found anew."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    found: datetime = row[0]
    return found


def deferred(connection: psycopg.Connection) -> list[tuple[str, Key]]:
    """The rows that failed and whose next try is not due yet."""
    return connection.execute("select table_name, key from iasql.deferred()").fetchall()


def sweep(connection: psycopg.Connection, table: str, key: Key | None, kinds: Collection[str], since: datetime) -> None:
    """Holds a row, or any of the table, no longer for these reasons unless they were found again since a moment."""
    chosen = None if key is None else Jsonb(key)
    connection.execute("select iasql.sweep(%s, %s, %s, %s)", [table, chosen, list(kinds), since])


def keep(connection: psycopg.Connection, table: str, keys: Sequence[Key]) -> None:
    """Goes on holding these rows for whatever they are held for."""
    if keys:
        connection.execute("select iasql.keep(%s, %s)", [table, [Jsonb(key) for key in keys]])


def dependents(connection: psycopg.Connection, table: str, keys: Sequence[Key]) -> list[Dependent]:
    """The foreign keys of users' own tables that refer to these rows."""
    query = "select key, dependent, constraint_name, action from iasql.dependents(%s, %s)"
    found = connection.execute(query, [table, [Jsonb(key) for key in keys]]).fetchall()
    return [Dependent(key=key, table=name, constraint=rule, action=action) for key, name, rule, action in found]


def hindrance(connection: psycopg.Connection, table: str, key: Key) -> dict[str, Any] | None:
    """Why a row of ours may not be deleted, None when nothing refers to it."""
    found = dependents(connection, table, [key])
    return found[0].as_json() if found else None


def told_by(error: psycopg.Error) -> dict[str, Any]:
    """The detail of a held change that the database refused: table and constraint named, no row shown."""
    told = error.diag
    return {
        "reason": told.message_primary,
        "dependent_table": told.table_name,
        "constraint": told.constraint_name,
    }
