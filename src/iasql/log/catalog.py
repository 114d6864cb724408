"""Which modules and tables are installed."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import psycopg


def add_module(connection: psycopg.Connection, name: str, version: str, dependencies: Sequence[str]) -> None:
    """A module is installed; those it depends on already are."""
    connection.execute("select iasql.add_module(%s, %s, %s)", [name, version, list(dependencies)])


def add_table(connection: psycopg.Connection, module: str, table: str) -> None:
    """A table belongs to a module."""
    connection.execute("select iasql.add_table(%s, %s)", [module, table])


def drop_module(connection: psycopg.Connection, name: str) -> None:
    """A module is not installed any more; its tables are not watched, its history stays."""
    connection.execute("select iasql.drop_module(%s)", [name])


def tables(connection: psycopg.Connection, module: str) -> list[str]:
    """The tables of an installed module."""
    query = 'select "table" from public.iasql_tables where module = %s order by 1'
    return [table for (table,) in connection.execute(query, [module]).fetchall()]


def existing(connection: psycopg.Connection, tables: Sequence[str], schema: str) -> list[str]:
    """Those of these names that a table, view or index of the schema has already."""
    query = """
        select c.relname from pg_class c
        where c.relnamespace = to_regnamespace(%s) and c.relname = any (%s) order by 1"""
    return [name for (name,) in connection.execute(query, [schema, list(tables)]).fetchall()]


def log_all_deleted(connection: psycopg.Connection, table: str, transaction: UUID | str | None = None) -> int:
    """Logs every row of a table as deleted by the engine, before the table is dropped; how many there were."""
    tx = None if transaction is None else str(transaction)
    row = connection.execute("select iasql.log_all_deleted(%s, %s)", [table, tx]).fetchone()
    assert row is not None
    return int(row[0])


def raise_sequences(connection: psycopg.Connection, tables: Sequence[str]) -> None:
    """No new row of these tables gets a number that the log knows from before the module was uninstalled."""
    connection.execute("select iasql.raise_sequence(t) from unnest(%s::text[]) t", [list(tables)])
