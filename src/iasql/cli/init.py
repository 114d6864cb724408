"""`iasql init`: the part of a set-up on an external server that needs CREATEROLE, once."""

from __future__ import annotations

from iasql.cli.options import Database, Dsn


def init(dsn: Dsn = None, database: Database = None) -> None:
    """Prepare an external PostgreSQL, once.

    Makes our roles and the database; --dsn names a login that may. The roles' passwords are made up, and kept in a
    passfile that only you can read. May be repeated.
    """
    from iasql.cli import prepared
    from iasql.cli.target import external, settings
    from iasql.errors import InvalidArgument

    told = settings(dsn=dsn, database=database)
    if told.dsn is None:
        raise InvalidArgument(
            "iasql init needs --dsn or IASQL_DSN.", hint="The embedded server needs no init: iasql up."
        )
    place = prepared.prepare(external(told))
    if ran := prepared.schema(place.address, place.database):
        print(f"migrated: {ran}")
    print(f"initialized: {place.dsn}")
    print(f"next: iasql up --dsn '{place.dsn}'")
