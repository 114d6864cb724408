"""A row takes over what a deleted one stood for: from then on the deleted one claims nothing any more."""

from __future__ import annotations

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_cloudwatch", "aws_iam", "aws_security_group")


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """A database that looks at one region."""
    return sql


def test_a_name_that_was_given_up_at_a_second_try_is_free_for_others(installed: Sql, stack: Stack) -> None:
    iam = stack.client("iam")
    installed("insert into iam_user (user_name, path) values ('before', '/')")
    installed("select * from iasql_sync()")
    iam.create_user(UserName="after")
    installed("update iam_user set user_name = 'after'")
    installed("select * from iasql_sync()")
    assert "failed" in {row["kind"] for row in installed("select kind from iasql_conflict")}
    iam.delete_user(UserName="after")
    installed("select * from iasql_sync()")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["after"]
    iam.create_user(UserName="before")
    installed("select * from iasql_sync()")
    assert {row["user_name"] for row in installed("select user_name from iam_user")} == {"before", "after"}


def test_a_name_that_a_new_row_has_taken_over_and_given_up_is_free_for_others(installed: Sql, stack: Stack) -> None:
    installed("insert into log_group (log_group_name, retention_in_days) values ('mine', 7)")
    installed("select * from iasql_sync()")
    installed("delete from log_group")
    installed("insert into log_group (log_group_name, retention_in_days) values ('mine', 30)")
    installed("select * from iasql_sync()")
    installed("update log_group set log_group_name = 'moved'")
    installed("select * from iasql_sync()")
    stack.client("logs").create_log_group(logGroupName="mine")
    installed("select * from iasql_sync()")
    assert {row["log_group_name"] for row in installed("select * from log_group")} == {"mine", "moved"}


def test_a_row_is_renamed_to_the_name_of_one_that_is_deleted(installed: Sql, stack: Stack) -> None:
    installed("insert into log_group (log_group_name, retention_in_days) values ('one', 1), ('two', 7)")
    installed("select * from iasql_sync()")
    installed("select * from iasql_begin()")
    installed("delete from log_group where log_group_name = 'two'")
    installed("update log_group set log_group_name = 'two' where log_group_name = 'one'")
    installed("select * from iasql_commit()")
    found = stack.client("logs").describe_log_groups()["logGroups"]
    assert [(group["logGroupName"], group["retentionInDays"]) for group in found] == [("two", 1)]
    assert installed("select * from iasql_sync()") == []


def test_what_a_new_row_has_taken_over_is_reverted_with_its_values(installed: Sql, stack: Stack) -> None:
    installed("insert into log_group (log_group_name, retention_in_days) values ('again', 7)")
    installed("select * from iasql_sync()")
    (begun,) = installed("select transaction_id from iasql_begin()")
    installed("delete from log_group")
    installed("insert into log_group (log_group_name, retention_in_days) values ('again', 30)")
    installed("select * from iasql_commit()")
    installed("select * from iasql_revert(%s)", begun["transaction_id"])
    installed("select * from iasql_commit()")
    assert [group["retentionInDays"] for group in stack.client("logs").describe_log_groups()["logGroups"]] == [7]
    assert installed("select retention_in_days from log_group") == [{"retention_in_days": 7}]


@pytest.mark.parametrize(("moves", "refreshes"), [(True, False), (False, True)])
def test_what_refers_to_a_group_in_a_deleted_ones_place_was_moved_by_nobody(
    installed: Sql, stack: Stack, moves: bool, refreshes: bool
) -> None:
    insert_rule = (
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', %s, %s, '10.0.0.0/8', id from security_group where group_name = %s"
    )
    insert_group = (
        "insert into security_group (group_name, description, vpc_id)"
        " select %s, 'of its name', id from vpc where is_default"
    )
    installed(insert_group, "web")
    installed(insert_group, "other")
    installed(insert_rule, 443, 443, "web")
    installed("select * from iasql_sync()")
    if not refreshes:
        installed("select * from iasql_begin()")
    if moves:  # it goes to another group, and its own is made anew
        installed("update security_group_rule set security_group_id = (select id from security_group where"
                  " group_name = 'other') where from_port = 443")  # fmt: skip
    else:
        installed("delete from security_group_rule where from_port = 443")
    installed("delete from security_group where group_name = 'web'")
    installed(insert_group, "web")
    installed(insert_rule, 22, 22, "web")
    if refreshes:  # which lets the new row have what the deleted one stood for
        installed("select * from iasql_refresh()")
        assert installed("select * from iasql_conflict where kind = 'conflict'") == []
        installed("select * from iasql_sync()")
    else:
        installed("select * from iasql_commit()")
    there = stack.client("ec2").describe_security_groups()["SecurityGroups"]
    ports = {group["GroupName"]: [rule["FromPort"] for rule in group["IpPermissions"]] for group in there}
    assert (ports["web"], ports["other"]) == ([22], [443] if moves else [])
    assert installed("select * from iasql_sync()") == []
    assert installed("select * from iasql_conflict") == []
