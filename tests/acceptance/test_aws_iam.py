"""Roles, users, groups, keys and policies as a user types them."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from tests.acceptance.conftest import Sql, Stack


def trust(service: str) -> str:
    allow = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allow]})


def allowing(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


@pytest.fixture
def people(sql: Sql, stack: Stack) -> Sql:
    """A user and a role that EC2 instances may carry."""
    policy = stack.client("iam").create_policy(PolicyName="read", PolicyDocument=allowing("s3:GetObject"))["Policy"]
    sql("select * from iasql_install('aws_iam')")
    sql("select * from iasql_begin()")
    sql("insert into iam_user (user_name, path, attached_policies_arns) values ('ada', '/math/', %s)", [policy["Arn"]])
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


def test_policies_are_made_before_they_are_attached(people: Sql, stack: Stack) -> None:
    iam = stack.client("iam")
    assert people("select policy_name from iam_policy") == [{"policy_name": "read"}]

    def attached(role: str = "engine") -> list[Any]:
        return [each["PolicyName"] for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]]

    # all in one transaction: the policy has no ARN yet, and is named by its name
    people("select * from iasql_begin()")
    people("insert into iam_policy (policy_name, policy_document) values ('write', %s)", allowing("s3:PutObject"))
    people("update iam_role set attached_policies_arns = '{write}'")
    people("insert into iam_group (group_name, user_names, attached_policies_arns) values ('all', '{ada}', '{write}')")
    people("insert into iam_role_policy values ('engine', 'own', %s)", allowing("s3:ListBucket"))
    people("insert into iam_instance_profile (instance_profile_name, role_name) values ('engine-of-old', 'engine')")
    people("select * from iasql_commit()")
    assert attached() == ["write"]
    assert [user["UserName"] for user in iam.get_group(GroupName="all")["Users"]] == ["ada"]
    assert iam.get_role_policy(RoleName="engine", PolicyName="own")["PolicyDocument"] == json.loads(
        allowing("s3:ListBucket")
    )
    arn = people.one("select arn from iam_policy where policy_name = 'write'")["arn"]
    assert people.one("select attached_policies_arns a from iam_role")["a"] == [arn]

    with pytest.raises(psycopg.errors.ForeignKeyViolation, match=r"is used by iam_role\.attached_policies_arns"):
        people("delete from iam_policy where policy_name = 'write'")
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="'none' is no arn of a row"):
        people("update iam_user set attached_policies_arns = '{none}'")

    # another version; and another name, which whoever has it follows
    people("select * from iasql_begin()")
    people("update iam_policy set policy_document = %s where policy_name = 'write'", allowing("s3:*"))
    people("select * from iasql_commit()")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    people("select * from iasql_begin()")
    people("update iam_policy set policy_name = 'all-of-s3' where policy_name = 'write'")
    people("select * from iasql_commit()")
    assert attached() == ["all-of-s3"]
    assert {each["PolicyName"] for each in iam.list_policies(Scope="Local")["Policies"]} == {"read", "all-of-s3"}

    # with a role go its inline policies and its profiles
    people("select * from iasql_begin()")
    people("delete from iam_group")
    people("delete from iam_role")
    people("delete from iam_policy where policy_name <> 'read'")
    people("select * from iasql_commit()")
    assert iam.list_roles()["Roles"] == iam.list_instance_profiles()["InstanceProfiles"] == []
    assert people("select 1 from iam_role_policy union all select 1 from iam_instance_profile") == []
    people("select * from iasql_refresh()")  # to how many a policy is attached moves by itself
    assert people("select * from iasql_sync()") == []


def test_nothing_tells_a_secret(people: Sql) -> None:
    key = people.one("select * from access_key_request('ada')")
    log = people("select change::text, message from iasql_audit_log")
    assert not any(key["secretaccesskey"] in str(row) for row in log)
