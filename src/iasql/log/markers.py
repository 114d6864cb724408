"""Markers: where verbs begin and end in the log."""

from __future__ import annotations

import psycopg


def mark(connection: psycopg.Connection, change_type: str, transaction: str | None, message: str | None = None) -> None:
    """Writes one marker."""
    connection.execute("select iasql.mark(%s, %s, %s)", [change_type, transaction, message])


def start_commit(
    connection: psycopg.Connection, transaction: str, seen: int, message: str | None, changed_by: str | None
) -> str | None:
    """Freezes the open transaction; the id that later edits carry, or None when the span grew beyond `seen`."""
    query = "select iasql.start_commit(%s, %s, %s, %s)"
    (following,) = connection.execute(query, [transaction, seen, message, changed_by]).fetchone() or (None,)
    return None if following is None else str(following)


def start_tick(connection: psycopg.Connection) -> str | None:
    """Takes what was changed outside of a transaction as one span; its id, or None when nothing was."""
    (transaction,) = connection.execute("select iasql.start_tick()").fetchone() or (None,)
    return None if transaction is None else str(transaction)


def end_commit(connection: psycopg.Connection, transaction: str) -> None:
    """Writes END_COMMIT."""
    connection.execute("select iasql.end_commit(%s)", [transaction])


def close(connection: psycopg.Connection, transaction: str, state: str | None = None) -> None:
    """Closes a transaction; `state` says what became of it where its markers do not."""
    connection.execute("select iasql.close(%s, %s)", [transaction, state])


def start_revert(connection: psycopg.Connection, transaction: str) -> None:
    """From here on what the engine writes restores."""
    connection.execute("select iasql.start_revert(%s)", [transaction])


def rollback_span(connection: psycopg.Connection, transaction: str) -> None:
    """Undoes in the tables what a transaction did; what somebody changed later stays."""
    connection.execute("select * from iasql.rollback_span(%s, 'keep')", [transaction])


def end_revert(connection: psycopg.Connection, transaction: str) -> None:
    """Writes END_REVERT."""
    connection.execute("select iasql.end_revert(%s)", [transaction])


def error(connection: psycopg.Connection, transaction: str, message: str) -> None:
    """Writes an ERROR, which `iasql_get_errors()` shows."""
    mark(connection, "ERROR", transaction, message)


def fail(connection: psycopg.Connection, transaction: str, message: str, *, residues: bool) -> None:
    """Ends a commit that failed: with an ERROR, as rolled back, or as failed where residues are left."""
    error(connection, transaction, message)
    close(connection, transaction, "failed" if residues else "rolled_back")
