"""What a transaction did in the end: the rows that users touched in it, no-ops dropped.

The next step is `iasql.engine.preview`, which plans what they ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import attrs
import psycopg
from psycopg.types.json import Jsonb

from iasql.log.image import Image, Key


@attrs.frozen(kw_only=True)
class Touched:
    """One row that users changed; `columns` is None where it was inserted or deleted whole."""

    table_name: str
    key: Key
    columns: tuple[str, ...] | None
    inserted: bool
    deleted: bool
    changed_by: tuple[str, ...]


@attrs.frozen(kw_only=True)
class Net:
    """What a transaction did to one row.

    `before` and `after` hold the columns that differ in the end, of a row that was there before and after; else the
    whole row, and None on the side where there was none.
    """

    table_name: str
    key: Key
    existed: bool
    remains: bool
    before: Image | None
    after: Image | None
    changed_by: tuple[str, ...]


def touched(connection: psycopg.Connection, transaction: UUID | str) -> list[Touched]:
    """The rows that users touched in a transaction, in the order of their last change."""
    query = "select table_name, key, columns, inserted, deleted, changed_by from iasql.touched(%s)"
    return [
        Touched(
            table_name=table,
            key=key,
            columns=None if columns is None else tuple(columns),
            inserted=inserted,
            deleted=deleted,
            changed_by=tuple(people),
        )
        for table, key, columns, inserted, deleted, people in connection.execute(query, [str(transaction)]).fetchall()
    ]


def touched_by_open(connection: psycopg.Connection) -> list[Touched]:
    """The same of the transaction that is open; none when there is none."""
    found = connection.execute("select user_transaction from iasql.gate where state = 'open'").fetchone()
    return [] if found is None else touched(connection, found[0])


def net(connection: psycopg.Connection, transaction: UUID | str) -> list[Net]:
    """The same with the values before and after."""
    query = "select table_name, key, existed, remains, before, after, changed_by from iasql.net(%s) order by last_id"
    return [
        Net(table_name=t, key=k, existed=e, remains=r, before=b, after=a, changed_by=tuple(people))
        for t, k, e, r, b, a, people in connection.execute(query, [str(transaction)]).fetchall()
    ]


def before_open(connection: psycopg.Connection, table: str) -> list[Image]:
    """The rows of one table that the open transaction changed or deleted, as a rollback would leave them."""
    return [image for (image,) in connection.execute("select iasql.before_open(%s)", [table]).fetchall()]


def last_id(connection: psycopg.Connection, transaction: UUID | str) -> int:
    """The log's last id that a user wrote in a transaction: read it before `touched`, and give it to start_commit."""
    return _number(connection, "select iasql.last_id(%s)", str(transaction))


def top(connection: psycopg.Connection) -> int:
    """The log's last id of all."""
    return _number(connection, "select coalesce(max(id), 0) from public.iasql_audit_log")


def touched_lately(connection: psycopg.Connection, table: str, keys: Sequence[Key]) -> list[Key]:
    """Of these rows, those that were written or seen, by whomever, in the last five minutes."""
    query = """
        select distinct l.key from public.iasql_audit_log l
        where l.table_name = %s and l.key = any (%s) and l.ts > clock_timestamp() - interval '5 minutes'"""
    return [key for (key,) in connection.execute(query, [table, [Jsonb(key) for key in keys]]).fetchall()]


def written_since(connection: psycopg.Connection, table: str, since: int) -> list[Key]:
    """The keys of the rows of one table that anybody wrote above this id."""
    found = connection.execute("select iasql.written_since(%s, %s)", [table, since]).fetchall()
    return [key for (key,) in found]


def _number(connection: psycopg.Connection, query: str, *arguments: object) -> int:
    row = connection.execute(query.encode(), arguments or None).fetchone()
    assert row is not None
    return int(row[0])
