"""A change set that is put aside: the open transaction, closed as stashed with the plan that it had.

`iasql_unstash()` puts it back, which is SQL alone.
"""

from __future__ import annotations

from typing import Any

import attrs
import psycopg
from psycopg.types.json import Jsonb


@attrs.frozen(kw_only=True)
class Stash:
    """What is put aside, as somebody may look at it: its name, the rows of its preview and their digest, by whom."""

    name: str
    rows: list[dict[str, Any]]
    digest: str
    person: str | None
    login: str | None


def put_aside(connection: psycopg.Connection, transaction_id: str, seen: int, stash: Stash) -> bool:
    """Closes the open transaction as this change set; False when it has grown since the log's id `seen`."""
    query = "select iasql.put_aside(%s, %s, %s, %s, %s, %s, %s)"
    told = Jsonb(stash.rows)
    given = [stash.name, transaction_id, seen, told, stash.digest, stash.person, stash.login]
    row = connection.execute(query, given).fetchone()
    return row is not None and bool(row[0])
