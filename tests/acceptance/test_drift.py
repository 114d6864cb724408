"""The drift report: what differs from the last agreed state, on either side, with nothing written."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from iasql.cloud.session import Session
from tests.acceptance.conftest import Sql, Stack
from tests.unit.cloud.canned import Http

pytestmark = pytest.mark.modules("aws_s3", "aws_sqs")

QUERY = """
    select side, kind, table_name, split_part(description, '|', 1) as name, column_name, agreed, present
    from iasql_drift() order by table_name, name, side"""


@pytest.fixture
def story(sql: Sql) -> Sql:
    """Four queues and a bucket, in the tables and in AWS."""
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


def event(name: str, user: str, day: int, request: str, read_only: str = "false") -> dict[str, Any]:
    """One event as CloudTrail tells it."""
    told = json.dumps({"requestID": request})
    at = datetime(2026, 1, day, tzinfo=UTC)
    return {"EventName": name, "Username": user, "EventTime": at, "ReadOnly": read_only, "CloudTrailEvent": told}


def test_whoever_cloudtrail_names(story: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in has no LookupEvents: its answer is given here, to the engine's own client."""
    (ours,) = story.one(
        "select change->'outcome'->'requests'->0->>1 as id from iasql_audit_log l where l.change_type = 'CLOUD_CALL'"
        " and change ? 'outcome' and l.table_name = 'queue'"
        " and key->'id' = (select to_jsonb(id) from queue where name = 'q1')"
    ).values()
    events = [
        event("GetQueueAttributes", "reader", 5, "r5", "true"),
        event("SetQueueAttributes", "iasql", 4, ours),
        event("SetQueueAttributes", "mallory", 3, "r3"),
        event("CreateQueue", "ann", 2, "r2"),
    ]
    asked: list[Any] = []
    make = Session._new_client

    def new_client(session: Session, service: str, region: str) -> Any:
        client = make(session, service, region)
        if service == "cloudtrail":
            answer = {"Events": events, "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": "r"}}
            client.meta.events.register("provide-client-params", lambda params, **_: asked.append((region, params)))
            client.meta.events.register("before-call", lambda **_: (Http(200), answer))
        return client

    monkeypatch.setattr(Session, "_new_client", new_client)
    sqs = stack.client("sqs")
    url = next(url for url in sqs.list_queues()["QueueUrls"] if url.endswith("q1"))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
    row = story.one("select changed_by, event, event_at from iasql_drift(array['queue'])")
    assert row == {"changed_by": "mallory", "event": "SetQueueAttributes", "event_at": datetime(2026, 1, 3, tzinfo=UTC)}
    by_url = [{"AttributeKey": "ResourceName", "AttributeValue": url}]
    assert asked == [("us-east-1", {"LookupAttributes": by_url, "MaxResults": 50})]
