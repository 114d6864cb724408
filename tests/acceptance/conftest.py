"""The whole product for a test: a database, an engine that serves it, and an AWS stand-in (moto server).

`stack` gives them together; every AWS call goes to the stand-in, which is reset before each test.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import boto3
import psycopg
import pytest

from iasql.db.connection import Address, connect
from iasql.db.roles import create_database, drop_database
from iasql.server.service import Service
from tests.acceptance.fault_proxy import FaultProxy
from tests.databases import Database, Server, new_database

AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
}
CHECKS = {
    "MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION": "true",
    "MOTO_ENABLE_AMI_VALIDATION": "true",
    "MOTO_ACM_VALIDATION_WAIT": "0",
}


@attrs.define(kw_only=True)
class Stack:
    """A database with its engine, and the stand-in for AWS that it talks to."""

    address: Address
    database: str
    endpoint: str
    service: Service | None = None
    thread: threading.Thread | None = None
    connections: list[psycopg.Connection] = attrs.field(factory=list)
    clients: dict[tuple[str, str], Any] = attrs.field(factory=dict)

    def start(self) -> None:
        """Starts the engine; its clock stands still, so that a test decides when to sync."""
        self.service = Service(address=self.address, database=self.database, sync_interval=0)
        self.thread = threading.Thread(target=self.service.run, daemon=True)
        self.thread.start()
        assert self.service.ready.wait(30)

    def stop(self) -> None:
        """Stops the engine."""
        if self.service is not None and self.thread is not None:
            self.service.stop()
            self.thread.join(20)
            assert not self.thread.is_alive()
            self.service = None

    def connect(self, role: str = "iasql") -> psycopg.Connection:
        """A connection of this role, closed at the end of the test."""
        connection = connect(self.address, role, self.database)
        self.connections.append(connection)
        return connection

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A client of the stand-in: somebody else at work in the same account."""
        if (service, region) not in self.clients:
            made: Any = boto3.client
            self.clients[service, region] = made(service, region_name=region, endpoint_url=self.endpoint)
        return self.clients[service, region]

    def close(self) -> None:
        """Closes every connection, to the database and to the stand-in."""
        for each in (*self.connections, *self.clients.values()):
            each.close()
        self.connections.clear()
        self.clients.clear()


class Sql:
    """Runs SQL as an ordinary user and gives rows as dictionaries."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection

    def __call__(self, query: str, *arguments: Any) -> list[dict[str, Any]]:
        cursor = self.connection.execute(query, arguments or None)  # type: ignore[call-overload]
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]

    def one(self, query: str, *arguments: Any) -> dict[str, Any]:
        """The only row."""
        (row,) = self(query, *arguments)
        return row


@pytest.fixture(scope="session")
def moto_endpoint() -> Iterator[str]:
    """The address of a moto server that this session started."""
    with moto_server() as endpoint:
        yield endpoint


@contextmanager
def moto_server(**environ: str) -> Iterator[str]:
    """The address of a moto server of one's own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "tests.moto_server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(
        command, env=os.environ | CHECKS | AWS | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield endpoint
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # it waits for connections that somebody keeps open
            process.kill()
            process.wait()


@pytest.fixture
def aws_endpoint(moto_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The stand-in, empty, and named by the environment as a user would name it."""
    _name_to(moto_endpoint, monkeypatch)
    empty(moto_endpoint)
    return moto_endpoint


def _name_to(endpoint: str, patch: pytest.MonkeyPatch) -> None:
    for name, value in (AWS | {"AWS_ENDPOINT_URL": endpoint}).items():
        patch.setenv(name, value)


def empty(endpoint: str) -> None:
    """An account as new, in which what AWS makes by itself has the same ids each time."""
    for _ in range(3):
        for path in ("reset", "seed?a=1"):
            request = urllib.request.Request(f"{endpoint}/moto-api/{path}", method="POST")
            urllib.request.urlopen(request, timeout=10).close()
        told = boto3.client("ec2", region_name="us-east-1", endpoint_url=endpoint).describe_subnets()
        found = sorted(subnet["SubnetId"] for subnet in told["Subnets"])
        if DEFAULT_SUBNETS.setdefault(endpoint, found) == found:
            return
        # a call of an earlier test's may have come in between, and was given the first ids: once more


DEFAULT_SUBNETS: dict[str, list[str]] = {}
"""What a stand-in made first, before anybody else called it."""


@pytest.fixture(scope="session")
def with_modules(server: Server, template: str, moto_endpoint: str) -> Iterator[Callable[..., str]]:
    """Names a database that looks at one region and has these modules, to copy; each is made once."""
    made: dict[tuple[str, ...], str] = {}

    def get(*modules: str) -> str:
        if modules not in made:
            made[modules] = f"{template}_{len(made)}"
            _install(server, template, made[modules], moto_endpoint, modules)
        return made[modules]

    yield get
    with server.admin() as admin:
        for name in made.values():
            drop_database(admin, name)


def _install(server: Server, template: str, name: str, endpoint: str, modules: tuple[str, ...]) -> None:
    with pytest.MonkeyPatch.context() as patch, server.admin() as admin:
        _name_to(endpoint, patch)
        empty(endpoint)
        create_database(admin, name, template)
        stack = Stack(address=server.address, database=name, endpoint=endpoint)
        stack.start()
        with connect(server.address, "iasql", name) as connection:
            look_at_one_region(Sql(connection), *modules)
        stack.stop()
        with server.admin(name) as inside:
            inside.execute("delete from iasql.home")  # a copy is to be at home where it is
        empty(endpoint)


@pytest.fixture
def database(request: pytest.FixtureRequest, server: Server, template: str) -> Iterator[Database]:
    """An IaSQL database for one test: with the modules that the mark `modules` names, else with none."""
    mark = request.node.get_closest_marker("modules")
    yield from new_database(server, request.getfixturevalue("with_modules")(*mark.args) if mark else template)


def look_at_one_region(sql: Sql, *modules: str) -> None:
    """Installs these modules in a database that looks at one region."""
    sql("select * from iasql_install('aws_account')")
    sql("update aws_regions set is_enabled = false where region <> 'us-east-1'")
    sql("select * from iasql_install(variadic %s)", list(modules))


@contextmanager
def running(database: Any, endpoint: str) -> Iterator[Stack]:
    """An engine on this database, and nothing of it afterwards."""
    found = Stack(address=database.address, database=database.name, endpoint=endpoint)
    found.start()
    try:
        yield found
    finally:
        found.close()
        found.stop()


@pytest.fixture
def stack(database: Any, aws_endpoint: str) -> Iterator[Stack]:
    """A database with a running engine."""
    with running(database, aws_endpoint) as found:
        yield found


@pytest.fixture
def proxy(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    """What stands between the engine and the stand-in."""
    found = FaultProxy(aws_endpoint)
    monkeypatch.setenv("AWS_ENDPOINT_URL", found.endpoint)
    yield found
    found.close()


@pytest.fixture
def sql(stack: Stack) -> Sql:
    """SQL as an ordinary user."""
    return Sql(stack.connect())
