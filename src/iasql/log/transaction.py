"""The transaction that is open or being committed, as the gate and the log tell it."""

from __future__ import annotations

from collections.abc import Collection

import attrs
import psycopg

from iasql.errors import Busy, NoTransaction, PermissionDenied, TransactionOpen

COMMITTING = frozenset({"committing", "reverting"})


@attrs.frozen(kw_only=True)
class Current:
    """What the gate says: clean, open, committing or reverting, and which transaction that is about.

    When it is clean, the id is the one that changes outside of a transaction carry.
    """

    state: str
    transaction_id: str
    opened_by: str | None
    told: str | None
    """Who opened it and since when, for messages."""
    owner_only: bool = False
    """Whether nobody but the login that opened it may write into it, commit it or roll it back."""


def current(connection: psycopg.Connection) -> Current:
    """The gate's state now."""
    query = """
        select g.state, n.transaction_id::text, g.opened_by, iasql.opened_by(n.transaction_id), g.owner_only
        from iasql.gate g cross join lateral (
          select case when g.state in ('committing', 'reverting') then g.verb_transaction else g.user_transaction end
        ) n (transaction_id)"""
    row = connection.execute(query).fetchone()
    assert row is not None
    return Current(state=row[0], transaction_id=row[1], opened_by=row[2], told=row[3], owner_only=row[4])


def message(connection: psycopg.Connection, transaction_id: str) -> str | None:
    """Why a transaction was opened, as far as somebody said so."""
    query = "select message from public.iasql_transaction where transaction_id = %s"
    row = connection.execute(query, [transaction_id]).fetchone()
    return row[0] if row is not None else None


def is_open(connection: psycopg.Connection) -> bool:
    """Whether a transaction is open."""
    return current(connection).state == "open"


def open_transaction(connection: psycopg.Connection) -> Current:
    """The open transaction; raises NoTransaction when there is none, Busy while one is being committed."""
    found = current(connection)
    if found.state == "clean":
        raise NoTransaction()
    _refuse_committing(found)
    return found


def refuse_open(connection: psycopg.Connection) -> None:
    """Raises TransactionOpen while a transaction is open, Busy while one is being committed."""
    found = current(connection)
    _refuse_committing(found)
    if found.state == "open":
        raise TransactionOpen(f"Another transaction is open ({found.told})", hint="Commit or roll back first.")


def refuse_stranger(found: Current, login: str | None, roles: Collection[str] = ()) -> None:
    """Raises PermissionDenied when the transaction is somebody else's, and the settings keep it to its owner.

    An operator takes it over by iasql_rollback(force => true).
    """
    if found.owner_only and found.state != "clean" and login not in (None, found.opened_by):
        if found.state in COMMITTING and "iasql_operator" in roles:
            return
        raise PermissionDenied(
            f"the open transaction is {found.opened_by}'s, and the setting transaction_scope is owner",
            hint="An operator may take it over: iasql_rollback(force => true)",
        )


def left_behind(connection: psycopg.Connection) -> Current | None:
    """The commit that is under way according to the gate: on taking over, the one that an earlier engine left."""
    found = current(connection)
    return found if found.state in COMMITTING else None


def _refuse_committing(found: Current) -> None:
    if found.state in COMMITTING:
        hint = "Wait until it is done: select * from iasql_progress()"
        raise Busy(f"a commit is running ({found.told})", hint=hint)
