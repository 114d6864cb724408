"""Which security groups guard which instance: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from iasql.resource import Call, Region, Resource, Whole, ref, region, row


@row
class RdsSecurityGroups:
    """A security group that an instance is a member of."""

    rds_id: int = ref(
        "rds", member="DBInstanceIdentifier", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    security_group_id: int = ref(
        "security_group", member="GroupId", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region(follows="rds_id")


def members(instance: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of an instance's security groups."""
    for group in instance.get("VpcSecurityGroups", ()):
        if group["Status"] != "removing" and instance["DBInstanceStatus"] != "deleting":
            yield {"DBInstanceIdentifier": instance["DBInstanceIdentifier"], "GroupId": group["VpcSecurityGroupId"]}


def held(rds: Any, instance: str) -> list[str]:
    """The security groups of an instance, as AWS has them now."""
    told = rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0]
    return [group["VpcSecurityGroupId"] for group in told["VpcSecurityGroups"] if group["Status"] != "removing"]


def put(rds: Any, instance: str, groups: list[str]) -> None:
    """Gives an instance these security groups and no others."""
    rds.modify_db_instance(DBInstanceIdentifier=instance, VpcSecurityGroupIds=groups, ApplyImmediately=True)


GROUPS = Whole(holder="rds_id", member="security_group_id", held=held, put=put)

RDS_SECURITY_GROUPS = Resource(
    RdsSecurityGroups,
    service="rds",
    shape="DBInstance",
    cloud_id=("rds_id", "security_group_id"),
    list=Call("DescribeDBInstances", "DBInstances", by={"rds_id": "DBInstanceIdentifier"}),
    unfold=members,
    create=GROUPS.join,
    repeatable=True,
    delete=GROUPS.leave,
    absent=("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    not_yet=("InvalidDBInstanceState",),
    one_by_one="rds_id",
    made_with="rds_id",
)
