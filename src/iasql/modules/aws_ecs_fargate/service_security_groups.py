"""Which security groups guard which service: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.modules.aws_ecs_fargate.service import cluster_of, network_of, settle
from iasql.resource import Region, Resource, ref, region, row, takes


@row
class ServiceSecurityGroups:
    """A security group that the tasks of a service are members of."""

    service_id: int = ref(
        "service", member="serviceArn", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    security_group_id: int = ref(
        "security_group", member="groupId", key=True, with_region=False, on_delete="cascade", on_update="cascade"
    )
    region: Region = region()


def members(ecs: Any, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a service's security groups."""
    arn = row["service_id"]
    for service in ecs.describe_services(cluster=cluster_of(arn), services=[arn])["services"]:
        place = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        for group in place.get("securityGroups", ()) if service["status"] == "ACTIVE" else ():
            yield {"serviceArn": arn, "groupId": group}


@takes("service_id", "security_group_id")
def join(ecs: Any, member: Mapping[str, Any]) -> None:
    """Adds a security group to those that the service has."""
    place = network_of(ecs, member["service_id"])
    groups = sorted({*place.get("securityGroups", ()), member["security_group_id"]})
    settle(ecs, member["service_id"], place | {"securityGroups": groups})


@takes("service_id", "security_group_id")
def leave(ecs: Any, member: Mapping[str, Any]) -> None:
    """Takes a security group away from those that the service has."""
    place = network_of(ecs, member["service_id"])
    groups = [group for group in place.get("securityGroups", ()) if group != member["security_group_id"]]
    if groups != place.get("securityGroups"):
        settle(ecs, member["service_id"], place | {"securityGroups": groups})


SERVICE_SECURITY_GROUPS = Resource(
    ServiceSecurityGroups,
    service="ecs",
    shape="Service",
    cloud_id=("service_id", "security_group_id"),
    per="service",
    per_column="arn",
    list=members,
    create=join,
    repeatable=True,
    delete=leave,
    absent=("ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"),
    made_with="service_id",
    one_by_one="service_id",
)
