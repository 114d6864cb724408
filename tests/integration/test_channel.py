"""The channel's failure modes, one by one, with the engine in a process of its own."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.integration.place import Aside, EchoEngine, Place, call, eventually, place

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def where() -> Iterator[Place]:
    """A database of this module's own; its server can be stopped when it is ours."""
    folder = Path(tempfile.mkdtemp(prefix="iasql-channel-"))
    try:
        with place(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def engines(where: Place) -> Iterator[list[EchoEngine]]:
    """The engines that were started; none outlives the module."""
    started: list[EchoEngine] = []
    yield started
    for engine in started:
        if engine.alive:
            engine.kill()


@pytest.fixture
def engine(where: Place, engines: list[EchoEngine]) -> EchoEngine:
    """A running engine: the one of the test before, unless that has ended it."""
    if not engines or not engines[-1].alive:
        engines.append(EchoEngine(where))
    return engines[-1]


@pytest.fixture
def no_engine(engines: list[EchoEngine]) -> None:
    """No engine runs."""
    while engines:
        last = engines.pop()
        if last.alive:
            last.stop()


@pytest.fixture
def alice(where: Place) -> Iterator[Connection]:
    """A user who is an operator as well."""
    with where.connect("test_alice") as connection:
        yield connection


@pytest.fixture
def bob(where: Place) -> Iterator[Connection]:
    """A user."""
    with where.connect("test_bob") as connection:
        yield connection


# what it is for


@pytest.mark.parametrize("op", ["echo", "echo_alone"])
@pytest.mark.parametrize("size", [0, 1, 5, 6, 1400, 1524, 3048, 10_000, 100_000])
def test_text_arrives_byte_for_byte(engine: EchoEngine, alice: Connection, op: str, size: int) -> None:
    letters = random.Random(size).choices("abc \n\t\\\"'{}%éß漢🦆\x01\x7f", k=size)
    text = "".join(letters)
    assert call(alice, op, text=text) == [{"text": text}]


def test_too_long_a_text_is_refused_before_it_is_sent(engine: EchoEngine, alice: Connection) -> None:
    with pytest.raises(errors.ProgramLimitExceeded, match=r"iasql_echo.* at most 1048576") as caught:
        call(alice, "echo", text="x" * 1_100_000)
    assert "row" in (caught.value.diag.message_hint or "")


def test_the_engine_knows_who_calls(engine: EchoEngine, where: Place, alice: Connection) -> None:
    alice.execute("set application_name = 'psql'")
    alice.execute("set iasql.actor = 'carol'")
    alice.execute("set role iasql_user")
    (told,) = call(alice, "who")
    assert told["user"] == "test_alice"
    assert {"iasql_user", "iasql_operator"} <= set(told["roles"])
    assert told["pid"] == alice.info.backend_pid
    assert (told["actor"], told["application_name"], told["database"]) == ("carol", "psql", where.database)


def test_a_role_that_may_not_is_refused(engine: EchoEngine, alice: Connection, bob: Connection) -> None:
    assert call(alice, "install", a=1) == [{"a": 1}]
    with pytest.raises(errors.InsufficientPrivilege, match=r"test_bob may not install.*iasql_operator"):
        call(bob, "install")


def test_an_unknown_operation_is_an_error(engine: EchoEngine, alice: Connection) -> None:
    with pytest.raises(errors.InvalidParameterValue, match="no operation nonsense"):
        call(alice, "nonsense")


def test_our_errors_arrive_whole(engine: EchoEngine, alice: Connection) -> None:
    with pytest.raises(errors.InvalidParameterValue) as caught:
        call(alice, "fail", how="ours")
    told = caught.value.diag
    assert (told.message_primary, told.message_detail, told.message_hint) == (
        "no such thing",
        "what was asked",
        "ask for another",
    )


@pytest.mark.parametrize("op", ["fail", "fail_alone"])
@pytest.mark.parametrize(
    ("how", "state", "text"),
    [
        ("other", "XX000", "LookupError: lost"),
        ("transaction", "XX000", "KeyError: 'lost'"),
        ("object", "XX000", "object is no value of a row"),
        ("nul", "22023", "the answer is no JSON"),
        ("row", "23502", 'null value in column "needed"'),
    ],
)
def test_any_other_error_is_told_without_values(
    engine: EchoEngine, alice: Connection, op: str, how: str, state: str, text: str
) -> None:
    with pytest.raises(psycopg.Error) as caught:
        call(alice, op, how=how)
    assert caught.value.sqlstate == state
    assert text in str(caught.value)
    assert "top secret" not in str(caught.value)
    assert call(alice, op.replace("fail", "echo"), a=1) == [{"a": 1}]


def test_progress_comes_as_notices_while_it_runs(engine: EchoEngine, where: Place, alice: Connection) -> None:
    heard: list[tuple[float, str | None]] = []
    alice.add_notice_handler(lambda told: heard.append((time.monotonic(), told.message_primary)))
    running = Aside(lambda: call(alice, "count_alone", n=4, pause=0.2))
    seen: set[tuple[int, int, str]] = set()
    with where.connect("test_bob") as other:
        while running.thread.is_alive():
            seen |= set(other.execute("select done, total, current from iasql_progress()").fetchall())
            time.sleep(0.05)
        assert other.execute("select * from iasql_progress()").fetchall() == []
    assert len(running.result()) == 4
    assert [text for _, text in heard] == [f"{i} of 4: counted" for i in range(1, 5)]
    assert heard[-1][0] - heard[0][0] > 0.5
    assert (2, 4, "counted") in seen


# one at a time, and beside


def test_a_second_exclusive_operation_is_refused_at_once(
    engine: EchoEngine, alice: Connection, bob: Connection
) -> None:
    running = Aside(lambda: call(alice, "count_alone", n=5, pause=0.2))
    time.sleep(0.3)
    began = time.monotonic()
    with pytest.raises(errors.ObjectInUse, match=r"cannot echo_alone now: count_alone by test_alice.*of 5"):
        call(bob, "echo_alone")
    assert call(bob, "echo", a=1) == [{"a": 1}]
    assert time.monotonic() - began < 0.4
    assert len(running.result()) == 5


def test_patient_operations_wait_and_are_waited_for(engine: EchoEngine, alice: Connection, bob: Connection) -> None:
    running = Aside(lambda: call(alice, "count_alone", n=3, pause=0.1))
    time.sleep(0.1)
    assert len(call(bob, "patient_alone", n=2)) == 2
    assert not running.thread.is_alive()
    patient = Aside(lambda: call(alice, "patient_alone", n=3, pause=0.1))
    time.sleep(0.1)
    assert call(bob, "echo_alone", a=1) == [{"a": 1}]
    assert len(patient.result()) == 3


def test_many_clients(engine: EchoEngine, where: Place) -> None:
    def ask(k: int) -> int:
        with where.connect("test_bob") as connection:
            return sum(call(connection, "echo", k=k, i=i) == [{"k": k, "i": i}] for i in range(10))

    clients = [Aside(lambda k=k: ask(k)) for k in range(32)]  # type: ignore[misc]
    assert sum(client.result(60) for client in clients) == 320
    assert where.leaks() == []


# callers that leave


def test_a_timeout_ends_the_call_at_once_and_the_engine_hears_of_it(
    engine: EchoEngine, where: Place, alice: Connection
) -> None:
    alice.execute("set statement_timeout = '300ms'")
    with pytest.raises(errors.QueryCanceled):
        call(alice, "leave", name="timeout")
    assert where.leaks() == []
    eventually(lambda: _heard(where, "timeout"))


def test_ctrl_c_ends_the_call_at_once(engine: EchoEngine, where: Place, alice: Connection) -> None:
    waiting = Aside(lambda: call(alice, "leave_alone", name="ctrl-c"))
    time.sleep(0.3)
    alice.cancel_safe()
    began = time.monotonic()
    with pytest.raises(errors.QueryCanceled):
        waiting.result()
    assert time.monotonic() - began < 0.5
    assert where.leaks() == []
    eventually(lambda: _heard(where, "ctrl-c"))
    assert call(alice, "echo_alone", a=1) == [{"a": 1}]


def test_a_lost_connection_is_noticed(engine: EchoEngine, where: Place, alice: Connection) -> None:
    waiting = Aside(lambda: call(alice, "leave", name="lost"))
    time.sleep(0.3)
    with socket.socket(fileno=os.dup(alice.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    with pytest.raises(psycopg.OperationalError):
        waiting.result()
    eventually(lambda: _heard(where, "lost"))


def test_what_was_read_for_a_caller_who_left_counts_for_nobody_else(
    engine: EchoEngine, where: Place, alice: Connection, bob: Connection
) -> None:
    """The engine has a window in hand and cannot free its caller yet; that one leaves, and another comes."""
    os.kill(engine.process.pid, signal.SIGSTOP)
    try:
        alice.execute("set statement_timeout = '200ms'")
        with pytest.raises(errors.QueryCanceled):
            call(alice, "echo", a=1)
        waiting = Aside(lambda: call(bob, "echo", b=2))
        time.sleep(0.3)
    finally:
        os.kill(engine.process.pid, signal.SIGCONT)
    assert waiting.result() == [{"b": 2}]


def test_an_engine_that_is_slow_to_answer_carries_out_once(engine: EchoEngine, where: Place, alice: Connection) -> None:
    """Longer than a caller's patience: it shows the same window again."""
    os.kill(engine.process.pid, signal.SIGSTOP)
    try:
        insert = "insert into public.heard values ('once')"
        waiting = Aside(lambda: call(alice, "execute_alone", sql=insert))
        time.sleep(6)
    finally:
        os.kill(engine.process.pid, signal.SIGCONT)
    assert waiting.result() == []
    with where.engine() as engine_:
        assert engine_.execute("select count(*) from public.heard where name = 'once'").fetchone() == (1,)


def test_calls_cancelled_at_random_disturb_nobody(engine: EchoEngine, where: Place) -> None:
    outcome: dict[str, int] = {"right": 0, "cancelled": 0, "wrong": 0}
    guard = threading.Lock()

    def note(what: str) -> None:
        with guard:
            outcome[what] += 1

    def ask(k: int, impatient: bool) -> None:
        dice = random.Random(k)
        with where.connect("test_bob") as connection:
            for i in range(60):
                if impatient:
                    connection.execute(f"set statement_timeout = {dice.randint(1, 40)}")  # type: ignore[call-overload]
                sent = {"k": k, "i": i, "text": "z" * dice.choice([0, 100, 4000])}
                try:
                    note("right" if call(connection, "echo", **sent) == [sent] else "wrong")
                except errors.QueryCanceled:
                    note("cancelled")

    askers = [Aside(lambda k=k: ask(k, k % 2 == 0)) for k in range(8)]  # type: ignore[misc]
    for asker in askers:
        asker.result(120)
    assert outcome["wrong"] == 0
    assert outcome["right"] >= 240
    assert outcome["cancelled"] > 0
    assert where.leaks() == []


# callers inside transactions


def test_other_isolation_levels_are_refused(engine: EchoEngine, alice: Connection) -> None:
    for level in ("repeatable read", "serializable"):
        alice.execute(f"begin isolation level {level}")  # type: ignore[call-overload]
        with pytest.raises(errors.ActiveSqlTransaction, match="READ COMMITTED"):
            call(alice, "echo")
        alice.rollback()


def test_uncommitted_changes_are_refused(engine: EchoEngine, alice: Connection) -> None:
    alice.execute("begin")
    alice.execute("insert into public.plain values (1)")
    with pytest.raises(errors.ActiveSqlTransaction, match="uncommitted") as caught:
        call(alice, "echo")
    assert caught.value.diag.message_hint
    alice.rollback()


def test_a_transaction_that_only_read_may_call_again_and_again(
    engine: EchoEngine, where: Place, alice: Connection
) -> None:
    alice.execute("begin")
    alice.execute("select count(*) from public.plain")
    for op in ("echo", "echo_alone", "echo"):
        assert call(alice, op, a=1) == [{"a": 1}]
    assert where.leaks() == []
    assert alice.execute("select pg_current_xact_id_if_assigned()").fetchone() == (None,)
    alice.rollback()


def test_a_deadlock_with_the_engines_ddl_is_found_and_explained(engine: EchoEngine, alice: Connection) -> None:
    alice.execute("begin")
    alice.execute("select * from public.plain")
    began = time.monotonic()
    with pytest.raises(errors.DeadlockDetected, match="an open transaction holds a lock that the engine needs"):
        call(alice, "execute_alone", sql="alter table public.plain add column if not exists j integer")
    assert time.monotonic() - began < 5
    alice.rollback()
    eventually(lambda: call(alice, "echo", a=1) == [{"a": 1}])


def test_the_engine_does_not_wait_for_a_lock_for_ever(
    engine: EchoEngine, where: Place, alice: Connection, bob: Connection
) -> None:
    bob.execute("begin")
    bob.execute("select * from public.plain")
    with pytest.raises(errors.LockNotAvailable, match="execute_alone gave up waiting for a lock"):
        call(alice, "execute_alone", sql="begin; set local lock_timeout = '200ms'; lock table public.plain")
    bob.rollback()
    assert call(alice, "execute_alone", sql="begin; lock table public.plain; commit") == []


# callers that forge


def test_forged_locks_do_nothing(engine: EchoEngine, alice: Connection, bob: Connection) -> None:
    bob.execute(
        """select pg_advisory_lock(726001, 1), pg_advisory_lock(726002, 1), pg_advisory_lock(726011, 1),
                  pg_advisory_lock(726012, 1)"""
    )
    bob.execute(
        "select pg_advisory_lock_shared((90::bigint << 56) | (i::bigint << 48) | i) from generate_series(0, 99) i"
    )
    for op in ("echo", "echo_alone"):
        assert call(alice, op, a=1) == [{"a": 1}]
    with pytest.raises(errors.InsufficientPrivilege, match="advisory locks"):
        call(bob, "echo", b=2)
    bob.execute("select pg_advisory_unlock_all()")
    assert call(bob, "echo", b=2) == [{"b": 2}]


def test_who_queues_at_a_gate_delays_callers_but_hangs_none(
    engine: EchoEngine, where: Place, alice: Connection
) -> None:
    with where.engine() as behind:
        query = """
            select classid::bigint::integer, objid::bigint::integer
            from pg_locks l join pg_stat_activity a using (pid)
            where l.locktype = 'advisory' and l.classid in (726002, 726011, 726012) and a.usename = 'iasql_engine'
              and l.database = (select oid from pg_database where datname = current_database())"""
        gates = behind.execute(query).fetchall()
    assert len(gates) == 3
    with where.connect("test_bob") as first, where.connect("test_bob") as second, where.connect("test_bob") as third:
        forgers = [
            Aside(lambda c=c, gate=gate: c.execute("select pg_advisory_lock(%s, %s)", gate))  # type: ignore[misc]
            for c, gate in zip((first, second, third), gates, strict=True)
        ]
        time.sleep(0.2)
        for op in ("echo", "echo_alone", "echo", "echo_alone"):
            assert call(alice, op, a=1) == [{"a": 1}]
        for forger in forgers:
            forger.result()


def test_nobody_else_can_lock_the_mutex_or_read_the_key(engine: EchoEngine, bob: Connection) -> None:
    for statement in (
        "lock table iasql.channel_mutex in exclusive mode",
        "select * from iasql.channel_key",
        "select * from iasql.reply",
        "select iasql.take_office()",
        "select iasql.await_request(null, 0, 0, 0)",
    ):
        bob.execute("begin")
        with pytest.raises(errors.InsufficientPrivilege):
            bob.execute(statement)  # type: ignore[call-overload]
        bob.rollback()


def test_what_a_caller_says_cannot_be_read_from_its_locks(where: Place, engine: EchoEngine) -> None:
    with where.engine() as behind:
        query = "select iasql.window_keys(convert_to('secret', 'utf8'), 1, true, sha256('key'))"
        (first,) = behind.execute(query).fetchone() or ()
        (second,) = behind.execute(query).fetchone() or ()
    low = (1 << 48) - 1
    assert not {key & low for key in first} & {key & low for key in second}
    assert int.from_bytes(b"secret", "big") not in {first[2] & low, (first[2] ^ first[0]) & low}


# engines that fail


def test_without_an_engine_the_error_says_how_to_start_one(no_engine: None, alice: Connection) -> None:
    began = time.monotonic()
    with pytest.raises(errors.SystemError, match="the engine is not running") as caught:
        call(alice, "echo")
    assert time.monotonic() - began < 0.2
    assert caught.value.sqlstate == "58000"
    assert "iasql up" in (caught.value.diag.message_hint or "")


@pytest.mark.parametrize("op", ["die", "die_alone"])
def test_an_engine_killed_during_a_call_is_told_within_seconds(engine: EchoEngine, alice: Connection, op: str) -> None:
    began = time.monotonic()
    with pytest.raises(errors.SystemError, match="the engine stopped while it worked on this request"):
        call(alice, op)
    assert time.monotonic() - began < 3
    engine.wait()


def test_an_engine_that_is_told_to_stop_lets_operations_end(engine: EchoEngine, alice: Connection) -> None:
    running = Aside(lambda: call(alice, "count_alone", n=100, pause=0.2))
    time.sleep(0.5)
    began = time.monotonic()
    assert engine.stop() == 0
    assert time.monotonic() - began < 3
    assert 1 <= len(running.result()) < 10


@pytest.mark.parametrize("purpose", ["worker", "announcer", "beside", "engine"])
def test_a_terminated_connection_is_made_anew(
    engine: EchoEngine, where: Place, alice: Connection, purpose: str
) -> None:
    call(alice, "echo")
    assert where.terminate(purpose) >= 1
    eventually(lambda: _answers(alice))
    for op in ("echo", "echo_alone"):
        assert call(alice, op, a=1) == [{"a": 1}]


def test_a_worker_terminated_in_a_statement_is_a_clear_error(
    engine: EchoEngine, where: Place, alice: Connection
) -> None:
    running = Aside(lambda: call(alice, "execute_alone", sql="select pg_sleep(20)"))
    time.sleep(0.3)
    assert where.terminate("worker") == 1
    with pytest.raises(errors.SystemError, match="the engine lost its connection to PostgreSQL while it worked on"):
        running.result(5)
    assert call(alice, "echo_alone", a=1) == [{"a": 1}]


def test_an_engine_terminated_during_a_call_is_a_clear_error(
    engine: EchoEngine, where: Place, alice: Connection
) -> None:
    # an operation that can end early would do so, and its answer might still get through
    running = Aside(lambda: call(alice, "execute_alone", sql="select pg_sleep(20)"))
    asleep = "select from pg_stat_activity where wait_event = 'PgSleep' and query = 'select pg_sleep(20)'"
    with where.engine() as behind:
        eventually(lambda: behind.execute(asleep).fetchone() is not None, 10)
    assert where.terminate("engine") == 1
    with pytest.raises(errors.SystemError, match="the engine stopped while it worked on this request"):
        running.result(5)
    eventually(lambda: _answers(alice))


def test_a_standby_takes_over_within_two_seconds(
    engine: EchoEngine, engines: list[EchoEngine], where: Place, alice: Connection
) -> None:
    (before,) = call(alice, "who")
    standby = EchoEngine(where, wait=False)
    engines.append(standby)
    eventually(lambda: _backends(where, "engine") == 2)
    assert call(alice, "who") == [before]
    engine.kill()
    assert eventually(lambda: _answers(alice)) < 2
    (after,) = call(alice, "who")
    assert after["epoch"] > before["epoch"]


def test_postgresql_stopped_and_started_under_the_engine(engine: EchoEngine, where: Place) -> None:
    if where.embedded is None:
        pytest.skip("this server is not ours to stop")
    with where.connect() as connection:
        (before,) = call(connection, "who")
    port = where.address.port
    where.embedded.stop()
    time.sleep(0.5)
    assert where.embedded.start() == where.address
    assert where.address.port == port
    with where.connect() as connection:
        assert eventually(lambda: _answers(connection), 10) < 10
        (after,) = call(connection, "who")
    assert engine.alive
    assert after["epoch"] > before["epoch"]


def _answers(connection: Connection) -> bool:
    try:
        return call(connection, "echo") == [{}]
    except errors.SystemError:
        return False


def _heard(where: Place, name: str) -> bool:
    with where.engine() as engine:
        return engine.execute("select from public.heard where name = %s", [name]).fetchone() is not None


def _backends(where: Place, purpose: str) -> int:
    with where.engine() as engine:
        query = "select count(*) from pg_stat_activity where application_name = %s and datname = current_database()"
        return int(engine.execute(query, [f"iasql: {purpose}"]).fetchone()[0])  # type: ignore[index]


def test_arguments_may_be_any_json(engine: EchoEngine, alice: Connection) -> None:
    sent = {"none": None, "many": [1, 2.5, "x"], "deep": {"a": {"b": []}}, "big": 2**60}
    assert call(alice, "echo", **sent) == [json.loads(json.dumps(sent))]
