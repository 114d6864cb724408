"""What cannot be read is reported, and is not gone; the rest goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.conftest import Sql, Stack, running
from tests.acceptance.fault_proxy import FaultProxy

REGIONS = ("us-east-1", "eu-west-1")


@pytest.fixture
def stack(database: Any, aws_endpoint: str, proxy: FaultProxy) -> Iterator[Stack]:
    """A database with a running engine that looks at AWS through the proxy."""
    with running(database, aws_endpoint) as found:
        yield found


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """A database that looks at two regions, with a queue in each and a bucket."""
    sql("select * from iasql_install('aws_account')")
    sql("update aws_regions set is_enabled = false where region <> all (%s)", list(REGIONS))
    sql("select * from iasql_install('aws_sqs', 'aws_s3')")
    sql("select * from iasql_begin()")
    for region in REGIONS:
        sql("insert into queue (name, region) values ('jobs', %s)", region)
    sql("insert into bucket (name) values ('fresh-bucket')")
    sql("select * from iasql_commit()")
    return sql


def test_a_service_that_fails_is_reported_and_the_rest_comes_in(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    stack.client("s3").create_bucket(Bucket="made-by-others")
    stack.client("sqs").create_queue(QueueName="by-others")
    proxy.on("ListQueues", "refuse", code="AccessDenied")
    installed("select * from iasql_sync()")
    assert installed.one("select count(*) from bucket where name = 'made-by-others'")["count"] == 1
    assert installed.one("select count(*) from queue")["count"] == 2
    stale = installed("select table_name, region, error from iasql_freshness where error is not null order by region")
    assert [(row["table_name"], row["region"]) for row in stale] == [("queue", "eu-west-1"), ("queue", "us-east-1")]
    assert "AccessDenied" in stale[0]["error"]
    told = installed("select message from iasql_get_errors()")
    assert len(told) == 1
    assert "queue in us-east-1 could not be read: AccessDenied by ListQueues" in told[0]["message"]
    installed("select * from iasql_sync()")
    assert len(installed("select message from iasql_get_errors()")) == 1  # no news
    proxy.clear()
    installed("select * from iasql_sync()")
    assert installed.one("select count(*) from queue")["count"] == 3
    assert installed("select * from iasql_freshness where error is not null") == []


def test_one_region_fails(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    stack.client("sqs", "us-east-1").create_queue(QueueName="by-others")
    stack.client("sqs", "eu-west-1").create_queue(QueueName="by-others")
    proxy.on_region("eu-west-1", "drop")
    installed("update queue set visibility_timeout = 70")
    installed("select * from iasql_sync()")
    found = installed("select region, name, visibility_timeout from queue order by region, name")
    assert [(row["region"], row["name"]) for row in found] == [
        ("eu-west-1", "jobs"),
        ("us-east-1", "by-others"),
        ("us-east-1", "jobs"),
    ]
    sqs = stack.client("sqs", "us-east-1")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "70"
    held = installed("select table_name, kind from iasql_conflict")
    assert held == [{"table_name": "queue", "kind": "failed"}]
    stale = installed("select distinct region from iasql_freshness where error is not null and table_name = 'queue'")
    assert [row["region"] for row in stale] == ["eu-west-1"]
    proxy.clear()
    installed("select * from iasql_sync()")
    installed("select * from iasql_sync()")
    assert installed("select * from iasql_conflict") == []
    assert installed.one("select count(*) from queue where visibility_timeout = 70")["count"] == 2


def test_nothing_that_can_be_read_empties_no_table(installed: Sql, proxy: FaultProxy) -> None:
    proxy.on(lambda name, body: True, "refuse", code="ExpiredToken")
    installed("select * from iasql_sync()")
    assert installed.one("select count(*) from queue")["count"] == 2
    assert installed.one("select count(*) from bucket")["count"] == 1
    assert installed.one("select count(*) from aws_regions")["count"] > 10


def test_a_young_row_is_gone_only_after_two_complete_reads(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    proxy.clear()
    missed = proxy.on("ListBuckets", "empty", times=3)  # the lists of two regions, and the read of that one row
    installed("select * from iasql_refresh(array['bucket'])")
    assert missed.seen == 4
    assert installed.one("select count(*) from bucket")["count"] == 1
    stack.client("s3").delete_bucket(Bucket="fresh-bucket")
    proxy.clear()
    installed("select * from iasql_refresh(array['bucket'])")
    assert installed("select * from bucket") == []
    assert proxy.calls.count("ListBuckets") == 4
