"""Modules that operators have added: SQL in the database, installed with the power of the role iasql_module.

The next step is `iasql.engine.install`.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

from iasql.resource import AddedModule, Rebuild


def add(connection: psycopg.Connection, module: AddedModule) -> str:
    """Adds a module, or another version of it, for the caller; its name with its version."""
    query = "select iasql_add_module(%s, %s, %s, %s, %s, %s, %s)"
    rebuilds = [{"table": r.table, "from": r.source, "follows": list(r.follows)} for r in module.rebuilds]
    told = [module.name, module.version, module.comment, list(module.dependencies), module.install, module.uninstall]
    row = connection.execute(query, [*told, Jsonb(rebuilds)]).fetchone()
    assert row is not None
    return str(row[0])


def known(connection: psycopg.Connection) -> Iterator[AddedModule]:
    """The modules that were added."""
    query = "select name, version, description, dependencies, rebuilds from iasql.added_module"
    for name, version, comment, dependencies, rebuilds in connection.execute(query).fetchall():
        yield AddedModule(
            name=name,
            version=version,
            comment=comment,
            dependencies=tuple(dependencies),
            rebuilds=tuple(Rebuild(table=r["table"], source=r["from"], follows=tuple(r["follows"])) for r in rebuilds),
        )


def install(writer: psycopg.Connection, name: str, person: str | None) -> None:
    """Runs its SQL, all or nothing; its tables are watched and its rows logged from then on. Runs as the writer."""
    writer.execute("select iasql.install_added(%s, %s)", [name, person])


def uninstall(writer: psycopg.Connection, name: str, transaction: UUID | str, person: str | None) -> None:
    """Takes away all that its install has made, after logging its rows as deleted. Runs as the writer."""
    writer.execute("select iasql.uninstall_added(%s, %s, %s)", [name, str(transaction), person])
