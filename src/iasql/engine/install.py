"""Installs and uninstalls modules: the tables in one database transaction, then everything read from the cloud.

Pending changes are never committed by it. The next step is `iasql.engine.refresh`.
"""

from __future__ import annotations

import difflib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from pathlib import Path

from psycopg import errors as postgres
from psycopg.sql import SQL, Composable, Identifier

from iasql.db import added, ddl, functions, rows
from iasql.engine.context import Context
from iasql.engine.follow import follow
from iasql.engine.module_session import module_session
from iasql.engine.proposal import Wish
from iasql.engine.refresh import refresh
from iasql.engine.sides import ours
from iasql.errors import InvalidArgument, Refused
from iasql.log import agreement, catalog, markers, rebuild
from iasql.plan.merge import pending
from iasql.plan.state import Image, Key
from iasql.resource import AddedModule, Module

BUILT_IN = frozenset({"iasql_platform", "iasql_functions"})


def install(context: Context, names: Iterable[str]) -> list[Image]:
    """The rows of `iasql_install()`: module, table and number of records of each module that was asked for."""
    asked = plain_names(names)
    refuse_unknown(context.known, asked)
    new = [name for name in with_dependencies(context.known, asked) if name not in context.installed]
    refuse_collisions(context, new)
    tx = str(uuid.uuid4())
    own = [name for name in new if not isinstance(context.known[name], AddedModule)]
    with context.connection.transaction():
        for name in own:
            context.progress(f"creating the tables of {name}")
            create(context, context.known[name])
        if own:
            markers.mark(context.connection, "INSTALL", tx, ", ".join(own))
    context.forget()
    with context.verb(tx):
        install_added(context, own, [name for name in new if name not in own], tx)
        tables = [r.table for name in new for r in context.known[name].resources]
        fresh = [table for table in context.resources if table in set(tables)]
        # regions come first: the other types are read once for each of them
        first = [table for table in fresh if not context.resources[table].references and table in _regional(context)]
        for part in (first, [table for table in fresh if table not in first]):
            if part:
                refresh(context, part, tx)
        follow(context, tx)
    return list(installed_rows(context, [*asked, *(n for n in new if n not in asked)]))


def uninstall(context: Context, names: Iterable[str]) -> list[Image]:
    """The rows of `iasql_uninstall()`; the cloud is untouched and the history stays."""
    asked = plain_names(names)
    refuse_unknown(context.known, asked)
    gone = [name for name in asked if name in context.installed]
    refuse_needed(context, gone)
    refuse_pending(context, gone)
    order = [name for name in reversed(with_dependencies(context.known, gone)) if name in gone]
    found = [row | {"dropped_table_name": row.pop("created_table_name")} for row in installed_rows(context, gone)]
    tx = str(uuid.uuid4())
    with context.verb(tx):
        take_away(context, order, tx)
    context.forget()
    return found


def install_added(context: Context, own: list[str], others: list[str], tx: str) -> None:
    """Installs modules that operators have added; when one fails, all that was installed along goes again."""
    done = list(own)
    for name in others:
        context.progress(f"running the SQL of {name}")
        try:
            with module_session(context, name) as session:
                added.install(session, name, context.caller)
        except InvalidArgument:
            take_away(context, list(reversed(done)), tx)
            raise
        markers.mark(context.connection, "INSTALL", tx, name)
        done.append(name)
    context.forget()


def take_away(context: Context, names: list[str], tx: str) -> None:
    """Drops what these modules brought, in this order: those that operators have added come first."""
    for name in (each for each in names if isinstance(context.known[each], AddedModule)):
        with module_session(context, name) as session:
            added.uninstall(session, name, tx, context.caller)
    with context.connection.transaction():
        for name in (each for each in names if not isinstance(context.known[each], AddedModule)):
            module = context.known[name]
            for resource in reversed(list(module.resources)):
                catalog.log_all_deleted(context.connection, resource.table, tx)
            drop(context, module)
        if names:
            markers.mark(context.connection, "UNINSTALL", tx, ", ".join(names))


def plain_names(names: Iterable[str]) -> list[str]:
    """Module names without repetition and without their `@version`."""
    found = list(dict.fromkeys(name.partition("@")[0] for name in names if name))
    if not found:
        raise InvalidArgument("name at least one module", hint="select * from iasql_modules_list()")
    return [name for name in found if name not in BUILT_IN]


def refuse_unknown(known: Mapping[str, Module], names: list[str]) -> None:
    """Raises when a module does not exist, with the names that come closest."""
    missing = [name for name in names if name not in known]
    if not missing:
        return
    close = {match for name in missing for match in difflib.get_close_matches(name, known, n=1, cutoff=0.6)}
    hint = f". Did you mean: {', '.join(sorted(close))}" if close else ""
    raise InvalidArgument(f"The following modules do not exist: {', '.join(missing)}{hint}")


def with_dependencies(known: Mapping[str, Module], names: Iterable[str]) -> list[str]:
    """These modules and all that they need, in an order that works."""
    graph: dict[str, set[str]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = set(known[name].dependencies) - BUILT_IN
            waiting += graph[name]
    return list(TopologicalSorter(graph).static_order())


def refuse_collisions(context: Context, names: list[str]) -> None:
    """Raises when a table of a module exists already, as a user's own."""
    lines = []
    for name in names:
        tables = [resource.table for resource in context.known[name].resources]
        taken = catalog.existing(context.connection, tables=tables, schema=context.schema)
        if taken:
            lines.append(f"Module {name} collides with tables: {', '.join(taken)}")
    if lines:
        raise Refused("\n".join(["Collision with existing tables detected.", *lines]))


def refuse_needed(context: Context, names: list[str]) -> None:
    """Raises when another installed module depends on one of these."""
    for other in sorted(set(context.installed) - set(names)):
        if set(context.known[other].dependencies) & set(names):
            told = ", ".join(names)
            raise Refused(f"Cannot uninstall {told} as {other} still depends on one or more of them")


def refuse_pending(context: Context, names: list[str]) -> None:
    """Raises when rows of these modules have changes that no commit has carried out yet."""
    tables = {
        resource.table for name in names for resource in context.known[name].resources if resource.list is not None
    }
    waiting = sorted({wish.table for wish in waiting_rows(context) if wish.table in tables})
    if waiting:
        raise Refused(
            f"these tables have pending changes: {', '.join(waiting)}", hint="Commit or roll them back first."
        )


def waiting_rows(context: Context) -> Iterator[Wish]:
    """The rows that users changed and no commit has carried out."""
    found: dict[str, list[Key]] = {}
    for table, key in agreement.candidates(context.connection):
        found.setdefault(table, []).append(key)
    for table, keys in found.items():
        resource = context.resources.get(table)
        if resource is None:
            continue
        for row in ours(context, resource, keys):
            if pending(resource, row) or (row.image is None and row.agreed is not None):
                yield Wish(table=table, key=row.key)


def create(context: Context, module: Module) -> None:
    """The tables, functions and guards of one module."""
    known = {r.table: r for m in context.known.values() for r in m.resources}
    enter_schema(context)
    catalog.add_module(context.connection, module.name, module.version, list(module.dependencies))
    run(context, ddl.create_tables(module.resources, known, context.schema))
    for resource in module.resources:
        catalog.add_table(context.connection, module.name, resource.table)
    catalog.raise_sequences(context.connection, [resource.table for resource in module.resources])
    run_files(context, module.sql)
    run(context, (each for f in module.functions for each in functions.create_function(f, context.schema)))
    for each in module.rebuilds:
        rebuild.begin(context.connection, each, context.schema)


def drop(context: Context, module: Module) -> None:
    """Takes away what `create` made; a user's object that depends on it is named in the error."""
    known = {r.table: r for m in context.known.values() for r in m.resources}
    enter_schema(context)
    try:
        for each in module.rebuilds:
            rebuild.end(context.connection, each)
        run_files(context, module.before_uninstall)
        run(context, (each for f in module.functions for each in functions.drop_function(f, context.schema)))
        run(context, ddl.drop_tables(module.resources, known, context.schema))
    except postgres.DependentObjectsStillExist as error:
        told = f"cannot uninstall {module.name}: objects of yours depend on it: {error.diag.message_detail}"
        raise Refused(told, hint="Drop or change them first.") from error
    catalog.drop_module(context.connection, module.name)


def enter_schema(context: Context) -> None:
    """Names without a schema mean the account's from here to the end of the database transaction."""
    context.connection.execute(SQL("set local search_path to {}").format(Identifier(context.schema)))


def run(context: Context, statements: Iterable[Composable]) -> None:
    """Runs statements that were composed, in order, at once."""
    composed = SQL(";\n").join(statements)
    if composed.as_string(context.connection):
        context.connection.execute(composed)


def run_files(context: Context, files: Iterable[Path]) -> None:
    """Runs files of SQL with the account's schema in front."""
    for file in files:
        context.connection.execute(file.read_bytes())


def installed_rows(context: Context, names: Iterable[str]) -> Iterable[Image]:
    """One row a table of these modules, with the number of its records."""
    for name in names:
        for table in tables_of(context, name):
            yield {
                "module_name": name,
                "created_table_name": table,
                "record_count": rows.count(context.connection, table),
            }


def tables_of(context: Context, name: str) -> list[str]:
    """The tables of an installed module."""
    module = context.known[name]
    if isinstance(module, AddedModule):
        return catalog.tables(context.connection, name)
    return [resource.table for resource in module.resources]


def _regional(context: Context) -> set[str]:
    return {
        reference.table
        for resource in context.resources.values()
        for reference in resource.references
        if reference.column == "region"
    }
