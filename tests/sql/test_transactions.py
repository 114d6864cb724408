"""Transactions as spans of the log: states, what a PostgreSQL transaction around them does, ids, commits, ticks."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from iasql.db import home
from iasql.errors import Busy, NoTransaction, TransactionOpen
from iasql.log import agreement, markers, net, transaction
from tests.databases import Database, Server, new_database
from tests.sql.conftest import Log, begin, one

pytestmark = pytest.mark.usefixtures("tables")


def state(connection: psycopg.Connection, tx: str) -> str:
    return str(one(connection, "select state from iasql_transaction where transaction_id = %s", tx))


# inside of a PostgreSQL transaction


@pytest.mark.parametrize("call", ["select * from iasql_begin()", "select * from iasql_rollback()"])
@pytest.mark.parametrize(
    "before",
    [
        "begin; insert into zone values ('a')",
        "begin; update zone set note = 'x' where false",
        "begin; select pg_current_xact_id()",
        "begin isolation level repeatable read",
        "begin isolation level serializable",
    ],
)
def test_changes_around_it_are_refused(user: psycopg.Connection, call: str, before: str) -> None:
    user.execute(before.encode())
    with pytest.raises(psycopg.errors.ActiveSqlTransaction) as caught:
        user.execute(call.encode())
    hint = caught.value.diag.message_hint or ""
    assert all(name in hint for name in ("psql", "psycopg", "SQLAlchemy", "Django", "autocommit=True"))


def test_the_hint_fits_psql(user: psycopg.Connection) -> None:
    user.execute("set application_name = 'psql'")
    user.execute("begin; insert into zone values ('a')")
    with pytest.raises(psycopg.errors.ActiveSqlTransaction) as caught:
        user.execute("select * from iasql_begin()")
    assert caught.value.diag.message_hint == "psql: not between BEGIN and COMMIT, not with -1, not with AUTOCOMMIT off."


def test_a_begin_in_an_open_block_fails_at_its_commit(user: psycopg.Connection, log: Log) -> None:
    user.execute("begin")
    user.execute("select * from iasql_begin()")
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        user.execute("commit")
    assert log(None) == []


def test_a_rollback_in_an_open_block_fails_at_its_commit(user: psycopg.Connection) -> None:
    tx = begin(user)
    user.execute("insert into zone values ('a')")
    user.execute("begin")
    user.execute("select * from iasql_rollback()")
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        user.execute("commit")
    assert state(user, tx) == "open"
    assert one(user, "select count(*) from zone") == 1


@pytest.mark.parametrize(
    "text",
    [
        "begin; select * from iasql_begin(); insert into zone values ('a'); commit",
        "select * from iasql_begin(); insert into zone values ('a')",
    ],
)
def test_changes_after_a_begin_in_one_message_are_refused(user: psycopg.Connection, text: str, log: Log) -> None:
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        user.execute(text.encode())
    user.execute("rollback")
    assert log(None) == []


def test_changes_after_a_rollback_in_one_message_are_refused(user: psycopg.Connection) -> None:
    begin(user)
    with pytest.raises(psycopg.errors.ActiveSqlTransaction):
        user.execute("select * from iasql_rollback(); insert into zone values ('a')")


def test_a_driver_that_begins_by_itself_learns_of_it(database: Database) -> None:
    """psycopg's default: every statement opens a block."""
    connection = database.connect(autocommit=False)
    connection.execute("select * from iasql_begin(%s)", ["why"])
    with pytest.raises(psycopg.errors.ActiveSqlTransaction, match="cannot be part of a longer PostgreSQL transaction"):
        connection.commit()


def test_ordinary_calls_are_never_refused(user: psycopg.Connection) -> None:
    """Simple, with parameters, prepared, in binary, many times."""
    for number in range(40):
        if number % 4 == 0:
            user.execute("select * from iasql_begin()")
        elif number % 4 == 1:
            user.execute("select * from iasql_begin(%s)", ["why"])
        elif number % 4 == 2:
            user.execute("select * from iasql_begin(%s)", ["why"], prepare=True)
        else:
            user.execute("select * from iasql_begin(%s)", ["why"], binary=True)
        user.execute("insert into zone values (%s)", [str(number)], prepare=number % 2 == 0)
        user.execute("select * from iasql_rollback(%s::boolean)", [False])
    assert one(user, "select count(*) from iasql_transaction") == 40


# states


def test_begin_twice(user: psycopg.Connection, database: Database) -> None:
    begin(user)
    with pytest.raises(psycopg.errors.ObjectInUse, match=r"^Another transaction is open \(iasql, since \d{4}-"):
        begin(database.connect())


def test_rollback_of_none(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    with pytest.raises(psycopg.Error, match=r"Cannot execute without calling iasql_begin\(\) first") as caught:
        user.execute("select * from iasql_rollback()")
    assert caught.value.sqlstate == "25P01"
    tx = begin(user)
    commit(engine, tx)
    with pytest.raises(psycopg.Error) as caught:
        user.execute("select * from iasql_rollback()")
    assert f"iasql_revert('{tx}')" in (caught.value.diag.message_hint or "")


def commit(engine: psycopg.Connection, tx: str) -> None:
    """A commit that has nothing to do."""
    assert markers.start_commit(engine, tx, net.last_id(engine, tx)) is not None
    markers.end_commit(engine, tx)
    markers.close(engine, tx)


def test_a_commit_from_begin_to_end(
    user: psycopg.Connection, engine: psycopg.Connection, writer: psycopg.Connection, log: Log
) -> None:
    tx = begin(user, "why")
    user.execute("insert into team (name) values ('a')")
    assert state(user, tx) == "open"
    assert transaction.open_transaction(engine).transaction_id == tx
    following = markers.start_commit(engine, tx, net.last_id(engine, tx), "because")
    assert state(user, tx) == "committing"
    user.execute("update team set name = 'b'")
    writer.execute("update public.team set arn = 'arn:a'")
    for call, hint in (("select * from iasql_begin()", "commit"), ("select * from iasql_rollback()", "commit")):
        with pytest.raises(psycopg.Error, match=hint):
            user.execute(call.encode())
    with pytest.raises(Busy):
        transaction.open_transaction(engine)
    left = transaction.left_behind(engine)
    assert left is not None
    assert left.transaction_id == tx
    markers.end_commit(engine, tx)
    markers.close(engine, tx)
    assert transaction.left_behind(engine) is None
    row = user.execute(
        "select state, opened_by, message, changes, error from iasql_transaction where transaction_id = %s", [tx]
    )
    assert row.fetchone() == ("committed", "iasql", "because", 1, None)
    assert [str(t) for (t,) in log("team", "transaction_id")] == [tx, following, tx]


def test_back_to_open_before_any_call(user: psycopg.Connection, engine: psycopg.Connection, log: Log) -> None:
    tx = begin(user)
    user.execute("insert into zone values ('a')")
    markers.start_commit(engine, tx, net.last_id(engine, tx))
    user.execute("insert into zone values ('meanwhile')")
    markers.reopen(engine, tx)
    user.execute("insert into zone values ('b')")
    assert state(user, tx) == "open"
    assert {row.key["name"] for row in net.touched(engine, tx)} == {"a", "b"}
    user.execute("select * from iasql_rollback()")
    assert user.execute("select name from zone").fetchall() == [("meanwhile",)]


def test_a_failed_commit_is_brought_back(
    user: psycopg.Connection, engine: psycopg.Connection, writer: psycopg.Connection, log: Log
) -> None:
    """But for what somebody has changed since."""
    writer.execute("insert into public.team (name, arn) values ('a', '1'), ('b', '2'), ('c', '3')")
    tx = begin(user)
    user.execute(
        "update team set name = 'A' where id = 1; update team set name = 'B' where id = 2; delete from"
        " team where id = 3"
    )
    user.execute("insert into team (name) values ('d'), ('e')")
    following = markers.start_commit(engine, tx, net.last_id(engine, tx))
    user.execute("update team set name = 'mine' where id = 2; update team set name = 'mine too' where id = 5")
    markers.start_revert(engine, tx)
    user.execute("insert into zone values ('while reverting')")
    markers.rollback_span(engine, tx)
    markers.end_revert(engine, tx)
    markers.fail(engine, tx, "Instance cloud create error", residues=False)
    assert user.execute("select id, name, arn from team order by id").fetchall() == [
        (1, "a", "1"), (2, "mine", "2"), (3, "c", "3"), (5, "mine too", None)
    ]  # fmt: skip
    assert state(user, tx) == "rolled_back"
    assert (
        one(user, "select error from iasql_transaction where transaction_id = %s", tx) == "Instance cloud create error"
    )
    assert one(user, "select message from iasql_get_errors()") == "Instance cloud create error"
    rows = log("team", f"origin, restores, transaction_id = '{tx}'")
    assert rows[-3:] == [("engine", True, True)] * 3
    assert [str(t) for (t,) in log("zone", "transaction_id")] == [following]
    begin(user)


def test_failed_for_good(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    tx = begin(user)
    markers.start_commit(engine, tx, 0)
    markers.fail(engine, tx, "left behind: bucket b", residues=True)
    assert state(user, tx) == "failed"


def test_markers_notify(database: Database, user: psycopg.Connection) -> None:
    listener = database.connect()
    listener.execute("listen iasql")
    begin(user)
    (notice,) = listener.notifies(timeout=5, stop_after=1)
    assert "OPEN_TRANSACTION" in notice.payload


# ticks


def test_a_tick_takes_what_was_changed_outside(user: psycopg.Connection, engine: psycopg.Connection, log: Log) -> None:
    user.execute("insert into zone values ('a')")
    tx = markers.start_tick(engine)
    assert tx is not None
    user.execute("insert into zone values ('b')")
    assert [row.key for row in net.touched(engine, tx)] == [{"name": "a"}]
    assert begin(user)
    markers.end_commit(engine, tx)
    markers.close(engine, tx)
    assert state(user, tx) == "committed"
    with pytest.raises(TransactionOpen):
        transaction.refuse_open(engine)


def test_a_tick_of_nothing_and_a_tick_that_must_wait(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    assert markers.start_tick(engine) is None
    begin(user)
    user.execute("insert into zone values ('a')")
    assert markers.start_tick(engine) is None


def test_a_tick_that_an_engine_did_not_end(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a')")
    tx = markers.start_tick(engine)
    assert tx is not None
    user.execute("insert into zone values ('b')")
    following = markers.start_tick(engine)
    assert following not in {None, tx}
    assert state(user, tx) == "failed"
    assert {key["name"] for _, key in agreement.candidates(engine)} == {"a", "b"}


def test_candidates_are_above_the_watermark_or_held(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    user.execute("insert into zone values ('a'), ('b')")
    user.execute("update iasql_setting set value = 'hold' where name = 'outside_transaction'")
    assert {key["name"] for _, key in agreement.candidates(engine)} == {"a", "b"}
    engine.execute("select iasql.hold('zone', '{\"name\": \"a\"}', 'failed', '{}')")
    agreement.settle(engine, net.top(engine))
    user.execute("insert into zone values ('c')")
    assert {key["name"] for _, key in agreement.candidates(engine)} == {"a", "c"}


# calls


def test_an_intent_must_carry_the_current_epoch(engine: psycopg.Connection) -> None:
    first = one(engine, "update iasql.epoch set number = number + 1 returning number")
    row = [{"table_name": "zone", "key": {"name": "a"}, "change": {"intent": {"verb": "create"}}}]
    assert one(engine, "select iasql.log_calls(%s, %s)", Jsonb(row), first) > 0
    engine.execute("update iasql.epoch set number = number + 1")
    for epoch in (first, None):
        with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match="another engine has taken over"):
            engine.execute("select iasql.log_calls(%s, %s::bigint)", [Jsonb(row), epoch])


def test_errors_of_the_python_side(user: psycopg.Connection, engine: psycopg.Connection) -> None:
    with pytest.raises(NoTransaction):
        transaction.open_transaction(engine)
    with pytest.raises(NoTransaction):
        markers.start_commit(engine, "00000000-0000-0000-0000-000000000000", 0)


def test_databases_made_of_one_template_have_ids_of_their_own(server: Server, template: str) -> None:
    ids = set()
    for _ in range(2):
        for made in new_database(server, template):
            engine = made.connect("iasql_engine")
            home.settle(engine)
            ids.add(one(engine, "select user_transaction from iasql.gate"))
    assert len(ids) == 2
