"""The main story: rows become cloud resources and back, as a user types it."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
MODULES = ("aws_s3", "aws_security_group", "aws_iam", "aws_sqs")
pytestmark = pytest.mark.modules(*MODULES)


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """A database with the modules of the story, looking at one region."""
    return sql


def group_of(stack: Stack) -> dict[str, Any]:
    """The group named web, as AWS has it."""
    wanted = [{"Name": "group-name", "Values": ["web"]}]
    (group,) = stack.client("ec2").describe_security_groups(Filters=wanted)["SecurityGroups"]
    return dict(group)


def insert_everything(sql: Sql) -> None:
    sql("insert into bucket (name, tags) values ('story-bucket', '{\"team\": \"web\"}')")
    sql(
        "insert into security_group (group_name, description, vpc_id)"
        " values ('web', 'web servers', (select id from vpc where is_default))"
    )
    sql(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " values (false, 'tcp', 443, 443, '0.0.0.0/0', (select id from security_group where group_name = 'web'))"
    )
    sql("insert into iam_role (role_name, assume_role_policy_document) values ('runner', %s)", TRUST)
    sql("insert into queue (name) values ('jobs')")


def test_installing_brings_in_what_is_there(installed: Sql) -> None:
    assert installed("select vpc_id from vpc where is_default")[0]["vpc_id"].startswith("vpc-")
    assert {row["module_name"] for row in installed("select * from iasql_modules_installed()")} >= set(MODULES)
    listed = {row["module_name"] for row in installed("select * from iasql_modules_list()")}
    assert listed >= {"aws_cloudwatch", "iasql_platform"}


def test_rows_become_resources(installed: Sql, stack: Stack) -> None:
    begun = installed.one("select * from iasql_begin()")
    assert begun["message"] == "Transaction started"
    insert_everything(installed)
    previewed = installed("select * from iasql_preview()")
    assert {(row["action"], row["table_name"]) for row in previewed} == {
        ("create", name) for name in ("bucket", "security_group", "security_group_rule", "iam_role", "queue")
    }
    assert len({row["plan_digest"] for row in previewed}) == 1
    assert stack.client("s3").list_buckets()["Buckets"] == []
    committed = installed("select * from iasql_commit('the story begins')")
    assert {(row["action"], row["table_name"]) for row in committed} >= {("create", "bucket"), ("create", "queue")}

    assert [b["Name"] for b in stack.client("s3").list_buckets()["Buckets"]] == ["story-bucket"]
    assert (
        stack.client("iam").get_role(RoleName="runner")["Role"]["Arn"]
        == installed.one("select arn from iam_role where role_name = 'runner'")["arn"]
    )
    group = group_of(stack)
    assert group["IpPermissionsEgress"] == []
    assert [p["FromPort"] for p in group["IpPermissions"]] == [443]
    assert installed.one("select group_id from security_group where group_name = 'web'")["group_id"] == group["GroupId"]
    assert installed.one("select url from queue")["url"].endswith("/jobs")
    assert installed.one(
        "select state, message from iasql_transaction where transaction_id = %s", begun["transaction_id"]
    ) == {
        "state": "committed",
        "message": "the story begins",
    }

    installed("select * from iasql_begin()")
    assert installed("select * from iasql_preview()") == []
    installed("select * from iasql_rollback()")
    assert installed("select * from iasql_sync()") == []


def committed_story(sql: Sql) -> None:
    sql("select * from iasql_begin()")
    insert_everything(sql)
    sql("select * from iasql_commit('set up')")


def test_update_delete_and_rollback(installed: Sql, stack: Stack) -> None:
    committed_story(installed)
    installed("select * from iasql_begin()")
    installed("update queue set visibility_timeout = 90")
    installed('update bucket set tags = \'{"team": "api"}\'')
    installed("delete from iam_role where role_name = 'runner'")
    assert {(row["action"], row["table_name"]) for row in installed("select * from iasql_preview()")} == {
        ("update", "queue"),
        ("update", "bucket"),
        ("delete", "iam_role"),
    }
    installed("select * from iasql_rollback()")
    assert installed.one("select visibility_timeout from queue")["visibility_timeout"] == 30
    assert installed.one("select arn from iam_role where role_name = 'runner'")["arn"]
    assert stack.client("iam").get_role(RoleName="runner")

    installed("select * from iasql_begin()")
    installed("update queue set visibility_timeout = 90")
    installed("delete from iam_role where role_name = 'runner'")
    installed("select * from iasql_commit()")
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"] == {
        "VisibilityTimeout": "90"
    }
    assert "runner" not in [role["RoleName"] for role in stack.client("iam").list_roles()["Roles"]]


def test_a_changed_rule_is_replaced(installed: Sql, stack: Stack) -> None:
    committed_story(installed)
    before = installed.one("select security_group_rule_id from security_group_rule where from_port = 443")
    installed("select * from iasql_begin()")
    installed("update security_group_rule set from_port = 80, to_port = 80 where from_port = 443")
    (row,) = installed("select * from iasql_preview()")
    assert (row["action"], row["table_name"]) == ("replace", "security_group_rule")
    installed("select * from iasql_commit()")
    after = installed.one("select security_group_rule_id from security_group_rule where from_port = 80")
    assert after != before
    group = group_of(stack)
    assert [p["FromPort"] for p in group["IpPermissions"]] == [80]


def test_a_replaced_group_takes_its_rules_along(installed: Sql, stack: Stack) -> None:
    committed_story(installed)
    installed("select * from iasql_begin()")
    installed("update security_group set description = 'all web servers' where group_name = 'web'")
    shown = {(row["action"], row["table_name"]) for row in installed("select * from iasql_preview()")}
    assert shown == {("replace", "security_group"), ("replace", "security_group_rule")}
    installed("select * from iasql_commit()")
    group = group_of(stack)
    assert group["Description"] == "all web servers"
    assert [p["FromPort"] for p in group["IpPermissions"]] == [443]
    assert installed("select * from iasql_sync()") == []


def test_what_others_do_in_the_account_arrives(installed: Sql, stack: Stack) -> None:
    stack.client("s3").create_bucket(Bucket="made-by-boto3")
    synced = installed("select * from iasql_sync()")
    assert ("create", "bucket", "tables") in {(r["action"], r["table_name"], r["side"]) for r in synced}
    assert installed.one("select region from bucket where name = 'made-by-boto3'")["region"] == "us-east-1"
    installed("insert into queue (name) values ('looked-at')")
    installed("select * from iasql_sync()")
    url = installed.one("select url from queue")["url"]
    stack.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "77"})
    told = {(row["action"], row["table_name"], row["side"]) for row in installed("select * from iasql_sync()")}
    assert told == {("update", "queue", "tables")}
    assert installed.one("select visibility_timeout from queue") == {"visibility_timeout": 77}
    stack.client("s3").delete_bucket(Bucket="made-by-boto3")
    installed("select * from iasql_sync()")
    assert installed("select * from bucket") == []


def test_changes_outside_of_a_transaction_reach_the_cloud_at_a_tick(installed: Sql, stack: Stack) -> None:
    installed("insert into queue (name) values ('later')")
    installed("select * from iasql_sync()")
    assert stack.client("sqs").get_queue_url(QueueName="later")
    assert installed.one("select arn from queue where name = 'later'")["arn"]


def test_a_failed_commit_leaves_everything_as_before(installed: Sql, stack: Stack) -> None:
    stack.client("iam").create_role(RoleName="taken", AssumeRolePolicyDocument=TRUST)
    installed("select * from iasql_begin()")
    insert_everything(installed)
    installed(
        "insert into iam_role (role_name, assume_role_policy_document, description) values ('taken', %s, 'x')", TRUST
    )
    with pytest.raises(psycopg.Error) as told:
        installed("select * from iasql_commit()")
    assert "taken" in str(told.value)
    if told.value.sqlstate == "IA003":
        assert installed("select * from bucket") == []
    assert stack.client("s3").list_buckets()["Buckets"] == []


def test_errors_of_state(installed: Sql) -> None:
    for call in ("iasql_preview()", "iasql_commit()"):
        with pytest.raises(psycopg.Error, match="Cannot execute without calling iasql_begin\\(\\) first"):
            installed(f"select * from {call}")
    installed("select * from iasql_begin()")
    with pytest.raises(psycopg.Error, match="Another transaction is open"):
        installed("select * from iasql_begin()")
    with pytest.raises(psycopg.Error, match=r"The following modules do not exist: aws_ec3.*Did you mean: .*aws_"):
        installed("select * from iasql_install('aws_ec3')")
    with pytest.raises(psycopg.Error, match="do not exist"):
        installed("select * from iasql_install(%s)", "x'; drop table bucket; --")
    installed("insert into bucket (name) values ('No_Such_Name!')")
    with pytest.raises(psycopg.Error, match=r"bucket No_Such_Name!: .*name.*3 to 63 lower-case letters"):
        installed("select * from iasql_commit()")
    assert installed.one("select count(*) from iasql_transaction where state = 'open'")["count"] == 1
    installed("select * from iasql_rollback()")
    assert installed("select * from bucket") == []


def test_what_both_sides_deleted_is_forgotten(installed: Sql, stack: Stack) -> None:
    installed("insert into queue (name) values ('twice-deleted')")
    installed("select * from iasql_sync()")
    stack.client("sqs").delete_queue(QueueUrl=installed.one("select url from queue")["url"])
    installed("delete from queue")
    installed("select * from iasql_sync()")
    ended = installed("select change from iasql_audit_log where change ? 'ended' and table_name = 'queue'")
    assert len(ended) == 1
    installed("select * from iasql_sync()")
    assert installed("select change from iasql_audit_log where change ? 'ended' and table_name = 'queue'") == ended
