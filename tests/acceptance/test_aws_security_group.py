"""Security groups as a user types them: what cannot be changed in place is replaced, with what depends on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_security_group")


@pytest.fixture
def groups(sql: Sql) -> Sql:
    """A group with a rule, in the default VPC."""
    sql("select * from iasql_begin()")
    sql("insert into security_group (group_name, description, vpc_id)"
        " select 'web', 'web servers', id from vpc where is_default")  # fmt: skip
    sql("insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 443, 443, '10.0.0.0/8', id from security_group where group_name = 'web'")  # fmt: skip
    sql("select * from iasql_commit()")
    return sql


def found(stack: Stack) -> dict[str, Any]:
    filters = [{"Name": "group-name", "Values": ["web"]}]
    (group,) = stack.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
    return dict(group)


def test_a_rule_is_replaced(groups: Sql, stack: Stack) -> None:
    before = groups.one("select security_group_rule_id as id from security_group_rule where from_port = 443")
    groups("select * from iasql_begin()")
    groups("update security_group_rule set description = 'https' where from_port = 443")
    groups("select * from iasql_commit()")
    assert groups.one("select security_group_rule_id as id from security_group_rule where from_port = 443") == before
    groups("select * from iasql_begin()")
    groups("update security_group_rule set from_port = 8443, to_port = 8443 where from_port = 443")
    assert [row["action"] for row in groups("select * from iasql_preview()")] == ["replace"]
    groups("select * from iasql_commit()")
    (permission,) = found(stack)["IpPermissions"]
    assert (permission["FromPort"], permission["IpRanges"]) == (
        8443,
        [{"CidrIp": "10.0.0.0/8", "Description": "https"}],
    )
    assert groups.one("select security_group_rule_id as id from security_group_rule where from_port = 8443") != before


def test_a_group_is_replaced_with_its_rules(groups: Sql, stack: Stack) -> None:
    before = found(stack)["GroupId"]
    groups("select * from iasql_begin()")
    groups("update security_group set description = 'all web servers' where group_name = 'web'")
    groups("select * from iasql_commit()")
    now = found(stack)
    assert now["GroupId"] != before
    assert now["Description"] == "all web servers"
    assert [permission["FromPort"] for permission in now["IpPermissions"]] == [443]
    assert groups.one("select group_id from security_group where group_name = 'web'") == {"group_id": now["GroupId"]}
    groups("select * from iasql_sync()")
    assert len(groups("select * from security_group_rule where from_port = 443")) == 1
    assert groups("select * from iasql_conflict") == []


def describe(stack: Stack, rule: str, description: str) -> None:
    """A colleague describes a rule of the group."""
    asked = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIpv4": "10.0.0.0/8", "Description": description}
    stack.client("ec2").modify_security_group_rules(
        GroupId=found(stack)["GroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": rule, "SecurityGroupRule": asked}],
    )


def test_a_group_waits_with_its_replacement_while_one_of_its_rules_is_in_conflict(groups: Sql, stack: Stack) -> None:
    before = found(stack)["GroupId"]
    groups("update security_group set description = 'all web servers' where group_name = 'web'")
    groups("insert into security_group_rule"
           " (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, description, security_group_id) select"
           " false, 'tcp', 80, 80, '10.0.0.0/8', 'ours', id from security_group where group_name = 'web'")  # fmt: skip
    ranges = [{"CidrIp": "10.0.0.0/8", "Description": "theirs"}]
    asked = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": ranges}]
    stack.client("ec2").authorize_security_group_ingress(GroupId=before, IpPermissions=asked)
    groups("select * from iasql_sync()")
    now = found(stack)
    assert now["GroupId"] == before
    assert [p["IpRanges"][0]["Description"] for p in now["IpPermissions"] if p["FromPort"] == 80] == ["theirs"]
    held = {(row["table_name"], row["kind"]) for row in groups("select * from iasql_conflict")}
    assert {("security_group", "waiting"), ("security_group_rule", "conflict")} <= held
    groups("update security_group_rule set description = 'theirs' where from_port = 80")
    groups("select * from iasql_sync()")
    now = found(stack)
    assert (now["GroupId"] != before, now["Description"]) == (True, "all web servers")
    assert sorted(permission["FromPort"] for permission in now["IpPermissions"]) == [80, 443]
    assert groups("select * from iasql_conflict") == []


def test_a_deleted_group_waits_while_one_of_its_rules_is_in_conflict(groups: Sql, stack: Stack) -> None:
    rule = groups.one("select security_group_rule_id as id from security_group_rule where from_port = 443")["id"]
    groups("delete from security_group_rule where from_port = 443")
    groups("delete from security_group where group_name = 'web'")
    describe(stack, rule, "https")
    groups("select * from iasql_sync()")
    assert [permission["FromPort"] for permission in found(stack)["IpPermissions"]] == [443]
    held = {(row["table_name"], row["kind"]) for row in groups("select * from iasql_conflict")}
    assert held == {("security_group", "waiting"), ("security_group_rule", "conflict")}
    stack.client("ec2").revoke_security_group_ingress(GroupId=found(stack)["GroupId"], SecurityGroupRuleIds=[rule])
    groups("select * from iasql_sync()")
    assert groups("select * from iasql_conflict") == []
    assert "web" not in {each["GroupName"] for each in stack.client("ec2").describe_security_groups()["SecurityGroups"]}


def test_a_name_that_aws_refuses(groups: Sql, stack: Stack) -> None:
    groups("select * from iasql_begin()")
    groups("insert into security_group (group_name, description) values ('sg-web', 'd')")
    with pytest.raises(Exception, match="do not begin with sg-"):
        groups("select * from iasql_commit()")
    groups("select * from iasql_rollback()")


def calls(sql: Sql, operation: str) -> int:
    """How many calls of an operation the log tells of; those for several rows are told with each of them."""
    return int(
        sql.one(
            "select count(distinct r) as n from iasql_audit_log, jsonb_array_elements(change->'outcome'->'requests') r"
            " where change_type = 'CLOUD_CALL' and r->>0 = %s",
            operation,
        )["n"]
    )


def test_rules_of_one_group_are_made_and_revoked_by_one_call(groups: Sql, stack: Stack) -> None:
    before = calls(groups, "AuthorizeSecurityGroupIngress")
    groups("select * from iasql_begin()")
    groups("insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
           " select false, 'tcp', p, p, '10.0.0.0/8', g.id from security_group g, generate_series(8001, 8005) p"
           " where group_name = 'web'")  # fmt: skip
    groups("select * from iasql_commit()")
    assert calls(groups, "AuthorizeSecurityGroupIngress") - before == 1
    made = groups("select security_group_rule_id as id from security_group_rule where from_port > 8000")
    assert len({row["id"] for row in made} - {None}) == 5
    assert sorted(each["FromPort"] for each in found(stack)["IpPermissions"]) == [443, *range(8001, 8006)]
    assert groups("select * from iasql_sync()") == []
    groups("select * from iasql_begin()")
    groups("delete from security_group_rule where from_port > 8000")
    groups("select * from iasql_commit()")
    assert calls(groups, "RevokeSecurityGroupIngress") == 1
    assert [each["FromPort"] for each in found(stack)["IpPermissions"]] == [443]


def test_what_is_tagged_alike_is_tagged_by_one_call(groups: Sql, stack: Stack) -> None:
    groups("select * from iasql_begin()")
    groups('update subnet set tags = \'{"team": "web"}\'')
    groups("select * from iasql_commit()")
    assert calls(groups, "CreateTags") == 1
    told = stack.client("ec2").describe_subnets()["Subnets"]
    assert len(told) > 1
    assert {str(subnet["Tags"]) for subnet in told} == {"[{'Key': 'team', 'Value': 'web'}]"}
