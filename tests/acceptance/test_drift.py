"""The drift report: what differs from the last agreed state, on either side, with nothing written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from iasql.cloud import trail
from iasql.cloud.session import Session
from tests.acceptance.conftest import Sql, Stack

QUERY = """
    select side, kind, table_name, split_part(description, '|', 1) as name, column_name, agreed, present
    from iasql_drift() order by table_name, name, side"""


@pytest.fixture
def story(sql: Sql) -> Sql:
    """Four queues and a bucket, in the tables and in AWS."""
    sql("select * from iasql_install('aws_account')")
    sql("update aws_regions set is_enabled = false where region <> 'us-east-1'")
    sql("select * from iasql_install('aws_s3', 'aws_sqs')")
    sql("select * from iasql_begin()")
    sql(
        "insert into queue (name) select 'q' || n from generate_series(1, 4) n;"
        " insert into bucket (name) values ('drift-b')"
    )
    sql("select * from iasql_commit()")
    return sql


def told(sql: Sql) -> list[tuple[Any, ...]]:
    """The rows of the report."""
    return [tuple(row.values()) for row in sql(QUERY)]


def known(sql: Sql) -> list[Any]:
    """All that a report could have written."""
    tables = ("iasql_audit_log", "queue", "bucket", "iasql_conflict")
    found: list[Any] = [sql(f"select * from {table} order by 1") for table in tables]
    return [*found, sql("select table_name, region, last_ok, error from iasql_freshness order by 1, 2")]


def test_both_sides_and_nothing_is_written(story: Sql, stack: Stack) -> None:
    assert told(story) == []
    sqs = stack.client("sqs")
    urls = {url.rpartition("/")[2]: url for url in sqs.list_queues()["QueueUrls"]}
    sqs.set_queue_attributes(QueueUrl=urls["q1"], Attributes={"VisibilityTimeout": "90"})
    sqs.delete_queue(QueueUrl=urls["q2"])
    sqs.create_queue(QueueName="theirs")
    story("select * from iasql_begin()")
    story("update queue set visibility_timeout = 60 where name = 'q3'; delete from queue where name = 'q4'")
    story("insert into queue (name) values ('new')")
    before = known(story)
    assert told(story) == [
        ("tables", "created", "queue", "new", None, None, None),
        ("cloud", "changed", "queue", "q1", "visibility_timeout", 30, 90),
        ("cloud", "deleted", "queue", "q2", None, None, None),
        ("tables", "changed", "queue", "q3", "visibility_timeout", 30, 60),
        ("tables", "deleted", "queue", "q4", None, None, None),
        ("cloud", "created", "queue", "theirs", None, None, None),
    ]
    assert known(story) == before
    story("select * from iasql_rollback()")
    story("select * from iasql_refresh()")
    assert told(story) == []


def test_whoever_cloudtrail_names(story: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in has no LookupEvents: the answer is given here, the rest is as it is."""
    asked: list[tuple[str | None, list[str], bool]] = []

    def last_change(aws: Session, region: str | None, names: list[str], ours: set[str]) -> trail.Event:
        asked.append((region, names, bool(ours)))
        return trail.Event(name="SetQueueAttributes", user="mallory", at=datetime(2026, 1, 2, tzinfo=UTC))

    monkeypatch.setattr("iasql.engine.drift.last_change", last_change)
    sqs = stack.client("sqs")
    url = next(url for url in sqs.list_queues()["QueueUrls"] if url.endswith("q1"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
    row = story.one("select changed_by, event, event_at from iasql_drift(array['queue'])")
    assert row == {"changed_by": "mallory", "event": "SetQueueAttributes", "event_at": datetime(2026, 1, 2, tzinfo=UTC)}
    ((region, names, ours),) = asked
    assert (region, url in names, ours) == ("us-east-1", True, True)
