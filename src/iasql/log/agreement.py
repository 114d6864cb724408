"""Agreement: what both sides last had in common, row by row and column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import psycopg
from psycopg.types.json import Jsonb

Key = dict[str, Any]


@attrs.frozen(kw_only=True)
class Standing:
    """What the log says of one row: `agreed` is None when both sides never had anything in common."""

    key: Key
    agreed: dict[str, Any] | None
    written: tuple[str, ...]
    changed_by: tuple[str, ...]


def standing(connection: psycopg.Connection, table: str, keys: Sequence[Key]) -> list[Standing]:
    """What the log says of the rows with these keys, whether they are still there or not."""
    if not keys:
        return []
    query = "select * from iasql.standing(%s, %s)"
    found = connection.execute(query, [table, [Jsonb(key) for key in keys]]).fetchall()
    return [
        Standing(key=key, agreed=agreed, written=tuple(written or ()), changed_by=tuple(changed_by or ()))
        for key, agreed, written, changed_by in found
    ]


def candidates(connection: psycopg.Connection) -> list[tuple[str, Key]]:
    """Rows that may be pending: written by users since the last tick that dealt with everything, or held."""
    return [(table, key) for table, key in connection.execute("select * from iasql.pending_candidates()").fetchall()]


def lost_keys(connection: psycopg.Connection, table: str) -> list[Key]:
    """Keys of rows that users deleted while both sides agreed."""
    return [key for (key,) in connection.execute("select * from iasql.lost_keys(%s)", [table]).fetchall()]


def settle(connection: psycopg.Connection, top: int) -> None:
    """Notes that the tick has dealt with everything up to this id of the log, or holds it."""
    connection.execute("select iasql.settle(%s)", [top])
