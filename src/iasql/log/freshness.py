"""When each table was last read whole from the cloud, region by region."""

from __future__ import annotations

import psycopg


def note(connection: psycopg.Connection, table: str, region: str | None, error: str | None = None) -> None:
    """A scope was read just now, or could not be, and why."""
    connection.execute("select iasql.note_freshness(%s, %s, %s)", [table, region, error])
