"""How the engine's writer writes rows: by key, only as expected, and whatever the columns are called."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.databases import Database

pytestmark = pytest.mark.usefixtures("tables")


def write(
    writer: psycopg.Connection, table: str, op: str, columns: list[str], rows: Any, expected: Any = None
) -> list[Any]:
    """The images that iasql.write_rows gives."""
    query = "select iasql.write_rows(%s::regclass, %s, %s, %s, %s)"
    told = None if expected is None else Jsonb(expected)
    return [image for (image,) in writer.execute(query, [f"public.{table}", op, columns, Jsonb(rows), told]).fetchall()]


def test_insert_in_order_with_and_without_keys(writer: psycopg.Connection) -> None:
    found = write(writer, "team", "insert", ["name", "tags"], [{"name": n, "tags": {"n": n}} for n in "cab"])
    assert [(image["name"], image["tags"], image["region"]) for image in found] == [
        (n, {"n": n}, "us-east-1") for n in "cab"
    ]
    (image,) = write(writer, "team", "insert", ["id", "name"], [{"id": 70, "name": "z"}])
    assert image["id"] == 70


def test_update_by_key(writer: psycopg.Connection) -> None:
    write(writer, "team", "insert", ["id", "name", "tags"], [{"id": n, "name": str(n), "tags": []} for n in (1, 2, 3)])
    found = write(
        writer, "team", "update", ["tags", "arn"], [{"id": 1, "tags": None, "arn": "x"}, {"id": 9, "arn": "y"}]
    )
    assert [(image["id"], image["tags"], image["arn"], image["name"]) for image in found] == [(1, None, "x", "1")]
    assert write(writer, "team", "update", [], [{"id": 1}]) == []


def test_only_rows_that_are_as_expected(writer: psycopg.Connection, user: psycopg.Connection) -> None:
    write(
        writer, "team", "insert", ["id", "name", "tags"], [{"id": n, "name": str(n), "tags": None} for n in (1, 2, 3)]
    )
    user.execute("update team set tags = '{\"mine\": 1}' where id = 2")
    rows = [{"id": n, "arn": f"arn:{n}"} for n in (1, 2, 3)]
    expected = [{"tags": None}, {"tags": None}, {"tags": None, "name": "3"}]
    assert {image["id"] for image in write(writer, "team", "update", ["arn"], rows, expected)} == {1, 3}
    keys = [{"id": n} for n in (1, 2, 3)]
    assert {image["id"] for image in write(writer, "team", "delete", [], keys, expected)} == {1, 3}
    assert user.execute("select id from team").fetchall() == [(2,)]


def test_delete_gives_what_was_there(writer: psycopg.Connection) -> None:
    write(writer, "zone", "insert", ["name", "note"], [{"name": "a", "note": "n"}])
    assert write(writer, "zone", "delete", [], [{"name": "a"}, {"name": "b"}]) == [{"name": "a", "note": "n"}]


def test_columns_called_like_our_own_aliases(engine: psycopg.Connection, writer: psycopg.Connection) -> None:
    names = ["t", "r", "a", "e", "n", "x", "k", "image", "key", "item", "user", "select"]
    columns = ", ".join(f'"{name}" text' for name in names)
    engine.execute(f"create table public.odd (id integer primary key, {columns})")
    engine.execute("select iasql.watch('public.odd')")
    first = {name: f"1{name}" for name in names}
    (image,) = write(writer, "odd", "insert", ["id", *names], [{"id": 1, **first}])
    assert image == {"id": 1, **first}
    second = {name: f"2{name}" for name in names}
    (image,) = write(writer, "odd", "update", names, [{"id": 1, **second}], [first])
    assert image == {"id": 1, **second}
    assert write(writer, "odd", "delete", [], [{"id": 1}], [second]) == [{"id": 1, **second}]


def test_what_is_not_watched_is_not_written(engine: psycopg.Connection, writer: psycopg.Connection) -> None:
    engine.execute("create table public.plain (id integer primary key)")
    with pytest.raises(psycopg.errors.UndefinedTable, match="is not watched"):
        write(writer, "plain", "insert", ["id"], [{"id": 1}])


def test_an_operator_in_public_is_not_called(
    database: Database, user: psycopg.Connection, writer: psycopg.Connection
) -> None:
    """It would run as the writer: names are looked up in pg_catalog only."""
    user.execute("create table called (how text); grant insert on called to public")
    database.admin().execute("""
        create function same(varchar, varchar) returns boolean language plpgsql as $$
        begin insert into public.called values (current_user); return true; end $$;
        create operator = (leftarg = varchar, rightarg = varchar, function = same)""")
    write(writer, "zone", "insert", ["name"], [{"name": "a"}])
    write(writer, "zone", "update", ["note"], [{"name": "a", "note": "n"}])
    write(writer, "zone", "delete", [], [{"name": "a"}])
    assert user.execute("select * from called").fetchall() == []
