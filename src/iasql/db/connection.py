"""Where a PostgreSQL server is, and connections to it.

An address never shows a password: those come from a passfile, from the environment, or are kept beside the address
and left out of what it prints. The next step is whoever runs SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import attrs
import psycopg
from psycopg.conninfo import conninfo_to_dict

from iasql.errors import InvalidArgument

KEEPALIVES: Mapping[str, Any] = {"keepalives_idle": 3, "keepalives_interval": 1, "keepalives_count": 3}
ENGINE_LOGINS = frozenset({"iasql_engine", "iasql_writer"})
WRITERS_PATIENCE = "2s"  # with a row that a user has locked: what cannot be written now comes with the next sync


@attrs.frozen(kw_only=True)
class Address:
    """One PostgreSQL server: host (or socket folder), port, passfile and further libpq options."""

    host: str
    port: int = 5432
    passfile: Path | None = None
    options: Mapping[str, str] = attrs.field(factory=dict)
    passwords: Mapping[str, str] = attrs.field(factory=dict, repr=False, eq=False)

    @classmethod
    def parse(cls, dsn: str) -> tuple[Address, str | None, str | None]:
        """The address, role and database of a libpq DSN or URI; a password in it is kept for that role only."""
        try:
            told: dict[str, Any] = conninfo_to_dict(dsn)
        except psycopg.ProgrammingError:  # its text quotes the DSN, in which a password may stand
            raise InvalidArgument("not a PostgreSQL DSN", hint="postgresql://user@host:5432/database") from None
        role, database, password = told.pop("user", None), told.pop("dbname", None), told.pop("password", None)
        passfile, port = told.pop("passfile", None), str(told.pop("port", None) or 5432)
        if not port.isdecimal():
            raise InvalidArgument(f"the port {port} is no number", hint="One server is meant: host and port.")
        address = cls(
            host=str(told.pop("host", None) or told.pop("hostaddr", None) or "localhost"),
            port=int(port),
            passfile=Path(passfile) if passfile else None,
            options={name: str(value) for name, value in told.items()},
            passwords={role: password} if role and password else {},
        )
        return address, role, database

    def dsn(self, role: str, database: str) -> str:
        """The URI that psql and psycopg take; names the passfile where there is one, never a password."""
        settings = dict(self.options)
        if self.passfile is not None:
            settings["passfile"] = str(self.passfile)
        where = f"{_host(self.host)}:{self.port}"
        if self.host.startswith("/"):
            settings, where = {"host": self.host, "port": str(self.port), **settings}, ""
        tail = f"?{urlencode(settings, quote_via=quote, safe='/')}" if settings else ""
        return f"postgresql://{quote(role, safe='')}@{where}/{quote(database, safe='')}{tail}"


def connect(address: Address, role: str, database: str, *, autocommit: bool = True) -> psycopg.Connection:
    """A connection as this role, in UTC; in autocommit mode unless told otherwise."""
    settings: dict[str, Any] = {"application_name": "iasql", **KEEPALIVES}
    if role in address.passwords:
        settings["password"] = address.passwords[role]
    connection = psycopg.connect(address.dsn(role, database), autocommit=True, **settings)
    connection.execute("set timezone to 'UTC'")
    connection.execute("set jit to off")  # compiling takes longer than any of our statements
    if role in ENGINE_LOGINS:
        # a user's operator in public would run with the engine's power wherever it fits better than PostgreSQL's own
        connection.execute("set search_path to pg_catalog")
        connection.prepare_threshold = None  # a prepared `select *` fails after the next DDL
    if role == "iasql_writer":
        connection.execute(f"set lock_timeout to '{WRITERS_PATIENCE}'".encode())
    connection.autocommit = autocommit
    return connection


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else quote(host, safe="")
