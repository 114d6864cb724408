"""The state of the gate: which transaction is open or being committed."""

from __future__ import annotations

import attrs
import psycopg

from iasql.errors import Busy, NoTransaction, TransactionOpen


@attrs.frozen(kw_only=True)
class Current:
    """What the gate says: clean, open, committing or reverting, and which transaction that is about."""

    state: str
    transaction_id: str
    opened_by: str | None


def current(connection: psycopg.Connection) -> Current:
    """The gate's state; for a commit under way the transaction that is committed."""
    query = (
        "select state, case when state in ('committing', 'reverting') then verb_transaction else user_transaction end,"
        " opened_by from iasql.gate"
    )
    row = connection.execute(query).fetchone()
    assert row is not None
    return Current(state=row[0], transaction_id=str(row[1]), opened_by=row[2])


def open_transaction(connection: psycopg.Connection) -> Current:
    """The open transaction; raises NoTransaction when there is none and Busy while one is being committed."""
    found = current(connection)
    if found.state == "clean":
        raise NoTransaction()
    if found.state != "open":
        raise Busy("a commit is running", hint="Wait until it is done: select * from iasql_progress()")
    return found


def refuse_open(connection: psycopg.Connection) -> None:
    """Raises TransactionOpen while a transaction is open."""
    if is_open(connection):
        raise TransactionOpen(hint="Commit or roll back first.")


def is_open(connection: psycopg.Connection) -> bool:
    """Whether a transaction is open."""
    return current(connection).state == "open"


def left_behind(connection: psycopg.Connection) -> Current | None:
    """The commit that an engine began and did not end."""
    found = current(connection)
    return found if found.state in {"committing", "reverting"} else None
