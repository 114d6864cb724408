"""A server with one IaSQL database and some people in it, and an echo engine in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import psycopg

from iasql.db import roles
from iasql.db.connection import Address, connect
from iasql.db.migrate import migrate
from iasql.server.embedded import Embedded
from iasql.server.passfile import Passfile

ROOT = Path(__file__).parents[2]
PEOPLE = {"test_alice": ("iasql_user", "iasql_operator"), "test_bob": ("iasql_user",)}
DATABASE = "iasql_channel_test"
TABLES = """
create table public.heard (name text);
create table public.strict (secret text, needed text not null);
create table public.plain (i integer);
grant select, insert on public.plain to iasql_user;
"""


@attrs.define(kw_only=True)
class Place:
    """Where a test works; `embedded` is None on a server that somebody else runs."""

    address: Address
    database: str
    embedded: Embedded | None = None

    def connect(self, role: str = "test_alice") -> psycopg.Connection[Any]:
        """A connection in autocommit."""
        return connect(self.address, role, self.database)

    def engine(self) -> psycopg.Connection[Any]:
        """A connection with the engine's role, to look behind the scenes."""
        return self.connect("iasql_engine")

    def leaks(self) -> list[Any]:
        """The advisory locks that callers still hold."""
        with self.engine() as engine:
            query = """
                select a.usename, l.classid, l.objid, l.objsubid, l.mode
                from pg_locks l join pg_stat_activity a using (pid)
                where l.locktype = 'advisory' and a.usename like 'test%'"""
            return engine.execute(query).fetchall()

    def terminate(self, purpose: str) -> int:
        """Does to the engine's connection what a DBA can; how many there were."""
        with self.engine() as engine:
            query = """
                select count(*) filter (where pg_terminate_backend(pid, 5000)) from pg_stat_activity
                where application_name = %s and datname = current_database()"""
            return int(engine.execute(query, [f"iasql: {purpose}"]).fetchone()[0])  # type: ignore[index]


@contextlib.contextmanager
def place(folder: Path) -> Iterator[Place]:
    """On the server of IASQL_TEST_DSN, else on one of our own in this folder."""
    dsn = os.environ.get("IASQL_TEST_DSN")
    if dsn is None:
        with Embedded(folder) as embedded, embedded.admin_connection() as admin:
            yield _furnished(admin, embedded.address(), embedded.passfile, embedded)
        return
    address, role, database = Address.parse(dsn)
    passfile = Passfile(folder / "passfile", host=address.host)
    with connect(address, role or "postgres", database or "postgres") as admin:
        yield _furnished(admin, attrs.evolve(address, passfile=passfile.path, passwords={}), passfile, None)
        roles.drop_database(admin, DATABASE)


def _furnished(admin: psycopg.Connection[Any], address: Address, passfile: Passfile, own: Embedded | None) -> Place:
    roles.create_roles(admin, {role: passfile.remembered(role) for role in ("iasql_engine", "iasql_writer")})
    for name, groups in PEOPLE.items():
        roles.create_user(admin, name, passfile.remembered(name), groups)
    roles.create_database(admin, DATABASE)
    found = Place(address=address, database=DATABASE, embedded=own)
    with found.engine() as engine:
        migrate(engine)
        engine.execute(TABLES)
    return found


class EchoEngine:
    """tests.integration.echo_engine as a process."""

    def __init__(self, where: Place, *, wait: bool = True) -> None:
        dsn = where.address.dsn("iasql_engine", where.database)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.echo_engine", dsn],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if wait:
            self.await_ready()

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def await_ready(self) -> None:
        """Returns once it is in office."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self.wait()

    def stop(self) -> int:
        """Ends it as `iasql down` would; its exit code."""
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Waits for its end."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(20)


def call(connection: psycopg.Connection[Any], op: str, **arguments: Any) -> list[Any]:
    """The rows of one call."""
    rows = connection.execute("select * from iasql.call(%s, %s)", [op, json.dumps(arguments)]).fetchall()
    return [row for (row,) in rows]


class Aside:
    """A function that runs in a thread meanwhile; `result()` waits for it and raises what it raised."""

    def __init__(self, run: Callable[[], Any]) -> None:
        self._run = run
        self._value: Any = None
        self._error: BaseException | None = None
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self) -> None:
        try:
            self._value = self._run()
        except psycopg.Error as error:
            self._error = error

    def result(self, timeout: float = 30) -> Any:
        """What it gave."""
        self.thread.join(timeout)
        assert not self.thread.is_alive()
        if self._error is not None:
            raise self._error
        return self._value


def eventually(check: Callable[[], bool], seconds: float = 5) -> float:
    """Waits until this holds; how many seconds it took."""
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < seconds, "it never came"
        time.sleep(0.01)
    return time.monotonic() - began
