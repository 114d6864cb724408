"""Automatic mode: no begin needed; the clock pushes what users changed and brings in what others did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from iasql.server.service import Service
from tests.acceptance.conftest import Sql, Stack, look_at_one_region

PATIENCE = 30.0


def eventually(told: Callable[[], Any]) -> Any:
    """The first truthy answer, asked again until there is one."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = told()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come")


@pytest.fixture
def ticking(stack: Stack) -> Iterator[Sql]:
    """A database with queues and buckets whose clock ticks twice a second."""
    sql = Sql(stack.connect())
    look_at_one_region(sql, "aws_sqs", "aws_s3")
    stack.stop()
    stack.service = Service(address=stack.address, database=stack.database, sync_interval=0.5)
    stack.thread = threading.Thread(target=stack.service.run, daemon=True)
    stack.thread.start()
    assert stack.service.ready.wait(30)
    return sql


def queue_urls(stack: Stack) -> list[str]:
    return list(stack.client("sqs").list_queues().get("QueueUrls", []))


def test_both_directions_without_a_begin(ticking: Sql, stack: Stack) -> None:
    ticking("insert into queue (name) values ('automatic')")
    stack.client("s3").create_bucket(Bucket="somebody-elses")
    assert eventually(lambda: ticking("select arn from queue where arn is not null"))
    assert [url.rpartition("/")[2] for url in queue_urls(stack)] == ["automatic"]
    assert eventually(lambda: ticking("select * from bucket where name = 'somebody-elses'"))
    ticking("delete from queue")
    assert eventually(lambda: not queue_urls(stack))
    told = ticking("select distinct origin, table_name from iasql_audit_log where table_name in ('queue', 'bucket')")
    assert {(row["origin"], row["table_name"]) for row in told} >= {("user", "queue"), ("engine", "bucket")}


def test_an_open_transaction_pauses_it(ticking: Sql, stack: Stack) -> None:
    ticking("select * from iasql_begin()")
    ticking("insert into queue (name) values ('held-back')")
    stack.client("s3").create_bucket(Bucket="meanwhile")
    time.sleep(2)
    assert queue_urls(stack) == []
    assert ticking("select * from bucket") == []
    ticking("select * from iasql_rollback()")
    assert eventually(lambda: ticking("select * from bucket"))
    assert queue_urls(stack) == []


def test_a_failure_is_kept_told_and_stops_nothing_else(ticking: Sql, stack: Stack) -> None:
    stack.client("s3", "eu-west-1")
    ticking("insert into bucket (name) values ('NOT-A-NAME')")
    ticking("insert into queue (name) values ('goes-on')")
    assert eventually(lambda: queue_urls(stack))
    (held,) = eventually(lambda: ticking("select * from iasql_conflict where table_name = 'bucket'"))
    assert held["key"] == {"name": "NOT-A-NAME"}
    assert ticking("select name from bucket") == [{"name": "NOT-A-NAME"}]
    ticking("delete from bucket where name = 'NOT-A-NAME'")
    assert eventually(lambda: not ticking("select * from iasql_conflict"))


def test_a_service_that_cannot_be_read_empties_no_table(ticking: Sql, stack: Stack) -> None:
    stack.client("sqs").create_queue(QueueName="there")
    assert eventually(lambda: ticking("select * from queue"))
    with psycopg.connect(stack.address.dsn("iasql", stack.database), autocommit=True) as connection:
        # a profile that does not exist: nothing can be read with it
        connection.execute("insert into aws_credentials (profile) values ('there-is-no-such-profile')")
    failing = eventually(
        lambda: ticking("select * from iasql_freshness where table_name = 'queue' and error is not null")
    )
    assert "there-is-no-such-profile" in failing[0]["error"]
    time.sleep(1.5)
    assert [row["name"] for row in ticking("select name from queue")] == ["there"]
    ticking("delete from aws_credentials")
    assert eventually(lambda: not ticking("select * from iasql_freshness where error is not null"))
