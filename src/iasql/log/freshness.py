"""When each table was last read whole from the cloud, region by region."""

from __future__ import annotations

import psycopg


def note(connection: psycopg.Connection, table: str, region: str | None, error: str | None = None) -> bool:
    """A scope was read just now, or could not be, and why; whether that failure is news."""
    query = "select f.error from iasql.freshness f where f.table_name = %s and f.region is not distinct from %s"
    known = connection.execute(query, [table, region]).fetchone()
    connection.execute("select iasql.note_freshness(%s, %s, %s)", [table, region, error])
    return error is not None and (known is None or known[0] != error)
