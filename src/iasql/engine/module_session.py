"""Where the SQL of a module that an operator added runs: on a connection of its own, which may only write rows.

What it runs as is the role iasql_module; see added.sql.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors as postgres

from iasql.engine.context import Context
from iasql.errors import InvalidArgument, Refused


@contextmanager
def module_session(context: Context, name: str) -> Iterator[psycopg.Connection]:
    """A connection of its own for a module's SQL, which may leave settings behind; its errors name the module."""
    with context.open_writer() as session:
        session.execute("set lock_timeout to '20s'")
        try:
            yield session
        except postgres.DependentObjectsStillExist as error:
            told = f"cannot uninstall {name}: objects of yours depend on it: {error.diag.message_detail}"
            raise Refused(told, hint="Drop or change them first.") from error
        except psycopg.DatabaseError as error:
            if session.broken:
                raise
            told = f"module {name}: {error.diag.message_primary or error}"
            raise InvalidArgument(told, detail=error.diag.message_detail or error.diag.context) from error
