"""What waits for somebody to decide: shown in `iasql_conflict`, with the reason."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Key = dict[str, Any]


def hold(connection: psycopg.Connection, table: str, key: Key, kind: str, detail: dict[str, Any]) -> None:
    """Holds a row; said again with the same detail it is not logged again."""
    connection.execute("select iasql.hold(%s, %s, %s, %s)", [table, Jsonb(key), kind, Jsonb(detail)])


def release(connection: psycopg.Connection, table: str, key: Key | None = None, kinds: list[str] | None = None) -> None:
    """Lets a row go, or all of a table's; `kinds` limits it to these reasons."""
    connection.execute("select iasql.release(%s, %s, %s)", [table, None if key is None else Jsonb(key), kinds])


def hindrance(connection: psycopg.Connection, table: str, key: Key) -> dict[str, Any] | None:
    """The foreign key of a user's own table that a deletion of this row would run into or carry along."""
    query = "select dependent, constraint_name, action from iasql.dependents(%s, %s)"
    row = connection.execute(query, [table, [Jsonb(key)]]).fetchone()
    if row is None:
        return None
    dependent, constraint, action = row
    told = f"{constraint} of {dependent} refers to it (on delete {action})"
    return {"reason": told, "table": dependent, "constraint": constraint, "on_delete": action}


def told_by(error: psycopg.IntegrityError) -> dict[str, Any]:
    """Which constraint of which table an error names, without the row's values."""
    told = error.diag
    reason = f"{told.constraint_name or 'a constraint'} of {told.table_name or 'a table'}"
    return {"reason": reason, "table": told.table_name, "constraint": told.constraint_name}
