"""The engine's own login, for what changes the log itself: whoever has the engine's passfile may."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psycopg


@contextmanager
def engine(dsn: str | None, data_dir: Path | None, database: str | None) -> Iterator[psycopg.Connection]:
    """A connection in autocommit mode; the log names the person at this machine."""
    from iasql.cli import prepared
    from iasql.cli.target import target
    from iasql.db.connection import connect

    place = target(dsn, data_dir, database)
    with connect(prepared.reachable(place), "iasql_engine", place.database) as connection:
        connection.execute("select set_config('iasql.actor', %s, false)", [getpass.getuser()])
        yield connection
