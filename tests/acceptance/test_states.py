"""Every cell of the table of states: what is answered, with message, SQLSTATE and hint, and what is left afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from iasql.cloud import writer
from iasql.engine import commit as commit_module
from iasql.engine import refresh as refresh_module
from iasql.engine import sync as sync_module
from tests.acceptance.brake import Brake, brake, meanwhile
from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_sqs")

BUSY, NO_ENGINE, NONE_OPEN, INSIDE = "55006", "58000", "25P01", "25001"
CELLS = Path(__file__).with_name("states.tsv")
STATES = ("clean", "open", "committing", "interrupted", "syncing")
DEAD = {("engine dies", "interrupted")}
NONE_OPEN_TEXT = r"^Cannot execute without calling iasql_begin\(\) first"


@pytest.fixture
def queues(sql: Sql) -> Sql:
    """A database with queues, in one region."""
    sql("select * from iasql_sync()")
    return sql


@contextmanager
def refused(state: str, message: str, hint: str = "") -> Iterator[pytest.ExceptionInfo[psycopg.Error]]:
    """The block is refused with this SQLSTATE, message and hint."""
    with pytest.raises(psycopg.Error) as caught:
        yield caught
    assert caught.value.sqlstate == state, caught.value
    assert re.search(message, caught.value.diag.message_primary or "")
    assert re.search(hint, caught.value.diag.message_hint or "")


@contextmanager
def committing(stack: Stack, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Brake, Any]]:
    """A commit that stands still in its first call."""
    sql("select * from iasql_begin('slow')")
    sql("insert into queue (name) values ('slow')")
    other = Sql(stack.connect())
    with (
        brake(monkeypatch, writer, "create") as held,
        meanwhile(lambda: other("select * from iasql_commit()")) as answer,
    ):
        held.reached()
        yield held, answer


def in_cloud(stack: Stack) -> set[str]:
    """The names of the queues that AWS has."""
    urls = stack.client("sqs").list_queues().get("QueueUrls", [])
    return {url.rpartition("/")[2] for url in urls}


def timeout_of(stack: Stack, name: str) -> str:
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    return str(found["Attributes"]["VisibilityTimeout"])


def named(rows: list[dict[str, Any]]) -> list[str]:
    """The names in these rows, without the region that follows."""
    return sorted(row["description"].partition("|")[0] for row in rows)


def state_of(sql: Sql, tx: object) -> str:
    return str(sql.one("select state from iasql_result(%s)", tx)["state"])


def ways_on(sql: Sql) -> list[str]:
    """Every call that asks for another state; the log has something to go back to, to open again and to put back."""
    first = begun(sql, "insert into queue (name) values ('first')")
    sql("select * from iasql_commit()")
    second = begun(sql, "insert into queue (name) values ('second')")
    sql("select * from iasql_rollback()")
    begun(sql, "insert into queue (name) values ('third')")
    sql("select * from iasql_stash('put aside')")
    begun(sql, "delete from queue where name = 'first'")
    sql("select * from iasql_commit()")
    return [
        "iasql_begin()",
        "iasql_preview()",
        "iasql_commit()",
        "iasql_rollback()",
        f"iasql_revert('{first}')",
        "iasql_restore(now() - interval '1 s')",
        f"iasql_reopen('{second}')",
        "iasql_stash('another')",
        "iasql_unstash('put aside')",
        "iasql_refresh()",
        "iasql_sync()",
        "iasql_install('aws_cloudwatch')",
        "iasql_uninstall('aws_sqs')",
    ]


def begun(sql: Sql, statement: str) -> str:
    """A transaction with one statement; its id."""
    tx = sql.one("select transaction_id from iasql_begin()")["transaction_id"]
    sql(statement)
    return str(tx)


def test_every_cell_has_its_test() -> None:
    """states.tsv names one for each event in each state; what has no meaning is left out there."""
    lines = [line.split("\t") for line in CELLS.read_text().splitlines()[1:]]
    missing = [name for _, _, name in lines if f"def {name.partition('::')[2]}(" not in source(name)]
    assert missing == []
    events = {event for event, state, _ in lines if state == "open"}
    empty = {(event, state) for event in events for state in STATES} - {(event, state) for event, state, _ in lines}
    assert empty == {("tick", "interrupted"), ("tick", "syncing"), ("expiry of a commit", "interrupted"), *DEAD}


def source(name: str) -> str:
    return (CELLS.parent / name.partition("::")[0]).read_text()


# clean --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", ["iasql_preview()", "iasql_commit()", "iasql_rollback()"])
def test_clean_there_is_nothing_to_do(queues: Sql, call: str) -> None:
    with refused(NONE_OPEN, NONE_OPEN_TEXT):
        queues(f"select * from {call}")


def test_clean_rollback_after_a_commit_names_revert(queues: Sql) -> None:
    tx = queues.one("select transaction_id from iasql_begin()")["transaction_id"]
    queues("insert into queue (name) values ('jobs')")
    queues("select * from iasql_commit()")
    with refused(NONE_OPEN, NONE_OPEN_TEXT, re.escape(f"select * from iasql_revert('{tx}')")):
        queues("select * from iasql_rollback()")


def test_clean_begin_leaves_earlier_changes_outside(queues: Sql, stack: Stack) -> None:
    queues("insert into queue (name) values ('before')")
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('inside')")
    assert named(queues("select * from iasql_preview()")) == ["inside"]
    queues("select * from iasql_commit()")
    assert in_cloud(stack) == {"inside"}
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == {"before", "inside"}


# open ---------------------------------------------------------------------------------------------------------------


def test_open_begin_tells_who_and_since_when(queues: Sql, stack: Stack) -> None:
    queues("select * from iasql_begin()")
    with refused(BUSY, r"^Another transaction is open \(iasql, since \d{4}-\d\d-\d\d \d\d:", "iasql_rollback"):
        Sql(stack.connect())("select * from iasql_begin()")


def test_open_nothing_else_opens(queues: Sql) -> None:
    ways = ("iasql_revert", "iasql_restore", "iasql_reopen", "iasql_unstash")
    opening = [call for call in ways_on(queues) if call.startswith(ways)]
    assert len(opening) == 4
    begun(queues, "insert into queue (name) values ('mine')")
    for call in opening:
        with refused(BUSY, "^Another transaction is open"):
            queues(f"select * from {call}")
    assert named(queues("select * from iasql_preview()")) == ["mine"]


def test_open_refresh_keeps_pending_columns(queues: Sql, stack: Stack) -> None:
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('jobs')")
    queues("select * from iasql_commit()")
    queues("select * from iasql_begin()")
    queues("update queue set visibility_timeout = 99")
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "7"})
    queues("select * from iasql_refresh()")
    assert queues.one("select visibility_timeout, delay_seconds from queue") == {
        "visibility_timeout": 99,
        "delay_seconds": 7,
    }
    (row,) = queues("select * from iasql_preview()")
    assert row["changes"] == {"visibility_timeout": {"from": 30, "to": 99}}


def test_open_sync_is_refused_and_the_tick_pauses(queues: Sql, stack: Stack) -> None:
    queues("insert into queue (name) values ('before')")
    queues("select * from iasql_begin()")
    with refused(BUSY, "^Another transaction is open", "Commit or roll back first"):
        queues("select * from iasql_sync()")
    clock = Sql(stack.connect("iasql_engine"))
    assert clock("select * from iasql.call('tick', '{}')") == []
    assert in_cloud(stack) == set()


def test_open_install_and_uninstall_have_their_own_transaction(queues: Sql) -> None:
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('jobs')")
    queues("select * from iasql_install('aws_cloudwatch')")
    with refused("IA001", "^these tables have pending changes: queue", "Commit or roll"):
        queues("select * from iasql_uninstall('aws_sqs')")
    queues("select * from iasql_rollback()")
    installed = {row["module_name"] for row in queues("select * from iasql_modules_installed()")}
    assert {"aws_cloudwatch", "aws_sqs"} <= installed
    assert queues("select * from queue") == []
    queues("select * from iasql_begin()")
    queues("select * from iasql_uninstall('aws_cloudwatch')")
    queues("select * from iasql_rollback()")
    assert "aws_cloudwatch" not in {row["module_name"] for row in queues("select * from iasql_modules_installed()")}


def test_open_survives_the_engine(queues: Sql, stack: Stack) -> None:
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('jobs')")
    stack.stop()
    with refused(NO_ENGINE, "^the engine is not running", "iasql up"):
        queues("select * from iasql_commit()")
    assert [row["action"] for row in queues("select * from iasql_preview()")] == ["create"]  # as the log knows it
    stack.start()
    queues("select * from iasql_commit()")
    assert in_cloud(stack) == {"jobs"}


# committing, engine up ----------------------------------------------------------------------------------------------


def test_committing_everything_else_is_busy(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ways_on(queues)
    with committing(stack, queues, monkeypatch) as (held, answer):
        for call in calls:
            with refused(BUSY, "commit.*iasql"):
                queues(f"select * from {call}")
        held.release()
        answer.result(20)
    assert in_cloud(stack) == {"slow"}
    attempts = queues("select changed_by, message from iasql_audit_log where change_type = 'REFUSED'")
    assert [row["changed_by"] for row in attempts] == ["iasql"] * len(calls)


def test_committing_begin_tells_progress_and_rollback_the_way_out(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues("select * from iasql_begin()")
    queues("insert into queue (name) values ('a'), ('b')")
    other = Sql(stack.connect())
    with (
        brake(monkeypatch, commit_module.markers, "end_commit") as held,
        meanwhile(lambda: other("select * from iasql_commit()")) as answer,
    ):
        held.reached()
        with refused(BUSY, r"^a commit is running \(iasql, since", r"iasql_progress\(\).*iasql_cancel\(\)") as told:
            queues("select * from iasql_begin()")
        assert re.search("commit by iasql: 2 of 2", told.value.diag.message_detail or "")
        assert queues.one("select done, total from iasql_progress()") == {"done": 2, "total": 2}
        with refused(BUSY, "^a commit is running", r"iasql_cancel\(\)"):
            queues("select * from iasql_rollback()")
        held.release()
        answer.result(20)


def test_committing_a_write_belongs_to_the_next_transaction(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with committing(stack, queues, monkeypatch) as (held, answer):
        queues("insert into queue (name) values ('later')")
        queues("update queue set visibility_timeout = 77 where name = 'slow'")
        held.release()
        answer.result(20)
    assert in_cloud(stack) == {"slow"}
    assert timeout_of(stack, "slow") == "30"
    assert queues.one("select visibility_timeout from queue where name = 'slow'")["visibility_timeout"] == 77
    assert queues.one("select url from queue where name = 'slow'")["url"]
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == {"slow", "later"}
    assert timeout_of(stack, "slow") == "77"


def test_committing_the_tick_waits(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, other = Sql(stack.connect("iasql_engine")), Sql(stack.connect("iasql_engine"))
    with (
        committing(stack, queues, monkeypatch) as (held, answer),
        meanwhile(lambda: clock("select * from iasql.call('tick', '{}')")) as tick,
        meanwhile(lambda: other("select * from iasql.call('expire', '{}')")) as expiry,
    ):
        queues("insert into queue (name) values ('later')")
        time.sleep(0.3)
        assert not tick.done()
        assert not expiry.done()
        held.release()
        for each in (answer, tick, expiry):
            each.result(20)
    assert in_cloud(stack) == {"slow", "later"}


# committing, engine down --------------------------------------------------------------------------------------------


def interrupted(stack: Stack, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves a commit behind whose engine has gone."""
    sql("select * from iasql_begin('slow')")
    sql("insert into queue (name) values ('slow')")
    with monkeypatch.context() as patched:
        patched.setattr(commit_module, "complete", leave)
        with pytest.raises(psycopg.Error):
            sql("select * from iasql_commit()")
    stack.stop()


def leave(*arguments: Any, **named: Any) -> None:
    raise psycopg.OperationalError("the engine is gone")


def test_interrupted_everything_waits_for_an_engine(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ways_on(queues)
    interrupted(stack, queues, monkeypatch)
    for call in calls:
        with refused(NO_ENGINE, "it will be finished when an engine starts", "iasql up"):
            queues(f"select * from {call}")


def test_interrupted_is_finished_by_the_next_engine(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(stack, queues, monkeypatch)
    queues("insert into queue (name) values ('later')")
    stack.start()
    assert in_cloud(stack) == {"slow"}
    assert queues.one("select state from iasql_transaction where message = 'slow'")["state"] == "committed"
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == {"slow", "later"}


# a sync batch is running --------------------------------------------------------------------------------------------


def test_syncing_begin_and_writes_go_on(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.client("sqs").create_queue(QueueName="theirs")
    other = Sql(stack.connect())
    with (
        brake(monkeypatch, refresh_module, "compare") as held,
        meanwhile(lambda: other("select * from iasql_sync()")) as sync,
    ):
        held.reached()
        queues("select * from iasql_begin()")
        queues("insert into queue (name) values ('ours')")
        assert named(queues("select * from iasql_preview()")) == ["ours"]
        held.release()
        sync.result(20)
    assert {row["name"] for row in queues("select name from queue")} == {"ours", "theirs"}
    assert in_cloud(stack) == {"theirs"}
    queues("select * from iasql_commit()")
    assert in_cloud(stack) == {"ours", "theirs"}


def test_syncing_pushes_nothing_of_a_transaction_that_begins_meanwhile(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues("insert into queue (name) values ('jobs'), ('other')")
    queues("select * from iasql_sync()")
    queues("update queue set visibility_timeout = 60")
    other = Sql(stack.connect())
    with (
        brake(monkeypatch, sync_module, "propose") as held,
        meanwhile(lambda: other("select * from iasql_sync()")) as sync,
    ):
        held.reached()
        queues("select * from iasql_begin()")
        queues("update queue set visibility_timeout = 99 where name = 'jobs'")
        queues("insert into queue (name) values ('new')")
        held.release()
        sync.result(20)
    assert in_cloud(stack) == {"jobs", "other"}
    assert (timeout_of(stack, "jobs"), timeout_of(stack, "other")) == ("30", "60")
    queues("select * from iasql_rollback()")
    assert queues("select visibility_timeout from queue where name = 'jobs'") == [{"visibility_timeout": 60}]
    queues("select * from iasql_sync()")
    assert timeout_of(stack, "jobs") == "60"


def test_syncing_others_wait_for_the_batch(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    other, third, clock = Sql(stack.connect()), Sql(stack.connect()), Sql(stack.connect("iasql_engine"))
    calls = [(third, f"iasql_{name}()") for name in ("sync", "refresh")]
    calls += [(third, "iasql_install('aws_cloudwatch')"), (clock, "iasql.call('expire', '{}')")]
    calls += [(third, "iasql_uninstall('aws_sqs')")]
    for sql, call in calls:
        with (
            monkeypatch.context() as patched,
            brake(patched, refresh_module, "compare") as held,
            meanwhile(lambda: other("select * from iasql_sync()")) as sync,
        ):
            held.reached()
            with meanwhile(lambda sql=sql, call=call: sql(f"select * from {call}")) as waiting:  # type: ignore[misc]
                time.sleep(0.2)
                assert not waiting.done()
                held.release()
                sync.result(20)
                waiting.result(20)


def test_syncing_transactions_come_and_go(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin, rollback and the way back to a moment are SQL on the log: the batch is not in their way for long."""
    first = begun(queues, "insert into queue (name) values ('first')")
    queues("select * from iasql_commit()")
    other = Sql(stack.connect())
    with (
        brake(monkeypatch, refresh_module, "compare") as held,
        meanwhile(lambda: other("select * from iasql_sync()")) as sync,
    ):
        held.reached()
        begun(queues, "insert into queue (name) values ('undone')")
        queues("select * from iasql_rollback()")
        queues("select * from iasql_revert(%s)", first)
        assert queues("select name from queue") == []
        held.release()
        sync.result(20)
        assert in_cloud(stack) == {"first"}
        queues("select * from iasql_rollback()")
    assert queues("select name from queue") == [{"name": "first"}]
    queues("select * from iasql_sync()")  # brings in what AWS alone decides
    assert queues("select * from iasql_sync()") == []


def test_syncing_a_commit_waits_for_the_batch(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    other, third = Sql(stack.connect()), Sql(stack.connect())
    with (
        brake(monkeypatch, refresh_module, "compare") as held,
        meanwhile(lambda: other("select * from iasql_sync()")) as sync,
    ):
        held.reached()
        queues("select * from iasql_begin()")
        queues("insert into queue (name) values ('ours')")
        with meanwhile(lambda: third("select * from iasql_commit()")) as waiting:
            time.sleep(0.3)
            assert not waiting.done()
            held.release()
            sync.result(20)
            waiting.result(20)
    assert in_cloud(stack) == {"ours"}


# the caller ---------------------------------------------------------------------------------------------------------


def test_a_caller_that_leaves_before_the_first_call_leaves_it_open(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    tx = queues.one("select transaction_id from iasql_begin()")["transaction_id"]
    queues("insert into queue (name) values ('jobs')")
    other = Sql(stack.connect())
    other("set statement_timeout = '500ms'")
    with (
        brake(monkeypatch, commit_module.markers, "start_commit") as held,
        brake(monkeypatch, commit_module, "forsaken") as over,
    ):
        with pytest.raises(psycopg.errors.QueryCanceled):
            other("select * from iasql_commit()")
        held.release()
        over.reached()
        assert state_of(queues, tx) == "open"
        assert in_cloud(stack) == set()
        with meanwhile(lambda: queues("select * from iasql_commit()")) as answer:  # it waits, and is not refused
            over.release()
            answer.result(20)
    assert in_cloud(stack) == {"jobs"}


def test_a_caller_that_leaves_later_finds_it_done(queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    tx = queues.one("select transaction_id from iasql_begin()")["transaction_id"]
    queues("insert into queue (name) values ('jobs')")
    other = Sql(stack.connect())
    other("set statement_timeout = '1s'")
    with brake(monkeypatch, writer, "create") as held:
        with pytest.raises(psycopg.errors.QueryCanceled):
            other("select * from iasql_commit()")
        assert state_of(queues, tx) == "committing"
    assert queues.one("select iasql_wait_for_all(20) done")["done"]
    assert state_of(queues, tx) == "committed"
    assert held is not None
    assert in_cloud(stack) == {"jobs"}


# 25001 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call", ["iasql_begin()", "iasql_rollback()", "iasql_preview()", "iasql_commit()", "iasql_sync()", "iasql_cancel()"]
)
def test_inside_a_transaction_of_postgresql(queues: Sql, stack: Stack, call: str) -> None:
    connection = stack.connect()
    connection.autocommit = False
    connection.execute("insert into queue (name) values ('mine')")
    with refused(INSIDE, "uncommitted changes", "autocommit"):
        connection.execute(f"select * from {call}".encode())
    connection.rollback()
