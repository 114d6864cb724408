"""Which security groups guard which service: one row each, where AWS takes and tells the whole set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from iasql.modules.aws_ecs_fargate.service import cluster_of, network_of, settle
from iasql.resource import Region, Resource, Whole, joins, region, row


@row
class ServiceSecurityGroups:
    """A security group that the tasks of a service are members of."""

    service_id: int = joins("service", member="serviceArn")
    security_group_id: int = joins("security_group", member="groupId")
    region: Region = region(follows="service_id")


def members(ecs: Any, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The items of a service's security groups."""
    arn = row["service_id"]
    for service in ecs.describe_services(cluster=cluster_of(arn), services=[arn])["services"]:
        place = service.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        for group in place.get("securityGroups", ()) if service["status"] == "ACTIVE" else ():
            yield {"serviceArn": arn, "groupId": group}


def held(ecs: Any, service: str) -> list[str]:
    """The security groups of a service, as AWS has them now."""
    found: list[str] = network_of(ecs, service).get("securityGroups", [])
    return found


def put(ecs: Any, service: str, groups: list[str]) -> None:
    """Gives the tasks of a service these security groups and no others."""
    settle(ecs, service, network_of(ecs, service) | {"securityGroups": groups})


GROUPS = Whole(holder="service_id", member="security_group_id", held=held, put=put)

SERVICE_SECURITY_GROUPS = Resource(
    ServiceSecurityGroups,
    service="ecs",
    shape="Service",
    cloud_id=("service_id", "security_group_id"),
    per="service",
    per_column="arn",
    list=members,
    **GROUPS.writing,
    absent=("ServiceNotFoundException", "ServiceNotActiveException", "ClusterNotFoundException"),
)
