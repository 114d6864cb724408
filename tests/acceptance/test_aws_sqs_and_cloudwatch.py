"""Queues, log groups and alarms as a user types them."""

from __future__ import annotations

import time

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_sqs", "aws_cloudwatch")


def test_they_come_and_go(sql: Sql, stack: Stack) -> None:
    sqs, logs, alarms = stack.client("sqs"), stack.client("logs"), stack.client("cloudwatch")
    sql("select * from iasql_begin()")
    sql("insert into queue (name, fifo_queue, visibility_timeout) values ('jobs.fifo', true, 40)")
    sql("insert into log_group (log_group_name, retention_in_days) values ('/jobs', 7)")
    sql(
        "insert into metric_alarm (alarm_name, comparison_operator, evaluation_periods, metric_name, namespace, period,"
        " statistic, threshold) values ('busy', 'GreaterThanThreshold', 2, 'Depth', 'Jobs', 60, 'Maximum', 10)"
    )
    sql("select * from iasql_commit()")
    (url,) = sqs.list_queues()["QueueUrls"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["FifoQueue"], attributes["VisibilityTimeout"]) == ("true", "40")
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 7
    assert sql.one("select url from queue") == {"url": url}
    assert sql.one("select alarm_arn from metric_alarm")["alarm_arn"]

    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "600"})
    sql("select * from iasql_begin()")
    sql('update queue set delay_seconds = 5, tags = \'{"a": "1"}\'')
    sql("update log_group set retention_in_days = null")
    sql("update metric_alarm set threshold = 20, unit = 'Count'")
    sql("select * from iasql_commit()")
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (attributes["DelaySeconds"], attributes["MessageRetentionPeriod"]) == ("5", "600")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    (alarm,) = alarms.describe_alarms()["MetricAlarms"]
    assert (alarm["Threshold"], alarm["Unit"], alarm["Statistic"]) == (20, "Count", "Maximum")

    logs.create_log_stream(logGroupName="/jobs", logStreamName="s")
    event = {"timestamp": int(time.time() * 1000), "message": "done"}
    logs.put_log_events(logGroupName="/jobs", logStreamName="s", logEvents=[event])
    assert sql.one("select message from log_group_tail('/jobs')") == {"message": "done"}

    sql("select * from iasql_begin()")
    for table in ("queue", "log_group", "metric_alarm"):
        sql(f"delete from {table}")
    sql("select * from iasql_commit()")
    assert sqs.list_queues().get("QueueUrls", []) == []
    assert logs.describe_log_groups()["logGroups"] == alarms.describe_alarms()["MetricAlarms"] == []


def test_a_fifo_queue_is_named_so(sql: Sql) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match=r"must end with \.fifo"):
        sql("insert into queue (name, fifo_queue) values ('jobs', true)")
