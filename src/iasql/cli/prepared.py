"""A server made ready: our roles, their passwords in a passfile, and an IaSQL database with the current schema."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs

if TYPE_CHECKING:
    import psycopg

    from iasql.db.connection import Address

LOGINS = ("iasql_engine", "iasql_writer", "iasql")


def server(admin: psycopg.Connection, password: Callable[[str], str], database: str) -> None:
    """Makes roles and database where they are missing; `password` tells what a login is to have."""
    from iasql.db.roles import create_database, create_roles

    create_roles(admin, {role: password(role) for role in LOGINS})
    create_database(admin, database)


def schema(address: Address, database: str) -> list[str]:
    """Brings one database to this version's schema; the names of the migrations that ran."""
    from iasql.db.connection import connect
    from iasql.db.migrate import migrate

    with connect(address, "iasql_engine", database) as connection:
        return migrate(connection)


def passfile(address: Address) -> Path:
    """Where the passwords of our logins on an external server are kept: a file of its own, only for them."""
    return platformdirs.user_config_path("iasql") / f"{address.host}_{address.port}.passfile"
