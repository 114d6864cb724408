"""Where transactions begin and end in the log. Each function is one short PostgreSQL transaction.

Those that switch what users' changes carry wait for the gate, 200 ms at a time, and give up with Busy, naming whom
they waited for.
"""

from __future__ import annotations

from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import errors
from psycopg.types.json import Jsonb

from iasql.errors import Busy, NoTransaction

PATIENCE = 10.0
TICK_PATIENCE = 1.0


def mark(
    connection: psycopg.Connection,
    change_type: str,
    transaction: UUID | str | None,
    message: str | None = None,
    change: dict[str, Any] | None = None,
    changed_by: str | None = None,
) -> int:
    """Writes a marker and gives its id; None stands for the transaction that the engine's writes carry now."""
    told = None if change is None else Jsonb(change)
    tx = None if transaction is None else str(transaction)
    query = "select iasql.mark(%s::public.iasql_audit_log_change_type_enum, %s, %s, %s, %s)"
    found = _one(connection, query, change_type, tx, message, told, changed_by)
    return int(found)


def start_commit(
    connection: psycopg.Connection,
    transaction: UUID | str,
    seen_top: int,
    message: str | None = None,
    changed_by: str | None = None,
    patience: float = PATIENCE,
    about: dict[str, Any] | None = None,
) -> str | None:
    """Freezes the open transaction; the id that users' changes carry from now on, None when it has grown meanwhile.

    `seen_top` is the `last_id` of the changes that were planned; `about` tells of the plan and of who agreed to it.
    """
    query = "select iasql.start_commit(%s, %s, %s, %s, make_interval(secs => %s), %s)::text"
    told = Jsonb(about or {})
    found: str | None = _gated(connection, query, str(transaction), seen_top, message, changed_by, patience, told)
    return found


def reopen(connection: psycopg.Connection, transaction: UUID | str, patience: float = PATIENCE) -> None:
    """Back to open, before any call was made."""
    _gated(connection, "select iasql.reopen(%s, make_interval(secs => %s))", str(transaction), patience)


def start_revert(connection: psycopg.Connection, transaction: UUID | str, patience: float = 60.0) -> None:
    """From here to `end_revert` the engine's writes bring back, and agree nothing."""
    _gated(connection, "select iasql.start_revert(%s, make_interval(secs => %s))", str(transaction), patience)


def rollback_span(connection: psycopg.Connection, transaction: UUID | str) -> list[dict[str, Any]]:
    """Undoes a failed commit's changes in the tables, except where somebody has changed the same since."""
    query = "select action, table_name, key, image from iasql.rollback_span(%s, 'keep')"
    found = connection.execute(query, [str(transaction)]).fetchall()
    return [{"action": a, "table_name": t, "key": k, "image": i} for a, t, k, i in found]


def end_revert(connection: psycopg.Connection, transaction: UUID | str) -> None:
    """The tables are brought back."""
    _one(connection, "select iasql.end_revert(%s)", str(transaction))


def end_commit(connection: psycopg.Connection, transaction: UUID | str) -> None:
    """Everything was carried out."""
    _one(connection, "select iasql.end_commit(%s)", str(transaction))


def close(connection: psycopg.Connection, transaction: UUID | str, state: str | None = None) -> None:
    """The transaction is over; `state` overrides what its markers say it became."""
    _one(connection, "select iasql.close(%s, %s)", str(transaction), state)


def close_tick(connection: psycopg.Connection, transaction: UUID | str) -> None:
    """Ends a tick that an earlier engine began and did not end."""
    _one(connection, "select iasql.close_tick(%s)", str(transaction))


def error(connection: psycopg.Connection, transaction: UUID | str | None, message: str) -> None:
    """Something failed; iasql_get_errors() shows it."""
    mark(connection, "ERROR", transaction, message)


def refused(connection: psycopg.Connection, op: str, sqlstate: str, told: str, person: str | None) -> None:
    """Somebody tried what is not allowed."""
    _one(connection, "select iasql.note_refusal(%s, %s, %s, %s)", op, sqlstate, told, person)


def fail(connection: psycopg.Connection, transaction: UUID | str, message: str, *, residues: bool) -> None:
    """The commit failed and its transaction is over: brought back wholly, or with residues, which is `failed`."""
    with connection.transaction():
        error(connection, transaction, message)
        close(connection, transaction, "failed" if residues else "rolled_back")


def start_tick(connection: psycopg.Connection, patience: float = TICK_PATIENCE) -> str | None:
    """Switches ids for a tick: the id of what was changed outside of a transaction until now, None when nothing was.

    The caller ends and closes it like a commit.
    """
    found: str | None = _gated(connection, "select iasql.start_tick(make_interval(secs => %s))::text", patience)
    return found


def begin_verb(connection: psycopg.Connection, transaction: UUID | str) -> None:
    """The engine's writes carry this id from now on."""
    _one(connection, "select iasql.begin_verb(%s)", str(transaction))


def end_verb(connection: psycopg.Connection) -> None:
    """What begin_verb began is over."""
    _one(connection, "select iasql.end_verb()")


def _gated(connection: psycopg.Connection, query: LiteralString, *arguments: Any) -> Any:
    try:
        return _one(connection, query, *arguments)
    except errors.ObjectInUse as held:
        raise Busy(held.diag.message_primary, hint=held.diag.message_hint) from None
    except errors.NoActiveSqlTransaction as none:
        raise NoTransaction(none.diag.message_primary) from None


def _one(connection: psycopg.Connection, query: LiteralString, *arguments: Any) -> Any:
    row = connection.execute(query, arguments or None).fetchone()
    assert row is not None
    return row[0]
