"""A server made ready: our roles, their passwords in a passfile, and an IaSQL database with the current schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import platformdirs

from iasql.server.passfile import Passfile

if TYPE_CHECKING:
    from iasql.cli.target import Target
    from iasql.db.connection import Address

NAMED = 4
"""So many files are told by name."""
LOGINS = ("iasql_engine", "iasql_writer", "iasql")


def prepare(place: Target) -> Target:
    """The server with our roles and database; made first where the login may make them, else taken as they are."""
    if place.embedded is not None or place.role not in LOGINS:
        _make(place, passfile(place))
    return attrs.evolve(place, address=reachable(place), role="iasql")


def _make(place: Target, passwords: Passfile) -> None:
    from iasql.db.roles import create_database, create_roles

    passwords.path.parent.mkdir(parents=True, exist_ok=True)
    with place.administer() as admin:
        create_roles(admin, {role: passwords.remembered(role) for role in LOGINS})
        create_database(admin, place.database)


def schema(address: Address, database: str) -> str:
    """Brings one database to this version's schema; which files of SQL ran, in words that fit a line, or nothing."""
    from iasql.db.connection import connect
    from iasql.db.migrate import migrate

    with connect(address, "iasql_engine", database) as connection:
        ran = migrate(connection)
    return ", ".join(ran) if len(ran) <= NAMED else f"{len(ran)} files of SQL"


def reachable(place: Target) -> Address:
    """The server's address with the passfile that our own logins use."""
    return attrs.evolve(place.address, passfile=passfile(place).path)


def passfile(place: Target) -> Passfile:
    """Where the passwords of our logins are: the data folder's, the one the DSN names, or one beside our settings."""
    if place.embedded is not None:
        return place.embedded.passfile
    named = place.address.passfile if place.role in LOGINS else None  # an admin's passfile is not ours to write
    return Passfile(named or note(place.address, "passfile"), host=place.address.host)


def note(address: Address, kind: str) -> Path:
    """A file that we keep about an external server."""
    server = f"{address.host}_{address.port}".replace("/", "_")
    return platformdirs.user_config_path("iasql") / f"{server}.{kind}"
