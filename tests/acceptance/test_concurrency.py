"""Many at once: people, engines, databases. Nobody's change is lost, undone or taken for somebody else's."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import psycopg
import pytest

from iasql.cloud import writer
from iasql.cloud.verdict import CloudFailure
from iasql.db.connection import connect
from iasql.db.roles import create_user
from iasql.engine import carry_out as carry_out_module
from iasql.engine import commit as commit_module
from iasql.server.service import Service
from tests.acceptance.brake import brake, meanwhile
from tests.acceptance.conftest import Sql, Stack, look_at_one_region, running
from tests.databases import Database, Server, new_database

pytestmark = pytest.mark.modules("aws_sqs")


@pytest.fixture
def queues(sql: Sql) -> Sql:
    """A database with queues, in one region."""
    sql("select * from iasql_sync()")
    return sql


def with_queues(sql: Sql) -> Sql:
    look_at_one_region(sql, "aws_sqs")
    sql("select * from iasql_sync()")
    return sql


@pytest.fixture
def olga(database: Database, stack: Stack) -> Iterator[Sql]:
    """Somebody else, a user and no operator."""
    name, word = f"olga_{secrets.token_hex(4)}", secrets.token_urlsafe()
    with database.server.admin() as admin:
        create_user(admin, name, word, ["iasql_user"])
        with connect(attrs.evolve(database.address, passfile=None, passwords={name: word}), name, database.name) as c:
            yield Sql(c)
        admin.execute(f"drop role {name}".encode())


@pytest.fixture
def second(server: Server, template: str, stack: Stack) -> Iterator[Stack]:
    """Another database with its own engine, on the same account."""
    for database in new_database(server, template):
        with running(database, stack.endpoint) as found:
            yield found


def in_cloud(stack: Stack) -> set[str]:
    urls = stack.client("sqs").list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2] for url in urls}


def attributes(stack: Stack, name: str) -> tuple[str, str]:
    """Visibility timeout and delay of a queue in AWS."""
    sqs = stack.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"], AttributeNames=["All"])
    return found["Attributes"]["VisibilityTimeout"], found["Attributes"]["DelaySeconds"]


def until(condition: Callable[[], Any], seconds: float = 20) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


# people -------------------------------------------------------------------------------------------------------------


def test_of_many_begins_at_once_exactly_one_wins(queues: Sql, stack: Stack) -> None:
    people = [Sql(stack.connect()) for _ in range(8)]
    start = threading.Barrier(len(people))
    answers: list[str] = []

    def begin(person: Sql) -> None:
        start.wait()
        try:
            answers.append(person.one("select message from iasql_begin()")["message"])
        except psycopg.errors.ObjectInUse as error:
            answers.append((error.diag.message_primary or "")[:27])

    threads = [threading.Thread(target=begin, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == ["Another transaction is open"] * 7 + ["Transaction started"]
    assert queues.one("select count(*) from iasql_transaction where state = 'open'")["count"] == 1


def test_begin_waits_for_a_writer_in_flight(queues: Sql, stack: Stack) -> None:
    slow = stack.connect()
    slow.autocommit = False
    slow.execute("insert into queue (name) values ('outside')")
    other = Sql(stack.connect())
    with meanwhile(lambda: other("select * from iasql_begin()")) as begun:
        time.sleep(0.5)
        assert not begun.done()
        slow.commit()
        begun.result(10)
    assert other("select * from iasql_preview()") == []
    other("select * from iasql_rollback()")
    assert [row["name"] for row in queues("select name from queue")] == ["outside"]


def test_a_transaction_kept_to_its_owner(queues: Sql, olga: Sql) -> None:
    queues("update iasql_setting set value = 'owner' where name = 'transaction_scope'")
    olga("select * from iasql_begin('mine')")
    olga("insert into queue (name) values ('olgas')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the open transaction is olga_"):
        queues("insert into queue (name) values ('mine')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the open transaction is olga_"):
        queues("select * from iasql_commit()")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="the open transaction is olga_") as caught:
        queues("select * from iasql_rollback()")
    assert "iasql_rollback(force => true)" in (caught.value.diag.message_hint or "")
    refusals = queues("select change ->> 'operation' as op from iasql_audit_log where change_type = 'REFUSED'")
    assert [row["op"] for row in refusals] == ["commit", "rollback"]


def test_an_operator_takes_an_abandoned_transaction_over(queues: Sql, olga: Sql, stack: Stack) -> None:
    queues("update iasql_setting set value = 'owner' where name = 'transaction_scope'")
    olga("select * from iasql_begin('mine')")
    olga("insert into queue (name) values ('olgas')")
    olga.connection.close()
    queues("select * from iasql_rollback(force => true)")
    assert queues("select * from queue") == []
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('ours')")
    queues("select * from iasql_commit()")
    assert in_cloud(stack) == {"ours"}


def test_only_operators_force(queues: Sql, olga: Sql) -> None:
    queues("select * from iasql_begin()")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="iasql_operator"):
        olga("select * from iasql_rollback(force => true)")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="iasql_operator"):
        olga("select * from iasql_commit(force => true)")
    assert olga("select * from iasql_commit()") == []  # anybody may, as long as nothing is forced


# cancel, result, wait -----------------------------------------------------------------------------------------------


@contextmanager
def one_by_one(monkeypatch: pytest.MonkeyPatch, verb: str, number: int) -> Iterator[Any]:
    """The calls of a wave one after the other; the brake is at the one with this number."""
    calls = iter(range(1, 100))
    monkeypatch.setattr(carry_out_module, "AT_A_TIME", 1)
    with brake(monkeypatch, writer, verb, when=lambda *a, **n: next(calls) == number) as held:
        yield held


def three_queues(sql: Sql) -> str:
    tx = sql.one("select transaction_id from iasql_begin()")["transaction_id"]
    sql("insert into queue (name) values ('a'), ('b'), ('c')")
    return str(tx)


def test_nothing_to_cancel(queues: Sql) -> None:
    assert queues("select * from iasql_cancel()") == [{"message": "nothing is running", "transaction_id": None}]


def test_a_cancelled_commit_is_brought_back(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    tx = three_queues(queues)
    other = Sql(stack.connect())
    with (
        one_by_one(monkeypatch, "create", 2) as held,
        meanwhile(lambda: other("select * from iasql_commit()")) as answer,
    ):
        held.reached()
        told = queues.one("select * from iasql_cancel()")
        assert told["message"] == "commit by iasql will stop at its next safe point"
        assert str(told["transaction_id"]) == tx
        held.release()
        with pytest.raises(psycopg.Error, match="the commit was cancelled by iasql: what it had done was brought back"):
            answer.result(30)
    assert in_cloud(stack) == set()
    assert queues("select * from queue") == []
    found = queues.one("select * from iasql_result(%s)", tx)
    assert (found["state"], found["changes"]) == ("rolled_back", 3)
    assert "cancelled by iasql" in found["error"]


def test_a_commit_cancelled_before_its_first_call_stays_open(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    tx = three_queues(queues)
    other = Sql(stack.connect())
    with (
        brake(monkeypatch, commit_module.markers, "start_commit") as held,
        meanwhile(lambda: other("select * from iasql_commit()")) as answer,
    ):
        held.reached()
        queues("select * from iasql_cancel()")
        held.release()
        with pytest.raises(psycopg.errors.QueryCanceled, match="nothing was called, the transaction is open as it was"):
            answer.result(30)
    assert queues.one("select state from iasql_result(%s)", tx)["state"] == "open"
    assert in_cloud(stack) == set()
    queues("select * from iasql_commit()")
    assert in_cloud(stack) == {"a", "b", "c"}


def test_a_commit_that_has_begun_to_destroy_goes_on(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    three_queues(queues)
    queues("select * from iasql_commit()")
    queues("select * from iasql_begin()")
    queues("delete from queue")
    other = Sql(stack.connect())
    with (
        one_by_one(monkeypatch, "delete", 2) as held,
        meanwhile(lambda: other("select * from iasql_commit()")) as answer,
    ):
        held.reached()
        queues("select * from iasql_cancel()")
        held.release()
        assert len(answer.result(30)) == 3
    assert in_cloud(stack) == set()


def test_a_cancelled_sync_keeps_the_rest_pending(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    queues("insert into queue (name) values ('a'), ('b'), ('c')")
    other = Sql(stack.connect())
    with (
        one_by_one(monkeypatch, "create", 2) as held,
        meanwhile(lambda: other("select * from iasql_sync()")) as answer,
    ):
        held.reached()
        queues("select * from iasql_cancel()")
        held.release()
        assert len(answer.result(30)) == 2
    assert len(in_cloud(stack)) == 2
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == {"a", "b", "c"}


def test_a_commit_that_nobody_waits_for(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    tx = three_queues(queues)
    with brake(monkeypatch, writer, "create") as held:
        rows = queues("select * from iasql_commit('in the background', wait => false)")
        assert sorted((row["action"], row["table_name"]) for row in rows) == [("create", "queue")] * 3
        held.reached()
        assert queues.one("select state from iasql_result(%s)", tx)["state"] == "committing"
        assert queues.one("select transaction_id::text as tx from iasql_result()")["tx"] == tx
        held.release()
        assert queues.one("select iasql_wait_for_all(30) as done")["done"]
    assert queues.one("select state, message, error, cloud_calls from iasql_result(%s)", tx) == {
        "state": "committed",
        "message": "in the background",
        "error": None,
        "cloud_calls": 3,
    }
    assert in_cloud(stack) == {"a", "b", "c"}


def test_a_commit_that_nobody_waits_for_may_fail(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    tx = three_queues(queues)
    listener = stack.connect()
    listener.execute("listen iasql")
    with monkeypatch.context() as patched, one_by_one(patched, "create", 2) as held:
        queues("select * from iasql_commit(wait => false)")
        held.reached()
        patched.setattr(writer, "create", refuse)
        held.release()
        assert queues.one("select iasql_wait_for_all(30) as done")["done"]
    found = queues.one("select state, error from iasql_result(%s)", tx)
    assert found["state"] == "rolled_back"
    assert "Queue cloud create error" in found["error"]
    assert in_cloud(stack) == set()
    assert queues("select * from queue") == []
    assert any('"ERROR"' in note.payload for note in listener.notifies(timeout=1))


def refuse(*arguments: Any, **named: Any) -> None:
    raise CloudFailure(kind="refused", code="NoMore", text="no more queues", operation="CreateQueue")


def test_a_refusal_comes_at_once_also_when_nobody_waits(queues: Sql) -> None:
    tx = queues.one("select transaction_id from iasql_begin()")["transaction_id"]
    queues("insert into queue (name, visibility_timeout) values ('a', 99999)")
    with pytest.raises(psycopg.Error, match="visibility_timeout"):
        queues("select * from iasql_commit(wait => false)")
    assert queues.one("select state from iasql_result(%s)", tx)["state"] == "open"
    with pytest.raises(psycopg.Error, match="there is no transaction 0"):
        queues("select * from iasql_result('00000000-0000-0000-0000-000000000000')")


def test_waiting_for_a_row(queues: Sql, stack: Stack) -> None:
    other = Sql(stack.connect())
    wait = "select iasql_wait_for('queue', '{\"name\": \"a\"}', %s, %s) as done"
    with meanwhile(lambda: other.one(wait, '{"visibility_timeout": 77}', 20)) as waiting:
        queues("insert into queue (name) values ('a')")
        time.sleep(0.2)
        assert not waiting.done()
        queues("update queue set visibility_timeout = 77")
        assert waiting.result(20) == {"done": True}
    with pytest.raises(psycopg.errors.QueryCanceled, match=r"queue .* did not become .*78.* within 0 s") as caught:
        queues(wait, '{"visibility_timeout": 78}', 0)
    assert "77" in (caught.value.diag.message_detail or "")
    with pytest.raises(psycopg.errors.UndefinedColumn, match="queue has no column nme"):
        queues("select iasql_wait_for('queue', '{\"nme\": \"a\"}')")
    with pytest.raises(psycopg.errors.UndefinedTable, match="no installed module has a table qeue"):
        queues("select iasql_wait_for('qeue', '{\"name\": \"a\"}')")
    with pytest.raises(psycopg.errors.QueryCanceled, match="something left to carry out") as caught:
        queues("select iasql_wait_for_all(0)")
    assert "queue" in (caught.value.diag.message_detail or "")


# engines ------------------------------------------------------------------------------------------------------------


def test_a_standby_takes_over(queues: Sql, stack: Stack) -> None:
    standby = Service(address=stack.address, database=stack.database, sync_interval=0)
    thread = threading.Thread(target=standby.run, daemon=True)
    thread.start()
    try:
        assert not standby.ready.wait(1)
        queues("select * from iasql_begin()")
        queues("insert into queue (name) values ('jobs')")
        stack.stop()
        started = time.monotonic()
        assert standby.ready.wait(10)
        assert time.monotonic() - started < 3
        queues("select * from iasql_commit()")
        assert in_cloud(stack) == {"jobs"}
    finally:
        standby.stop()
        thread.join(20)


def test_only_the_clock_of_the_engine_in_office_ticks(queues: Sql, stack: Stack) -> None:
    standby = Service(address=stack.address, database=stack.database, sync_interval=0.2)
    thread = threading.Thread(target=standby.run, daemon=True)
    thread.start()
    try:
        queues("insert into queue (name) values ('jobs')")
        time.sleep(1)
        assert in_cloud(stack) == set()
        stack.stop()
        until(lambda: in_cloud(stack) == {"jobs"})
    finally:
        standby.stop()
        thread.join(20)


# databases ----------------------------------------------------------------------------------------------------------


def test_two_databases_on_one_account_do_not_undo_each_other(queues: Sql, stack: Stack, second: Stack) -> None:
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('jobs')")
    queues("select * from iasql_commit()")
    theirs = with_queues(Sql(second.connect()))
    queues("select * from iasql_begin()")
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_commit()")
    theirs("select * from iasql_begin()")
    theirs("update queue set delay_seconds = 5")
    theirs("select * from iasql_commit()")
    assert attributes(stack, "jobs") == ("60", "5")
    for _ in range(2):
        queues("select * from iasql_sync()")
        theirs("select * from iasql_sync()")
    shown = "select visibility_timeout, delay_seconds from queue"
    assert queues(shown) == theirs(shown) == [{"visibility_timeout": 60, "delay_seconds": 5}]
    assert attributes(stack, "jobs") == ("60", "5")


def test_the_same_column_in_two_databases_is_a_conflict(queues: Sql, stack: Stack, second: Stack) -> None:
    queues("insert into queue (name) values ('jobs')")
    queues("select * from iasql_sync()")
    theirs = with_queues(Sql(second.connect()))
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    theirs("select * from iasql_begin()")
    theirs("update queue set visibility_timeout = 90")
    with pytest.raises(psycopg.Error, match="visibility_timeout: agreed 30, ours 90, in the cloud 60") as caught:
        theirs("select * from iasql_commit()")
    assert caught.value.sqlstate == "IA002"
    assert attributes(stack, "jobs")[0] == "60"
    theirs("select * from iasql_commit(force => true)")
    queues("select * from iasql_sync()")
    assert queues("select visibility_timeout from queue") == [{"visibility_timeout": 90}]


def test_a_deletion_in_one_database_reaches_the_other(queues: Sql, stack: Stack, second: Stack) -> None:
    queues("insert into queue (name) values ('jobs')")
    queues("select * from iasql_sync()")
    theirs = with_queues(Sql(second.connect()))
    queues("delete from queue")
    queues("select * from iasql_sync()")
    theirs("select * from iasql_sync()")
    assert theirs("select * from queue") == []
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == set()


def test_a_mirror_only_follows(queues: Sql, stack: Stack, second: Stack) -> None:
    mirror = with_queues(Sql(second.connect()))
    mirror("insert into iasql_mode (mode) values ('TRACK')")
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=r"queue .* only follows the cloud") as caught:
        mirror("insert into queue (name) values ('mine')")
    assert "TRACK" in (caught.value.diag.message_hint or "")
    for change in ("insert into queue (name) values ('jobs')", "update queue set delay_seconds = 3"):
        queues(change)
        queues("select * from iasql_sync()")
        mirror("select * from iasql_sync()")
    assert mirror("select name, delay_seconds from queue") == [{"name": "jobs", "delay_seconds": 3}]
    for change in ("update queue set delay_seconds = 4", "delete from queue", "truncate queue"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            mirror(change)
    assert mirror("select * from iasql_sync()") == []
    assert attributes(stack, "jobs") == ("30", "3")


# news ---------------------------------------------------------------------------------------------------------------


def test_notifications_and_notices(queues: Sql, stack: Stack) -> None:
    listener = stack.connect()
    listener.execute("listen iasql")
    notices: list[str] = []
    queues.connection.add_notice_handler(lambda told: notices.append(told.message_primary or ""))
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('a'), ('b')")
    queues("select * from iasql_commit()")
    heard = [note.payload for note in listener.notifies(timeout=1)]
    for marker in ("OPEN_TRANSACTION", "START_COMMIT", "END_COMMIT", "CLOSE_TRANSACTION"):
        assert any(f'"{marker}"' in payload for payload in heard), marker
    assert [told for told in notices if told.startswith(("1 of 2: queue", "2 of 2: queue"))]
    stack.client("sqs").set_queue_attributes(
        QueueUrl=stack.client("sqs").get_queue_url(QueueName="a")["QueueUrl"], Attributes={"DelaySeconds": "7"}
    )
    queues("update queue set delay_seconds = 9 where name = 'a'")
    queues("insert into queue (name, visibility_timeout) values ('c', 99999)")
    queues("select * from iasql_sync()")
    heard = [note.payload for note in listener.notifies(timeout=1)]
    assert any('"CONFLICT"' in payload and '"queue"' in payload for payload in heard)


def test_a_conflict_is_told_once(queues: Sql, stack: Stack) -> None:
    queues("insert into queue (name) values ('a')")
    queues("select * from iasql_sync()")
    sqs = stack.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="a")["QueueUrl"], Attributes={"DelaySeconds": "7"})
    queues("update queue set delay_seconds = 9")
    for _ in range(3):
        queues("select * from iasql_sync()")
    assert [row["kind"] for row in queues("select kind from iasql_conflict")] == ["conflict"]
    assert queues.one("select count(*) from iasql_audit_log where change_type = 'CONFLICT'")["count"] == 1
    queues("update queue set delay_seconds = 7")
    queues("select * from iasql_sync()")
    assert queues("select * from iasql_conflict") == []
