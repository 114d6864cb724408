"""Both sides moved: who wins column by column, also where a resource is replaced, deleted and made again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_sqs", "aws_cloudwatch", "aws_s3", "aws_security_group", "aws_iam")


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """A database that looks at one region, with types of several shapes."""
    return sql


def log_groups(stack: Stack) -> dict[str, Any]:
    """Names of log groups and how long they keep events."""
    found = stack.client("logs").describe_log_groups()["logGroups"]
    return {group["logGroupName"]: group.get("retentionInDays") for group in found}


def test_a_replacement_takes_over_what_the_cloud_changed(installed: Sql, stack: Stack) -> None:
    installed("insert into log_group (log_group_name, retention_in_days) values ('before', 7)")
    installed("select * from iasql_sync()")
    stack.client("logs").put_retention_policy(logGroupName="before", retentionInDays=1)
    installed("select * from iasql_begin()")
    installed("update log_group set log_group_name = 'after'")
    installed("select * from iasql_commit()")
    assert log_groups(stack) == {"after": 1}
    assert installed("select log_group_name, retention_in_days from log_group") == [
        {"log_group_name": "after", "retention_in_days": 1}
    ]
    assert installed("select * from iasql_sync()") == []
    assert log_groups(stack) == {"after": 1}


def test_a_held_deletion_goes_through_once_the_cloud_moves_back(installed: Sql, stack: Stack) -> None:
    logs = stack.client("logs")
    installed("insert into log_group (log_group_name, retention_in_days) values ('back', 7)")
    installed("select * from iasql_sync()")
    installed("delete from log_group")
    logs.put_retention_policy(logGroupName="back", retentionInDays=1)
    assert installed("select * from iasql_sync()") == []
    assert [row["kind"] for row in installed("select kind from iasql_conflict")] == ["conflict"]
    assert log_groups(stack) == {"back": 1}
    logs.put_retention_policy(logGroupName="back", retentionInDays=7)
    installed("select * from iasql_refresh()")
    installed("select * from iasql_sync()")
    assert log_groups(stack) == {}
    assert installed("select * from iasql_conflict") == []


def test_a_held_change_goes_through_once_the_cloud_moves_back(installed: Sql, stack: Stack) -> None:
    logs = stack.client("logs")
    installed("insert into log_group (log_group_name, retention_in_days) values ('back', 7)")
    installed("select * from iasql_sync()")
    installed("update log_group set retention_in_days = 30")
    logs.put_retention_policy(logGroupName="back", retentionInDays=1)
    installed("select * from iasql_sync()")
    assert [row["kind"] for row in installed("select kind from iasql_conflict")] == ["conflict"]
    logs.put_retention_policy(logGroupName="back", retentionInDays=7)
    installed("select * from iasql_refresh()")
    installed("select * from iasql_sync()")
    assert log_groups(stack) == {"back": 30}
    assert installed("select * from iasql_conflict") == []


def test_names_are_swapped_in_one_commit(installed: Sql, stack: Stack) -> None:
    installed("insert into log_group (log_group_name, retention_in_days) values ('one', 1), ('two', 7)")
    installed("select * from iasql_sync()")
    installed("select * from iasql_begin()")
    installed("update log_group set log_group_name = 'free' where log_group_name = 'two'")
    installed("update log_group set log_group_name = 'two' where log_group_name = 'one'")
    installed("insert into log_group (log_group_name, retention_in_days) values ('one', 30)")
    installed("select * from iasql_commit()")
    assert log_groups(stack) == {"two": 1, "free": 7, "one": 30}
    assert installed("select * from iasql_sync()") == []


def test_what_others_replace_under_the_same_name_comes_in_at_once(installed: Sql, stack: Stack) -> None:
    ec2 = stack.client("ec2")
    installed(
        "insert into security_group (group_name, description, vpc_id)"
        " values ('web', 'ours', (select id from vpc where is_default))"
    )
    installed("select * from iasql_sync()")
    old = installed.one("select group_id from security_group where group_name = 'web'")["group_id"]
    ec2.delete_security_group(GroupId=old)
    new = ec2.create_security_group(GroupName="web", Description="theirs")["GroupId"]
    installed("select * from iasql_refresh()")
    query = "select group_id, description from security_group where group_name = 'web'"
    assert installed(query) == [{"group_id": new, "description": "theirs"}]
    rules = "select g.group_name from security_group_rule r join security_group g on g.id = r.security_group_id"
    assert "web" in {row["group_name"] for row in installed(rules)}
    assert installed("select * from iasql_conflict") == []


def test_a_row_in_place_of_a_deleted_one_goes_through_after_a_refresh(installed: Sql, stack: Stack) -> None:
    installed("insert into log_group (log_group_name, retention_in_days) values ('again', 7)")
    installed("insert into iam_user (user_name, path) values ('before', '/')")
    installed("select * from iasql_sync()")
    installed("delete from log_group")
    installed("insert into log_group (log_group_name, retention_in_days) values ('again', 30)")
    installed("update iam_user set user_name = 'after', path = '/new/'")
    installed("select * from iasql_refresh()")
    assert installed("select * from iasql_conflict") == []
    installed("select * from iasql_sync()")
    assert installed("select * from iasql_conflict") == []
    assert log_groups(stack) == {"again": 30}
    users = stack.client("iam").list_users()["Users"]
    assert {user["UserName"]: user["Path"] for user in users} == {"after": "/new/"}
    assert installed("select * from iasql_sync()") == []


def test_a_user_is_renamed_there_and_back(installed: Sql, stack: Stack) -> None:
    installed("insert into iam_user (user_name, path) values ('here', '/')")
    for name in ("here", "there", "here"):
        installed("update iam_user set user_name = %s", name)
        installed("select * from iasql_sync()")
        assert installed("select user_name from iam_user") == [{"user_name": name}]
        assert [user["UserName"] for user in stack.client("iam").list_users()["Users"]] == [name]


def test_a_group_is_not_given_up_for_a_name_that_is_taken(installed: Sql, stack: Stack) -> None:
    ec2 = stack.client("ec2")
    installed("insert into security_group (group_name, description) values ('mine', 'm')")
    installed(
        "insert into security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4)"
        " select id, false, 'tcp', 443, 443, '10.0.0.0/8' from security_group where group_name = 'mine'"
    )
    installed("select * from iasql_sync()")
    taken = ec2.create_security_group(GroupName="taken", Description="theirs")["GroupId"]
    installed("update security_group set group_name = 'taken' where group_name = 'mine'")
    installed("select * from iasql_sync()")
    there = {g["GroupName"]: g for g in ec2.describe_security_groups()["SecurityGroups"]}
    assert len(there["mine"]["IpPermissions"]) == 1
    assert [row["kind"] for row in installed("select kind from iasql_conflict where kind = 'failed'")] == ["failed"]
    ec2.delete_security_group(GroupId=taken)
    installed("select * from iasql_sync()")
    there = {g["GroupName"]: g for g in ec2.describe_security_groups()["SecurityGroups"]}
    assert "mine" not in there
    assert (there["taken"]["Description"], len(there["taken"]["IpPermissions"])) == ("m", 1)


@pytest.mark.parametrize("way", ["adopted", "updated", "made again", "gone there"])
def test_what_a_deleted_row_agreed_on_ends_with_the_row_in_its_place(installed: Sql, stack: Stack, way: str) -> None:
    logs = stack.client("logs")
    installed("insert into log_group (log_group_name, retention_in_days) values ('one', 7)")
    installed("select * from iasql_sync()")
    logs.put_retention_policy(logGroupName="one", retentionInDays=1)
    installed("delete from log_group")
    installed("select * from iasql_sync()")
    assert [row["kind"] for row in installed("select kind from iasql_conflict")] == ["conflict"]
    if way == "made again":
        logs.delete_log_group(logGroupName="one")
    elif way == "updated":
        logs.put_retention_policy(logGroupName="one", retentionInDays=7)
    days = 3 if way == "updated" else 1
    installed(f"insert into log_group (log_group_name, retention_in_days) values ('one', {days})")
    installed("select * from iasql_sync()")
    assert log_groups(stack) == {"one": days}
    if way == "gone there":
        logs.delete_log_group(logGroupName="one")
    else:
        installed("delete from log_group")
    installed("select * from iasql_sync()")
    assert (log_groups(stack), installed("select * from log_group")) == ({}, [])
    logs.create_log_group(logGroupName="one")
    logs.put_retention_policy(logGroupName="one", retentionInDays=30)
    installed("select * from iasql_sync()")
    assert installed("select log_group_name, retention_in_days from log_group") == [
        {"log_group_name": "one", "retention_in_days": 30}
    ]
    assert (log_groups(stack), installed("select * from iasql_conflict")) == ({"one": 30}, [])


def test_a_rollback_forgets_what_was_adopted_meanwhile(installed: Sql, stack: Stack) -> None:
    sqs = stack.client("sqs")
    installed("select * from iasql_begin()")
    installed("insert into queue (name, visibility_timeout) values ('theirs', 45)")
    sqs.create_queue(QueueName="theirs", tags={"owner": "somebody"})
    installed("select * from iasql_refresh()")
    installed("select * from iasql_rollback()")
    assert installed("select * from queue") == []
    installed("select * from iasql_sync()")
    assert len(sqs.list_queues()["QueueUrls"]) == 1
    assert installed("select name, visibility_timeout, tags from queue") == [
        {"name": "theirs", "visibility_timeout": 30, "tags": {"owner": "somebody"}}
    ]


def test_a_replacement_leaves_what_others_have_pending_beside_it(installed: Sql, stack: Stack) -> None:
    installed("insert into security_group (group_name, description) values ('web', 'one')")
    installed("select * from iasql_sync()")
    installed(
        "insert into security_group_rule (security_group_id, is_egress, ip_protocol, from_port, to_port, cidr_ipv4)"
        " select id, false, 'tcp', 443, 443, '10.0.0.0/8' from security_group where group_name = 'web'"
    )
    installed("select * from iasql_begin()")
    installed("update security_group set description = 'two' where group_name = 'web'")
    taken = installed("select action, table_name from iasql_commit()")
    assert taken == [{"action": "replace", "table_name": "security_group"}]

    def web() -> Any:
        groups = stack.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": ["web"]}])
        return [(group["Description"], len(group["IpPermissions"])) for group in groups["SecurityGroups"]]

    assert web() == [("two", 0)]
    pushed = installed("select action, table_name from iasql_sync() where side = 'cloud'")
    assert pushed == [{"action": "create", "table_name": "security_group_rule"}]
    assert web() == [("two", 1)]
