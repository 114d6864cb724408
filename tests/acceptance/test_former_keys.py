"""What comes in under the former name of a row: it has that row's number again, unless somebody else is to have it."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_cloudwatch")


def test_of_two_that_one_row_was_called_the_last_gets_its_key(sql: Sql, stack: Stack) -> None:
    sql("select * from iasql_begin()")
    was = sql.one("insert into log_group (log_group_name) values ('one') returning id")
    sql("update log_group set log_group_name = 'two'")
    sql("select * from iasql_rollback()")
    for name in ("two", "one"):
        stack.client("logs").create_log_group(logGroupName=name)
    sql("select * from iasql_sync()")
    one, two = sql("select id, log_group_name from log_group order by log_group_name")
    assert (one["log_group_name"], two["log_group_name"]) == ("one", "two")
    assert (one["id"] > was["id"], two["id"]) == (True, was["id"])
    assert sql("select * from iasql_conflict") == []


def test_a_key_that_a_rollback_gives_back_stays_free(sql: Sql, stack: Stack) -> None:
    was = sql.one("insert into log_group (log_group_name) values ('former') returning id")
    sql("update log_group set log_group_name = 'wanted'")
    sql("select * from iasql_begin()")
    sql("delete from log_group")
    stack.client("logs").create_log_group(logGroupName="former")
    sql("select * from iasql_refresh()")
    sql("select * from iasql_rollback()")
    former, wanted = sql("select id, log_group_name from log_group order by log_group_name")
    assert (former["log_group_name"], wanted["log_group_name"]) == ("former", "wanted")
    assert (former["id"] > was["id"], wanted["id"]) == (True, was["id"])


def test_a_deletion_that_waits_keeps_its_key(sql: Sql, stack: Stack) -> None:
    sql("insert into log_group (log_group_name, retention_in_days) values ('one', 7)")
    sql("select * from iasql_sync()")
    logs = stack.client("logs")
    logs.put_retention_policy(logGroupName="one", retentionInDays=30)
    sql("update log_group set log_group_name = 'two'")
    sql("delete from log_group")
    logs.create_log_group(logGroupName="two")
    for _ in range(2):
        sql("select * from iasql_sync()")
        assert sql("select log_group_name from log_group") == [{"log_group_name": "two"}]
        assert [row["kind"] for row in sql("select kind from iasql_conflict")] == ["conflict"]
