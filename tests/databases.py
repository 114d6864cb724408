"""Fixtures: a real PostgreSQL for the session, and an IaSQL database of its own for each test.

The server is an embedded one, or what IASQL_TEST_DSN names (a login that may make roles and databases).
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import psycopg
import pytest
from psycopg import sql

from iasql.db.connection import Address, connect
from iasql.db.migrate import migrate
from iasql.db.roles import create_database, create_roles, create_user, drop_database
from iasql.server.embedded import Embedded

LOGINS = ("iasql_engine", "iasql_writer", "iasql")
MEMORY = Path("/dev/shm")
ROOM = 4 << 30  # bytes


def work_in_memory() -> None:
    """Lets temporary files be in memory where there is room: each test's database is a copy of ten million bytes."""
    if "TMPDIR" in os.environ or not MEMORY.is_dir():
        return
    found = os.statvfs(MEMORY)
    if found.f_bavail * found.f_frsize > ROOM and not found.f_flag & os.ST_NOEXEC:  # tests write programs, too
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


@attrs.frozen(kw_only=True)
class Server:
    """A running server, and who may administer it."""

    address: Address
    admin_role: str
    admin_database: str

    def admin(self, database: str | None = None) -> psycopg.Connection:
        """A connection that may make roles and databases."""
        return connect(self.address, self.admin_role, database or self.admin_database)


@attrs.define(kw_only=True)
class Database:
    """One IaSQL database, with connections that are closed at the end of the test."""

    server: Server
    name: str
    connections: list[psycopg.Connection] = attrs.field(factory=list)

    @property
    def address(self) -> Address:
        """The server's."""
        return self.server.address

    def connect(self, role: str = "iasql", **settings: Any) -> psycopg.Connection:
        """A new connection as this role."""
        connection = connect(self.address, role, self.name, **settings)
        self.connections.append(connection)
        return connection

    def admin(self) -> psycopg.Connection:
        """A new connection as the server's administrator."""
        connection = self.server.admin(self.name)
        self.connections.append(connection)
        return connection

    def person(self, *groups: str) -> Iterator[psycopg.Connection]:
        """A connection of somebody in these groups, who is there for so long only."""
        name, word = f"person_{secrets.token_hex(4)}", secrets.token_urlsafe()
        with self.server.admin() as admin:
            create_user(admin, name, word, groups)
            address = attrs.evolve(self.address, passfile=None, passwords={name: word})
            with connect(address, name, self.name) as connection:
                yield connection
            admin.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))

    def close(self) -> None:
        """Closes the connections."""
        for connection in self.connections:
            connection.close()
        self.connections.clear()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A server with our roles."""
    dsn = os.environ.get("IASQL_TEST_DSN")
    if dsn:
        address, role, database = Address.parse(dsn)
        words = {login: secrets.token_urlsafe() for login in LOGINS}
        found = Server(
            address=attrs.evolve(address, passwords={**address.passwords, **words}),
            admin_role=role or "postgres",
            admin_database=database or "postgres",
        )
        with found.admin() as admin:
            create_roles(admin, words)
        yield found
        return
    folder = Path(tempfile.mkdtemp(prefix="iasql-tests-"))
    embedded = Embedded(folder)
    try:
        address = embedded.start()
        with embedded.admin_connection() as admin:
            create_roles(admin, {login: embedded.password(login) for login in LOGINS})
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # it need not survive a power cut
                admin.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(setting)))
            admin.execute("select pg_reload_conf()")
        yield Server(address=address, admin_role="postgres", admin_database="postgres")
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def template(server: Server) -> Iterator[str]:
    """The name of a database with the schema, which nobody is connected to."""
    name = f"iasql_template_{secrets.token_hex(4)}"
    with server.admin() as admin:
        create_database(admin, name)
        with connect(server.address, "iasql_engine", name) as engine:
            migrate(engine)
        yield name
        drop_database(admin, name)


@pytest.fixture
def database(server: Server, template: str) -> Iterator[Database]:
    """An IaSQL database for one test."""
    yield from new_database(server, template)


@pytest.fixture(scope="module")
def shared_database(server: Server, template: str) -> Iterator[Database]:
    """An IaSQL database for all tests of a file, which leave nothing behind that others would trip over."""
    yield from new_database(server, template)


def new_database(server: Server, template: str) -> Iterator[Database]:
    name = f"iasql_test_{secrets.token_hex(6)}"
    with server.admin() as admin:
        create_database(admin, name, template)
        made = Database(server=server, name=name)
        try:
            yield made
        finally:
            made.close()
            drop_database(admin, name)


@pytest.fixture
def user(database: Database) -> psycopg.Connection:
    """An ordinary user: the role `iasql`."""
    return database.connect("iasql")


@pytest.fixture
def engine(database: Database) -> psycopg.Connection:
    """The engine's own login."""
    return database.connect("iasql_engine")


@pytest.fixture
def writer(database: Database) -> psycopg.Connection:
    """The login that writes rows for the engine."""
    return database.connect("iasql_writer")


@pytest.fixture
def operator(database: Database) -> Iterator[psycopg.Connection]:
    """Somebody who is an operator and a user, and not `iasql`."""
    yield from database.person("iasql_user", "iasql_operator")
