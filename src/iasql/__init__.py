"""IaSQL: cloud resources as rows of a PostgreSQL database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg

__all__ = ["__version__", "transaction"]
__version__ = "0.1.0"


@contextmanager
def transaction(dsn: str | None = None, message: str | None = None) -> Iterator[psycopg.Connection]:
    """A connection on which an IaSQL transaction is open: committed at the end, rolled back on an exception.

    The connection is in autocommit mode, as the engine must see what is written before it can carry it out.
    Without `dsn`, IASQL_DSN names the database. A commit that is refused is rolled back too, and raises what the
    database said (`psycopg.Error`, with the SQLSTATE of the error).
    """
    import os

    import psycopg

    with psycopg.connect(dsn or os.environ.get("IASQL_DSN", ""), autocommit=True) as connection:
        connection.execute("select * from iasql_begin(%s::text)", (message,))
        try:
            yield connection
            connection.execute("select * from iasql_commit(%s::text)", (message,))
        except BaseException as error:
            _undo(connection, error)
            raise


def _undo(connection: psycopg.Connection, error: BaseException) -> None:
    """Rolls back what is still open; where that fails too, the first error tells so and stays the one raised."""
    import psycopg

    try:
        still_open = connection.execute("select from iasql_transaction where state = 'open'").fetchone()
        if still_open is not None:
            connection.execute("select * from iasql_rollback()")
    except psycopg.Error as second:
        error.add_note(f"The transaction could not be rolled back: {second}")
