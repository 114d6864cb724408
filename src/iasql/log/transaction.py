"""The transaction that is open or being committed, as the gate and the log tell it."""

from __future__ import annotations

import attrs
import psycopg

from iasql.errors import Busy, NoTransaction, TransactionOpen

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


def current(connection: psycopg.Connection) -> Current:
    """The gate's state now."""
    query = """
        select g.state, n.transaction_id::text, g.opened_by, iasql.opened_by(n.transaction_id)
        from iasql.gate g cross join lateral (
          select case when g.state in ('committing', 'reverting') then g.verb_transaction else g.user_transaction end
        ) n (transaction_id)"""
    row = connection.execute(query).fetchone()
    assert row is not None
    return Current(state=row[0], transaction_id=row[1], opened_by=row[2], told=row[3])


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


def left_behind(connection: psycopg.Connection) -> Current | None:
    """The commit that is under way according to the gate: on taking over, the one that an earlier engine left."""
    found = current(connection)
    return found if found.state in COMMITTING else None


def _refuse_committing(found: Current) -> None:
    if found.state in COMMITTING:
        hint = "Wait until it is done: select * from iasql_progress()"
        raise Busy(f"a commit is running ({found.told})", hint=hint)
