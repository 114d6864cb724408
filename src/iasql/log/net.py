"""Net: what a transaction did to each row in the end."""

from __future__ import annotations

from typing import Any

import attrs
import psycopg


@attrs.frozen(kw_only=True)
class Touched:
    """One row that users changed; `columns` is None where the whole row was inserted or deleted."""

    table_name: str
    key: dict[str, Any]
    columns: tuple[str, ...] | None
    inserted: bool
    deleted: bool
    changed_by: tuple[str, ...]


def touched(connection: psycopg.Connection, transaction: str) -> list[Touched]:
    """The rows that a transaction changed, in the order of their last change; what was undone again is not there."""
    found = connection.execute("select * from iasql.touched(%s)", [transaction]).fetchall()
    return [
        Touched(
            table_name=table,
            key=key,
            columns=None if columns is None else tuple(columns),
            inserted=inserted,
            deleted=deleted,
            changed_by=tuple(changed_by or ()),
        )
        for table, key, columns, inserted, deleted, changed_by, _ in found
    ]


def last_id(connection: psycopg.Connection, transaction: str) -> int:
    """The log's last id that a user wrote in this transaction; 0 when nothing was."""
    (number,) = connection.execute("select iasql.last_id(%s)", [transaction]).fetchone() or (0,)
    return int(number)


def top(connection: psycopg.Connection) -> int:
    """The log's last id."""
    (number,) = connection.execute("select coalesce(max(id), 0) from public.iasql_audit_log").fetchone() or (0,)
    return int(number)


def written_since(connection: psycopg.Connection, table: str, since: int) -> list[dict[str, Any]]:
    """The keys of the rows of a table that anybody wrote above this id of the log."""
    found = connection.execute("select * from iasql.written_since(%s, %s)", [table, since]).fetchall()
    return [key for (key,) in found]
