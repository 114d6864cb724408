"""What keeps users' code from running with the engine's power, where only a superuser can keep it (see guard.sql).

A managed server has no superuser to ask: there it is left out. The next step is `iasql.db.migrate`.
"""

from __future__ import annotations

from importlib.resources import files

import psycopg

IS_SUPERUSER = "select rolsuper from pg_roles where rolname = current_user"


def guard(admin: psycopg.Connection, database: str) -> None:
    """Refuses users' casts, operators and functions in the place of others, where `admin` may; may be repeated."""
    (able,) = admin.execute(IS_SUPERUSER).fetchone() or (False,)
    if not able:
        return
    with psycopg.connect(admin.info.dsn, dbname=database, password=admin.info.password) as connection:
        connection.execute(files("iasql.db").joinpath("guard.sql").read_bytes())
