"""Queues, log groups and alarms as a user types them."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack, look_at_one_region


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """Both modules, looking at one region."""
    look_at_one_region(sql, "aws_sqs", "aws_cloudwatch")
    return sql


def test_they_come_and_go(installed: Sql, stack: Stack) -> None:
    sqs, logs, alarms = stack.client("sqs"), stack.client("logs"), stack.client("cloudwatch")
    installed("select * from iasql_begin()")
    installed("insert into queue (name, fifo_queue, visibility_timeout) values ('jobs.fifo', true, 40)")
    installed("insert into log_group (log_group_name, retention_in_days) values ('/jobs', 7)")
    installed(
        "insert into metric_alarm (alarm_name, comparison_operator, evaluation_periods, metric_name, namespace, period,"
        " statistic, threshold) values ('busy', 'GreaterThanThreshold', 2, 'Depth', 'Jobs', 60, 'Maximum', 10)"
    )
    installed("select * from iasql_commit()")
    (url,) = sqs.list_queues()["QueueUrls"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["FifoQueue"], attributes["VisibilityTimeout"]) == ("true", "40")
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    assert installed.one("select url from queue") == {"url": url}
    assert installed.one("select alarm_arn from metric_alarm")["alarm_arn"]

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "600"})
    installed("select * from iasql_begin()")
    installed('update queue set delay_seconds = 5, tags = \'{"a": "1"}\'')
    installed("update log_group set retention_in_days = null")
    installed("update metric_alarm set threshold = 20, unit = 'Count'")
    installed("select * from iasql_commit()")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["DelaySeconds"], attributes["MessageRetentionPeriod"]) == ("5", "600")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    (alarm,) = alarms.describe_alarms()["MetricAlarms"]
    assert (alarm["Threshold"], alarm["Unit"], alarm["Statistic"]) == (20, "Count", "Maximum")

    logs.create_log_stream(logGroupName="/jobs", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "done"}
    logs.put_log_events(logGroupName="/jobs", logStreamName="s", logEvents=[event])
    assert installed.one("select message from log_group_tail('/jobs')") == {"message": "done"}

    installed("select * from iasql_begin()")
    for table in ("queue", "log_group", "metric_alarm"):
        installed(f"delete from {table}")
    installed("select * from iasql_commit()")
    assert sqs.list_queues().get("QueueUrls", []) == []
    assert logs.describe_log_groups()["logGroups"] == alarms.describe_alarms()["MetricAlarms"] == []


def test_a_fifo_queue_is_named_so(installed: Sql) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=r"must end with \.fifo"):
        installed("insert into queue (name, fifo_queue) values ('jobs', true)")
