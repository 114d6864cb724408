"""Which security groups guard which instance: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.modules.aws_rds.groups import groups, members
from iasql.resource import Call, Region, Resource, joins, region, row


@row
class RdsSecurityGroups:
    """A security group that an instance is a member of."""

    rds_id: int = joins("rds", member="DBInstanceIdentifier")
    security_group_id: int = joins("security_group", member="GroupId")
    region: Region = region(follows="rds_id")


def instance_members(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of an instance's security groups; of none where it is on its way out."""
    return members(instance, NAME) if instance["DBInstanceStatus"] != "deleting" else iter(())


NAME = "DBInstanceIdentifier"
GROUPS = groups("rds_id", NAME, "db_instance")

RDS_SECURITY_GROUPS = Resource(
    RdsSecurityGroups,
    service="rds",
    shape="DBInstance",
    cloud_id=("rds_id", "security_group_id"),
    list=Call("DescribeDBInstances", "DBInstances", by={"rds_id": "DBInstanceIdentifier"}),
    unfold=instance_members,
    **GROUPS.writing,
    absent=("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    not_yet=("InvalidDBInstanceState",),
)
