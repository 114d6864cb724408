"""What both sides last had in common, read from the log row by row and column by column.

The next step is `iasql.plan.merge`, the three-way comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
import psycopg
from psycopg.types.json import Jsonb

from iasql.log.image import Image, Key

IDENTITIES = 10_000
"""How many are asked for at a time: a backend keeps the memory that a statement took."""


@attrs.frozen(kw_only=True)
class Standing:
    """What the log says of one row.

    `agreed` is None when there is no agreement; `written` names the columns whose value users changed since; of a
    row that a user deleted, `changed_by` names who.
    """

    key: Key
    agreed: Image | None
    written: tuple[str, ...]
    changed_by: tuple[str, ...]


def standing(connection: psycopg.Connection, table: str, keys: Sequence[Key] | None = None) -> list[Standing]:
    """One value a key, in no order; of every row that the log knows when `keys` is None."""
    if keys is not None and not keys:
        return []
    query = "select key, agreed, written, changed_by from iasql.standing(%s, %s)"
    asked = None if keys is None else [Jsonb(key) for key in keys]
    return [
        Standing(key=key, agreed=agreed, written=tuple(written), changed_by=tuple(people))
        for key, agreed, written, people in connection.execute(query, [table, asked]).fetchall()
    ]


def as_before(connection: psycopg.Connection, transaction: str, rows: Iterable[tuple[str, Key]]) -> None:
    """Makes what these rows had agreed on before a verb's calls count again: the calls are undone."""
    told = [{"table_name": table, "key": key} for table, key in rows]
    if told:
        connection.execute("select iasql.agree_as_before(%s, %s)", [transaction, Jsonb(told)])


def candidates(connection: psycopg.Connection) -> list[tuple[str, Key]]:
    """Rows that may be pending: written by users since the last tick that dealt with everything, or held."""
    return connection.execute("select table_name, key from iasql.pending_candidates()").fetchall()


def pending(connection: psycopg.Connection) -> list[tuple[str, Key]]:
    """The candidates that do differ from what was agreed: changed, new or deleted rows."""
    return connection.execute("select table_name, key from iasql.pending()").fetchall()


def last_image(connection: psycopg.Connection, table: str, key: Key) -> Image | None:
    """A row as it was when it was last deleted; None when it never was."""
    query = """
        select l.change->'original' from public.iasql_audit_log l
        where l.table_name = %s and l.key = %s and l.change_type = 'DELETE' order by l.id desc limit 1"""
    found = connection.execute(query, [table, Jsonb(key)]).fetchone()
    return None if found is None else found[0]


def lost_keys(connection: psycopg.Connection, table: str, since: int = 0) -> list[Key]:
    """Rows that users deleted above an id of the log, while the cloud still has what they stand for."""
    return [key for (key,) in connection.execute("select iasql.lost_keys(%s, %s)", [table, since]).fetchall()]


def heirs(connection: psycopg.Connection, table: str, keys: list[Key]) -> list[tuple[Key, Key]]:
    """Of these keys, those of deleted rows in whose place others stand, each with the other's."""
    query = "select key, heir from iasql.heirs(%s, %s)"
    return connection.execute(query, [table, [Jsonb(key) for key in keys]]).fetchall()


def last_keys(connection: psycopg.Connection, table: str, identities: Iterable[Image]) -> list[tuple[Image, Key]]:
    """The key that each of these identities (values of some columns) last had in the log, where it had one.

    Several may have been those of one row: what it was last comes last, as far as they are asked for together.
    """
    query = "select identity, key from iasql.last_keys(%s, %s)"
    asked = [Jsonb(each) for each in identities]
    return [
        found
        for start in range(0, len(asked), IDENTITIES)
        for found in connection.execute(query, [table, asked[start : start + IDENTITIES]]).fetchall()
    ]


def settled_up_to(connection: psycopg.Connection) -> int:
    """The id of the log up to which ticks have dealt with users' changes."""
    row = connection.execute("select iasql.settled_up_to()").fetchone()
    assert row is not None
    return int(row[0])


def settle(connection: psycopg.Connection, top: int) -> None:
    """A tick has dealt with everything up to this id of the log, or holds it."""
    connection.execute("select iasql.settle(%s)", [top])
