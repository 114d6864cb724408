"""Brings a database to this version's schema.

Numbered files make tables and types, once each; the others hold functions, triggers and views, and are applied again
whenever they have changed. What was applied stands in iasql.migration. The next step is `iasql.server.service`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import attrs
import psycopg

from iasql import __version__
from iasql.db import roles
from iasql.errors import NotInstalled, SchemaTooNew
from iasql.log import markers

# in this order; each may use what those before it have made
REPEATED = (
    "log/image.sql",
    "log/audit_log.sql",
    "log/partition.sql",
    "log/label.sql",
    "log/net.sql",
    "log/gate.sql",
    "log/markers.sql",
    "log/record.sql",
    "log/vault.sql",
    "log/watch.sql",
    "log/lists.sql",
    "db/sql/columns.sql",
    "log/settings.sql",
    "log/agreement.sql",
    "log/alias.sql",
    "log/calls.sql",
    "log/held.sql",
    "log/freshness.sql",
    "log/catalog.sql",
    "log/rebuild.sql",
    "log/transactions.sql",
    "log/opening.sql",
    "log/passing.sql",
    "log/revert.sql",
    "log/past.sql",
    "log/history.sql",
    "log/diff.sql",
    "log/way.sql",
    "log/preview.sql",
    "log/restore.sql",
    "log/statements.sql",
    "log/ordering.sql",
    "log/again.sql",
    "log/approvals.sql",
    "log/stash.sql",
    "log/expiry.sql",
    "log/bisect.sql",
    "log/review.sql",
    "log/archive.sql",
    "log/seal.sql",
    "log/redact.sql",
    "log/fold.sql",
    "db/sql/home.sql",
    "db/sql/write_rows.sql",
    "db/sql/added.sql",
    "server/channel.sql",
    "server/window.sql",
    "server/call.sql",
    "server/office.sql",
    "db/sql/ask.sql",
    "db/sql/transaction.sql",
    "db/sql/sync.sql",
    "db/sql/modules.sql",
    "db/sql/help.sql",
    "db/sql/wait.sql",
    "db/sql/delete_all.sql",
    "db/sql/replaced.sql",
    "db/sql/narrow.sql",
    "db/sql/grants.sql",
)
PRIVILEGES = REPEATED[-1]
# one migration of a database at a time; an advisory lock, which users could hold too, only where there is no table yet
LOCK = "lock table iasql.migration in share row exclusive mode"
FIRST_LOCK = "select pg_advisory_xact_lock(107921)"
KNOWN = "select to_regclass('iasql.migration') is not null"
TABLE = """
create table if not exists iasql.migration (
  number integer unique, name text primary key, digest text not null,
  applied_at timestamptz not null default clock_timestamp()
)"""
APPLIED = """
insert into iasql.migration (number, name, digest) values (%s, %s, %s)
on conflict (name) do update set digest = excluded.digest, applied_at = clock_timestamp()"""


@attrs.frozen(kw_only=True)
class Migration:
    """One file of SQL; `number` is None for what is applied again when it changes."""

    name: str
    number: int | None
    text: str

    @property
    def digest(self) -> str:
        """What tells one state of the file from another."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """Every file, in the order in which they are applied to an empty database."""
    return [*_numbered(), *(Migration(name=name, number=None, text=_read(name)) for name in REPEATED)]


def migrate(connection: psycopg.Connection) -> list[str]:
    """Applies what is missing, all or nothing, and gives the names; raises SchemaTooNew for a later version's schema.

    `connection` is the engine's login, which owns the database, in autocommit mode.
    """
    known = migrations()
    with connection.transaction():
        connection.execute(LOCK if _is_known(connection) else FIRST_LOCK)
        before = applied(connection)
        refuse_newer(known, before)
        refuse_missing_roles(connection)
        waiting = [each for each in known if _is_missing(each, before)]
        if waiting:
            waiting = [each for each in known if each in waiting or each.name == PRIVILEGES]  # also on new functions
        for migration in waiting:
            apply(connection, migration)
        _tell_version(connection, [each.name for each in waiting])
    return [each.name for each in waiting]


def applied(connection: psycopg.Connection) -> dict[str, tuple[int | None, str]]:
    """Number and digest of every applied file by name."""
    if not _is_known(connection):
        return {}
    rows = connection.execute("select name, number, digest from iasql.migration").fetchall()
    return {name: (number, digest) for name, number, digest in rows}


def refuse_newer(known: Iterable[Migration], before: dict[str, tuple[int | None, str]]) -> None:
    """Raises SchemaTooNew when the database has had a numbered migration that this version does not know."""
    top = max((each.number for each in known if each.number is not None), default=0)
    newest = max((number for number, _ in before.values() if number is not None), default=0)
    if newest > top:
        raise SchemaTooNew(
            f"the database's schema is newer ({newest}) than this version of IaSQL ({__version__}) knows ({top})",
            hint="Use the newer version: pip install --upgrade iasql",
        )


def refuse_missing_roles(connection: psycopg.Connection) -> None:
    """Raises NotInstalled when the server lacks a role that a later version than it was prepared for asks for."""
    missing = roles.missing(connection)
    if missing:
        raise NotInstalled(
            f"the server has no role {', '.join(missing)}", hint="Prepare it again: iasql init --dsn ADMIN_DSN"
        )


def apply(connection: psycopg.Connection, migration: Migration) -> None:
    """Runs one file and notes it."""
    connection.execute("set local check_function_bodies = off")
    connection.execute("set local search_path = pg_catalog")
    connection.execute("set local client_min_messages = warning")
    connection.execute(migration.text.encode())
    if migration.number == 1:
        connection.execute(TABLE)
    connection.execute(APPLIED, [migration.number, migration.name, migration.digest])
    connection.execute("set local search_path to default")


def _is_known(connection: psycopg.Connection) -> bool:
    """Whether any migration has ever been applied."""
    (known,) = connection.execute(KNOWN).fetchone() or (False,)
    return bool(known)


def _is_missing(migration: Migration, before: dict[str, tuple[int | None, str]]) -> bool:
    found = before.get(migration.name)
    return found is None or (migration.number is None and found[1] != migration.digest)


def _tell_version(connection: psycopg.Connection, names: list[str]) -> None:
    query = "select 1 from public.iasql_module where name = 'iasql_platform' and version = %s"
    if connection.execute(query, [__version__]).fetchone() is None:
        connection.execute("select iasql.add_module('iasql_platform', %s, '{}')", [__version__])
        connection.execute("select iasql.add_module('iasql_functions', %s, '{iasql_platform}')", [__version__])
    if names:
        markers.mark(connection, "MIGRATE", None, __version__, {"files": names})


def _numbered() -> Iterator[Migration]:
    folder = files("iasql").joinpath("db/sql/migrations")
    for name in sorted(each.name for each in folder.iterdir() if each.name.endswith(".sql")):
        number = int(name.partition("_")[0])
        yield Migration(name=f"db/sql/migrations/{name}", number=number, text=_text(folder.joinpath(name)))


def _read(name: str) -> str:
    return _text(files("iasql").joinpath(name))


def _text(file: Traversable) -> str:
    return file.read_text(encoding="utf-8")
