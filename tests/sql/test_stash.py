"""Change sets that are put aside: without an engine, which is SQL alone."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.databases import Database
from tests.sql.conftest import begin, one
from tests.sql.test_restore import told
from tests.sql.test_rollback import CHANGES, rows, state

__all__ = ["rows"]
pytestmark = pytest.mark.usefixtures("tables")


def put_aside(user: psycopg.Connection, name: str, change: str) -> None:
    """Makes these changes in a transaction and puts it aside under a name."""
    begin(user, f"why {name}")
    with user.transaction():
        user.execute(change.encode())
    user.execute("select * from iasql_stash(%s)", [name])


def names(user: psycopg.Connection) -> list[str]:
    """What is put aside."""
    return [name for (name,) in user.execute("select distinct name from iasql_stashes() order by 1").fetchall()]


def refuses(user: psycopg.Connection, call: str, state: str) -> str:
    """A call fails with this SQLSTATE; its hint."""
    with pytest.raises(psycopg.Error) as caught:
        user.execute(f"select * from {call}".encode())
    assert caught.value.sqlstate == state, caught.value
    return caught.value.diag.message_hint or ""


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("change", [name for name in CHANGES if name not in {"insert and delete", "there and back"}])
def test_stash_and_unstash_is_nothing(user: psycopg.Connection, change: str) -> None:
    before = state(user)
    begin(user, "why")
    with user.transaction():
        user.execute(CHANGES[change].encode())
    after = state(user)
    made = sorted(user.execute("select * from iasql_get_sql_for_transaction()").fetchall())
    user.execute("select * from iasql_stash('a')")
    assert (state(user), names(user)) == (before, ["a"])
    assert [row for row in told(user, "iasql_unstash(%s)", "a") if row[3]] == []
    assert (state(user), names(user)) == (after, [])
    assert one(user, "select message from iasql_transaction where state = 'open'") == "why"
    assert sorted(user.execute("select * from iasql_get_sql_for_transaction()").fetchall()) == made
    user.execute("select * from iasql_rollback()")
    assert (state(user), names(user)) == (before, ["a"])


def test_many_wait_side_by_side_and_keep_their_authors(user: psycopg.Connection) -> None:
    user.execute("insert into team (name, tags) values ('a', '{}'), ('b', '{}')")
    user.execute("set iasql.actor = 'ann'")
    put_aside(
        user, "ann's", "update team set tags = '{\"x\": 1}' where name = 'a'; insert into team (name) values ('c')"
    )
    user.execute("set iasql.actor = 'bob'")
    put_aside(user, "bob's", "delete from team where name = 'b'")
    user.execute("reset iasql.actor")
    listed = user.execute(
        "select name, action, table_name, message, stashed_by, changed_by from iasql_stashes()"
    ).fetchall()
    assert sorted(listed) == [
        ("ann's", "create", "team", "why ann's", "ann", "ann"),
        ("ann's", "update", "team", "why ann's", "ann", "ann"),
        ("bob's", "delete", "team", "why bob's", "bob", "bob"),
    ]
    assert one(user, "select string_agg(state, ' ') from iasql_transaction") == "stashed stashed"
    found = user.execute("select action, changed_by from iasql_unstash('ann''s') order by 1").fetchall()
    assert found == [("create", "ann"), ("update", "ann")]
    query = """select distinct changed_by, "user", origin from iasql_audit_log where change_type <> 'DELETE'
      and transaction_id = (select transaction_id from iasql_transaction where state = 'open') and key is not null"""
    assert user.execute(query.encode()).fetchall() == [("ann", "iasql", "user")]
    assert (
        one(user, "select changed_by from iasql_blame('team', '{\"name\": \"c\"}') where column_name = 'name'") == "ann"
    )
    user.execute("insert into zone values ('by hand')")
    last = "select changed_by from iasql_audit_log where table_name = 'zone'"
    assert one(user, last) == "iasql"


def test_what_others_changed_meanwhile_is_a_conflict_and_nothing_is_lost(user: psycopg.Connection) -> None:
    user.execute("insert into team (name, tags) values ('a', '{}'), ('b', '{}'), ('c', '{}'), ('d', '{}')")
    put_aside(
        user,
        "set",
        """update team set tags = '{"x": 1}', region = 'eu-west-1' where name = 'a';
        update team set tags = '{"x": 1}' where name = 'b'; delete from team where name = 'c';
        update team set tags = '{"x": 1}' where name = 'd';
        insert into team (name, tags) values ('e', '{}'), ('f', '{}')""",
    )
    user.execute("update team set tags = '{\"x\": 2}' where name in ('a', 'c'); delete from team where name = 'b'")
    user.execute("update team set tags = '{\"x\": 1}' where name = 'd'")
    user.execute("insert into team (name, tags) values ('e', '{}'), ('f', '{\"other\": 1}')")
    taken = {name: str(number) for number, name in user.execute("select id, name from team").fetchall()}
    assert told(user, "iasql_unstash('set')") == [
        ("conflict", "team", "1", "tags changed later"),
        ("update", "team", "1", None),
        ("conflict", "team", "2", "was deleted later"),
        ("conflict", "team", "3", "tags changed later"),
        ("conflict", "team", taken["f"], "was created again later"),
    ]
    assert user.execute("select tags, region from team where name = 'a'").fetchall() == [({"x": 2}, "eu-west-1")]
    previewed = user.execute("select id from iasql_preview() where action = 'conflict'").fetchall()
    assert len(previewed) == 4
    user.execute("select * from iasql_rollback()")
    assert names(user) == ["set"]


def test_rows_are_found_by_what_names_them(user: psycopg.Connection) -> None:
    """Deleted and made again under another number, and referred to by that."""
    user.execute("insert into zone values ('z'); insert into team (name) values ('a'), ('b')")
    user.execute("insert into member (team_id, name) values (1, 'old')")
    put_aside(
        user,
        "set",
        "update team set region = 'eu-west-1' where name = 'a'; insert into member (team_id, name) values (1, 'new')",
    )
    user.execute("delete from member; delete from team where name = 'a'; insert into team (name) values ('c'), ('a')")
    assert told(user, "iasql_unstash('set')") == [("create", "member", "2", None), ("update", "team", "4", None)]
    query = "select t.name, t.region, m.name from team t join member m on m.team_id = t.id"
    assert user.execute(query).fetchall() == [("a", "eu-west-1", "new")]


def test_what_is_refused(user: psycopg.Connection, database: Database) -> None:
    refuses(user, "iasql_stash('a')", "25P01")
    assert refuses(user, "iasql_unstash('a')", "42704") == "There is none."
    tx = begin(user)
    user.execute("insert into zone values ('a'); delete from zone")
    refuses(user, "iasql_stash('a')", "55000")
    user.execute("insert into zone values ('a')")
    refuses(user, "iasql_stash('')", "22023")
    user.execute("select * from iasql_stash('a')")
    assert "iasql_unstash" in refuses(user, f"iasql_reopen('{tx}')", "55000")
    begin(user)
    user.execute("insert into zone values ('b')")
    refuses(user, "iasql_stash('a')", "42710")
    refuses(user, "iasql_unstash('a')", "55006")
    user.execute("select * from iasql_rollback()")
    assert refuses(user, "iasql_discard('b')", "42704") == "There are: a"
    user.execute("select * from iasql_discard('a')")
    assert names(user) == []
    for auditor in database.person("iasql_auditor"):
        assert auditor.execute("select * from iasql_stashes()").fetchall() == []
        for call in ("iasql_stash('a')", "iasql_unstash('a')", "iasql_discard('a')"):
            refuses(auditor, call, "42501")


def test_secrets_are_put_back(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    engine.execute("create table public.login (id integer primary key, word text)")
    engine.execute("select iasql.watch('public.login', masked => '{word}')")
    user.execute("insert into login values (1, 'first')")
    put_aside(user, "words", "update login set word = 'second' where id = 1; insert into login values (2, 'new')")
    user.execute("select * from iasql_unstash('words')")
    words: list[Any] = [
        one(engine, "select iasql.secret('login', jsonb_build_object('id', %s::int), 'word')", n) for n in (1, 2)
    ]
    assert words == ["second", "new"]
