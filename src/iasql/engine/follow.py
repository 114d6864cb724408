"""Lets high-level tables follow what a batch has written into low-level ones."""

from __future__ import annotations

import psycopg

from iasql.engine.context import Context
from iasql.log import markers, rebuild


def follow(context: Context, transaction: str) -> None:
    """Each once; a view that fails is told in the log, and holds nothing up: its module's code is not ours."""
    for table in rebuild.outdated(context.connection):
        try:
            with context.writer.transaction():
                context.writer.execute("set local statement_timeout to '60s'")
                rebuild.follow(context.writer, table)
        except psycopg.DatabaseError as error:
            if context.writer.broken:
                raise
            markers.error(context.connection, transaction, f"{table} could not follow: {error}")
