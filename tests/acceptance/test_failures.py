"""Wholly or not at all: what AWS refuses, and what is there afterwards."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from iasql.cloud.session import AT_ONCE, FEWER, Timeouts
from iasql.engine import carry_out
from iasql.server.service import Service
from tests.acceptance.conftest import Sql, Stack, running
from tests.acceptance.fault_proxy import FaultProxy

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)
MODULES = ("aws_s3", "aws_security_group", "aws_iam", "aws_sqs")
pytestmark = pytest.mark.modules(*MODULES)
SHORT = Timeouts(connect=10.0, read=20.0, landed=0.5)


@pytest.fixture
def stack(database: Any, aws_endpoint: str, proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A database with a running engine that is soon out of patience."""
    monkeypatch.setattr(carry_out, "PAUSES", (0.05, 0.1, 0.2, 0.4))
    monkeypatch.setattr("tests.acceptance.conftest.Service", _impatient)
    with running(database, aws_endpoint) as found:
        yield found


def _impatient(**told: Any) -> Service:
    return Service(**told, timeouts=SHORT)


@pytest.fixture
def installed(sql: Sql, proxy: FaultProxy) -> Sql:
    """A database that looks at one region."""
    proxy.clear()
    return sql


def insert_network(sql: Sql) -> None:
    sql("insert into vpc (cidr_block) values ('10.9.0.0/16')")
    sql(
        "insert into subnet (cidr_block, vpc_id, availability_zone) values ('10.9.1.0/24',"
        " (select id from vpc where cidr_block = '10.9.0.0/16'), 'us-east-1a')"
    )
    sql(
        "insert into security_group (group_name, description, vpc_id) values ('web', 'web',"
        " (select id from vpc where cidr_block = '10.9.0.0/16'))"
    )


def failed(sql: Sql, call: str = "iasql_commit()") -> psycopg.Error:
    with pytest.raises(psycopg.Error) as told:
        sql(f"select * from {call}")
    return told.value


def everything(stack: Stack) -> dict[str, Any]:
    """What the stand-in has of all that these tests make."""
    ec2, sqs, iam, s3 = (stack.client(name) for name in ("ec2", "sqs", "iam", "s3"))
    return {
        "vpcs": sorted(v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]),
        "subnets": sorted(s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]),
        "groups": sorted(g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"]),
        "rules": len(ec2.describe_security_group_rules()["SecurityGroupRules"]),
        "queues": sorted(sqs.list_queues().get("QueueUrls", [])),
        "roles": sorted(r["RoleName"] for r in iam.list_roles()["Roles"]),
        "buckets": sorted(b["Name"] for b in s3.list_buckets()["Buckets"]),
    }


def tables(sql: Sql) -> dict[str, int]:
    names = ("vpc", "subnet", "security_group", "security_group_rule", "queue", "iam_role", "bucket")
    return {name: sql.one(f"select count(*) from {name}")["count"] for name in names}


def state(sql: Sql) -> dict[str, Any]:
    (row, *_) = sql("select state, error from iasql_transaction order by opened_at desc")
    return row


def test_the_twentieth_of_22_fails_and_nothing_is_left(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    cloud, rows = everything(stack), tables(installed)
    installed("select * from iasql_begin()")
    insert_network(installed)
    for number in range(16):
        installed("insert into queue (name) values (%s)", f"jobs-{number:02}")
    installed("insert into iam_role (role_name, assume_role_policy_document) values ('runner', %s)", TRUST)
    installed("insert into bucket (name) values ('all-or-nothing')")
    installed(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " values (false, 'tcp', 80, 80, '0.0.0.0/0', (select id from security_group where group_name = 'web'))"
    )
    assert len(installed("select * from iasql_preview()")) == 22
    proxy.on_writes("refuse", after=19, times=1)
    told = failed(installed)
    assert told.sqlstate == "IA003"
    assert " cloud create error: " in str(told)
    assert everything(stack) == cloud
    assert tables(installed) == rows
    assert state(installed)["state"] == "rolled_back"
    assert installed("select * from iasql_conflict") == []
    proxy.clear()
    assert installed("select * from iasql_sync()") == []


def test_the_error_names_row_call_code_and_request(installed: Sql, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    insert_network(installed)
    proxy.on("CreateSubnet", "refuse", code="UnauthorizedOperation")
    told = str(failed(installed))
    key = installed.one(
        "select key from iasql_audit_log where table_name = 'subnet' and change_type = 'INSERT' and origin = 'user'"
    )["key"]
    for word in ("Subnet cloud create error: subnet", str(key["id"]), "CreateSubnet", "UnauthorizedOperation"):
        assert word in told
    assert "told by the test" in told
    assert "test-request" in told
    (logged,) = installed("select message from iasql_audit_log where change_type = 'ERROR'")
    assert logged["message"] in told
    assert installed("select message from iasql_get_errors()")[0]["message"] == logged["message"]


def test_updates_are_set_back_too(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name, visibility_timeout, tags) values ('jobs', 30, '{\"a\": \"1\"}')")
    installed("select * from iasql_commit()")
    cloud = everything(stack)
    installed("select * from iasql_begin()")
    installed('update queue set visibility_timeout = 60, tags = \'{"b": "2"}\'')
    insert_network(installed)
    proxy.on("CreateSecurityGroup", "refuse")
    failed(installed)
    assert everything(stack) == cloud
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["VisibilityTimeout"] == "30"
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "1"}
    assert installed.one("select visibility_timeout, tags from queue") == {"visibility_timeout": 30, "tags": {"a": "1"}}
    assert installed("select * from iasql_sync()") == []


def test_what_fails_half_made_is_taken_away(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    cloud = everything(stack)
    installed("select * from iasql_begin()")
    installed("insert into bucket (name, tags) values ('half-made', '{\"a\": \"1\"}')")
    proxy.on("PutBucketTagging", "refuse")
    assert "PutBucketTagging" in str(failed(installed))
    assert everything(stack) == cloud
    assert installed("select * from bucket") == []


def test_nothing_is_destroyed_before_everything_is_made(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name) values ('old')")
    installed("insert into bucket (name) values ('old-bucket')")
    installed("select * from iasql_commit()")
    installed("select * from iasql_begin()")
    installed("delete from queue")
    installed("delete from bucket")
    installed("insert into iam_role (role_name, assume_role_policy_document) values ('new', %s)", TRUST)
    shown = {row["action"]: row["reversible"] for row in installed("select * from iasql_preview()")}
    assert shown["create"] == "yes"
    assert shown["delete"].startswith("no: ")
    proxy.clear()
    proxy.on("CreateRole", "refuse")
    failed(installed)
    assert [name for name in proxy.writes if name.startswith("Delete")] == []
    assert len(everything(stack)["queues"]) == len(everything(stack)["buckets"]) == 1
    assert tables(installed)["queue"] == tables(installed)["bucket"] == 1
    proxy.clear()
    installed("select * from iasql_begin()")
    installed("delete from queue")
    installed("delete from bucket")
    installed("insert into iam_role (role_name, assume_role_policy_document) values ('new', %s)", TRUST)
    installed("select * from iasql_commit()")
    assert proxy.writes.index("CreateRole") < min(proxy.writes.index(name) for name in ("DeleteQueue", "DeleteBucket"))


def test_after_something_was_destroyed_it_goes_on_and_names_what_stays(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name) values ('one'), ('two'), ('three')")
    installed("insert into bucket (name) values ('stays-here')")
    installed("select * from iasql_commit()")
    installed("select * from iasql_begin()")
    installed("delete from queue")
    installed("delete from bucket")
    proxy.on("DeleteBucket", "refuse", code="AccessDenied")
    proxy.on("DeleteQueue", "throttle", times=2)
    told = str(failed(installed))
    assert "Bucket cloud delete error: bucket stays-here" in told
    assert "not done: delete bucket stays-here" in told
    assert everything(stack)["queues"] == []
    assert everything(stack)["buckets"] == ["stays-here"]
    assert tables(installed)["queue"] == 0
    assert installed.one("select name from bucket")["name"] == "stays-here"
    assert state(installed)["state"] == "failed"
    assert "stays-here" in state(installed)["error"]
    held = installed.one("select table_name, key, kind from iasql_conflict")
    assert held == {"table_name": "bucket", "key": {"name": "stays-here"}, "kind": "residue"}
    proxy.clear()
    installed("select * from iasql_sync()")
    assert installed("select * from iasql_conflict") == []
    assert everything(stack)["buckets"] == ["stays-here"]


def test_what_cannot_be_brought_back_is_named(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    cloud = everything(stack)
    installed("select * from iasql_begin()")
    installed("insert into queue (name) values ('stuck')")
    insert_network(installed)
    proxy.on("CreateSecurityGroup", "refuse")
    proxy.on("DeleteQueue", "refuse")
    told = str(failed(installed))
    assert "left behind: queue" in told
    assert len(everything(stack)["queues"]) == 1
    assert state(installed)["state"] == "failed"
    assert installed.one("select table_name, kind from iasql_conflict") == {"table_name": "queue", "kind": "residue"}
    proxy.clear()
    installed("select * from iasql_sync()")  # what stayed is a resource as any other now
    assert installed.one("select name from queue")["name"] == "stuck"
    assert everything(stack) == cloud | {"queues": everything(stack)["queues"]}
    assert installed("select * from iasql_conflict") == []
    assert installed("select * from iasql_sync()") == []


@pytest.mark.parametrize("verb", ["iasql_commit()", "iasql_sync()", "iasql_refresh()"])
def test_a_residue_is_settled_by_whatever_looks_at_it_again(
    installed: Sql, stack: Stack, proxy: FaultProxy, verb: str
) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name) values ('goes')")
    installed("insert into bucket (name) values ('stays-here')")
    installed("select * from iasql_commit()")
    installed("select * from iasql_begin()")
    installed("delete from queue")
    installed("delete from bucket")
    proxy.on("DeleteBucket", "refuse", code="AccessDenied")
    failed(installed)
    assert [row["kind"] for row in installed("select kind from iasql_conflict")] == ["residue"]
    proxy.clear()
    if verb == "iasql_refresh()":
        proxy.on("ListBuckets", "refuse", code="AccessDenied")
        installed("select * from iasql_refresh()")  # what cannot be read may be there still
        assert [row["kind"] for row in installed("select kind from iasql_conflict")] == ["residue"]
        proxy.clear()
    if verb == "iasql_commit()":
        installed("select * from iasql_begin()")
        installed("delete from bucket")
    installed(f"select * from {verb}")
    assert installed("select * from iasql_conflict") == []
    left = [] if verb == "iasql_commit()" else ["stays-here"]
    assert everything(stack)["buckets"] == [row["name"] for row in installed("select name from bucket")] == left


def test_the_last_will_of_what_is_destroyed_is_in_the_log(installed: Sql) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name, visibility_timeout) values ('old', 77)")
    installed("select * from iasql_commit()")
    installed("select * from iasql_begin()")
    installed("delete from queue")
    installed("select * from iasql_commit()")
    will = installed.one(
        "select change->'intent'->'last_will' will from iasql_audit_log"
        " where table_name = 'queue' and change->'intent'->>'verb' = 'delete'"
    )["will"]
    assert will["visibility_timeout"] == 77
    assert will["arn"].endswith(":old")


def test_wrong_credentials_name_call_and_row_and_leave_nothing_half_done(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name) values ('jobs')")
    proxy.on(lambda name, body: True, "refuse", code="InvalidClientTokenId")
    told = failed(installed)
    assert told.sqlstate == "IA003"
    for word in ("queue", "jobs", "InvalidClientTokenId", "Queue cloud read error"):
        assert word in str(told)
    proxy.clear()
    assert everything(stack)["queues"] == []
    assert installed.one("select state, cloud_calls from iasql_transaction where closed_at is null") == {
        "state": "open",
        "cloud_calls": 0,
    }
    installed("select * from iasql_commit()")
    assert len(everything(stack)["queues"]) == 1


def test_credentials_that_may_only_read(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    cloud = everything(stack)
    installed("select * from iasql_begin()")
    insert_network(installed)
    proxy.on_writes("refuse", code="UnauthorizedOperation")
    told = str(failed(installed))
    assert "Vpc cloud create error: vpc" in told
    assert "UnauthorizedOperation by CreateVpc" in told
    assert everything(stack) == cloud
    assert state(installed)["state"] == "rolled_back"


CREATES = ("CreateVpc", "CreateSubnet", "CreateSecurityGroup", "CreateQueue", "CreateRole", "CreateBucket")


@pytest.mark.parametrize("way", ["drop", "lose", "late", "throttle"])
def test_a_call_that_nobody_heard_of_is_made_once(installed: Sql, stack: Stack, proxy: FaultProxy, way: Any) -> None:
    before = {name: len(found) if isinstance(found, list) else found for name, found in everything(stack).items()}
    installed("select * from iasql_begin()")
    insert_network(installed)
    installed("insert into queue (name) values ('jobs')")
    installed("insert into iam_role (role_name, assume_role_policy_document) values ('runner', %s)", TRUST)
    installed("insert into bucket (name, tags) values ('heard-of', '{\"a\": \"1\"}')")
    rules = [proxy.on(each, way, times=1, seconds=0.3 if way == "late" else 0) for each in CREATES]
    installed("select * from iasql_commit()")
    assert all(rule.seen >= 1 for rule in rules)
    found = everything(stack)
    for name, more in {"vpcs": 1, "subnets": 1, "queues": 1, "roles": 1, "buckets": 1, "groups": 2}.items():
        assert len(found[name]) == before[name] + more, name
    assert stack.client("s3").get_bucket_tagging(Bucket="heard-of")["TagSet"] == [{"Key": "a", "Value": "1"}]
    group = installed.one("select group_id from security_group where group_name = 'web'")["group_id"]
    (web,) = stack.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert web["IpPermissionsEgress"] == []
    assert stack.client("ec2").describe_tags(Filters=[{"Name": "key", "Values": ["iasql:intent"]}])["Tags"] == []
    installed("select * from iasql_sync()")  # brings in what AWS makes beside a network
    assert installed("select * from iasql_sync()") == []


def test_a_name_that_others_took_meanwhile_is_never_adopted(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    installed("insert into iam_role (role_name, assume_role_policy_document) values ('runner', %s)", TRUST)

    def theirs(name: str, body: str) -> bool:
        if name == "CreateRole":
            stack.client("iam").create_role(RoleName="runner", AssumeRolePolicyDocument=TRUST, Description="theirs")
        return False

    proxy.on(theirs, "drop")
    assert "EntityAlreadyExists" in str(failed(installed))
    assert stack.client("iam").get_role(RoleName="runner")["Role"]["Description"] == "theirs"


def test_the_network_to_aws_is_down_for_good(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    cloud = everything(stack)
    installed("select * from iasql_begin()")
    insert_network(installed)
    installed("insert into queue (name) values ('jobs')")
    proxy.on(lambda name, body: proxy.writes.count("CreateSubnet") > 0, "drop")
    told = str(failed(installed))
    assert "left behind" in told
    assert state(installed)["state"] == "failed"
    proxy.clear()
    for _ in range(3):
        last = installed("select * from iasql_sync()")
    assert last == []
    named = {row["table_name"] for row in installed("select table_name from iasql_conflict")} | set(told.split())
    assert "vpc" in named
    left = everything(stack)
    known = {row["vpc_id"] for row in installed("select vpc_id from vpc")}
    assert set(left["vpcs"]) == known
    assert set(cloud["vpcs"]) <= known


def test_a_slow_role_is_waited_for(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    """Not yet: another round, with a longer pause."""
    proxy.on("CreateVpc", "refuse", code="DependencyViolation", times=3)
    installed("select * from iasql_begin()")
    insert_network(installed)
    installed("select * from iasql_commit()")
    assert proxy.writes.count("CreateVpc") == 4
    outcomes = installed(
        "select change->'outcome'->'error'->>'kind' kind from iasql_audit_log"
        " where table_name = 'vpc' and change ? 'outcome' order by id"
    )
    assert [row["kind"] for row in outcomes] == ["not_yet", "not_yet", "not_yet", None]


def test_throttling_that_does_not_end_brings_everything_back(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    cloud = everything(stack)
    installed("select * from iasql_begin()")
    insert_network(installed)
    proxy.on("CreateSecurityGroup", "throttle")
    assert "Throttling" in str(failed(installed))
    assert everything(stack) == cloud


def test_calls_at_once_stay_within_the_budget(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    proxy.on(lambda name, body: name in ("CreateQueue", "GetQueueAttributes", "CreateRole"), "pass", seconds=0.1)
    installed("select * from iasql_begin()")
    for number in range(24):
        installed("insert into queue (name) values (%s)", f"q{number}")
        installed("insert into iam_role (role_name, assume_role_policy_document) values (%s, %s)", f"r{number}", TRUST)
    began = time.monotonic()
    installed("select * from iasql_commit()")
    assert 2 < proxy.highest["sqs"] <= AT_ONCE
    assert 2 < proxy.highest["iam"] <= FEWER["iam"]
    assert time.monotonic() - began < 60


def test_a_tick_that_hears_nothing_makes_nothing_twice(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    installed("insert into vpc (cidr_block) values ('10.8.0.0/16')")
    proxy.on("CreateVpc", "lose", times=1)
    proxy.on("DescribeTags", "drop", times=20)
    installed("select * from iasql_sync()")
    proxy.clear()
    installed("select * from iasql_sync()")
    installed("select * from iasql_sync()")
    found = [v for v in stack.client("ec2").describe_vpcs()["Vpcs"] if v["CidrBlock"] == "10.8.0.0/16"]
    assert len(found) == installed.one("select count(*) from vpc where cidr_block = '10.8.0.0/16'")["count"] == 1


def test_edits_during_a_commit_belong_to_the_next_transaction(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    installed("insert into queue (name, visibility_timeout) values ('jobs', 30)")
    colleague = Sql(stack.connect())
    edited = threading.Event()

    def edit() -> None:
        colleague("update queue set visibility_timeout = 99, delay_seconds = 5 where name = 'jobs'")
        colleague("insert into queue (name) values ('later')")
        edited.set()

    proxy.on("CreateQueue", "stall", times=1, die=edit)
    installed("select * from iasql_commit()")
    assert edited.is_set()
    sqs = stack.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sent = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (sent["VisibilityTimeout"], sent["DelaySeconds"]) == ("30", "0")
    row = installed.one("select visibility_timeout, delay_seconds, arn from queue where name = 'jobs'")
    assert (row["visibility_timeout"], row["delay_seconds"]) == (99, 5)
    assert row["arn"] == sent["QueueArn"]
    assert len(everything(stack)["queues"]) == 1
    installed("select * from iasql_sync()")
    sent = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (sent["VisibilityTimeout"], sent["DelaySeconds"]) == ("99", "5")
    assert len(everything(stack)["queues"]) == 2
    assert installed("select * from iasql_sync()") == []


def test_a_row_that_aws_does_not_show_yet_stays(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    made = proxy.on(
        lambda name, body: name == "DescribeSecurityGroups" and "CreateSecurityGroup" in proxy.calls, "empty", times=2
    )
    installed("select * from iasql_begin()")
    insert_network(installed)
    installed("select * from iasql_commit()")
    assert made.seen > 0
    assert installed.one("select count(*) from security_group where group_name = 'web'")["count"] == 1
    proxy.clear()
    installed("select * from iasql_sync()")
    assert installed.one("select group_id from security_group where group_name = 'web'")["group_id"]
    assert len(everything(stack)["groups"]) == tables(installed)["security_group"]
    assert installed("select * from iasql_sync()") == []


def test_a_group_is_not_made_anew_while_its_rules_cannot_be_read(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    installed("insert into security_group (group_name, description) values ('web', 'web')")
    installed(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 443, 443, '10.0.0.0/8', id from security_group where group_name = 'web'"
    )
    installed("select * from iasql_sync()")
    installed("update security_group set description = 'another' where group_name = 'web'")
    proxy.on("DescribeSecurityGroupRules", "refuse")
    installed("select * from iasql_sync()")
    ec2 = stack.client("ec2")
    query = "select kind, reason from iasql_conflict where table_name = 'security_group'"
    assert installed(query) == [{"kind": "waiting", "reason": "a row that refers to it could not be read"}]
    proxy.clear()
    installed("select * from iasql_sync()")
    (group,) = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["web"]}])["SecurityGroups"]
    assert (group["Description"], [each["FromPort"] for each in group["IpPermissions"]]) == ("another", [443])
    assert installed("select * from iasql_conflict") == []


def test_what_was_replaced_goes_though_another_change_beside_it_is_refused(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    installed("insert into security_group (group_name, description) values ('from', 'f'), ('to', 't'), ('shut', 's')")
    installed(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', port, port, '10.0.0.0/8', id from security_group, unnest(array[22, 443]) port"
        " where group_name = 'from'"
    )
    installed("select * from iasql_sync()")
    shut = installed.one("select group_id from security_group where group_name = 'shut'")["group_id"]
    proxy.on(lambda name, body: name == "AuthorizeSecurityGroupIngress" and shut in body, "refuse")
    installed("update security_group set tags = '{\"t\": \"1\"}' where group_name = 'from'")
    for port, name in ((22, "to"), (443, "shut")):
        installed(
            "update security_group_rule set security_group_id = g.id from security_group g"
            " where from_port = %s and g.group_name = %s", port, name,
        )  # fmt: skip
    installed("select * from iasql_sync()")
    there = stack.client("ec2").describe_security_groups()["SecurityGroups"]
    ports = {group["GroupName"]: [rule["FromPort"] for rule in group["IpPermissions"]] for group in there}
    assert (ports["from"], ports["to"], ports["shut"]) == ([443], [22], [])
    assert len(installed("select * from security_group_rule where not is_egress")) == 2
    proxy.clear()
    installed("select * from iasql_sync()")
    there = stack.client("ec2").describe_security_groups()["SecurityGroups"]
    ports = {group["GroupName"]: [rule["FromPort"] for rule in group["IpPermissions"]] for group in there}
    assert (ports["from"], ports["to"], ports["shut"]) == ([], [22], [443])
    assert installed("select * from iasql_conflict") == []


def test_what_was_equal_is_adopted_even_if_it_is_not_read_again(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    sqs = stack.client("sqs")
    sqs.create_queue(QueueName="jobs", Attributes={"MaximumMessageSize": "262144"})
    installed("select * from iasql_begin()")
    installed("insert into queue (name) values ('jobs'), ('more')")
    proxy.on(lambda name, body: name == "GetQueueAttributes" and "CreateQueue" in proxy.calls, "refuse")
    installed("select * from iasql_commit()")
    proxy.clear()
    installed("select * from iasql_begin()")
    installed("delete from queue")
    installed("select * from iasql_commit()")
    assert sqs.list_queues().get("QueueUrls", []) == []


def test_a_tick_that_cannot_read_what_it_pushed_keeps_it_and_says_so(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    sqs = stack.client("sqs")
    sqs.create_queue(QueueName="there", Attributes={"MaximumMessageSize": "262144"})
    installed("insert into queue (name) values ('there'), ('new')")
    installed("insert into iam_role (role_name, assume_role_policy_document) values ('runner', %s)", TRUST)
    refused = proxy.on(lambda name, body: name == "GetQueueAttributes" and "CreateQueue" in proxy.calls, "refuse")
    taken = installed("select action, table_name, id from iasql_sync() where side = 'cloud' and table_name <> 'queue'")
    assert taken == [{"action": "create", "table_name": "iam_role", "id": "runner"}]
    assert refused.seen > 0
    assert len(everything(stack)["queues"]) == 2
    assert installed.one("select arn from iam_role where role_name = 'runner'")["arn"]
    (told,) = installed("select message from iasql_get_errors() where message like '%%not read again%%'")
    assert "queue: " in told["message"]
    assert "GetQueueAttributes" in told["message"]
    assert state(installed)["state"] == "committed"
    proxy.clear()
    installed("select * from iasql_sync()")
    assert installed("select name from queue where arn is null") == []
    installed("update queue set delay_seconds = 7")
    installed("select * from iasql_sync()")
    assert installed("select * from iasql_conflict") == []
    assert len(everything(stack)["queues"]) == 2
    assert installed("select * from iasql_sync()") == []


def intents(stack: Stack) -> list[Any]:
    """The tags by which creates would be found again."""
    return list(stack.client("ec2").describe_tags(Filters=[{"Name": "key", "Values": ["iasql:intent"]}])["Tags"])


def test_a_tag_that_could_not_be_taken_off_goes_with_a_later_sync(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    installed("select * from iasql_begin()")
    insert_network(installed)
    proxy.on("DeleteTags", "refuse")
    installed("select * from iasql_commit()")
    assert len(intents(stack)) == 3
    installed("select * from iasql_sync()")
    assert len(intents(stack)) == 3
    proxy.clear()
    installed("select * from iasql_sync()")
    assert intents(stack) == []
    proxy.clear()
    installed("select * from iasql_sync()")
    assert "DescribeTags" not in proxy.calls
    assert installed("select * from iasql_conflict") == []


def test_what_could_not_be_brought_back_loses_its_tag_later(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    insert_network(installed)
    proxy.on(lambda name, body: "CreateSecurityGroup" in proxy.calls, "drop")
    failed(installed)
    assert state(installed)["state"] == "failed"
    assert intents(stack)
    proxy.clear()
    for _ in range(2):
        installed("select * from iasql_sync()")
    assert intents(stack) == []
    assert installed("select * from iasql_conflict") == []


def test_a_failed_commit_leaves_what_was_agreed_as_it_was(installed: Sql, stack: Stack, proxy: FaultProxy) -> None:
    sqs = stack.client("sqs")
    installed("insert into queue (name) values ('jobs'), ('lost')")
    installed("select * from iasql_sync()")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "5"})
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName="lost")["QueueUrl"])
    installed("update queue set visibility_timeout = 60 where name = 'lost'")
    installed("select * from iasql_begin()")
    installed("update queue set delay_seconds = 9")
    installed("insert into bucket (name) values ('refused')")
    proxy.on("CreateBucket", "refuse")
    failed(installed, "iasql_commit(force => true)")
    assert state(installed)["state"] == "rolled_back"
    proxy.clear()
    installed("select * from iasql_sync()")  # a colleague's five seconds are no conflict with what was taken back
    query = "select name, delay_seconds, visibility_timeout from queue order by name"
    assert [tuple(row.values()) for row in installed(query)] == [("jobs", 5, 30), ("lost", 0, 60)]
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]["DelaySeconds"] == "5"
    (held,) = installed("select key, kind from iasql_conflict")
    assert held["kind"] == "conflict"
    assert sqs.list_queues()["QueueUrls"] == [url]


def test_what_cannot_come_in_does_not_keep_new_rows_from_the_cloud(installed: Sql, stack: Stack) -> None:
    ec2 = stack.client("ec2")
    insert_network(installed)
    installed("select * from iasql_sync()")
    web = installed.one("select group_id, vpc_id from security_group where group_name = 'web'")
    vpc = installed.one("select vpc_id from vpc where id = %s", web["vpc_id"])["vpc_id"]
    ec2.delete_security_group(GroupId=web["group_id"])
    ec2.create_security_group(GroupName="web", Description="another", VpcId=vpc)
    installed("update security_group set tags = '{\"a\": \"1\"}' where group_name = 'web'")
    installed("select * from iasql_sync()")
    kinds = installed("select kind from iasql_conflict order by kind")
    assert [held["kind"] for held in kinds] == ["conflict", "import_prevented"]
    installed("insert into security_group (group_name, description) values ('more', 'more')")
    installed("select * from iasql_sync()")
    assert installed.one("select group_id from security_group where group_name = 'more'")["group_id"]


def test_a_row_in_the_place_of_a_deleted_one_is_not_made_while_that_cannot_be_read(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    insert = (
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 443, 443, '10.0.0.0/8', id from security_group where group_name = 'web'"
    )
    insert_network(installed)
    installed("select * from iasql_sync()")
    group = installed.one("select group_id from security_group where group_name = 'web'")["group_id"]
    source = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    stack.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[source])
    installed("select * from iasql_sync()")  # a row of the engine's, whose agreement has its key
    installed("delete from security_group_rule where from_port = 443")
    installed(insert)
    proxy.clear()
    refused = proxy.on("DescribeSecurityGroupRules", "refuse")
    installed("select * from iasql_sync()")
    assert refused.seen > 0
    assert "AuthorizeSecurityGroupIngress" not in proxy.calls
    proxy.clear()
    installed("select * from iasql_sync()")
    assert installed("select * from iasql_conflict") == []
    assert installed.one("select security_group_rule_id from security_group_rule where from_port = 443").popitem()[1]


def test_what_was_made_and_not_read_again_can_be_referred_to(installed: Sql, proxy: FaultProxy) -> None:
    installed("select * from iasql_begin()")
    insert_network(installed)
    proxy.on(lambda n, body: n == "DescribeSecurityGroups" and "DeleteTags" in proxy.calls, "refuse")
    installed("select * from iasql_commit()")
    proxy.clear()
    installed("select * from iasql_begin()")
    installed(
        "insert into security_group_rule (is_egress, ip_protocol, from_port, to_port, cidr_ipv4, security_group_id)"
        " select false, 'tcp', 443, 443, '10.0.0.0/8', id from security_group where group_name = 'web'"
    )
    installed("select * from iasql_commit()")
    assert installed.one("select group_id from security_group where group_name = 'web'")["group_id"]


def test_what_a_renamed_row_leaves_behind_in_a_tick_goes_with_a_later_one(
    installed: Sql, stack: Stack, proxy: FaultProxy
) -> None:
    iam = stack.client("iam")
    installed("insert into iam_user (user_name) values ('before')")
    installed("select * from iasql_sync()")
    installed("update iam_user set user_name = 'after'")
    proxy.on("DeleteUser", "refuse")
    installed("select * from iasql_sync()")
    assert sorted(user["UserName"] for user in iam.list_users()["Users"]) == ["after", "before"]
    held = installed('select key, kind from iasql_conflict where key = \'{"user_name": "before"}\'')
    assert [row["kind"] for row in held] == ["failed"]
    proxy.clear()
    installed("select * from iasql_sync()")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == ["after"]
    assert [row["user_name"] for row in installed("select user_name from iam_user")] == ["after"]
    assert installed("select * from iasql_conflict") == []
