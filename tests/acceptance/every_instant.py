"""Every kind of fault at every instant of a commit: `python -m tests.acceptance.every_instant [--step N] [KIND ...]`.

It makes a PostgreSQL and a stand-in for AWS of its own, tells of each trial that went wrong, and writes the lines of
the table in docs/explanation/faults.md. All of it takes hours; the kinds that are named are tried alone, and with a
step only every so many instants.
"""

from __future__ import annotations

import argparse
import itertools
import shutil
import sys
import tempfile
import time
import traceback
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import attrs
import psycopg
import pytest

from iasql.db.connection import connect
from iasql.db.migrate import migrate
from iasql.db.roles import create_database, create_roles, drop_database
from iasql.server.embedded import Embedded
from tests.acceptance.conftest import AWS, look_at_one_region, moto_server
from tests.acceptance.crash_world import MODULES, Verdict, World, a_world
from tests.acceptance.faults import KINDS, Kind, trials
from tests.databases import LOGINS, Database, Server

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "faults.md"
WRONG = ("duplicates", "orphans", "lost", "differs", "loose")
STATES = ("committed", "rolled_back", "open", "failed")


@attrs.define
class Line:
    """One line of the table: a kind of fault, and what its trials came to."""

    kind: Kind
    step: int = 1
    trials: int = 0
    found: Counter[str] = attrs.field(factory=Counter)

    def add(self, number: int, verdict: Verdict) -> None:
        """One more trial; tells of one that went wrong."""
        self.trials += 1
        self.found[verdict.state] += 1
        self.found.update({name: getattr(verdict, name) for name in WRONG})
        if not self.kind.is_expected(verdict):
            self.found["unexpected"] += 1
            print(f"{self.kind.title}, instant {number}: {verdict}", flush=True)

    @property
    def text(self) -> str:
        """As Markdown."""
        tried = f"{self.trials}, each {self.step}th" if self.step > 1 else self.trials
        cells = [self.kind.title, tried, *(self.found[name] for name in (*STATES, *WRONG))]
        return f"| {' | '.join(map(str, cells))} |"


@contextmanager
def ground() -> Iterator[tuple[Embedded, Server]]:
    """A server that may be killed, as it comes: it writes to its disk before it says so."""
    folder = Path(tempfile.mkdtemp(prefix="iasql-faults-"))
    embedded = Embedded(folder)
    try:
        address = embedded.start()
        with embedded.admin_connection() as admin:
            create_roles(admin, {login: embedded.password(login) for login in LOGINS})
        yield embedded, Server(address=address, admin_role="postgres", admin_database="postgres")
    finally:
        embedded.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh(embedded: Embedded, server: Server, endpoint: str) -> Iterator[World]:
    """A world with nothing in it yet."""
    request = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")
    urllib.request.urlopen(request, timeout=10).close()
    name = f"faults_{uuid4().hex[:8]}"
    with server.admin() as admin:
        create_database(admin, name)
    with connect(server.address, "iasql_engine", name) as engine:
        migrate(engine)
    database = Database(server=server, name=name)
    with pytest.MonkeyPatch.context() as patched:
        for variable, value in AWS.items():
            patched.setenv(variable, value)
        with a_world(database, endpoint, patched, embedded) as world:
            look_at_one_region(world.sql, *MODULES)
            yield world
        database.close()
    with server.admin() as admin:
        drop_database(admin, name)


def tried(kind: Kind, step: int, embedded: Embedded, server: Server, endpoint: str) -> Line:
    """All trials of a kind; after one that broke, the rest goes on in another world."""
    line, first = Line(kind, step), 0
    worlds = partial(fresh, embedded, server, endpoint)
    while True:
        try:
            for number, verdict in trials(kind, worlds, itertools.count(first, step)):
                line.add(number, verdict)
                first = number + step
        except (psycopg.Error, AssertionError, OSError):
            traceback.print_exc()
            line.add(first, Verdict(state="broken"))
            first += step
        else:
            return line


def write(line: Line) -> None:
    """Puts a line in its place in the page."""
    text = PAGE.read_text().splitlines()
    place = next(n for n, old in enumerate(text) if old.startswith(f"| {line.kind.title} |"))
    text[place] = line.text
    PAGE.write_text("\n".join(text) + "\n")


def main(arguments: list[str]) -> int:
    """Tries these kinds, or all; 1 where something unexpected was left."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--step", type=int, default=1, metavar="N")
    told.add_argument("kinds", nargs="*", metavar="KIND", choices=[*KINDS, []])
    asked = told.parse_args(arguments)
    unexpected = 0
    with ground() as (embedded, server), moto_server() as endpoint:
        for name in asked.kinds or KINDS:
            began = time.monotonic()
            line = tried(KINDS[name], asked.step, embedded, server, endpoint)
            print(f"{line.text} {time.monotonic() - began:.0f} s", flush=True)
            write(line)
            unexpected += line.found["unexpected"]
    return 1 if unexpected else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
