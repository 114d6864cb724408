"""Commits that expire: the clock undoes them on time, three-way, whoever is the engine by then."""

from __future__ import annotations

import time
from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack
from tests.databases import Database

pytestmark = pytest.mark.modules("aws_sqs")


@pytest.fixture
def queues(sql: Sql) -> Sql:
    """A database with a queue."""
    sql("insert into queue (name, visibility_timeout) values ('jobs', 30)")
    sql("select * from iasql_sync()")
    return sql


def in_the_cloud(stack: Stack) -> dict[str, str]:
    """The queues with their timeouts."""
    sqs = stack.client("sqs")
    return {
        url.rpartition("/")[2]: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
            "VisibilityTimeout"
        ]
        for url in sqs.list_queues().get("QueueUrls", [])
    }


def debug(sql: Sql, expires: str, change: str = "update queue set visibility_timeout = 60") -> str:
    """Commits a change that expires; its transaction."""
    tx = sql.one("select transaction_id from iasql_begin()")["transaction_id"]
    sql(change)
    sql("select * from iasql_commit('debug', expires => %s::interval)", expires)
    return str(tx)


def expire(stack: Stack) -> list[Any]:
    """What the clock does."""
    with stack.connect("iasql_engine") as engine:
        return engine.execute("select * from iasql.call('expire', '{}')").fetchall()


def test_the_clock_undoes_it_on_time_under_its_message(queues: Sql, stack: Stack) -> None:
    queues("set iasql.actor = 'ann'")
    tx = debug(queues, "2 s", "update queue set visibility_timeout = 60; insert into queue (name) values ('more')")
    queues("reset iasql.actor")
    assert in_the_cloud(stack) == {"jobs": "60", "more": "30"}
    assert queues.one("select message, hindered from iasql_expiry") == {"message": "debug", "hindered": None}
    for _ in range(300):
        if queues("select 1 from iasql_transaction where state <> 'committed'") == queues("select 1 from iasql_expiry"):
            break
        time.sleep(0.1)
    assert in_the_cloud(stack) == {"jobs": "30"}
    assert queues("select name, visibility_timeout from queue") == [{"name": "jobs", "visibility_timeout": 30}]
    found = queues("select state, message from iasql_transaction where transaction_id <> %s order by opened_at", tx)[-1]
    assert found == {"state": "committed", "message": "debug"}
    query = """select changed_by, origin, "user" from iasql_audit_log"""
    assert queues(query + " where table_name = 'queue' and change_type = 'DELETE'") == [
        {"changed_by": "ann", "origin": "user", "user": "iasql_engine"}
    ]
    assert queues("select * from iasql_sync()") == []


def test_what_others_changed_since_is_reported_and_left(queues: Sql, stack: Stack) -> None:
    """In the cloud, which nobody has read yet; then it is put right, and the commit expires after all."""
    tx = debug(queues, "0.01 s")
    sqs = stack.client("sqs")
    url = sqs.list_queues()["QueueUrls"][0]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
    before = queues.one("select count(*) from iasql_audit_log where change_type = 'OPEN_TRANSACTION'")
    for _ in range(2):
        assert expire(stack) == []
        queues("select pg_sleep(2.1)")
    assert queues.one("select count(*) from iasql_audit_log where change_type = 'OPEN_TRANSACTION'") == before
    row = queues.one("select kind, reason, detail from iasql_conflict")
    assert row["kind"] == "expiry"
    assert "visibility_timeout changed later" in row["reason"]
    assert row["detail"]["transaction_id"] == tx
    assert len(queues("select from iasql_get_errors() where message like '%%has expired%%'")) == 1
    assert "changed later" in queues.one("select hindered from iasql_expiry")["hindered"]
    queues("update queue set visibility_timeout = 60")
    queues("select * from iasql_sync()")
    queues("select pg_sleep(4.1)")
    assert len(expire(stack)) == 1
    assert in_the_cloud(stack) == {"jobs": "30"}
    assert queues("select 1 from iasql_conflict") == []
    assert queues("select 1 from iasql_expiry") == []


def test_it_waits_for_an_open_transaction_and_survives_the_engine(queues: Sql, stack: Stack) -> None:
    debug(queues, "0.01 s")
    queues("select * from iasql_begin('longer')")
    stack.stop()
    stack.start()
    assert expire(stack) == []
    assert in_the_cloud(stack) == {"jobs": "60"}
    queues("select * from iasql_rollback()")
    expire(stack)
    assert in_the_cloud(stack) == {"jobs": "30"}
    assert expire(stack) == []


def test_what_was_undone_by_hand_or_shall_stay(queues: Sql, stack: Stack) -> None:
    first = debug(queues, "0.01 s", "delete from queue")
    with pytest.raises(psycopg.Error, match="Another transaction"):
        queues("select * from iasql_revert(%s)", first)
        queues("select * from iasql_begin()")
    queues("select * from iasql_commit()")
    assert expire(stack) == []
    assert (in_the_cloud(stack), queues("select 1 from iasql_expiry")) == ({"jobs": "30"}, [])
    tx = debug(queues, "0.01 s")
    queues("select * from iasql_keep(%s)", tx)
    assert expire(stack) == []
    assert in_the_cloud(stack) == {"jobs": "60"}
    for call in (f"iasql_keep('{tx}')", "iasql_commit(expires => interval '0')"):
        with pytest.raises(psycopg.Error) as caught:
            queues(f"select * from {call}")
        assert caught.value.sqlstate == "22023"


def test_under_the_first_commit_s_approval(queues: Sql, stack: Stack, database: Database) -> None:
    queues("update iasql_setting set value = 'required' where name = 'approval'")
    for connection in database.person("iasql_approver"):
        bob = Sql(connection)
        tx = queues.one("select transaction_id from iasql_begin()")["transaction_id"]
        queues("update queue set visibility_timeout = 60")
        bob("select iasql_approve(%s, (select distinct plan_digest from iasql_preview()))", tx)
        queues("select * from iasql_commit('debug', expires => interval '0.01 s')")
    for _ in range(100):  # whoever comes first: this call or the engine's own clock
        expire(stack)
        if in_the_cloud(stack) == {"jobs": "30"}:
            break
        time.sleep(0.05)
    assert in_the_cloud(stack) == {"jobs": "30"}
    query = "select change->'approved_by' as people from iasql_audit_log where change_type = 'START_COMMIT' order by id"
    *_, first, last = (row["people"] for row in queues(query))
    assert last == first
    assert len(first) == 1
