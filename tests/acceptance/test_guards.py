"""Guards: what must be allowed by name, what is AWS's own, and credentials that may only read."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from iasql.cloud import writer
from iasql.cloud.verdict import CloudFailure
from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_sqs", "aws_security_group")

REFUSED = "IA001"


@pytest.fixture
def queues(sql: Sql) -> Sql:
    """A database with queues, in one region."""
    return sql


def make(sql: Sql, count: int) -> None:
    """So many queues, in the tables and in AWS."""
    sql("insert into queue (name) select 'q' || n from generate_series(1, %s) n", count)
    sql("select * from iasql_sync()")


def in_cloud(stack: Stack) -> int:
    return len(stack.client("sqs").list_queues().get("QueueUrls", []))


def setting(sql: Sql, name: str, value: object) -> None:
    sql("update iasql_setting set value = %s where name = %s", str(value), name)


def refuses(sql: Sql, message: str, terms: str = "") -> str:
    """A commit on these terms is refused with this message; its hint."""
    with pytest.raises(psycopg.Error, match=message) as caught:
        sql(f"select * from iasql_commit({terms})")
    assert caught.value.sqlstate == REFUSED
    assert sql.one("select count(*) from iasql_transaction where state = 'open'")["count"] == 1
    return caught.value.diag.message_hint or ""


def test_many_deletions_at_once_must_be_allowed_by_name(queues: Sql, stack: Stack) -> None:
    make(queues, 22)
    queues("select * from iasql_begin()")
    queues("delete from queue where name <> 'q1'")
    hint = refuses(queues, "mass_delete: 21 of 22 rows of queue would be deleted")
    assert "iasql_commit(allow => array['mass_delete'])" in hint
    refuses(queues, "mass_delete", "force => true")
    refuses(queues, "mass_delete", "allow => array['replaces', 'destroys_data']")
    assert in_cloud(stack) == 22
    assert len(queues("select * from iasql_commit(allow => array['mass_delete'])")) == 21
    assert in_cloud(stack) == 1


def test_both_limits_must_be_passed(queues: Sql, stack: Stack) -> None:
    make(queues, 8)
    setting(queues, "mass_delete_rows", 2)
    setting(queues, "mass_delete_percent", 50)
    queues("select * from iasql_begin()")
    queues("delete from queue where name in ('q1', 'q2', 'q3', 'q4')")
    queues("select * from iasql_commit()")  # more than 2 rows, but no more than half
    queues("select * from iasql_begin()")
    queues("delete from queue where name in ('q5', 'q6', 'q7')")
    refuses(queues, "mass_delete: 3 of 4 rows of queue")
    queues("insert into queue (name) values ('q7')")
    queues("select * from iasql_commit()")  # 2 rows are no more than 2
    assert in_cloud(stack) == 2


def test_loss_of_data_and_replacement_where_the_settings_guard_them(queues: Sql, stack: Stack) -> None:
    make(queues, 1)
    setting(queues, "guard_destroys_data", "on")
    setting(queues, "guard_replaces", "on")
    queues("select * from iasql_begin()")
    queues("update queue set name = 'renamed'")
    refuses(queues, "destroys_data: queue .*: its messages would be lost")
    refuses(queues, "replaces: queue .* would be made anew", "allow => array['destroys_data']")
    queues("select * from iasql_commit(allow => array['destroys_data', 'replaces'])")
    queues("select * from iasql_begin()")
    queues("delete from queue")
    refuses(queues, "destroys_data")
    queues("select * from iasql_commit(allow => array['destroys_data'])")
    assert in_cloud(stack) == 0


def test_there_is_no_such_guard(queues: Sql) -> None:
    queues("select * from iasql_begin()")
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="allow: there is no guard everything") as caught:
        queues("select * from iasql_commit(allow => array['everything', 'mass_delete'])")
    assert "mass_delete" in (caught.value.diag.message_hint or "")


def test_in_automatic_mode_what_is_guarded_is_held(queues: Sql, stack: Stack) -> None:
    make(queues, 4)
    setting(queues, "mass_delete_rows", 2)
    queues("delete from queue where name <> 'q1'")
    queues("insert into queue (name) values ('q9')")
    for _ in range(2):
        queues("select * from iasql_sync()")
    assert in_cloud(stack) == 5  # what is not guarded goes on
    held = queues("select table_name, kind, reason from iasql_conflict")
    assert [row["kind"] for row in held] == ["guarded"] * 3
    assert held[0]["reason"] == "mass_delete: 3 of 5 rows of queue would be deleted"
    assert queues.one("select count(*) from queue")["count"] == 2
    setting(queues, "mass_delete_rows", 20)
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == 2
    assert queues("select * from iasql_conflict") == []


def test_what_fails_takes_along_only_what_needs_it(sql: Sql, stack: Stack) -> None:
    """A rule waits for its group, which AWS refuses; a queue does not."""
    sql("insert into queue (name) values ('jobs')")
    sql(
        "insert into security_group (group_name, description, vpc_id)"
        " values ('sg-not-allowed', 'x', (select id from vpc where is_default))"
    )
    sql(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " values (false, 'tcp', 443, 443, '0.0.0.0/0', (select id from security_group where description = 'x'))"
    )
    for _ in range(2):
        sql("select * from iasql_sync()")
        held = {row["table_name"]: row["kind"] for row in sql("select table_name, kind from iasql_conflict")}
        assert held.keys() == {"security_group", "security_group_rule"}
        assert held["security_group_rule"] == "waiting"
    assert in_cloud(stack) == 1
    sql("update security_group set group_name = 'allowed' where description = 'x'")
    sql("select * from iasql_sync()")
    assert sql("select * from iasql_conflict") == []
    assert sql.one("select security_group_rule_id as id from security_group_rule where from_port = 443")["id"]


def test_rows_of_aws_own_stay(sql: Sql, stack: Stack) -> None:
    sql("select * from iasql_begin()")
    sql("delete from security_group_rule")
    sql("delete from security_group where group_name = 'default'")
    refuses(sql, "security_group .*: cannot delete")
    refuses(sql, "security_group .*: cannot delete", "force => true, allow => array['mass_delete']")
    sql("select * from iasql_rollback()")
    assert sql("select group_name from security_group") == [{"group_name": "default"}]


# credentials that may only read -------------------------------------------------------------------------------------


@pytest.fixture
def reader(queues: Sql, stack: Stack) -> Iterator[Sql]:
    """The engine works with the keys of somebody who may read queues and nothing else; AWS checks that."""
    iam = stack.client("iam")
    iam.create_user(UserName="reader")
    allowed = {"Effect": "Allow", "Action": ["sqs:Get*", "sqs:List*", "ec2:Describe*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    make(queues, 1)
    queues(
        "insert into aws_credentials (access_key_id, secret_access_key) values (%s, %s)",
        key["AccessKeyId"],
        key["SecretAccessKey"],
    )
    check_permissions(stack, "0")
    yield queues
    check_permissions(stack, "inf")


def check_permissions(stack: Stack, after: str) -> None:
    """AWS checks what its callers may do after so many calls."""
    plain = {"Content-Type": "text/plain"}
    request = urllib.request.Request(f"{stack.endpoint}/moto-api/reset-auth", after.encode(), plain, method="POST")
    urllib.request.urlopen(request, timeout=10).close()


def test_read_only_credentials_say_so(reader: Sql) -> None:
    reader("select * from iasql_refresh()")
    reader("select * from iasql_begin()")
    reader("update queue set visibility_timeout = 60")
    assert [row["action"] for row in reader("select * from iasql_preview()")] == ["update"]
    with pytest.raises(psycopg.Error) as caught:
        reader("select * from iasql_commit()")
    told = caught.value.diag.message_primary or ""
    assert caught.value.sqlstate == "IA003"
    assert "Queue cloud update error: queue 1 (" in told
    assert "SetQueueAttributes" in told
    assert "AccessDenied" in told
    assert "reader is not authorized to perform: sqs:SetQueueAttributes" in told
    assert reader("select visibility_timeout from queue") == [{"visibility_timeout": 30}]
    assert reader.one("select state from iasql_result()")["state"] == "rolled_back"


def test_read_only_credentials_in_automatic_mode(reader: Sql) -> None:
    reader("update queue set visibility_timeout = 60")
    reader("select * from iasql_sync()")
    (row,) = reader("select kind, reason from iasql_conflict")
    assert row["kind"] == "failed"
    assert "sqs:SetQueueAttributes" in row["reason"]
    assert any("sqs:SetQueueAttributes" in row["message"] for row in reader("select message from iasql_get_errors()"))
    assert reader("select visibility_timeout from queue") == [{"visibility_timeout": 60}]


def test_the_clock_tries_again_what_failed_later_each_time(
    queues: Sql, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []
    create = writer.create

    def refuse(*arguments: Any, **named: Any) -> Any:
        tried.append(arguments)
        raise CloudFailure(kind="refused", code="NoMore", text="no more queues", operation="CreateQueue")

    monkeypatch.setattr(writer, "create", refuse)
    clock, ticks = Sql(stack.connect("iasql_engine")), 0
    queues("insert into queue (name) values ('jobs')")
    ends = time.monotonic() + 20
    while len(tried) < 3 and time.monotonic() < ends:
        clock("select * from iasql.call('tick', '{}')")
        ticks += 1
    assert len(tried) == 3  # at once, after a second, after two more
    assert ticks > 3
    so_far = len(tried)
    queues("update queue set visibility_timeout = 60")
    clock("select * from iasql.call('tick', '{}')")
    assert len(tried) == so_far + 1  # what was changed is tried anew
    queues("select * from iasql_sync()")
    assert len(tried) == so_far + 2  # and so is what somebody asks for
    monkeypatch.setattr(writer, "create", create)
    queues("select * from iasql_sync()")
    assert in_cloud(stack) == 1
    assert queues("select * from iasql_conflict") == []


# attempts that were refused -----------------------------------------------------------------------------------------


def test_refused_attempts_are_logged_with_whoever_tried(queues: Sql) -> None:
    queues("set iasql.actor = 'ann'")
    for call in ("iasql_commit()", "iasql_preview()", "iasql_rollback()"):
        with pytest.raises(psycopg.Error):
            queues(f"select * from {call}")
    queues("select * from iasql_begin()")
    with pytest.raises(psycopg.Error):
        queues("select * from iasql_begin()")
    queues("insert into queue (name, visibility_timeout) values ('a', 99999)")
    with pytest.raises(psycopg.Error):
        queues("select * from iasql_commit()")
    found = queues(
        "select changed_by, change ->> 'operation' as op, change ->> 'sqlstate' as state"
        " from iasql_audit_log where change_type = 'REFUSED' order by id"
    )
    assert [(row["changed_by"], row["op"], row["state"]) for row in found] == [
        ("ann", "commit", "25P01"),
        ("ann", "preview", "25P01"),
        ("ann", "rollback", "25P01"),
        ("ann", "begin", "55006"),
        ("ann", "commit", "IA001"),
    ]
