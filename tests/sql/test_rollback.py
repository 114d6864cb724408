"""iasql_rollback(): exactly what was there before begin, whatever was done since."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.databases import Database
from tests.sql.conftest import Log, begin, one

pytestmark = pytest.mark.usefixtures("tables")


def state(connection: psycopg.Connection) -> dict[str, list[Any]]:
    """Every row of the tables, in the columns that a user can set."""
    return {
        table: connection.execute(
            f"select to_jsonb(t.*) - '{{load,arn}}'::text[] from {table} t order by to_jsonb(t.*)::text"
        ).fetchall()  # type: ignore[arg-type]
        for table in ("team", "member", "zone", "record")
    }


@pytest.fixture
def rows(tables: None, user: psycopg.Connection) -> None:
    """Some rows, referring to each other."""
    user.execute(
        "insert into team (name, tags, arn) values ('a', '{\"x\": [1, null]}', 'arn:a'), ('b', null,"
        " null), ('c', 'null', null)"
    )
    user.execute("insert into member (team_id, name) values (1, 'ann'), (1, 'bob'), (2, 'cid')")
    user.execute("update member set boss_id = 1 where id > 1")
    user.execute("insert into zone values ('z', 'n'), ('y', null)")
    user.execute("insert into record values ('z', 'www', '1'), ('z', 'mail', '2'), ('y', 'www', '3')")


CHANGES = {
    "update": "update team set name = 'q', tags = '{\"x\": 2}' where id = 1",
    "set null": "update team set tags = null",
    "insert": "insert into team (name) values ('new'); insert into member (team_id) select id from team"
    " where name = 'new'",
    "delete": "delete from member; delete from team",
    "delete in a circle": "set constraints all deferred; delete from member",
    "delete and insert again": "delete from member; delete from team; insert into team (id, name) values (1, 'again')",
    "swap unique values": "update team set name = '_' where id = 1; update team set name = 'a' where id = 2;"
    " update team set name = 'b' where id = 1",
    "rotate unique values": "update team set name = name || '_'; update team set name = case id when 1"
    " then 'b' when 2 then 'c'"
    " else 'a' end",
    "take over a name": "update team set name = 'was a' where id = 1; insert into team (name) values ('a')",
    "give a deleted name": "delete from member where team_id = 2; delete from team where id = 2; insert"
    " into team (name) values ('b')",
    "rename a key": "update zone set name = 'x' where name = 'z'",
    "swap keys": "update zone set name = '_' where name = 'z'; update zone set name = 'z' where name = 'y';"
    " update zone set name = 'y' where name = '_'",
    "cascade": "delete from zone",
    "move children, delete the parent": "update record set zone = 'y', name = name || '2' where zone ="
    " 'z'; delete from zone where name = 'z'",
    "new parent for old children": "insert into zone values ('w'); update record set zone = 'w' where name = 'mail'",
    "new parent that old rows would go with": "insert into zone values ('w');"
    " update member set zone = 'w' where id = 2",
    "truncate": "truncate team, member, zone, record",
    "insert and delete": "insert into zone values ('t'); delete from zone where name = 't'",
    "there and back": "update zone set note = 'm' where name = 'z'; update zone set note = 'n' where name = 'z'",
    "many": "insert into zone select 'm' || n from generate_series(1, 500) n; update zone set note ="
    " name; delete from zone where name like 'm1%'",
}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("change", CHANGES)
def test_everything_is_as_before(user: psycopg.Connection, engine: psycopg.Connection, change: str) -> None:
    before = state(user)
    tx = begin(user)
    with user.transaction():
        user.execute(CHANGES[change].encode())
    user.execute("select * from iasql_rollback()")
    assert state(user) == before
    assert one(user, "select state from iasql_transaction where transaction_id = %s", tx) == "rolled_back"
    assert one(engine, "select count(*) from pg_constraint where not convalidated and contype = 'f'") == 0


def test_what_it_answers(user: psycopg.Connection) -> None:
    user.execute("insert into team (name) values ('a'), ('b'); insert into zone values ('z')")
    begin(user)
    user.execute(
        "update team set name = 'c' where id = 1; delete from team where id = 2; insert into team (name) values ('d')"
    )
    user.execute("delete from zone")
    found = user.execute("select * from iasql_rollback()").fetchall()
    assert sorted(found) == [
        ("create", "team", "2", "b"),
        ("create", "zone", "z", "z"),
        ("delete", "team", "3", "d"),
        ("update", "team", "1", "a"),
    ]


def test_of_nothing(user: psycopg.Connection, log: Log) -> None:
    begin(user)
    assert user.execute("select * from iasql_rollback()").fetchall() == []
    kinds = [kind for (kind,) in log(None, "change_type::text")]
    assert kinds == ["OPEN_TRANSACTION", "START_REVERT", "END_REVERT", "CLOSE_TRANSACTION"]


def test_where_there_is_nothing_to_undo_nothing_is_named(user: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.NoActiveSqlTransaction) as told:
        user.execute("select * from iasql_rollback()")
    assert told.value.diag.message_hint == "There is nothing to roll back."


def test_earlier_changes_stay(user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', '1')")
    begin(user)
    user.execute("update zone set note = '2'")
    user.execute("select * from iasql_rollback()")
    assert user.execute("select * from zone").fetchall() == [("a", "1")]


def test_survivors_are_only_updated(user: psycopg.Connection, log: Log) -> None:
    """A user's ON DELETE CASCADE must not fire."""
    user.execute("create table mine (team_id integer primary key references team on delete cascade)")
    user.execute("insert into team (name) values ('a'), ('b'); insert into mine values (1), (2)")
    begin(user)
    user.execute(
        "update team set name = '_' where id = 1; update team set name = 'a' where id = 2; update team"
        " set name = 'b' where id = 1"
    )
    user.execute("select * from iasql_rollback()")
    assert one(user, "select count(*) from mine") == 2
    assert "DELETE" not in {kind for (kind,) in log("team", "change_type::text")}


@pytest.mark.parametrize("action", ["cascade", "set null", "set default", "no action", "restrict"])
def test_users_rows_in_the_way_are_named(user: psycopg.Connection, action: str) -> None:
    user.execute(f"create table mine (id integer primary key, team integer references team on delete {action})")
    begin(user)
    user.execute("insert into team (name) values ('a')")
    user.execute("insert into mine values (1, 1)")
    with pytest.raises(psycopg.Error, match="mine") as caught:
        user.execute("select * from iasql_rollback()")
    assert caught.value.sqlstate == "IA002"
    assert "mine_team_fkey" in str(caught.value)
    assert user.execute("select * from mine").fetchall() == [(1, 1)]
    assert one(user, "select count(*) from iasql_transaction where state = 'open'") == 1
    user.execute("delete from mine")
    user.execute("select * from iasql_rollback()")
    assert one(user, "select count(*) from team") == 0


def test_rows_that_nobody_refers_to_are_not_in_the_way(user: psycopg.Connection) -> None:
    user.execute("create table mine (id integer primary key, team integer references team on delete cascade)")
    user.execute("insert into team (name) values ('old'); insert into mine values (1, 1)")
    begin(user)
    user.execute("insert into team (name) values ('new')")
    user.execute("select * from iasql_rollback()")
    assert user.execute("select name from team").fetchall() == [("old",)]


def test_what_the_engine_wrote_meanwhile_stays(user: psycopg.Connection, writer: psycopg.Connection) -> None:
    """A refresh while the transaction is open fills in computed columns."""
    user.execute("insert into team (name) values ('a'), ('b')")
    begin(user)
    user.execute("update team set name = 'c' where id = 1")
    writer.execute("update public.team set arn = 'arn:1', tags = '{}' where id = 1")
    writer.execute("insert into public.team (name, arn) values ('cloud', 'arn:3')")
    user.execute("select * from iasql_rollback()")
    assert user.execute("select id, name, arn, tags from team order by id").fetchall() == [
        (1, "a", "arn:1", {}),
        (2, "b", None, None),
        (3, "cloud", "arn:3", None),
    ]


def test_what_somebody_changed_later_is_a_conflict(
    user: psycopg.Connection, writer: psycopg.Connection, operator: psycopg.Connection
) -> None:
    user.execute("insert into team (name, tags) values ('a', '{}')")
    begin(user)
    user.execute("update team set tags = '{\"x\": 1}'")
    writer.execute("update public.team set tags = '{\"x\": 2}'")
    with pytest.raises(psycopg.Error, match="tags changed later") as caught:
        user.execute("select * from iasql_rollback()")
    assert caught.value.sqlstate == "IA002"
    operator.execute("select * from iasql_rollback(force => true)")
    assert one(user, "select tags from team") == {}


def test_computed_columns(user: psycopg.Connection, writer: psycopg.Connection) -> None:
    """Of surviving rows they keep their value; deleted rows get back what both sides agreed on."""
    writer.execute("insert into public.team (name, arn) values ('a', 'arn:a'), ('b', 'arn:b')")
    user.execute("insert into team (name, arn) values ('mine', 'no such thing')")
    begin(user)
    user.execute("update team set arn = 'wrong', name = 'c' where id = 1")
    user.execute("delete from team where id > 1")
    user.execute("select * from iasql_rollback()")
    assert user.execute("select id, name, arn from team order by id").fetchall() == [
        (1, "a", "wrong"),
        (2, "b", "arn:b"),
        (3, "mine", None),
    ]


def test_a_column_that_came_later_gets_its_default(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', 'n')")
    begin(user)
    user.execute("delete from zone")
    engine.execute("alter table public.zone add column level integer not null default 5")
    engine.execute("select iasql.watch('public.zone')")
    user.execute("select * from iasql_rollback()")
    assert user.execute("select * from zone").fetchall() == [("a", "n", 5)]


def test_settings_are_not_part_of_it(user: psycopg.Connection) -> None:
    begin(user)
    user.execute("update iasql_setting set value = 'hold' where name = 'outside_transaction'")
    user.execute("insert into iasql_mode (table_name, mode) values ('team', 'PROTECT')")
    assert user.execute("select * from iasql_rollback()").fetchall() == []
    assert one(user, "select value from iasql_setting where name = 'outside_transaction'") == "hold"
    assert one(user, "select count(*) from iasql_mode") == 1


def test_anyone_may_but_for_the_setting(
    database: Database, user: psycopg.Connection, operator: psycopg.Connection
) -> None:
    begin(user)
    operator.execute("insert into zone values ('by olga')")
    operator.execute("select * from iasql_rollback()")
    operator.execute("update iasql_setting set value = 'owner' where name = 'transaction_scope'")
    begin(operator)
    for statement in ("insert into zone values ('x')", "select * from iasql_rollback()"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="transaction_scope is owner"):
            user.execute(statement.encode())
    user.execute("select * from iasql_rollback(force => true)")
    assert one(user, "select count(*) from zone") == 0


def test_force_needs_an_operator(database: Database) -> None:
    for somebody in database.person("iasql_user"):
        begin(somebody)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="iasql_operator"):
            somebody.execute("select * from iasql_rollback(force => true)")
        somebody.execute("select * from iasql_rollback()")
