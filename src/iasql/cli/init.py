"""`iasql init`: the part of a set-up on an external server that needs CREATEROLE, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from iasql.cli.options import Database, Dsn

if TYPE_CHECKING:
    from iasql.cli.target import Target


def init(dsn: Dsn = None, database: Database = None) -> None:
    """Prepare an external PostgreSQL, once.

    Makes our roles and the database; --dsn names a login that may. The roles' passwords are made up, and kept in a
    passfile that only you can read. May be repeated.
    """
    from iasql.cli import prepared
    from iasql.cli.target import external, settings
    from iasql.errors import InvalidArgument

    told = settings(dsn=dsn, database=database)
    if not told.dsn:
        raise InvalidArgument(
            "iasql init needs --dsn or IASQL_DSN.", hint="The embedded server needs no init: iasql up."
        )
    place = prepare(external(told))
    for name in prepared.schema(place.address, place.database):
        print(f"migrated: {name}")
    print(f"initialized: {place.dsn}")
    print(f"next: iasql up --dsn '{place.dsn}'")


def prepare(place: Target) -> Target:
    """The server with our roles and database, seen as the user `iasql`; made where the DSN's login may make them."""
    from iasql.cli import prepared
    from iasql.cli.target import USER
    from iasql.server.passfile import Passfile

    passfile = Passfile(prepared.passfile(place.address), host=place.address.host)
    if place.role not in prepared.LOGINS:
        passfile.path.parent.mkdir(parents=True, exist_ok=True)
        with place.administer() as admin:
            prepared.server(admin, passfile.remembered, place.database)
    elif place.address.passfile is not None:
        return attrs.evolve(place, role=USER)
    return attrs.evolve(place, address=attrs.evolve(place.address, passfile=passfile.path), role=USER)
