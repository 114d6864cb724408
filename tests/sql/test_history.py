"""The past as the log tells it: rows at a moment, history, blame, differences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
import pytest

from tests.databases import Database
from tests.sql.conftest import begin, one

pytestmark = pytest.mark.usefixtures("tables")


def now(connection: psycopg.Connection) -> datetime:
    """The server's clock."""
    found: datetime = one(connection, "select clock_timestamp()")
    return found


def state_at(connection: psycopg.Connection, table: str, at: datetime) -> list[Any]:
    """The rows of a table at a moment."""
    return [row for (row,) in connection.execute("select row from iasql_state_at(%s, %s)", [table, at]).fetchall()]


def test_rows_at_a_moment(user: psycopg.Connection) -> None:
    empty = now(user)
    user.execute("insert into zone values ('a', '1'), ('b', null), ('c', 'x')")
    first = now(user)
    user.execute("update zone set note = '2' where name = 'a'; delete from zone where name = 'b'")
    user.execute("update zone set name = 'd' where name = 'c'")
    second = now(user)
    user.execute("insert into zone values ('b', 'again')")
    assert state_at(user, "zone", empty) == []
    before = [{"name": "a", "note": "1"}, {"name": "b", "note": None}, {"name": "c", "note": "x"}]
    assert state_at(user, "zone", first) == before
    assert state_at(user, "zone", second) == [{"name": "a", "note": "2"}, {"name": "d", "note": "x"}]
    assert state_at(user, "zone", now(user))[1] == {"name": "b", "note": "again"}


def test_a_moment_never_cuts_through_a_transaction(database: Database, user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', '1')")
    other = database.connect()
    with user.transaction():
        user.execute("update zone set note = '2'")
        user.execute("insert into team (name) values ('t')")
        half = now(user)
        other.execute("insert into zone values ('b', 'theirs')")
        later = now(other)
        user.execute("insert into zone values ('c', '3')")
    rows = [{"name": "a", "note": "1"}, {"name": "b", "note": "theirs"}]
    assert state_at(other, "zone", half) == rows[:1]
    assert state_at(other, "zone", later) == rows
    assert state_at(other, "team", later) == []
    assert len(state_at(other, "zone", now(other))) == 3
    found = other.execute("select key->>'name', column_name from iasql_diff(%s, %s)", [half, later]).fetchall()
    assert found == [("b", "name"), ("b", "note")]


CUT = """
    select array(select l.xact from public.iasql_audit_log l where l.key is not null
      group by 1 having min(l.ts) <= m.ts and max(l.ts) > m.ts order by 1) cut,
      array(select x from unnest(iasql.straddling(m.ts)) x order by 1) found
    from (select distinct ts from public.iasql_audit_log) m"""


def test_every_moment_tells_which_transactions_it_cuts(
    database: Database, user: psycopg.Connection, engine: psycopg.Connection
) -> None:
    """The same as by looking at all of the log, whatever was sealed before, meanwhile and after."""
    others = [database.connect() for _ in range(3)]

    def write(by: psycopg.Connection, name: str) -> None:
        by.execute("insert into zone values (%s, '1')", [name])
        user.execute("insert into zone values (%s, 'between')", [f"{name}-between"])
        engine.execute("select iasql.seal()")

    write(user, "first")
    with others[0].transaction():
        write(others[0], "a1")
        with others[1].transaction():
            write(others[1], "b1")
            write(others[0], "a2")
            write(others[1], "b2")
        write(user, "after b")
        with others[2].transaction():
            write(others[2], "c1")
            write(others[0], "a3")
            write(others[2], "c2")
    write(user, "last")
    told = engine.execute(CUT).fetchall()
    assert [found for _, found in told] == [cut for cut, _ in told]
    assert max(len(cut) for cut, _ in told) == 2


def test_rows_that_can_be_joined(user: psycopg.Connection) -> None:
    user.execute("insert into team (name, tags) values ('a', '{\"x\": [1]}'), ('b', 'null')")
    user.execute("insert into member (team_id, name) values (1, 'ann'), (2, 'bob')")
    at = now(user)
    user.execute("update team set name = 'c' where id = 1; delete from member")
    query = "select t.name, m.name, t.tags from team_at(%s) t join member_at(%s) m on m.team_id = t.id order by 1"
    assert user.execute(query, [at, at]).fetchall() == [("a", "ann", {"x": [1]}), ("b", "bob", None)]
    user.execute("set search_path = iasql_past, public")
    user.execute("select set_config('iasql.at', %s, false)", [str(at)])
    query = "select t.name, m.name from team t join member m on m.team_id = t.id order by 1"
    assert user.execute(query).fetchall() == [("a", "ann"), ("b", "bob")]
    user.execute("set iasql.at = ''")
    assert user.execute(query).fetchall() == []


def test_the_past_survives_columns_and_tables(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', '1'); insert into record values ('a', 'www', 'x')")
    at = now(user)
    engine.execute("alter table public.zone add column level integer not null default 5")
    engine.execute("select iasql.watch('public.zone')")
    user.execute("update zone set note = '2', level = 6")
    assert user.execute("select * from zone_at(%s)", [at]).fetchall() == [("a", "1", 5)]
    assert user.execute("select * from zone_at(now())").fetchall() == [("a", "2", 6)]
    engine.execute("select iasql.log_all_deleted('record'), iasql.unwatch('record')")
    engine.execute("drop table public.record")
    assert state_at(user, "record", at) == [{"zone": "a", "name": "www", "value": "x"}]
    assert state_at(user, "record", now(user)) == []
    with pytest.raises(psycopg.errors.UndefinedFunction):
        user.execute("select * from record_at(now())")


def test_secrets_stay_secret(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    engine.execute("create table public.login (id integer primary key, word text, env jsonb)")
    engine.execute("select iasql.watch('public.login', masked => '{word,env}')")
    user.execute("insert into login values (1, 'first', '{\"A\": \"x\"}')")
    at = now(user)
    user.execute("update login set word = 'second'")
    masked = {"id": 1, "word": "********", "env": {"A": "********"}}
    assert state_at(user, "login", at) == [masked]
    assert user.execute("select id, word, env from login_at(%s)", [at]).fetchall() == [tuple(masked.values())]
    told = user.execute(
        "select before::text, after::text from iasql_diff(%s) union all"
        " select before::text, after::text from iasql_history('login', '{\"id\": 1}') union all"
        " select null, value::text from iasql_blame('login', '{\"id\": 1}')",
        [at],
    ).fetchall()
    assert ('"********"', '"********"') in told
    assert "hmac" not in str(told)
    assert "first" not in str(told)


def test_history(user: psycopg.Connection, writer: psycopg.Connection) -> None:
    begin(user, "why")
    user.execute("set iasql.actor = 'ann'")
    user.execute("insert into team (name) values ('a')")
    user.execute("reset iasql.actor")
    writer.execute("update public.team set arn = 'arn:a', load = 5")
    user.execute("update team set tags = '{}', name = 'b'")
    user.execute("delete from team")
    columns = "changed_by, origin, change_type, column_name, before, after, message"
    found = user.execute(f"select {columns} from iasql_history('team', '{{\"id\": 1}}')".encode()).fetchall()
    assert found == [
        ("ann", "user", "INSERT", "id", None, 1, "why"),
        ("ann", "user", "INSERT", "name", None, "a", "why"),
        ("ann", "user", "INSERT", "region", None, "us-east-1", "why"),
        ("iasql_writer", "engine", "UPDATE", "arn", None, "arn:a", "why"),
        ("iasql", "user", "UPDATE", "name", "a", "b", "why"),
        ("iasql", "user", "UPDATE", "tags", None, {}, "why"),
        ("iasql", "user", "DELETE", "arn", "arn:a", None, "why"),
        ("iasql", "user", "DELETE", "id", 1, None, "why"),
        ("iasql", "user", "DELETE", "name", "b", None, "why"),
        ("iasql", "user", "DELETE", "region", "us-east-1", None, "why"),
        ("iasql", "user", "DELETE", "tags", {}, None, "why"),
    ]
    by_name = user.execute(f"select {columns} from iasql_history('team', '{{\"name\": \"b\"}}')".encode()).fetchall()
    assert by_name == found


def test_blame(user: psycopg.Connection, writer: psycopg.Connection) -> None:
    first = begin(user, "made")
    user.execute("insert into team (name, tags) values ('a', '{}')")
    writer.execute("update public.team set arn = 'arn:a'")
    user.execute("select * from iasql_rollback()")
    second = begin(user, "again")
    user.execute("insert into team (id, name, tags) values (1, 'a', '{}')")
    user.execute("update team set tags = '{\"x\": 1}'")
    assert first != second
    columns = "column_name, value, changed_by, origin, message, transaction_id::text"
    found = user.execute(f"select {columns} from iasql_blame('team', '{{\"id\": 1}}')".encode()).fetchall()
    rest = ("iasql", "user", "again", second)
    assert found == [
        ("arn", None, *rest),
        ("id", 1, *rest),
        ("name", "a", *rest),
        ("region", "us-east-1", *rest),
        ("tags", {"x": 1}, *rest),
    ]
    user.execute("delete from team")
    assert {row[0] for row in user.execute("select value from iasql_blame('team', '{\"id\": 1}')").fetchall()} == {None}


def test_differences_are_net(user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', '1'), ('b', '1'), ('c', '1')")
    at = now(user)
    user.execute("update zone set note = '2'; update zone set note = '1' where name = 'a'")
    user.execute("delete from zone where name = 'c'; insert into zone values ('t'); delete from zone where name = 't'")
    user.execute("delete from zone where name = 'b'; insert into zone values ('b', '3')")
    found = user.execute("select table_name, key, column_name, before, after from iasql_diff(%s)", [at]).fetchall()
    assert found == [
        ("zone", {"name": "b"}, "note", "1", "3"),
        ("zone", {"name": "c"}, "name", "c", None),
        ("zone", {"name": "c"}, "note", "1", None),
    ]
    assert user.execute("select * from iasql_diff(%s, now(), 'team')", [at]).fetchall() == []
    assert user.execute("select * from iasql_diff(now())").fetchall() == []


def test_what_is_asked_wrongly(user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a')")
    for query, state in {
        "select * from iasql_state_at('nothing', now())": "42P01",
        "select * from iasql_state_at(null, now())": "42P01",
        "select * from iasql_state_at('zone', null)": "22004",
        "select * from iasql_history('nothing', '{}')": "42P01",
        "select * from iasql_history('zone', '3')": "22023",
        "select * from iasql_blame('zone', null)": "22023",
        "select * from iasql_diff(null)": "22004",
        "select * from iasql_diff(now(), table_name => 'nothing')": "42P01",
    }.items():
        with pytest.raises(psycopg.Error) as caught:
            user.execute(query.encode())
        assert caught.value.sqlstate == state, query


def test_everybody_reads_and_strangers_functions_stay(
    database: Database, user: psycopg.Connection, engine: psycopg.Connection
) -> None:
    user.execute("insert into zone values ('a')")
    for auditor in database.person("iasql_auditor"):
        assert len(state_at(auditor, "zone", now(auditor))) == 1
        assert len(auditor.execute("select * from zone_at(now())").fetchall()) == 1
        auditor.execute("select * from iasql_past.zone, iasql_diff(now()), iasql_blame('zone', '{\"name\": \"a\"}')")
    user.execute("create function goat_at(timestamptz) returns integer language sql as 'select 1'")
    engine.execute("create table public.goat (id integer primary key)")
    with pytest.raises(psycopg.errors.DuplicateFunction, match="goat_at"):
        engine.execute("select iasql.watch('public.goat')")


def test_names_are_found_beside_a_long_log(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    """The same with what is kept of the log, without it, and where its beginning is kept only."""

    def found() -> list[Any]:
        queries = [
            "select distinct transaction_id, ts from iasql_history('team', '{\"name\": \"a\"}') order by ts",
            "select * from iasql_blame('team', '{\"name\": \"b\"}')",
            'select * from iasql_history(\'team\', \'{"name": "a", "region": "us-east-1"}\')',
            "select * from iasql_history('team', '{\"name\": \"nobody\"}')",
            "select * from iasql_history('team', '{\"region\": \"us-east-1\"}')",
        ]
        return [user.execute(query.encode()).fetchall() for query in queries]

    def catch_up() -> None:
        while one(engine, "select iasql.catch_up((select max(id) from public.iasql_audit_log))") is not None:
            continue

    user.execute("insert into team (name) values ('a'), ('c')")
    user.execute("update team set name = 'b' where name = 'a'")
    catch_up()
    user.execute("delete from team where name = 'b'; update team set name = 'a' where name = 'c'")
    half = found()
    assert len(half[0]) == 5
    catch_up()
    assert one(engine, "select count(*) from iasql.alias where table_name = 'team'") == 4
    assert found() == half
    engine.execute("truncate iasql.alias, iasql.aliased")
    assert found() == half
    engine.execute("update iasql.caught_up set log_id = log_id - 1")
    catch_up()
    assert one(engine, "select count(*) from iasql.alias where table_name = 'team'") == 4
    assert found() == half
