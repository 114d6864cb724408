"""High-level tables, which follow low-level ones; rebuild.sql says how.

The next step is `iasql.engine.follow`, at the end of each batch.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from iasql.resource import Rebuild


def begin(connection: psycopg.Connection, rebuild: Rebuild, schema: str) -> None:
    """The table follows its view from now on."""
    source = sql.Identifier(schema, rebuild.source).as_string(connection)
    connection.execute("select iasql.rebuild_by(%s, %s::regclass, %s)", [rebuild.table, source, list(rebuild.follows)])


def end(connection: psycopg.Connection, rebuild: Rebuild) -> None:
    """The table follows no more."""
    connection.execute("select iasql.end_rebuild(%s)", [rebuild.table])


def outdated(connection: psycopg.Connection) -> list[str]:
    """The tables whose low-level ones were written since they last followed."""
    return [table for (table,) in connection.execute("select iasql.outdated()").fetchall()]


def follow(writer: psycopg.Connection, table: str) -> None:
    """Brings one table in line with its view; runs as the writer."""
    writer.execute("select iasql.follow(%s)", [table])
