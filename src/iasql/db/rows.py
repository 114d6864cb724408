"""Rows of watched tables as images, read by the engine and written by the writer.

An image is what `to_jsonb(row)` gives with the session's time zone at UTC. The next step is `iasql.plan`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

Image = dict[str, Any]
DEFAULT_SCHEMA = "public"  # of the first account, whose tables the log names bare


def table_of(name: str) -> sql.Composable:
    """The identifier of a table named as the log names it: bare in the default account's schema."""
    return sql.Identifier(*(name.split(".") if "." in name else (DEFAULT_SCHEMA, name)))


def exists(connection: psycopg.Connection, table: str) -> bool:
    """Whether a watched table of this name is there."""
    found = connection.execute("select 1 from iasql.watched where table_name = %s", [table]).fetchone()
    return found is not None


def read(
    connection: psycopg.Connection,
    table: str,
    keys: list[Image] | None = None,
    *,
    order_by: LiteralString | None = None,
) -> list[Image]:
    """The rows with these keys, or all of them; a key names columns and values, all keys the same columns."""
    name = table_of(table)
    if keys is None:
        tail = sql.SQL(" order by " + order_by) if order_by else sql.SQL("")
        query = sql.SQL("select iasql.shown(to_jsonb(t.*)) from {} t").format(name) + tail
        return [image for (image,) in connection.execute(query).fetchall()]
    if not keys:
        return []
    same = sql.SQL(" and ").join(sql.SQL("t.{0} = k.{0}").format(sql.Identifier(column)) for column in keys[0])
    given = sql.SQL("jsonb_populate_recordset(null::{}, %s)").format(name)
    query = sql.SQL("select iasql.shown(to_jsonb(t.*)) from {} k join {} t on {}").format(given, name, same)
    found = connection.execute(query, [Jsonb(keys)])
    return [image for (image,) in found.fetchall()]


def stream(connection: psycopg.Connection, table: str) -> Iterator[Image]:
    """All rows, one after the other, so that there need not be room for every one of them."""
    query = sql.SQL("select iasql.shown(to_jsonb(t.*)) from {} t").format(table_of(table))
    with connection.cursor() as cursor:
        yield from (image for (image,) in cursor.stream(query))


def having(connection: psycopg.Connection, table: str, column: str, members: list[str]) -> list[Image]:
    """The rows whose array has one of these members."""
    query = sql.SQL("select iasql.shown(to_jsonb(t.*)) from {} t where t.{} && %s::text[]")
    found = connection.execute(query.format(table_of(table), sql.Identifier(column)), [members])
    return [image for (image,) in found.fetchall()]


def write(
    writer: psycopg.Connection,
    table: str,
    action: str,
    columns: list[str],
    images: list[Image],
    expected: list[Image] | None = None,
) -> list[Image]:
    """The rows as they are after an insert, update or delete of these images; runs as the writer.

    `expected` holds, for each image, values that its row must still have, or the row is left alone.
    """
    if not images:
        return []
    query = "select iasql.write_rows(%s::regclass, %s, %s, %s, %s)"
    told = None if expected is None else Jsonb(expected)
    found = writer.execute(query, [table_of(table).as_string(writer), action, columns, Jsonb(images), told])
    return [image for (image,) in found.fetchall()]


def secret(connection: psycopg.Connection, table: str, key: Image, column: str) -> str | None:
    """The clear value of a masked column, from the vault."""
    row = connection.execute("select iasql.secret(%s, %s, %s)", [table, Jsonb(key), column]).fetchone()
    return row[0] if row else None


def kept(connection: psycopg.Connection, table: str, key: Image, told: Image) -> Image:
    """The versions of what the cloud told of a row's masked columns, which the vault keeps from now on."""
    row = connection.execute("select iasql.kept(%s, %s, %s)", [table, Jsonb(key), Jsonb(told)]).fetchone()
    assert row is not None
    found: Image = row[0]
    return found


def revealed(connection: psycopg.Connection, table: str, key: Image, image: Image) -> Image:
    """The image with what its versions stand for; what the vault does not know is null."""
    row = connection.execute("select iasql.revealed(%s, %s, %s)", [table, Jsonb(key), Jsonb(image)]).fetchone()
    assert row is not None
    found: Image = row[0]
    return found


def count(connection: psycopg.Connection, table: str) -> int:
    """How many rows a table has."""
    row = connection.execute(sql.SQL("select count(*) from {}").format(table_of(table))).fetchone()
    return int(row[0]) if row else 0
