"""Both sides changed since they agreed: what a user is shown, what is refused, and how it is settled."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest

from iasql.engine.apply import RESERVED
from tests.acceptance.conftest import Sql, Stack

MADE = {"VisibilityTimeout": "45", "MaximumMessageSize": "262144"}
MODULES = ("aws_s3", "aws_security_group", "aws_sqs")
pytestmark = pytest.mark.modules(*MODULES)


@pytest.fixture
def installed(sql: Sql) -> Sql:
    """A database that looks at one region."""
    return sql


@pytest.fixture
def queue(installed: Sql) -> Sql:
    """The same with a queue that both sides agree about."""
    commit(installed, "insert into queue (name, visibility_timeout) values ('jobs', 30)")
    return installed


def begin(sql: Sql, *statements: str) -> None:
    sql("select * from iasql_begin()")
    for statement in statements:
        sql(statement)


def commit(sql: Sql, *statements: str) -> None:
    begin(sql, *statements)
    sql("select * from iasql_commit()")


def refused(sql: Sql, call: str = "iasql_commit()") -> psycopg.Error:
    """The error of a commit that is refused before anything was called: the transaction stays open."""
    with pytest.raises(psycopg.Error) as told:
        sql(f"select * from {call}")
    assert told.value.sqlstate in ("IA001", "IA002")
    assert sql.one("select state, cloud_calls from iasql_transaction where closed_at is null") == {
        "state": "open",
        "cloud_calls": 0,
    }
    return told.value


def operator(stack: Stack) -> Sql:
    """SQL as somebody who may force: the ordinary login is an operator as well."""
    return Sql(stack.connect())


class Sqs:
    """The queue as the cloud has it."""

    def __init__(self, stack: Stack) -> None:
        self.client = stack.client("sqs")

    @property
    def url(self) -> str:
        return str(self.client.get_queue_url(QueueName="jobs")["QueueUrl"])

    @property
    def timeout(self) -> str:
        names = ["VisibilityTimeout"]
        return str(self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"][names[0]])

    def set(self, **attributes: str) -> None:
        self.client.set_queue_attributes(QueueUrl=self.url, Attributes=attributes)

    @property
    def names(self) -> list[str]:
        return [url.rsplit("/", 1)[-1] for url in self.client.list_queues().get("QueueUrls", [])]


def conflict_of(sql: Sql) -> dict[str, Any]:
    (row,) = sql("select * from iasql_preview() where action = 'conflict'")
    return row


def test_a_column_that_both_changed_is_a_conflict_that_says_everything(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    Sqs(stack).set(VisibilityTimeout="90")
    row = conflict_of(queue)
    assert (row["table_name"], row["description"], row["changed_by"]) == ("queue", row["description"], "iasql")
    assert row["conflict"] == {
        "columns": [{"column": "visibility_timeout", "agreed": 30, "ours": 60, "theirs": 90}],
        "changed_by": ["iasql"],
    }
    told = refused(queue)
    assert told.sqlstate == "IA002"
    for word in ("visibility_timeout", "30", "60", "90"):
        assert word in str(told)
    assert Sqs(stack).timeout == "90"


def test_force_lets_the_tables_win(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    Sqs(stack).set(VisibilityTimeout="90")
    refused(queue)
    queue("select * from iasql_commit(force => true)")
    assert Sqs(stack).timeout == "60"
    assert queue("select * from iasql_sync()") == []


def test_a_conflict_in_another_column_of_the_row_stops_a_commit_and_is_left_by_force(queue: Sql, stack: Stack) -> None:
    queue("update queue set delay_seconds = 5")  # pending, and not the transaction's
    Sqs(stack).set(DelaySeconds="7")
    begin(queue, "update queue set visibility_timeout = 60")
    assert "delay_seconds" in str(refused(queue))
    queue("select * from iasql_commit(force => true)")
    assert Sqs(stack).timeout == "60"
    queue("select * from iasql_refresh()")
    (held,) = queue("select detail from iasql_conflict where kind = 'conflict'")
    assert [(c["column"], c["ours"], c["theirs"]) for c in held["detail"]["columns"]] == [("delay_seconds", 5, 7)]


def test_setting_the_row_to_the_live_value_settles_it(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    Sqs(stack).set(VisibilityTimeout="90")
    refused(queue)
    queue("update queue set visibility_timeout = 90")
    assert queue("select * from iasql_preview()") == []
    queue("select * from iasql_commit()")
    assert Sqs(stack).timeout == "90"
    Sqs(stack).set(VisibilityTimeout="100")
    queue("select * from iasql_refresh()")
    assert queue.one("select visibility_timeout from queue")["visibility_timeout"] == 100


def test_different_columns_are_no_conflict_and_nobody_loses(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    Sqs(stack).set(DelaySeconds="7")
    queue("select * from iasql_commit()")
    assert Sqs(stack).timeout == "60"
    assert queue.one("select visibility_timeout, delay_seconds from queue") == {
        "visibility_timeout": 60,
        "delay_seconds": 7,
    }


def test_both_set_the_same_value_then_the_cloud_another(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    Sqs(stack).set(VisibilityTimeout="60")
    queue("select * from iasql_commit()")
    Sqs(stack).set(VisibilityTimeout="90")
    begin(queue, "update queue set delay_seconds = 3")
    queue("select * from iasql_commit()")
    queue("select * from iasql_refresh()")
    assert queue.one("select visibility_timeout from queue")["visibility_timeout"] == 90


def test_deleted_in_the_cloud_but_changed_here(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    sqs = Sqs(stack)
    sqs.client.delete_queue(QueueUrl=sqs.url)
    (disagreement,) = conflict_of(queue)["conflict"]["columns"]
    assert (disagreement["ours"], disagreement["theirs"]) == (60, None)
    refused(queue)
    queue("select * from iasql_commit(force => true)")
    assert sqs.timeout == "60"
    assert queue("select * from iasql_sync()") == []


def test_deleted_in_the_cloud_then_here_too(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    sqs = Sqs(stack)
    sqs.client.delete_queue(QueueUrl=sqs.url)
    refused(queue)
    queue("delete from queue")
    queue("select * from iasql_commit()")
    commit(queue, "insert into queue (name, visibility_timeout) values ('jobs', 30)")
    assert sqs.names == ["jobs"]
    assert queue.one("select count(*) from queue")["count"] == 1


def test_deleted_here_but_changed_there(queue: Sql, stack: Stack) -> None:
    begin(queue, "delete from queue")
    sqs = Sqs(stack)
    sqs.set(VisibilityTimeout="90")
    row = conflict_of(queue)
    assert row["conflict"]["columns"][0]["theirs"] == 90
    assert row["conflict"]["changed_by"] == ["iasql"]
    refused(queue)
    assert sqs.names == ["jobs"]
    queue("select * from iasql_commit(force => true)")
    assert sqs.names == []
    assert queue("select * from iasql_sync()") == []


def test_deleted_here_then_put_back_as_it_is_there(queue: Sql, stack: Stack) -> None:
    begin(queue, "delete from queue")
    Sqs(stack).set(VisibilityTimeout="90")
    refused(queue)
    queue("insert into queue (name, visibility_timeout) values ('jobs', 90)")
    queue("select * from iasql_commit()")
    assert Sqs(stack).timeout == "90"
    assert queue("select * from iasql_sync()") == []


def test_created_on_both_sides_alike_is_adopted(installed: Sql, stack: Stack) -> None:
    stack.client("sqs").create_queue(QueueName="jobs", Attributes=MADE)
    begin(installed, "insert into queue (name, visibility_timeout) values ('jobs', 45)")
    assert [row["action"] for row in installed("select * from iasql_preview()") if row["side"] == "cloud"] == []
    installed("select * from iasql_commit()")
    assert installed.one("select arn from queue")["arn"]
    assert installed("select * from iasql_sync()") == []


def test_created_on_both_sides_differently_is_a_conflict(installed: Sql, stack: Stack) -> None:
    stack.client("sqs").create_queue(QueueName="jobs", Attributes=MADE)
    begin(installed, "insert into queue (name, visibility_timeout) values ('jobs', 60)")
    (disagreement,) = conflict_of(installed)["conflict"]["columns"]
    assert disagreement == {"column": "visibility_timeout", "agreed": None, "ours": 60, "theirs": 45}
    refused(installed)
    installed("select * from iasql_commit(force => true)")
    assert Sqs(stack).timeout == "60"


def test_what_differs_is_not_adopted_in_part(installed: Sql, stack: Stack) -> None:
    stack.client("sqs").create_queue(QueueName="jobs", Attributes=MADE)
    installed("insert into queue (name, visibility_timeout, tags) values ('jobs', 45, '{\"mine\": \"1\"}')")
    for delay in (0, 5):
        installed("update queue set delay_seconds = %s", delay)
        assert installed("select * from iasql_sync()") == []
        conflict = installed.one("select kind, detail from iasql_conflict")
        assert conflict["kind"] == "conflict"
        assert "tags" in {each["column"] for each in conflict["detail"]["columns"]}
    installed("update queue set delay_seconds = 0, tags = null")
    installed("select * from iasql_sync()")
    assert installed.one("select arn from queue")["arn"]
    assert installed("select * from iasql_conflict") == []


@pytest.mark.parametrize(("description", "conflicts"), [("made twice", False), ("made here", True)])
def test_a_group_with_the_same_name_is_found(installed: Sql, stack: Stack, description: str, conflicts: bool) -> None:
    ec2 = stack.client("ec2")
    vpc = installed.one("select id, vpc_id from vpc where is_default")
    made = ec2.create_security_group(GroupName="web", Description="made twice", VpcId=vpc["vpc_id"])["GroupId"]
    begin(installed)
    installed(
        "insert into security_group (group_name, description, vpc_id) values ('web', %s, %s)", description, vpc["id"]
    )
    if conflicts:
        assert conflict_of(installed)["conflict"]["columns"][0]["column"] == "description"
        refused(installed)
        return
    assert [row for row in installed("select * from iasql_preview()") if row["side"] == "cloud"] == []
    installed("select * from iasql_commit()")
    assert installed.one("select group_id from security_group where group_name = 'web'")["group_id"] == made
    installed("select * from iasql_sync()")
    assert installed.one("select count(*) from security_group where group_name = 'web'")["count"] == 1


def test_a_rule_that_is_there_already_is_adopted(installed: Sql, stack: Stack) -> None:
    commit(
        installed,
        "insert into security_group (group_name, description, vpc_id)"
        " values ('web', 'w', (select id from vpc where is_default))",
    )
    group = installed.one("select id, group_id from security_group where group_name = 'web'")
    stack.client("ec2").authorize_security_group_ingress(
        GroupId=group["group_id"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )
    commit(
        installed,
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        f" values (false, 'tcp', 80, 80, '10.0.0.0/8', {group['id']})",
    )
    assert installed.one("select count(*) from security_group_rule where from_port = 80")["count"] == 1
    installed("select * from iasql_sync()")
    assert installed.one("select count(*) from security_group_rule where from_port = 80")["count"] == 1


def test_the_expected_plan_and_no_other(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    digest = queue.one("select distinct plan_digest from iasql_preview()")["plan_digest"]
    queue("update queue set delay_seconds = 3")
    assert "expected" in str(refused(queue, f"iasql_commit(expect => '{digest}')"))
    digest = queue.one("select distinct plan_digest from iasql_preview()")["plan_digest"]
    queue("select * from iasql_commit(expect => %s)", digest)
    assert Sqs(stack).timeout == "60"


def test_an_edit_outside_that_a_transaction_replaced_and_rolled_back_is_pending(queue: Sql, stack: Stack) -> None:
    queue("update queue set visibility_timeout = 60")
    begin(queue, "update queue set visibility_timeout = 70")
    queue("select * from iasql_rollback()")
    assert queue.one("select visibility_timeout from queue")["visibility_timeout"] == 60
    queue("select * from iasql_sync()")
    assert Sqs(stack).timeout == "60"


def test_after_a_rollback_the_cloud_may_change_the_row(queue: Sql, stack: Stack) -> None:
    begin(queue, "update queue set visibility_timeout = 60")
    queue("select * from iasql_rollback()")
    Sqs(stack).set(VisibilityTimeout="90")
    queue("select * from iasql_sync()")
    assert queue.one("select visibility_timeout from queue")["visibility_timeout"] == 90
    assert queue("select * from iasql_conflict") == []


def test_a_name_that_a_rollback_needs_stays_free(queue: Sql, stack: Stack) -> None:
    queue("insert into queue (name, visibility_timeout) values ('wanted', 50)")
    begin(queue, "delete from queue where name = 'wanted'")
    stack.client("sqs").create_queue(QueueName="wanted")
    queue("select * from iasql_refresh()")
    held = queue("select kind, reason from iasql_conflict where kind = 'import_prevented'")
    assert [row["reason"] for row in held] == [RESERVED]
    queue("select * from iasql_rollback()")
    assert {row["name"] for row in queue("select name from queue")} == {"wanted", "jobs"}
    queue("select * from iasql_refresh()")
    assert queue("select kind from iasql_conflict where kind = 'import_prevented'") == []
    assert queue.one("select visibility_timeout from queue where name = 'wanted'") == {"visibility_timeout": 50}


def test_what_is_written_back_beside_a_pending_column_leaves_it_pending(installed: Sql, stack: Stack) -> None:
    commit(installed, "insert into bucket (name) values ('beside-bucket')")
    installed('update bucket set tags = \'{"team": "web"}\'')
    begin(installed, "insert into queue (name) values ('other')")
    installed("select * from iasql_commit()")
    installed("select * from iasql_refresh()")
    assert installed.one("select tags from bucket")["tags"] == {"team": "web"}
    installed("select * from iasql_sync()")
    tags = stack.client("s3").get_bucket_tagging(Bucket="beside-bucket")["TagSet"]
    assert tags == [{"Key": "team", "Value": "web"}]


@pytest.mark.parametrize("timeout", [30, 45])
def test_deleted_and_inserted_again_is_the_same_queue(queue: Sql, stack: Stack, timeout: int) -> None:
    before = queue.one("select arn from queue")
    begin(queue, "delete from queue", f"insert into queue (name, visibility_timeout) values ('jobs', {timeout})")
    actions = [row["action"] for row in queue("select * from iasql_preview()") if row["side"] == "cloud"]
    assert actions == ([] if timeout == 30 else ["update"])
    queue("select * from iasql_commit()")
    assert queue.one("select arn from queue") == before
    assert Sqs(stack).timeout == str(timeout)
    assert queue("select * from iasql_sync()") == []


def test_a_conflict_outside_of_a_transaction_is_held_and_stops_nothing_else(queue: Sql, stack: Stack) -> None:
    queue("update queue set visibility_timeout = 60")
    queue("insert into queue (name) values ('other')")
    Sqs(stack).set(VisibilityTimeout="90")
    queue("select * from iasql_sync()")
    held = queue.one("select table_name, kind, detail from iasql_conflict")
    assert (held["table_name"], held["kind"]) == ("queue", "conflict")
    assert json.dumps(held["detail"]["columns"][0]["theirs"]) == "90"
    assert "other" in Sqs(stack).names
    assert Sqs(stack).timeout == "90"
    assert queue.one("select visibility_timeout from queue where name = 'jobs'")["visibility_timeout"] == 60
    queue("update queue set visibility_timeout = 90 where name = 'jobs'")
    queue("select * from iasql_sync()")
    assert queue("select * from iasql_conflict") == []


def test_a_group_and_its_rule_that_are_there_already_are_adopted(installed: Sql, stack: Stack) -> None:
    ec2 = stack.client("ec2")
    vpc = installed.one("select id, vpc_id from vpc where is_default")
    group = ec2.create_security_group(GroupName="web", Description="both", VpcId=vpc["vpc_id"])["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}],
    )
    begin(installed)
    installed("insert into security_group (group_name, description, vpc_id) values ('web', 'both', %s)", vpc["id"])
    installed(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 80, 80, '10.0.0.0/8', id from security_group where group_name = 'web'"
    )
    assert [row for row in installed("select * from iasql_preview()") if row["side"] == "cloud"] == []
    installed("select * from iasql_commit()")
    assert installed.one("select count(*) from security_group_rule where from_port = 80")["count"] == 1
    installed("select * from iasql_sync()")
    assert installed.one("select count(*) from security_group_rule where from_port = 80")["count"] == 1


def test_a_group_that_is_taken_by_force_gets_its_rules(installed: Sql, stack: Stack) -> None:
    ec2 = stack.client("ec2")
    group = ec2.create_security_group(GroupName="web", Description="both")["GroupId"]
    begin(installed)
    installed(
        "insert into security_group (group_name, description, tags, vpc_id)"
        " select 'web', 'both', '{\"mine\": \"1\"}', id from vpc where is_default"
    )
    installed(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 80, 80, '10.0.0.0/8', id from security_group where group_name = 'web'"
    )
    ec2.create_tags(Resources=[group], Tags=[{"Key": "theirs", "Value": "1"}])
    refused(installed)
    installed("select * from iasql_commit(force => true)")
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert [rule["FromPort"] for rule in found["IpPermissions"]] == [80]
    assert found["Tags"] == [{"Key": "mine", "Value": "1"}]
