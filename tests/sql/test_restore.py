"""The way back: restore to a moment, revert and reopen of a transaction, without an engine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import psycopg
import pytest

from iasql.log import markers, net
from tests.databases import Database
from tests.sql.conftest import Log, begin, one
from tests.sql.test_history import now
from tests.sql.test_rollback import CHANGES, rows, state

__all__ = ["rows"]
pytestmark = pytest.mark.usefixtures("tables")


def commit(engine: psycopg.Connection, tx: str) -> None:
    """What an engine logs of a commit that asks nothing of the cloud."""
    assert markers.start_commit(engine, tx, net.last_id(engine, tx)) is not None
    markers.end_commit(engine, tx)
    markers.close(engine, tx)


def told(connection: psycopg.Connection, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
    """Action, table, id and the conflict's reason of each row that a function answers."""
    columns = "action, table_name, id, conflict->>'reason'"
    return connection.execute(f"select {columns} from {query} order by 2, 3, 1".encode(), arguments).fetchall()


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("change", CHANGES)
def test_a_moment_is_restored_exactly(user: psycopg.Connection, engine: psycopg.Connection, change: str) -> None:
    user.execute("update iasql_setting set value = 'allow' where name = 'truncate_outside_transaction'")
    before, at = state(user), now(user)
    with user.transaction():
        user.execute(CHANGES[change].encode())
    after = state(user)
    user.execute("select * from iasql_restore(%s)", [at])
    assert state(user) == before
    user.execute("select * from iasql_rollback()")
    assert state(user) == after
    user.execute("select * from iasql_restore(%s)", [at])
    commit(engine, one(user, "select transaction_id from iasql_transaction where state = 'open'"))
    assert state(user) == before


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("change", CHANGES)
def test_a_revert_is_exact_and_a_revert_of_it_is_nothing(
    user: psycopg.Connection, engine: psycopg.Connection, change: str
) -> None:
    before = state(user)
    tx = begin(user, "the change")
    with user.transaction():
        user.execute(CHANGES[change].encode())
    after = state(user)
    commit(engine, tx)
    assert [row for row in told(user, "iasql_revert(%s)", tx) if row[3]] == []
    assert state(user) == before
    second = one(user, "select transaction_id from iasql_transaction where state = 'open'")
    assert one(user, "select message from iasql_transaction where state = 'open'") == "revert of the change"
    commit(engine, second)
    assert [row for row in told(user, "iasql_revert(%s)", second) if row[3]] == []
    assert state(user) == after


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("change", CHANGES)
def test_what_was_rolled_back_is_opened_again(user: psycopg.Connection, change: str) -> None:
    tx = begin(user, "the change")
    with user.transaction():
        user.execute(CHANGES[change].encode())
    after = state(user)
    user.execute("select * from iasql_rollback()")
    assert [row for row in told(user, "iasql_reopen(%s)", tx) if row[3]] == []
    assert state(user) == after
    assert one(user, "select message from iasql_transaction where state = 'open'") == "the change"


def test_what_it_answers(user: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a', '1'), ('b', null)")
    at = now(user)
    user.execute("set iasql.actor = 'ann'")
    user.execute("update zone set note = '2' where name = 'a'; delete from zone where name = 'b'")
    user.execute("insert into zone values ('c')")
    user.execute("reset iasql.actor")
    cursor = user.execute("select * from iasql_restore(%s) order by id", [at])
    assert cursor.description is not None
    names = "action table_name id description side changes conflict reversible changed_by plan_digest"
    assert " ".join(column.name for column in cursor.description) == names
    found = cursor.fetchall()
    assert [row[:5] for row in found] == [
        ("update", "zone", "a", "a", "cloud"),
        ("create", "zone", "b", "b", "cloud"),
        ("delete", "zone", "c", "c", "cloud"),
    ]
    assert found[0][5] == {"before": {"note": "2"}, "after": {"note": "1"}, "undoes": ["ann"]}
    assert found[1][5]["note"].startswith("created anew")
    kinds = user.execute("select changed_by, origin, restores from iasql_audit_log order by id desc limit 1").fetchone()
    assert kinds == ("iasql", "user", False)


def test_only_some_tables_or_somebody_s_changes(user: psycopg.Connection) -> None:
    user.execute("insert into team (name, tags) values ('a', '{}'), ('b', '{}'); insert into zone values ('z', '1')")
    at = now(user)
    user.execute("set iasql.actor = 'ann'")
    user.execute("update team set name = 'ann', tags = '{\"by\": \"ann\"}'  where id = 1; update zone set note = 'ann'")
    user.execute("insert into team (name) values ('of ann'), ('of both')")
    user.execute("set iasql.actor = 'bob'")
    user.execute("update team set tags = '{\"by\": \"bob\"}'; update zone set note = 'bob'")
    user.execute("delete from team where id = 2")
    user.execute("reset iasql.actor")
    assert told(user, "iasql_restore(%s, '{zone}')", at) == [("update", "zone", "z", None)]
    user.execute("select * from iasql_rollback()")
    assert told(user, "iasql_restore(%s, changed_by => 'ann')", at) == [
        ("conflict", "team", "1", "tags changed later"),
        ("update", "team", "1", None),
        ("conflict", "team", "3", "tags changed later"),
        ("conflict", "team", "4", "tags changed later"),
        ("conflict", "zone", "z", "note changed later"),
    ]
    assert user.execute("select name, tags from team where id = 1").fetchall() == [("a", {"by": "bob"})]
    user.execute("select * from iasql_rollback()")
    assert told(user, "iasql_restore(%s, '{team}', 'bob')", at) == [
        ("update", "team", "1", None),
        ("create", "team", "2", None),
        ("update", "team", "3", None),
        ("update", "team", "4", None),
    ]


def test_rows_first_seen_in_the_cloud_stay(user: psycopg.Connection, writer: psycopg.Connection, log: Log) -> None:
    user.execute("insert into team (name) values ('a')")
    at = now(user)
    writer.execute("insert into public.team (name, arn) values ('found', 'arn:f')")
    writer.execute("update public.team set arn = 'arn:a', tags = '{\"x\": 1}' where id = 1")
    user.execute("insert into team (name) values ('mine')")
    writer.execute("insert into public.member (team_id, name) values (3, 'beside mine'), (2, 'beside found')")
    found = user.execute("select action, table_name, id, changes->>'note' from iasql_restore(%s) order by 2, 3", [at])
    assert found.fetchall() == [
        ("delete", "member", "1", None),
        ("keep", "member", "2", "first seen in the cloud after that"),
        ("update", "team", "1", None),
        ("keep", "team", "2", "first seen in the cloud after that"),
        ("delete", "team", "3", None),
    ]
    rows = user.execute("select id, name, arn, tags from team order by id").fetchall()
    assert rows == [(1, "a", "arn:a", None), (2, "found", "arn:f", None)]


def test_later_changes_are_conflicts(user: psycopg.Connection, engine: psycopg.Connection, log: Log) -> None:
    user.execute("insert into team (name, tags) values ('a', '{}'), ('b', '{}'), ('c', '{}')")
    tx = begin(user)
    user.execute("update team set name = name || '2', tags = '{\"x\": 1}'; insert into team (name) values ('d')")
    user.execute("insert into team (name) values ('e')")
    commit(engine, tx)
    user.execute("update team set tags = '{\"x\": 2}' where id = 1; delete from team where id = 2")
    user.execute("update team set tags = '{}' where id = 4; insert into member (team_id) values (5)")
    assert told(user, "iasql_revert(%s)", tx) == [
        ("conflict", "team", "1", "tags changed later"),
        ("update", "team", "1", None),
        ("conflict", "team", "2", "was deleted later"),
        ("update", "team", "3", None),
        ("conflict", "team", "4", "tags changed later"),
        ("conflict", "team", "5", 'member {"id": 1} refers to it'),
    ]
    assert user.execute("select id, name, tags from team order by id").fetchall() == [
        (1, "a", {"x": 2}),
        (3, "c", {}),
        (4, "d", {}),
        (5, "e", None),
    ]
    query = "select count(*) from iasql_audit_log where change_type = 'CONFLICT' and table_name = 'team'"
    assert one(user, query) == 4


def test_what_the_cloud_made_of_it_is_no_conflict(
    user: psycopg.Connection, engine: psycopg.Connection, writer: psycopg.Connection
) -> None:
    """Write-backs of the commit itself, and what AWS makes beside a resource, go with it."""
    tx = begin(user)
    user.execute("insert into team (name) values ('a')")
    markers.start_commit(engine, tx, net.last_id(engine, tx))
    writer.execute("update public.team set arn = 'arn:a', tags = '{\"aws\": 1}'")
    markers.end_commit(engine, tx)
    markers.close(engine, tx)
    writer.execute("insert into public.member (team_id, name) values (1, 'default')")
    writer.execute("update public.member set boss_id = 1")
    assert {row[:3] for row in told(user, "iasql_revert(%s)", tx)} == {
        ("delete", "team", "1"),
        ("delete", "member", "1"),
    }
    assert one(user, "select count(*) from team") == 0


def test_what_cannot_be_reverted(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    tx = begin(user)
    user.execute("insert into zone values ('a')")
    for call, code in {
        "iasql_restore(now())": "55006",
        f"iasql_revert('{tx}')": "55006",
        f"iasql_reopen('{tx}')": "55006",
    }.items():
        with pytest.raises(psycopg.Error) as caught:
            user.execute(f"select * from {call}".encode())
        assert caught.value.sqlstate == code, call
    user.execute("select * from iasql_rollback()")
    for call, code in {
        "iasql_restore(null)": "22004",
        "iasql_restore(now(), array['nothing'])": "42P01",
        "iasql_restore(now(), array['iasql_setting'])": "22023",
        "iasql_revert(null)": "22023",
        f"iasql_revert('{missing}')": "22023",
        f"iasql_reopen('{missing}')": "22023",
        f"iasql_revert('{tx}')": "55000",
    }.items():
        with pytest.raises(psycopg.Error) as caught:
            user.execute(f"select * from {call}".encode())
        assert caught.value.sqlstate == code, call
    assert one(user, "select count(*) from iasql_transaction where state = 'open'") == 0
    with pytest.raises(psycopg.errors.ActiveSqlTransaction), user.transaction():
        user.execute("insert into zone values ('b')")
        user.execute("select * from iasql_restore(now())")
    with pytest.raises(psycopg.errors.ActiveSqlTransaction), user.transaction():
        user.execute("select * from iasql_restore(now())")
        user.execute("insert into zone values ('c')")
    assert one(user, "select count(*) from zone") == 0


def test_over_tables_that_went_and_came_back(
    user: psycopg.Connection, engine: psycopg.Connection, writer: psycopg.Connection
) -> None:
    user.execute("insert into record select 'z', n, n from (values ('a'), ('b')) v (n) where false")
    user.execute("insert into zone values ('z', '1'), ('y', '1'); insert into record values ('z', 'www', 'x')")
    at = now(user)
    user.execute("delete from zone where name = 'y'")
    engine.execute("select iasql.log_all_deleted('record'), iasql.unwatch('record')")
    engine.execute("drop table public.record")
    assert told(user, "iasql_restore(%s)", at) == [
        ("conflict", "record", "www|z", "its module is not installed"),
        ("create", "zone", "y", None),
    ]
    user.execute("select * from iasql_rollback()")
    engine.execute("""
        create table public.record (zone varchar not null, name varchar, value varchar, ttl integer not null default 5,
          primary key (zone, name));
        select iasql.watch('public.record')""")
    writer.execute("insert into public.record (zone, name, value) values ('z', 'www', 'other')")
    assert told(user, "iasql_restore(%s)", at) == [("update", "record", "www|z", None), ("create", "zone", "y", None)]
    assert user.execute("select * from record").fetchall() == [("z", "www", "x", 5)]


def test_secrets_come_back(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    engine.execute("create table public.login (id integer primary key, word text)")
    engine.execute("select iasql.watch('public.login', masked => '{word}')")
    user.execute("insert into login values (1, 'first'), (2, 'gone')")
    at = now(user)
    user.execute("update login set word = 'second' where id = 1; delete from login where id = 2")
    user.execute("select * from iasql_restore(%s)", [at])
    words = [one(engine, "select iasql.secret('login', jsonb_build_object('id', %s::int), 'word')", n) for n in (1, 2)]
    assert words == ["first", "gone"]


def test_it_needs_the_role_of_a_user(database: Database, user: psycopg.Connection) -> None:
    for auditor in database.person("iasql_auditor"):
        for call in ("iasql_restore(now())", "iasql_revert(null)", "iasql_reopen(null)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                auditor.execute(f"select * from {call}".encode())


def test_a_user_s_own_rows_are_not_taken_along(user: psycopg.Connection) -> None:
    at: datetime = now(user)
    user.execute("insert into team (name) values ('a'), ('b')")
    user.execute("create table mine (team_id integer references team on delete cascade); insert into mine values (1)")
    (kept, gone) = told(user, "iasql_restore(%s)", at)
    assert kept[:3] == ("conflict", "team", "1")
    assert "mine_team_id_fkey" in kept[3]
    assert gone == ("delete", "team", "2", None)
    assert one(user, "select count(*) from mine") == 1
