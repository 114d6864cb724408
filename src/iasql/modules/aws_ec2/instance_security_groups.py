"""Which security groups guard which instance: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_ec2.existing import EXISTING
from iasql.resource import Call, Region, Resource, Whole, joins, region, row


@row
class InstanceSecurityGroups:
    """A security group that an instance is a member of; it has one at least."""

    instance_id: int = joins("instance")
    security_group_id: int = joins("security_group", member="GroupId")
    region: Region = region(follows="instance_id")


def members(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of an instance's security groups."""
    return ({"InstanceId": instance["InstanceId"], "GroupId": group["GroupId"]} for group in instance["SecurityGroups"])


def held(ec2: Any, which: str) -> set[str]:
    """The security groups of an instance, as AWS has them now."""
    found = ec2.describe_instances(InstanceIds=[which])["Reservations"]
    return {group["GroupId"] for part in found for one in part["Instances"] for group in one["SecurityGroups"]}


def put(ec2: Any, which: str, groups: list[str]) -> None:
    """Gives an instance these security groups and no others."""
    ec2.modify_instance_attribute(InstanceId=which, Groups=groups)


GROUPS = Whole(holder="instance_id", member="security_group_id", held=held, put=put)

INSTANCE_SECURITY_GROUPS = Resource(
    InstanceSecurityGroups,
    service="ec2",
    shape="Instance",
    cloud_id=("instance_id", "security_group_id"),
    list=Call("DescribeInstances", EXISTING, by={"instance_id": "Filters:instance-id"}),
    unfold=members,
    **GROUPS.writing,
    absent=("InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"),
)
