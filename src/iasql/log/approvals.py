"""Who approved a plan, as the log tells it: `iasql_approve()` wrote it there."""

from __future__ import annotations

import psycopg


def approvers(connection: psycopg.Connection, transaction_id: str, digest: str) -> list[str]:
    """The logins that approved this plan of a transaction and wrote none of it."""
    query = "select a from iasql.approvers(%s, %s) a order by 1"
    return [name for (name,) in connection.execute(query, [transaction_id, digest]).fetchall()]
