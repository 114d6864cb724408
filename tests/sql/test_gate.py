"""The gate: a marker never cuts through somebody's uncommitted changes, and one begin wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from iasql.errors import Busy
from iasql.log import markers, net
from tests.databases import Database
from tests.sql.conftest import Log, begin, one

pytestmark = pytest.mark.usefixtures("tables")


def aside(work: Callable[[], object]) -> tuple[threading.Thread, list[object]]:
    """Runs something in a thread; what it gave or raised is in the list afterwards."""
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())
        except psycopg.Error as error:
            found.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, found


def test_begin_waits_for_whoever_is_writing(database: Database, user: psycopg.Connection, log: Log) -> None:
    writing = database.connect(autocommit=False)
    writing.execute("insert into zone values ('a')")
    thread, found = aside(lambda: begin(user))
    time.sleep(0.5)
    assert not found
    writing.execute("insert into zone values ('b')")
    writing.commit()
    thread.join(5)
    assert isinstance(found[0], str)
    assert found[0] not in {str(tx) for (tx,) in log("zone", "transaction_id")}


def test_others_write_on_while_a_begin_waits(database: Database, user: psycopg.Connection) -> None:
    """A queued lock would hold everybody up; the gate is tried for a moment at a time."""
    writing = database.connect(autocommit=False)
    writing.execute("insert into zone values ('a')")
    thread, found = aside(lambda: begin(user))
    other = database.connect()
    slowest = 0.0
    for number in range(20):
        started = time.monotonic()
        other.execute("insert into zone values (%s)", [f"n{number}"])
        slowest = max(slowest, time.monotonic() - started)
        time.sleep(0.05)
    assert slowest < 1
    assert not found
    writing.rollback()
    thread.join(5)
    assert isinstance(found[0], str)


def test_it_gives_up_and_names_whom_it_waited_for(database: Database, engine: psycopg.Connection) -> None:
    writing = database.connect(autocommit=False)
    writing.execute("set application_name = 'a notebook'")
    writing.execute("update zone set note = 'x' where false")
    pid = writing.info.backend_pid
    with pytest.raises(psycopg.errors.ObjectInUse, match=rf"pid {pid}, user iasql, application a notebook") as caught:
        engine.execute("select iasql.open_transaction('x', '0.3 s')")
    assert "pg_terminate_backend" in (caught.value.diag.message_hint or "")
    with pytest.raises(Busy, match=f"pid {pid}"):
        markers.start_tick(engine, patience=0.3)


def test_of_two_begins_exactly_one_wins(database: Database, engine: psycopg.Connection) -> None:
    for _ in range(5):
        connections = [database.connect() for _ in range(6)]
        results = [aside(lambda c=connection: begin(c)) for connection in connections]  # type: ignore[misc]
        for thread, _ in results:
            thread.join(20)
        outcomes = [found[0] for _, found in results]
        assert sum(isinstance(each, str) for each in outcomes) == 1
        assert all(isinstance(each, str) or "Another transaction is open" in str(each) for each in outcomes), outcomes
        connections[0].execute("select * from iasql_rollback()")
        for connection in connections:
            connection.close()
    opened = "select count(*) from public.iasql_audit_log where change_type = 'OPEN_TRANSACTION'"
    assert one(engine, opened) == 5


def test_slices_are_exact_under_concurrency(database: Database, log: Log) -> None:
    """Every row between two markers carries the id of the transaction that the first of them opened."""
    stop = time.monotonic() + 3

    def write(number: int) -> int:
        connection = database.connect(autocommit=False)
        written = 0
        while time.monotonic() < stop:
            for _ in range(3):
                connection.execute(
                    "insert into zone values (%s, '0') on conflict (name) do update set note = zone.note || '1'",
                    [f"z{number}-{written % 7}"],
                )
            connection.rollback() if written % 5 == 4 else connection.commit()
            written += 1
        return written

    def mark() -> int:
        connection, opened = database.connect(), 0
        while time.monotonic() < stop:
            connection.execute("select * from iasql_begin()")
            time.sleep(0.05)
            connection.execute("select * from iasql_rollback()")
            opened += 1
        return opened

    results = [aside(lambda n=number: write(n)) for number in range(3)] + [aside(mark)]  # type: ignore[misc]
    for thread, _ in results:
        thread.join(30)
    counts = [found[0] for _, found in results]
    assert all(isinstance(count, int) and count > 1 for count in counts), counts
    rows = log.connection.execute(
        "select change_type::text, transaction_id, key is null, restores from iasql_audit_log order by id"
    ).fetchall()
    current = None
    for kind, tx, marker, restores in rows:
        if marker and kind == "OPEN_TRANSACTION":
            current = tx
        elif marker and kind == "CLOSE_TRANSACTION":
            current = None
        elif not marker and current is not None:
            assert tx == current
        elif not marker:
            assert not restores


def test_what_was_rolled_back_is_gone_under_concurrency(database: Database, user: psycopg.Connection) -> None:
    user.execute("insert into zone select 'z' || n, '0' from generate_series(1, 5) n")
    stop = time.monotonic() + 2

    def write() -> int:
        connection, written = database.connect(), 0
        while time.monotonic() < stop:
            connection.execute("update zone set note = (note::int + 1)::text where name = 'z1'")
            written += 1
        return written

    results = [aside(write) for _ in range(2)]
    exact = 0
    while time.monotonic() < stop:
        begin(user)
        tx = one(database.connect("iasql_engine"), "select user_transaction from iasql.gate")
        time.sleep(0.02)
        user.execute("select * from iasql_rollback()")
        before = one(
            user,
            "select coalesce((select change->'original'->>'note' from iasql_audit_log where transaction_id = %s"
            " and key is not null and not restores order by id limit 1), 'none')",
            tx,
        )
        restored = one(
            user,
            "select coalesce((select change->'change'->>'note' from iasql_audit_log where transaction_id = %s"
            " and restores order by id desc limit 1), 'none')",
            tx,
        )
        assert restored == before
        exact += 1
    for thread, found in results:
        thread.join(10)
        assert isinstance(found[0], int), found
    assert exact > 3


@pytest.mark.parametrize("level", ["repeatable read", "serializable"])
def test_an_older_view_of_the_gate_fails(database: Database, user: psycopg.Connection, level: str) -> None:
    """40001: such a transaction would log under an id that is over."""
    old = database.connect()
    old.execute(f"begin isolation level {level}")
    old.execute("select 1 from zone")
    begin(user)
    with pytest.raises(psycopg.errors.SerializationFailure):
        old.execute("insert into zone values ('a')")


def test_repeatable_read_writes_otherwise(user: psycopg.Connection, log: Log) -> None:
    user.execute("begin isolation level repeatable read")
    user.execute("insert into zone values ('a')")
    user.execute("insert into zone values ('b')")
    user.execute("commit")
    assert len(log("zone")) == 2


def test_start_commit_notices_a_span_that_has_grown(
    user: psycopg.Connection, engine: psycopg.Connection, log: Log
) -> None:
    tx = begin(user)
    user.execute("insert into zone values ('a')")
    seen = net.last_id(engine, tx)
    user.execute("insert into zone values ('b')")
    assert markers.start_commit(engine, tx, seen) is None
    following = markers.start_commit(engine, tx, net.last_id(engine, tx), "why", "ada")
    user.execute("insert into zone values ('c')")
    assert [str(t) for (t,) in log("zone", "transaction_id")] == [tx, tx, following]
    assert log(None, "change_type::text, message, changed_by")[-2:] == [
        ("SET_COMMIT_MESSAGE", "why", "ada"),
        ("START_COMMIT", None, "ada"),
    ]


def test_pg_dump_is_not_in_the_way(database: Database, user: psycopg.Connection) -> None:
    """It locks every table in ACCESS SHARE mode."""
    dump = database.connect("iasql_engine", autocommit=False)
    dump.execute("lock table iasql.gate, public.iasql_audit_log in access share mode")
    started = time.monotonic()
    begin(user)
    assert time.monotonic() - started < 1
