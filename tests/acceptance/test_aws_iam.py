"""Roles, users and keys as a user types them."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Sql, Stack


def trust(service: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


@pytest.fixture
def people(sql: Sql, stack: Stack) -> Sql:
    """A user and a role that EC2 instances may carry."""
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    policy = stack.client("iam").create_policy(PolicyName="read", PolicyDocument=document)["Policy"]["Arn"]
    sql("select * from iasql_install('aws_iam')")
    sql("select * from iasql_begin()")
    sql("insert into iam_user (user_name, path, attached_policies_arns) values ('ada', '/math/', %s)", [policy])
    sql(
        "insert into iam_role (role_name, assume_role_policy_document) values ('engine', %s)",
        trust("ec2.amazonaws.com"),
    )
    sql("select * from iasql_commit()")
    return sql


def test_roles_and_users_come_and_go(people: Sql, stack: Stack) -> None:
    iam = stack.client("iam")
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles()["InstanceProfiles"]] == ["engine"]
    made = people.one("select arn, user_id, create_date from iam_user")
    assert made["arn"].endswith(":user/math/ada")

    key = people.one("select * from access_key_request('ada')")
    assert key["status"] == "SUCCESS"
    assert people.one("select user_name, status from access_key") == {"user_name": "ada", "status": "Active"}
    assert people.one("select status from set_user_password('ada', 'a-Long-0ne!')") == {"status": "OK"}

    people("select * from iasql_begin()")
    people("update access_key set status = 'Inactive'")
    people("update iam_role set assume_role_policy_document = %s, description = 'd'", trust("lambda.amazonaws.com"))
    people('update iam_user set attached_policies_arns = null, tags = \'{"born": "1815"}\'')
    people("select * from iasql_commit()")
    assert iam.list_access_keys(UserName="ada")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    assert iam.list_instance_profiles()["InstanceProfiles"] == []
    assert iam.list_attached_user_policies(UserName="ada")["AttachedPolicies"] == []

    people("select * from iasql_begin()")
    for table in ("access_key", "iam_user", "iam_role"):
        people(f"delete from {table}")
    people("select * from iasql_commit()")
    assert iam.list_users()["Users"] == iam.list_roles()["Roles"] == []


def test_nothing_tells_a_secret(people: Sql) -> None:
    key = people.one("select * from access_key_request('ada')")
    log = people("select change::text, message from iasql_audit_log")
    assert not any(key["secretaccesskey"] in str(row) for row in log)
