"""Instances with what they are made with, volumes, key pairs and registrations against a stand-in of AWS."""

from __future__ import annotations

from typing import Any

import pytest

from iasql.cloud import writer
from iasql.resource import Image
from tests.declarations.stand_in import HERE, RESOURCES, THERE, Cloud, agrees
from tests.unit.cloud.canned import Canned

AMI = "ami-1e749f67"
ZONES = {HERE: "us-east-1a", THERE: "eu-west-1a"}
EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}


def machine(cloud: Cloud, region: str = HERE, **values: Any) -> Image:
    plain = {"ami": AMI, "instance_type": "t3.micro", "state": "running", "hibernation_enabled": False}
    return cloud.create("instance", region, **{**plain, **values})


def role(cloud: Cloud, name: str) -> str:
    document = {"Version": "2012-10-17", "Statement": [EC2]}
    return str(cloud.create("iam_role", role_name=name, assume_role_policy_document=document)["role_name"])


@pytest.mark.parametrize("region", [HERE, THERE])
def test_instance(cloud: Cloud, region: str) -> None:
    row = machine(cloud, region, user_data="#!/bin/sh\necho hällo", tags={"a": "1"}, role_name=role(cloud, "one"))
    assert agrees(row, ami=AMI, state="running", user_data="#!/bin/sh\necho hällo", tags={"a": "1"}, role_name="one",
                  region=region, hibernation_enabled=False)  # fmt: skip
    row = cloud.update("instance", row, region, instance_type="m5.large", tags={"b": "2"})
    assert agrees(row, instance_type="m5.large", state="running", tags={"b": "2"})
    # the stand-in's DescribeInstances goes on telling the profile that ReplaceIamInstanceProfileAssociation replaced
    cloud.update("instance", row, region, role_name=role(cloud, "two"))
    (held,) = cloud.client("ec2", region).describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert held["IamInstanceProfile"]["Arn"].endswith("/two")
    row = cloud.update("instance", row, region, role_name=None)
    assert agrees(row, role_name=None, instance_profile_arn=None)
    row = cloud.update("instance", row, region, role_name="one")
    assert agrees(row, role_name="one")
    row = cloud.update("instance", row, region, state="stopped", role_name=None, instance_type="t3.small")
    assert agrees(row, state="stopped", role_name=None, instance_type="t3.small")
    assert agrees(cloud.update("instance", row, region, state="running"), state="running")
    cloud.delete("instance", row, region)


def test_a_new_instance_may_be_stopped_or_hibernated(cloud: Cloud) -> None:
    assert agrees(machine(cloud, state="stopped"), state="stopped")
    row = machine(cloud, hibernation_enabled=True)
    assert agrees(cloud.update("instance", row, state="hibernate"), state="stopped", hibernation_enabled=True)


def test_a_profile_of_another_name_tells_its_role(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName=role(cloud, "r"))
    profile = {"Name": "profile"}
    cloud.client("ec2").run_instances(ImageId=AMI, MinCount=1, MaxCount=1, IamInstanceProfile=profile)
    assert [row["role_name"] for row in cloud.all("instance")] == ["r"]


def test_one_call_makes_an_instance_with_its_groups_and_volumes(cloud: Cloud) -> None:
    place = machine(cloud)
    vpc = cloud.client("ec2").describe_subnets(SubnetIds=[place["subnet_id"]])["Subnets"][0]["VpcId"]
    group = cloud.create("security_group", group_name="g", description="d", vpc_id=vpc)["group_id"]
    disk = {"volume_type": "gp3", "size": 20}
    device = {"device_name": "/dev/sda1", "delete_on_termination": True, "$volume_id": disk}
    calls: list[str] = []
    made = writer.create(
        cloud.session,
        RESOURCES["instance"],
        HERE,
        {"ami": AMI, "instance_type": "t3.micro", "state": "running", "region": HERE,
         "$instance_security_groups": [{"security_group_id": group}], "$instance_block_device_mapping": [device]},
        token="t",
        journal=lambda operation, *_: calls.append(operation),
    )  # fmt: skip
    assert calls == ["RunInstances"]
    which = made["instance_id"]
    assert {"instance_id": which, "security_group_id": group, "region": HERE} in cloud.all("instance_security_groups")
    (told,) = (row for row in cloud.all("instance_block_device_mapping") if row["instance_id"] == which)
    assert agrees(told, device_name="/dev/sda1", delete_on_termination=True, is_root_device=True)
    (volume,) = (row for row in cloud.all("general_purpose_volume") if row["volume_id"] == told["volume_id"])
    assert agrees(volume, size=20, volume_type="gp3", state="in-use")


@pytest.mark.parametrize("region", [HERE, THERE])
def test_volume_and_its_place(cloud: Cloud, region: str) -> None:
    row = cloud.create("general_purpose_volume", region, volume_type="gp3", size=10, iops=4000, throughput=200,
                       tags={"a": "1"}, availability_zone=ZONES[region])  # fmt: skip
    assert agrees(row, size=10, volume_type="gp3", tags={"a": "1"}, state="available", iops=4000, throughput=200)
    row = cloud.update("general_purpose_volume", row, region, size=20, volume_type="gp2", tags=None)
    assert agrees(row, size=20, volume_type="gp2", tags=None)
    which = machine(cloud, region)["instance_id"]
    device = cloud.create("instance_block_device_mapping", region, device_name="/dev/sdf", instance_id=which,
                          volume_id=row["volume_id"], delete_on_termination=True)  # fmt: skip
    assert agrees(device, volume_id=row["volume_id"], delete_on_termination=True, is_root_device=False)
    device = cloud.update("instance_block_device_mapping", device, region, delete_on_termination=False)
    assert agrees(device, delete_on_termination=False)
    cloud.delete("instance_block_device_mapping", device, region)
    cloud.delete("general_purpose_volume", row, region)


def test_other_volumes_have_no_row(cloud: Cloud) -> None:
    cloud.client("ec2").create_volume(AvailabilityZone="us-east-1a", Size=10, VolumeType="io1", Iops=100)
    assert cloud.all("general_purpose_volume") == []


def test_groups_of_an_instance(cloud: Cloud) -> None:
    row = machine(cloud)
    vpc = cloud.client("ec2").describe_subnets(SubnetIds=[row["subnet_id"]])["Subnets"][0]["VpcId"]
    members = [
        cloud.create("instance_security_groups", instance_id=row["instance_id"], security_group_id=cloud.create(
            "security_group", group_name=name, description="d", vpc_id=vpc)["group_id"])
        for name in ("a", "b")
    ]  # fmt: skip
    cloud.delete("instance_security_groups", members[0])
    assert members[1] in cloud.all("instance_security_groups")


def test_key_pair(cloud: Cloud) -> None:
    cloud.client("ec2", THERE).create_key_pair(KeyName="k", KeyType="ed25519")
    (row,) = cloud.all("key_pair", THERE)
    assert agrees(row, name="k", type="ed25519", region=THERE)
    assert row["public_key"]
    assert row["fingerprint"]
    row = cloud.update("key_pair", cloud.read("key_pair", row, THERE), THERE, tags={"a": "1"})
    assert agrees(row, tags={"a": "1"})
    cloud.delete("key_pair", row, THERE)


@pytest.mark.parametrize("port", [None, 8080])
def test_registered_instance(cloud: Cloud, port: int | None) -> None:
    row = machine(cloud)
    vpc = cloud.client("ec2").describe_subnets(SubnetIds=[row["subnet_id"]])["Subnets"][0]["VpcId"]
    group = cloud.create("target_group", target_group_name="g", target_type="instance", protocol="HTTP", port=80,
                         vpc=vpc)["target_group_arn"]  # fmt: skip
    target = cloud.create("registered_instance", instance=row["instance_id"], target_group_id=group, port=port)
    assert agrees(target, instance=row["instance_id"], target_group_id=group, port=port or 80, region=HERE)
    cloud.delete("registered_instance", target)


def test_what_a_new_instance_is_told() -> None:
    """The stand-in wants a size of every disk, forgets the speed of one, and knows no parameters that name images."""
    named = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    disk = {"volume_type": "gp3", "size": 20, "iops": 4000, "throughput": 200, "snapshot_id": "snap-1"}
    devices = [
        {"device_name": "/dev/xvda", "delete_on_termination": False},
        {"device_name": "/dev/sdf", "delete_on_termination": True, "$volume_id": disk},
        {"device_name": "/dev/sdg", "delete_on_termination": True, "$volume_id": disk | {"volume_type": "gp2"}},
    ]
    session = Canned(RunInstances={"Instances": [{"InstanceId": "i-1", "State": {"Name": "running"}}]},
                     DescribeInstances={"Reservations": [{"Instances": [{"InstanceId": "i-1", "State": {
                         "Name": "running"}}]}]})  # fmt: skip
    values = {"ami": named, "instance_type": "t3.micro", "state": "running", "user_data": "x", "region": HERE}
    values["$instance_block_device_mapping"] = devices
    writer.create(session, RESOURCES["instance"], HERE, values, token="t")
    (sent,) = session.sent("RunInstances")
    assert sent["ImageId"] == named
    assert [device["Ebs"] for device in sent["BlockDeviceMappings"]] == [
        {"DeleteOnTermination": False},
        {"DeleteOnTermination": True, "VolumeSize": 20, "VolumeType": "gp3", "SnapshotId": "snap-1", "Iops": 4000,
         "Throughput": 200},
        {"DeleteOnTermination": True, "VolumeSize": 20, "VolumeType": "gp2", "SnapshotId": "snap-1"},
    ]  # fmt: skip
    assert sent["ClientToken"]
