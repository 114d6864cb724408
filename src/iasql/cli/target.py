"""The database that a command talks to: the embedded server of a data folder, or whatever a DSN names."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import attrs
from typer import BadParameter

from iasql.errors import NoEngine
from iasql.settings import DATABASE, Settings

if TYPE_CHECKING:
    from pathlib import Path

    import psycopg

    from iasql.db.connection import Address
    from iasql.server.embedded import Embedded

USER = "iasql"
SERVERS_OWN = ("postgres", "template1", "defaultdb")


@attrs.frozen(kw_only=True)
class Target:
    """A running server, the login a command uses there, and a database; `home` is one that is there already."""

    address: Address
    role: str
    database: str
    home: str = "postgres"
    embedded: Embedded | None = None

    @property
    def dsn(self) -> str:
        """How anybody connects to it: names a passfile where there is one, never a password."""
        return self.address.dsn(self.role, self.database)

    def export_password(self) -> None:
        """Puts a password that stood in the DSN where psql and psycopg look, for this process and its children."""
        if self.role in self.address.passwords:
            os.environ["PGPASSWORD"] = self.address.passwords[self.role]

    def connect(self) -> psycopg.Connection:
        """A connection in autocommit mode, as the role of the DSN or `iasql`."""
        from iasql.db.connection import connect

        return connect(self.address, self.role, self.database)

    def administer(self) -> psycopg.Connection:
        """A connection that may make roles and databases: the embedded superuser, else the DSN's own login."""
        from iasql.db.connection import connect

        if self.embedded is not None:
            return self.embedded.admin_connection()
        return connect(self.address, self.role, self.home)


def settings(**arguments: object) -> Settings:
    """The settings of this command, of its arguments and the environment."""
    if arguments.get("dsn") is not None and arguments.get("data_dir") is not None:
        raise BadParameter("--dsn names an external server and --data-dir an embedded one: give one of them.")
    try:
        return Settings.read(os.environ, **arguments)
    except ValueError as error:
        raise BadParameter(str(error)) from error


def target(dsn: str | None, data_dir: Path | None, database: str | None) -> Target:
    """What the arguments and the environment name."""
    told = settings(dsn=dsn, data_dir=data_dir, database=database)
    return embedded(told) if told.dsn is None else external(told)


def external(told: Settings) -> Target:
    """The server of `told.dsn`, with the DSN's login.

    The DSN's database is the one that is meant, unless --database says otherwise or it is one of the server's own.
    """
    from iasql.db.connection import Address

    address, role, named = Address.parse(told.dsn or "")
    meant = None if named in SERVERS_OWN else named
    home = named if named is not None and (told.database or meant is None) else "postgres"
    return Target(address=address, role=role or USER, database=told.database or meant or DATABASE, home=home)


def embedded(told: Settings) -> Target:
    """The running embedded server of the data folder."""
    from iasql.server.embedded import Embedded

    server = Embedded(told.data_dir)
    if not server.running():
        raise NoEngine(f"No server runs on {server.data_dir}.", hint="Start one with `iasql up`, or name one by --dsn.")
    return Target(address=server.address(), role=USER, database=told.database or DATABASE, embedded=server)
