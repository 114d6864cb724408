"""Commits that are to be undone when their time has come, as the log tells them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb


def due(connection: psycopg.Connection) -> list[str]:
    """The transactions whose time has come, the last one first."""
    return [tx for (tx,) in connection.execute("select d::text from iasql.due_expiries() d").fetchall()]


def terms_of(connection: psycopg.Connection, transaction_id: str) -> dict[str, Any]:
    """What the log tells of how a transaction was committed: its `approved_by` and `allow`, where it had any."""
    query = """
        select change from public.iasql_audit_log
        where transaction_id = %s and key is null and change_type = 'START_COMMIT' order by id desc limit 1"""
    row = connection.execute(query, [transaction_id]).fetchone()
    assert row is not None
    found: dict[str, Any] = row[0]
    return found


def open_way(connection: psycopg.Connection, transaction_id: str) -> list[dict[str, Any]] | None:
    """Opens what undoes a transaction; what stands in the way where it opened nothing.

    None when a transaction is open already, or somebody's changes are not yet committed.
    """
    try:
        row = connection.execute("select iasql.open_expiry(%s)", [transaction_id]).fetchone()
    except errors.ObjectInUse:
        return None
    assert row is not None
    return None if row[0] is None else list(row[0].get("conflicts", ()))


def roll_back(connection: psycopg.Connection) -> None:
    """Forgets what was opened."""
    connection.execute("select iasql.roll_back(false)").fetchall()


def report(connection: psycopg.Connection, transaction_id: str, found: list[dict[str, Any]]) -> None:
    """Holds what keeps a transaction from being undone: table, key and reason of each row."""
    connection.execute("select iasql.report_expiry(%s, %s)", [transaction_id, Jsonb(found)])


def end(connection: psycopg.Connection, transaction_id: str) -> None:
    """It is undone: nothing is held any more."""
    connection.execute("select iasql.end_expiry(%s)", [transaction_id])
