"""Instances as a user types them: with groups, disks and a role in one call; changed in place, replaced, taken down."""

from __future__ import annotations

import json

import pytest

from tests.acceptance.conftest import Sql, Stack

pytestmark = pytest.mark.modules("aws_ec2_metadata")

AMI = "ami-1e749f67"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})  # fmt: skip
WEB = f"""
    insert into iam_role (role_name, assume_role_policy_document) values ('web', '{TRUST}');
    insert into security_group (group_name, description) values ('web', 'web servers'), ('ssh', 'people');
    insert into instance (ami, instance_type, role_name, subnet_id, tags, user_data)
    select '{AMI}', 't3.micro', 'web', id, '{{"Name": "web"}}', 'secret-script'
    from subnet where availability_zone = 'us-east-1a';
    insert into instance_security_groups (instance_id, security_group_id)
    select i.id, g.id from instance i, security_group g where g.group_name in ('web', 'ssh');
    insert into general_purpose_volume (volume_type, size, availability_zone, tags)
    values ('gp3', 20, 'us-east-1a', '{{"Name": "root"}}'), ('gp2', 5, 'us-east-1a', null);
    insert into instance_block_device_mapping (device_name, instance_id, volume_id)
    select case size when 20 then '/dev/sda1' else '/dev/sdf' end, i.id, v.id
    from instance i, general_purpose_volume v;
    insert into target_group (target_group_name, target_type, protocol, port) values ('web', 'instance', 'HTTP', 80);
    insert into registered_instance (instance, target_group_id) select i.id, t.id from instance i, target_group t
"""


@pytest.fixture
def web(sql: Sql) -> Sql:
    """A database that looks at one region, with an instance of one commit."""
    sql("select * from iasql_begin()")
    for statement in WEB.split(";"):
        sql(statement)
    sql("select * from iasql_commit()")
    return sql


def called(sql: Sql) -> list[str]:
    """The operations that changed AWS in the last transaction, in order."""
    rows = sql("select change->'outcome'->'requests' as requests from iasql_audit_log where change_type = 'CLOUD_CALL'"
               " and change ? 'outcome' and transaction_id = (select transaction_id from iasql_transaction"
               " where state = 'committed' order by closed_at desc limit 1) order by id")  # fmt: skip
    return [request[0] for row in rows for request in row["requests"] or ()]


def instance(stack: Stack, which: str) -> dict:
    (found,) = stack.client("ec2").describe_instances(InstanceIds=[which])["Reservations"]
    return found["Instances"][0]


def test_an_instance_is_one_call(web: Sql, stack: Stack) -> None:
    made = [name for name in called(web) if name in ("RunInstances", "CreateVolume", "AttachVolume",
                                                     "ModifyInstanceAttribute")]  # fmt: skip
    assert made == ["RunInstances"]
    row = web.one("select instance_id, state, user_data from instance")
    assert row["state"] == "running"
    found = instance(stack, row["instance_id"])
    assert {group["GroupName"] for group in found["SecurityGroups"]} == {"web", "ssh"}
    assert found["IamInstanceProfile"]["Arn"].endswith("/web")
    devices = web("select m.device_name, v.volume_id, v.size, v.tags, v.is_root_device"
                  " from instance_block_device_mapping m join general_purpose_volume v on v.id = m.volume_id"
                  " order by device_name")  # fmt: skip
    told = {d["DeviceName"]: d["Ebs"]["VolumeId"] for d in found["BlockDeviceMappings"]}
    assert [(d["device_name"], d["volume_id"]) for d in devices] == sorted(told.items())
    assert [(d["size"], d["tags"], d["is_root_device"]) for d in devices] == [
        (20, {"Name": "root"}, True), (5, None, False)]  # fmt: skip
    assert web.one("select port from registered_instance") == {"port": 80}
    assert web("select * from iasql_conflict") == []
    assert not any("secret-script" in str(line) for line in web("select change::text from iasql_audit_log"))


def test_an_instance_changes_in_place(web: Sql, stack: Stack) -> None:
    which = web.one("select instance_id from instance")["instance_id"]
    web("select * from iasql_begin()")
    web("update instance set instance_type = 't3.small', tags = '{\"Name\": \"big\"}'")
    web("update general_purpose_volume set size = 30 where size = 20")
    web("delete from instance_security_groups where security_group_id ="
        " (select id from security_group where group_name = 'ssh')")  # fmt: skip
    web("select * from iasql_commit()")
    found = instance(stack, which)
    assert (found["InstanceType"], found["State"]["Name"]) == ("t3.small", "running")
    assert [group["GroupName"] for group in found["SecurityGroups"]] == ["web"]
    sizes = {volume["Size"] for volume in stack.client("ec2").describe_volumes()["Volumes"]}
    assert sizes == {30, 5}

    stack.client("ec2").stop_instances(InstanceIds=[which])
    web("select * from iasql_sync()")
    assert web.one("select state from instance") == {"state": "stopped"}
    web("update instance set state = 'running'")
    web("select * from iasql_sync()")
    assert instance(stack, which)["State"]["Name"] == "running"


def test_a_replaced_instance_brings_what_goes_with_it(web: Sql, stack: Stack) -> None:
    before = web.one("select instance_id from instance")["instance_id"]
    disks = {row["volume_id"] for row in web("select volume_id from general_purpose_volume")}
    web("select * from iasql_begin()")
    web("update instance set user_data = 'another'")
    shown = {
        (row["action"], row["table_name"]) for row in web("select * from iasql_preview()") if row["side"] == "cloud"
    }
    assert shown == {("replace", table) for table in (
        "instance", "instance_security_groups", "instance_block_device_mapping", "general_purpose_volume",
        "registered_instance")}  # fmt: skip
    web("select * from iasql_commit()")
    after = web.one("select instance_id from instance")["instance_id"]
    assert after != before
    assert instance(stack, before)["State"]["Name"] == "terminated"
    found = instance(stack, after)
    assert {group["GroupName"] for group in found["SecurityGroups"]} == {"web", "ssh"}
    now = {row["volume_id"] for row in web("select volume_id from general_purpose_volume")}
    assert now == {device["Ebs"]["VolumeId"] for device in found["BlockDeviceMappings"]}
    assert not now & disks
    assert {volume["VolumeId"] for volume in stack.client("ec2").describe_volumes()["Volumes"]} == now
    (target,) = stack.client("elbv2").describe_target_health(TargetGroupArn=web.one(
        "select target_group_arn from target_group")["target_group_arn"])["TargetHealthDescriptions"]  # fmt: skip
    assert target["Target"]["Id"] == after


def test_an_instance_goes_with_all_that_is_its_own(web: Sql, stack: Stack) -> None:
    which = web.one("select instance_id from instance")["instance_id"]
    web("select * from iasql_begin()")
    web("delete from instance")
    web("delete from general_purpose_volume")
    web("select * from iasql_commit()")
    assert instance(stack, which)["State"]["Name"] == "terminated"
    assert stack.client("ec2").describe_volumes()["Volumes"] == []
    assert "DetachVolume" not in called(web)
    web("select * from iasql_sync()")
    for table in ("instance", "instance_block_device_mapping", "instance_security_groups", "registered_instance"):
        assert web(f"select * from {table}") == []
    assert web("select * from iasql_conflict") == []


def test_a_volume_is_detached_before_it_is_attached_again(web: Sql, stack: Stack) -> None:
    second = "volume_id = (select id from general_purpose_volume where size = 5)"
    changes = (
        f"update instance_block_device_mapping set device_name = '/dev/sdg' where {second}",
        f"with gone as (delete from instance_block_device_mapping where {second} returning *)"
        " insert into instance_block_device_mapping (device_name, instance_id, volume_id)"
        " select '/dev/sdh', instance_id, volume_id from gone",
    )
    for change in changes:
        web("select * from iasql_begin()")
        web(change)
        web("select * from iasql_commit()")
        assert [name for name in called(web) if name.endswith("Volume")] == ["DetachVolume", "AttachVolume"]
    (volume,) = stack.client("ec2").describe_volumes(Filters=[{"Name": "size", "Values": ["5"]}])["Volumes"]
    assert [found["Device"] for found in volume["Attachments"]] == ["/dev/sdh"]


def test_what_cannot_go_together_is_refused(web: Sql) -> None:
    web("select * from iasql_begin()")
    web("insert into iam_role (role_name, assume_role_policy_document)"
        " values ('lambda', '{\"Version\": \"2012-10-17\", \"Statement\": []}')")  # fmt: skip
    with pytest.raises(Exception, match="lambda cannot be carried by an instance"):
        web("update instance set role_name = 'lambda'")
    web("insert into target_group (target_group_name, target_type, protocol, port) values ('ip', 'ip', 'HTTP', 80)")
    with pytest.raises(Exception, match="Only a target group of type instance"):
        web("update registered_instance set target_group_id = (select max(id) from target_group)")
    web("insert into general_purpose_volume (volume_type, availability_zone) values ('gp3', 'us-east-1b')")
    with pytest.raises(Exception, match="in one availability zone"):
        web("insert into instance_block_device_mapping (device_name, instance_id, volume_id)"
            " select '/dev/sdg', i.id, v.id from instance i, general_purpose_volume v where size = 8")  # fmt: skip
    # a way back is no new row: the role may be there again before it trusts instances again
    web("update instance set role_name = null")
    web('update iam_role set assume_role_policy_document = \'{"Version": "2012-10-17", "Statement": []}\'')
    web("select * from iasql_rollback()")
    assert web("select role_name from instance") == [{"role_name": "web"}]


def test_key_pairs_and_images(web: Sql, stack: Stack) -> None:
    key = web.one("select * from key_pair_request('one', 'us-east-1', 'pem', 'ed25519')")
    assert (key["name"], key["status"]) == ("one", "OK")
    assert "PRIVATE KEY" in key["privatekey"]
    assert web.one("select type, region from key_pair") == {"type": "ed25519", "region": "us-east-1"}
    assert web.one("select status from key_pair_request('one', 'us-east-1')") == {"status": "KO"}
    public = web.one("select public_key from key_pair")["public_key"]
    assert web.one("select status from key_pair_import('two', %s, 'us-east-1')", public) == {"status": "OK"}
    with pytest.raises(Exception, match="eu-west-1 is no enabled region"):
        web("select * from key_pair_import('two', 'x', 'eu-west-1')")
    assert not any(key["privatekey"] in str(line) for line in web("select change::text, message from iasql_audit_log"))

    image = web.one("select attributes::jsonb->>'ImageId' as id, status from describe_ami(%s)", AMI)
    assert image == {"id": AMI, "status": "OK"}
    named = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert web.one("select status from describe_ami(%s)", named)["status"] in ("OK", "KO")
    assert web.one("select status from describe_ami('ami-00000000')") == {"status": "KO"}

    web("select * from iasql_sync()")
    metadata = web.one("select m.* from instance_metadata m join instance i on i.id = m.id")
    assert metadata["architecture"] == "x86_64"
    assert metadata["cpu_cores"] > 0
    assert metadata["mem_size_mb"] > 0
