"""A refresh while a transaction is open: nothing it brings in or takes away stands in the way of the rollback."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_s3", "aws_security_group", "aws_sqs", "aws_iam")
RULE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
GROUP = "insert into security_group (group_name, description, vpc_id) select 'web', %s, id from vpc where is_default"
TRUSTED = json.dumps({"Version": "2012-10-17", "Statement": []})


@pytest.fixture
def sql(sql: Sql) -> Sql:
    """The tables have what this account has by itself; what the copied database had is gone, as two reads show."""
    for _ in range(2):
        sql("select * from iasql_refresh()")
    return sql


def snapshot(sql: Sql) -> dict[str, Any]:
    """Every row of the tables that the stories touch; of rules the one that they are about."""
    names = ("bucket", "queue", "iam_role", "iam_instance_profile", "security_group")
    rules = sql("select * from security_group_rule where from_port = 443 and security_group_id is not null")
    return {name: sql(f"select * from {name} t order by t::text") for name in names} | {"rules": rules}


def groups(stack: Stack, *, rule: bool) -> list[str]:
    """Makes two groups elsewhere, the first with a rule when `rule`; their ids."""
    ec2 = stack.client("ec2")
    made = [str(ec2.create_security_group(GroupName=n, Description=n)["GroupId"]) for n in ("one", "two")]
    if rule:
        ec2.authorize_security_group_ingress(GroupId=made[0], IpPermissions=[RULE])
    return made


def test_nothing_hangs_on_a_group_that_only_the_open_transaction_has(sql: Sql, stack: Stack) -> None:
    before = snapshot(sql)
    sql("select * from iasql_begin()")
    sql(GROUP, "mine")
    ec2 = stack.client("ec2")
    group = ec2.create_security_group(GroupName="web", Description="theirs")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[RULE])
    sql("select * from iasql_refresh()")
    sql("select * from iasql_rollback()")
    assert snapshot(sql) == before
    sql("select * from iasql_refresh()")
    there = sql.one("select g.description from security_group g join security_group_rule on security_group_id = g.id"
                    " where from_port = 443")  # fmt: skip
    assert there == {"description": "theirs"}


def test_nothing_hangs_on_a_name_that_only_the_open_transaction_has(sql: Sql, stack: Stack) -> None:
    before = snapshot(sql)
    sql("select * from iasql_begin()")
    sql("insert into iam_role (role_name, description, assume_role_policy_document) values ('r', 'mine', %s)", TRUSTED)
    iam = stack.client("iam")
    iam.create_role(RoleName="r", Description="theirs", AssumeRolePolicyDocument=TRUSTED)
    iam.create_instance_profile(InstanceProfileName="p")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="r")
    sql("select * from iasql_refresh()")
    held = sql.one("select table_name, kind, reason from iasql_conflict where kind = 'import_prevented'")
    assert held["table_name"] == "iam_instance_profile"
    assert "open transaction" in held["reason"]
    sql("select * from iasql_rollback()")
    assert snapshot(sql) == before
    sql("select * from iasql_refresh()")
    assert sql.one("select role_name from iam_instance_profile") == {"role_name": "r"}
    assert sql("select * from iasql_conflict") == []


@pytest.mark.parametrize("statement", [
    "delete from security_group_rule where from_port = 443",
    "update security_group_rule set security_group_id = (select id from security_group where group_name = 'two')"
    " where from_port = 443",
])  # fmt: skip
def test_what_a_rollback_would_refer_to_stays(sql: Sql, stack: Stack, statement: str) -> None:
    one, _ = groups(stack, rule=True)
    sql("select * from iasql_refresh()")
    before = snapshot(sql)
    sql("select * from iasql_begin()")
    sql(statement)
    stack.client("ec2").delete_security_group(GroupId=one)
    sql("select * from iasql_refresh()")
    sql("select * from iasql_rollback()")
    assert snapshot(sql) == before
    sql("select * from iasql_refresh()")
    assert sql("select * from security_group where group_name = 'one'") == []
    assert sql("select * from security_group_rule where from_port = 443") == []
    assert sql("select * from iasql_conflict") == []


def test_what_the_open_transaction_has_taken_back_stays_as_it_wrote_it(sql: Sql, stack: Stack) -> None:
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sql("select * from iasql_refresh()")
    sql("update queue set visibility_timeout = 60")
    before = snapshot(sql)
    sql("select * from iasql_begin()")
    sql("update queue set visibility_timeout = 30")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
    sql("select * from iasql_refresh()")
    assert sql.one("select visibility_timeout from queue") == {"visibility_timeout": 30}
    sqs.delete_queue(QueueUrl=url)
    sql("select * from iasql_refresh()")
    sql("select * from iasql_rollback()")
    assert snapshot(sql) == before


def test_the_same_edit_on_both_sides_is_not_undone_there_by_a_rollback(sql: Sql, stack: Stack) -> None:
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    sql("select * from iasql_refresh()")
    sql("select * from iasql_begin()")
    sql("update queue set visibility_timeout = 90")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90", "DelaySeconds": "5"})
    sql("select * from iasql_refresh()")
    sql("select * from iasql_rollback()")
    assert sql.one("select visibility_timeout, delay_seconds from queue") == {
        "visibility_timeout": 30,
        "delay_seconds": 5,
    }
    assert [row["side"] for row in sql("select * from iasql_sync()")] == ["tables"]
    assert sql.one("select visibility_timeout from queue") == {"visibility_timeout": 90}


def test_a_key_that_a_rollback_needs_stays_free(sql: Sql, stack: Stack) -> None:
    sql("insert into bucket (name, tags) values ('wanted-bucket', '{\"mine\": \"1\"}')")
    before = snapshot(sql)
    sql("select * from iasql_begin()")
    sql("delete from bucket")
    stack.client("s3").create_bucket(Bucket="wanted-bucket")
    sql("select * from iasql_refresh()")
    sql("select * from iasql_rollback()")
    assert snapshot(sql) == before
