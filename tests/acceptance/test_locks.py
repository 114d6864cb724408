"""Locks that users hold: they delay what concerns the locked rows, and nothing else."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_sqs")


def test_a_locked_row_is_written_later_and_the_others_now(sql: Sql, stack: Stack) -> None:
    sqs = stack.client("sqs")
    urls = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("locked", "free")}
    sql("select * from iasql_sync()")
    for url in urls.values():
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})

    holder = stack.connect()
    holder.autocommit = False
    holder.execute("select * from queue where name = 'locked' for update")
    sql("select * from iasql_sync()")
    assert sql("select name from queue where visibility_timeout = 77") == [{"name": "free"}]
    assert [row["kind"] for row in sql("select kind from iasql_conflict")] == ["locked"]

    holder.rollback()
    sql("select * from iasql_sync()")
    assert len(sql("select name from queue where visibility_timeout = 77")) == 2
    assert sql("select * from iasql_conflict") == []
