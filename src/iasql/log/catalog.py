"""Which modules and tables are installed."""

from __future__ import annotations

import psycopg


def add_module(connection: psycopg.Connection, name: str, version: str, dependencies: list[str]) -> None:
    """Notes a module as installed."""
    connection.execute("select iasql.add_module(%s, %s, %s)", [name, version, dependencies])


def add_table(connection: psycopg.Connection, module: str, table: str) -> None:
    """Notes that a table belongs to a module."""
    connection.execute("select iasql.add_table(%s, %s)", [module, table])


def drop_module(connection: psycopg.Connection, name: str) -> None:
    """Forgets a module and its tables."""
    connection.execute("select iasql.drop_module(%s)", [name])


def log_all_deleted(connection: psycopg.Connection, table: str, transaction: str) -> None:
    """Logs each row of a table as deleted by the engine, before the table is dropped."""
    connection.execute("select iasql.log_all_deleted(%s, %s)", [table, transaction])


def existing(connection: psycopg.Connection, schema: str, tables: list[str]) -> list[str]:
    """Which of these tables are in the schema already."""
    query = (
        "select c.relname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = %s and c.relname = any (%s) order by 1"
    )
    return [name for (name,) in connection.execute(query, [schema, tables]).fetchall()]
