"""How fresh each table is, region by region: shown in `iasql_freshness`."""

from __future__ import annotations

import psycopg


def note(connection: psycopg.Connection, table: str, region: str | None, error: str | None) -> None:
    """Notes that a scope was read whole just now, or why it could not be."""
    connection.execute("select iasql.note_freshness(%s, %s, %s)", [table, region, error])
