"""Whether a database is where it was first served, or a copy: a clone, or a backup restored elsewhere.

A copy holds changes that its origin may have carried out long ago, so nothing is pushed from it until somebody
confirms it. The next step is the verb that would push.
"""

from __future__ import annotations

import psycopg

from iasql.errors import Refused

HINT = (
    "If it shall take over: select * from iasql_confirm_database()."
    " As a mirror: insert into iasql_mode (mode) values ('TRACK')."
)


def settle(connection: psycopg.Connection) -> None:
    """This is the home of the database, unless it has one."""
    connection.execute("select iasql.settle_home()")


def copied_from(connection: psycopg.Connection) -> str | None:
    """What the database is a copy of; None at home."""
    row = connection.execute("select iasql.copied_from()").fetchone()
    return row[0] if row is not None else None


def refuse_copy(connection: psycopg.Connection) -> None:
    """Raises Refused when the database is a copy that nobody has confirmed."""
    origin = copied_from(connection)
    if origin is not None:
        raise Refused(f"this database is a copy of {origin}: it changes nothing in the cloud", hint=HINT)
